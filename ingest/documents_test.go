package ingest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

func newEngine(t testing.TB) *verifier.Engine {
	t.Helper()
	profile, err := verifier.ProfileNamed("cpt")
	if err != nil {
		t.Fatal(err)
	}
	e, err := verifier.New(verifier.Config{Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sample is one company's certificate, and a signer with its key.
var sample = sync.OnceValues(func() (*verifier.Certificate, *signer.Signer) {
	now := time.Now()
	pki, err := verifiertest.NewPKI(1, now)
	check(err)
	id, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640"},
		verifiertest.Terms{NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(0, 6, 0)})
	check(err)
	cert, err := verifier.ParseCertificate(id.DER())
	check(err)
	s, err := signer.New(id.Key, id.DER(), signer.Options{})
	check(err)
	return cert, s
})

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// newRegistry knows the sample certificate for whoever asks, as of now.
func newRegistry(testing.TB) Registry {
	return registryFunc(func(_ context.Context, accounts []string, _ []verifier.Hints, _ time.Time) ([]verifier.Sender, error) {
		senders := make([]verifier.Sender, len(accounts))
		for i := range senders {
			senders[i] = registered("P1", time.Now())
		}
		return senders, nil
	})
}

func registered(party verifier.PartyID, asOf time.Time) verifier.Sender {
	cert, _ := sample()
	return verifier.Sender{Party: party, Epoch: "e1", Version: 42, AsOf: asOf,
		Registrations: []verifier.Registration{{Certificate: cert, State: verifier.InForce}}}
}

// records are n documents of one account over the partitions, in rising order: one in
// three signed, the others not.
func (w *world) records(n int) []*kgo.Record {
	var rs []*kgo.Record
	for i := range n {
		doc := document(i)
		if i%3 == 0 {
			doc = signed(i % 30)
		}
		rs = append(rs, &kgo.Record{Partition: int32(i % w.partitions), Key: []byte("broker-1"), Value: doc})
	}
	return rs
}

func document(i int) []byte { return padded(i, 0) }

// padded is a document of about so many bytes.
func padded(i, size int) []byte {
	items := strings.Repeat("<GovernmentAgencyGoodsItem><SequenceNumeric>1</SequenceNumeric><Commodity><Description>螺絲 screws, steel</Description></Commodity></GovernmentAgencyGoodsItem>\n", size/160)
	return fmt.Appendf(nil, "<Declaration xmlns=\"urn:wco:datamodel:TW:N5203:R-00-05\">\n<ID>AA  14%08d</ID>\n<GoodsShipment>%s</GoodsShipment></Declaration>", i, items)
}

var (
	signedMu   sync.Mutex
	signedDocs = map[[2]int][]byte{} // guarded by signedMu
)

// signed is a signed document; signing takes a millisecond, so they are kept.
func signed(i int) []byte { return signedOf(i, 0) }

func signedOf(i, size int) []byte {
	signedMu.Lock()
	defer signedMu.Unlock()
	doc, ok := signedDocs[[2]int{i, size}]
	if !ok {
		_, s := sample()
		var err error
		doc, err = s.Sign(padded(i, size))
		check(err)
		signedDocs[[2]int{i, size}] = doc
	}
	return doc
}
