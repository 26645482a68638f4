package verifiertest

import (
	"fmt"
	"testing"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
)

// Signer returns a signer in i's name.
func (i *Identity) Signer(opts signer.Options) (*signer.Signer, error) {
	return signer.New(i.Key, i.DER(), opts)
}

// Sign returns doc signed by i as the profile cpt wants it by default.
func Sign(t testing.TB, i *Identity, doc []byte) []byte {
	t.Helper()
	s, err := i.Signer(signer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(doc)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Parsed returns the certificate as the verifier knows it.
func (i *Identity) Parsed(t testing.TB) *verifier.Certificate {
	t.Helper()
	c, err := verifier.ParseCertificate(i.DER())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Declaration returns a small unsigned export declaration (N5203) of the broker with
// that box: Chinese text, a double blank in its number, ds: bound to the WCO's namespace,
// and its serial, of up to five digits, as what tells it from others.
func Declaration(box string, serial int) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1">
  <FunctionCode>9</FunctionCode>
  <ID>AA  15%[1]s%05[2]d</ID>
  <TypeCode>G5</TypeCode>
  <Agent><ID>%[1]s</ID><tw_SubBoxID>1</tw_SubBoxID></Agent>
  <GoodsShipment>
    <GovernmentAgencyGoodsItem>
      <Description ds:code="1">不鏽鋼螺栓</Description>
      <InvoiceAmount currencyID="TWD">100</InvoiceAmount>
    </GovernmentAgencyGoodsItem>
  </GoodsShipment>
</Declaration>
`, box, serial)
}
