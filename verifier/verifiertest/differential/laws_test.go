package differential

import "testing"

// TestLaws is the short run. `make fuzz` is the long one.
func TestLaws(t *testing.T) {
	const documents, changes = 300, 10
	r, err := New(installed(t), changes)
	if err != nil {
		t.Fatal(err)
	}
	c, findings := sum(t, r.Run(t.Context(), seeds(1_000_000_000, documents)))
	for _, f := range findings {
		t.Errorf("seed %d, change %d, %s: law %s\n%s\n%s", f.Seed, f.Mutation, f.Change, f.Law, f.What, f.Document)
	}
	if c.Documents != documents || c.Mutations != documents*changes || c.Signed < documents/2 {
		t.Errorf("%d documents, %d changes, %d signed by package signer", c.Documents, c.Mutations, c.Signed)
	}
	// Without these the laws would hold of nothing.
	for name, least := range map[string]int64{
		"JDK, canonical": 1000, "JDK, signature": 800, "JDK, refusal": 200, "JDK, turnkey sign": 150,
		"libxml2, canonical": 1000, "libxml2, signature": 700, "libxml2, refusal": 200, "libxml2, turnkey sign": 150,
		"goxmldsig, signature": 50, "goxmldsig, refusal": 20, "goxmldsig, turnkey sign": 30,
	} {
		if got := c.Asked[name].Agreed; got < least {
			t.Errorf("%s: agreed %d times", name, got)
		}
	}
}
