package verifier

import "testing"

// CheckReadAlike holds that a document is read as it is token by token, and that documents
// read and judged together get what each gets alone. It is for tests outside this package.
func CheckReadAlike(t *testing.T, profile string, docs [][]byte) {
	t.Helper()
	for _, doc := range docs {
		checkSkimmedReading(t, profile, doc)
	}
	checkBatch(t, profile, docs, make([]Sender, len(docs)))
}
