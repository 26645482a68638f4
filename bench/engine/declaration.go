package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The generator of bench/corpus is not used here: its documents are as awkward as
// senders make them, and goxmldsig misreads some (an unprefixed attribute beside one of a
// namespace, instructions outside the root, xml:lang). All peers must verify the same
// bytes.

// box is the broker's identifier in every document.
const box = "906"

var (
	descriptions = []string{
		"不鏽鋼六角螺帽 M8（熱浸鍍鋅）", "綠茶粉 1 公斤裝，真空", "冷凍鮪魚切塊", "變頻器 380V 三相", "聚酯加工絲",
		"鋁製散熱片，附導熱墊", "機械鍵盤 87 鍵 &amp; 腕托", "木質地板，寬度 &gt; 90 公釐", "液晶電視機 55 吋", "陶瓷刀具組 5 入",
	}
	consignees = []string{"PORTSIDE &amp; DAUGHTERS LTD.", "示範進出口股份有限公司", "VORFÜHR IMPORT GMBH", "見本商事株式会社"}
	notes      = []string{"貨樣  2 件  不計價", "原產地證明書另送", "包裝：木箱", "收貨人憑通知單提領"}
)

// declaration is an unsigned export declaration (N5203) of about size bytes, in the
// shape of the customs' messages: some sixty bytes an element, indented, Chinese text,
// the WCO's ds: beside XML-DSig's namespace, a few attributes. It is not in canonical
// form: attributes stand in the order that software writes them, some in apostrophes,
// and elements are left empty. Equal sizes give equal bytes.
func declaration(size int) []byte {
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
