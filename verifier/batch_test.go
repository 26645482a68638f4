package verifier

import (
	"bytes"
	"crypto/elliptic"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// variety are documents of every fate, the large and the unusual ones among them.
func variety(t testing.TB) [][]byte {
	t.Helper()
	all := [][]byte{nil, []byte("<a>"), []byte(sample)}
	for _, doc := range faultVectors(t) {
		all = append(all, doc)
	}
	forms := []form{{}, {method: uriExc, transform: uriExc}, {method: uriC14N11}, {keyInfo: "-"}, {by: new(bob())}, {by: new(carol())},
		{digest: "http://www.w3.org/2001/04/xmlenc#sha512"}, {digest: uriSHA1, algorithm: uriRSASHA1}, {by: &rsa3072, keyInfo: "-"}, {by: &p256, algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"}}
	for _, f := range forms {
		for _, size := range []int{0, 9 << 10, 140 << 10} {
			doc := sample
			if size > 0 {
				doc = sized(size)
			}
			signed := sign(t, doc, f)
			value := between(t, signed, "<SignatureValue>", "</SignatureValue>")
			all = append(all, []byte(signed),
				[]byte(strings.Replace(signed, "15A1200001", "15A1200002", 1)),
				[]byte(strings.Replace(signed, value, value[:20]+"AAAA"+value[24:], 1)))
		}
	}
	return all
}

var (
	rsa3072 = newPerson(7, rsaKey(3072), now.AddDate(0, -6, 0), now.AddDate(0, 6, 0))
	p256    = newPerson(8, ecdsaKey(elliptic.P256()), now.AddDate(0, -6, 0), now.AddDate(0, 6, 0))
)

// checkBatch holds what is done together against each alone.
func checkBatch(t *testing.T, profile string, docs [][]byte, senders []Sender) (reasons map[Reason]int) {
	t.Helper()
	reasons = make(map[Reason]int)
	e := map[string]func() [2]*Engine{"cpt": cptEngines, "interop": interopEngines}[profile]()[0]
	ms := e.ReadAll(docs)
	cases := make([]Case, len(ms))
	for i, m := range ms {
		alone := e.Read(docs[i])
		if m.refused != alone.refused || m.info != alone.info || !reflect.DeepEqual(m.claims, alone.claims) ||
			!reflect.DeepEqual(m.Hints(), alone.Hints()) || !reflect.DeepEqual(m.signed, alone.signed) {
			t.Fatalf("%s, document %d of %d, read together:\n%+v %+v\nalone\n%+v %+v", profile, i, len(docs), m.refused, m.signed, alone.refused, alone.signed)
		}
		cases[i] = Case{m, senders[i], Moment{Received: now, Decided: now}}
	}
	for i, v := range JudgeAll(cases) {
		alone := cases[i].Message.Judge(cases[i].Sender, cases[i].At)
		sum, _ := v.SignedSHA256()
		sumAlone, _ := alone.SignedSHA256()
		if v.Reason() != alone.Reason() || v.Used() != alone.Used() || v.Party() != alone.Party() || sum != sumAlone ||
			!bytes.Equal(v.Detail().JSON(), alone.Detail().JSON()) {
			t.Fatalf("%s, case %d of %d, judged together: %v %s\nalone: %v %s", profile, i, len(cases), v.Reason(), v.Detail().JSON(), alone.Reason(), alone.Detail().JSON())
		}
		reasons[v.Reason()]++
	}
	return reasons
}

func someSenders(random *rand.Rand, n int) []Sender {
	senders := make([]Sender, n)
	for i := range senders {
		switch random.IntN(6) {
		case 0:
		case 1:
			senders[i] = registered(bob(), carol(), rsa3072, p256, alice())
		default:
			senders[i] = registered(alice(), rsa3072, p256, bob())
		}
	}
	return senders
}

// TestBatch: whatever is read and judged together, in whatever order, each document gets
// what it gets alone.
func TestBatch(t *testing.T) {
	all := variety(t)
	random := rand.New(rand.NewPCG(3, 5))
	for _, profile := range []string{"cpt", "interop"} {
		checkBatch(t, profile, nil, nil)
		reasons := checkBatch(t, profile, all, someSenders(random, len(all)))
		if reasons[Verified] < 8 || reasons[DigestMismatch] < 4 || reasons[SignatureMismatch] < 4 || len(reasons) < 9 {
			t.Errorf("%s: too little variety: %v", profile, reasons)
		}
		for range 60 {
			some := make([][]byte, random.IntN(20))
			for i := range some {
				some[i] = all[random.IntN(len(all))]
			}
			checkBatch(t, profile, some, someSenders(random, len(some)))
		}
	}
}

// TestBatchesAtOnce reads and judges on many goroutines with one engine.
func TestBatchesAtOnce(t *testing.T) {
	all := variety(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 5))
			for range 10 {
				some := make([][]byte, random.IntN(20))
				for i := range some {
					some[i] = all[random.IntN(len(all))]
				}
				checkBatch(t, "interop", some, someSenders(random, len(some)))
			}
		})
	}
	wg.Wait()
}

// FuzzBatch puts two documents among others. The large ones are TestBatch's: with them it
// tried a dozen batches a second.
func FuzzBatch(f *testing.F) {
	all := slices.DeleteFunc(variety(f), func(doc []byte) bool { return len(doc) > maxSeed })
	f.Add([]byte(sign(f, sample, form{})), []byte("<a/>"), uint64(1))
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 1))
		some := [][]byte{a, b, a}
		for range random.IntN(10) {
			some = append(some, all[random.IntN(len(all))])
		}
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		checkBatch(t, "cpt", some, someSenders(random, len(some)))
	})
}
