// Package declaration makes documents that every implementation reads alike, in any size.
//
// The generator of bench/corpus is not used where several are compared: its documents are
// as awkward as senders make them, and goxmldsig misreads some (an unprefixed attribute
// beside one of a namespace, instructions outside the root, xml:lang). All peers must
// verify the same bytes.
package declaration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// SignatureSize is about what a Signature with a certificate adds, in bytes.
const SignatureSize = 2_300

// MostElements is how many elements may stand before the Signature of a document that
// goxmldsig is to verify: it visits no more than 1,000, those of the Signature among them.
const MostElements = 950

var (
	descriptions = []string{
		"不鏽鋼六角螺帽 M8（熱浸鍍鋅）", "綠茶粉 1 公斤裝，真空", "冷凍鮪魚切塊", "變頻器 380V 三相", "聚酯加工絲",
		"鋁製散熱片，附導熱墊", "機械鍵盤 87 鍵 &amp; 腕托", "木質地板，寬度 &gt; 90 公釐", "液晶電視機 55 吋", "陶瓷刀具組 5 入",
	}
	consignees = []string{"PORTSIDE &amp; DAUGHTERS LTD.", "示範進出口股份有限公司", "VORFÜHR IMPORT GMBH", "見本商事株式会社"}
	notes      = []string{"貨樣  2 件  不計價", "原產地證明書另送", "包裝：木箱", "收貨人憑通知單提領"}
)

// New is an unsigned export declaration (N5203) of about size bytes by the broker with
// that 箱號, in the shape of the customs' messages: some sixty bytes an element, indented, Chinese text,
// the WCO's ds: beside XML-DSig's namespace, a few attributes. It is not in canonical
// form: attributes stand in the order that software writes them, some in apostrophes,
// and elements are left empty. Equal sizes give equal bytes, the 箱號 aside.
func New(size int, box string) []byte {
	rng := rand.New(rand.NewPCG(uint64(size), 1))
	var doc strings.Builder
	doc.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1" xmlns:twds="urn:wco:datamodel:TW:DS:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <FunctionCode>9</FunctionCode>
  <ID>AA  15` + box + `00417</ID>
  <Agent><ID>` + box + `</ID></Agent>
  <GoodsShipment>
`)
	for i := 1; i == 1 || doc.Len() < size-smallItem; i++ {
		item(&doc, rng, i, doc.Len() < size-fullItem)
	}
	doc.WriteString("  </GoodsShipment>\n</Declaration>\n")
	return []byte(doc.String())
}

// About what an item takes, in bytes.
const (
	fullItem  = 750
	smallItem = 120
)

// item writes a goods item, in full a dozen elements.
func item(doc *strings.Builder, rng *rand.Rand, i int, full bool) {
	fmt.Fprintf(doc, "    <GovernmentAgencyGoodsItem>\n      <SequenceNumeric>%d</SequenceNumeric>\n", i)
	if full {
		fmt.Fprintf(doc, `      <Commodity>
        <Description>%s</Description>
        <Classification schemeID='CCC' listID="HS">%08d%03d</Classification>
        <InvoiceAmount currencyID="TWD">%d</InvoiceAmount>
      </Commodity>
      <Consignee><Name>%s</Name></Consignee>
      <ds:GrossMassMeasure ds:unitCode="KGM">%d.%02d</ds:GrossMassMeasure>
      <PreviousDocument xsi:nil="true"/>
      <twds:tw_Remark>%s</twds:tw_Remark>
`, pick(rng, descriptions), rng.IntN(90_000_000)+10_000_000, rng.IntN(1000), rng.IntN(9_000_000),
			pick(rng, consignees), rng.IntN(20_000), rng.IntN(100), pick(rng, notes))
	}
	doc.WriteString("    </GovernmentAgencyGoodsItem>\n")
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// Elements is how many elements a document has.
func Elements(doc []byte) int { return bytes.Count(doc, []byte("</")) + bytes.Count(doc, []byte("/>")) }

// SignatureFirst returns the document with its Signature, the root's last child, as its
// first. An enveloped signature covers neither place.
func SignatureFirst(signed []byte) []byte {
	const end = "</Signature>"
	from := bytes.LastIndex(signed, []byte("<Signature "))
	to := bytes.LastIndex(signed, []byte(end)) + len(end)
	root := bytes.IndexByte(signed, '>') // of the XML declaration
	root += 1 + bytes.IndexByte(signed[root+1:], '>') + 1
	return bytes.Join([][]byte{signed[:root], signed[from:to], signed[root:from], signed[to:]}, nil)
}
