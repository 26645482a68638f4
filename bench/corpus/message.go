package corpus

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// A draft is what a message says, before it is signed.
type draft struct {
	code    string // N5203, NX5105, N5135, N5101
	number  string // declaration number, or the manifest's message number
	office  string
	claims  []claim
	written time.Time
	size    int // bytes wanted, the signature included
	style   style
}

// A claim is an element in which a message says who sent it.
type claim struct{ parent, id, subBox string }

// versions are made up in the form of the customs' ones.
var versions = map[string]string{"N5203": "R-00-05", "NX5105": "R-00-07", "N5135": "R-00-02", "N5101": "R-00-04"}

// signatureSize is about what a Signature takes: most of it is the certificate.
func (d draft) signatureSize() int {
	if d.style.naming == byCertificate {
		return 2_700
	}
	return 1_200
}

// write returns the unsigned document. Drafts of equal content and rng give equal bytes.
func (d draft) write(rng *rand.Rand) []byte {
	w := &writer{style: d.style, buf: make([]byte, 0, d.size+4096)}
	d.prolog(w)
	d.root(w)
	w.leaf("FunctionCode", "9")
	if d.code == "N5101" {
		w.leaf("FunctionalReferenceID", d.number)
	} else {
		w.leaf("ID", d.number)
	}
	w.leaf("IssueDateTime formatCode=\"304\"", d.written.Format("20060102150405-0700"))
	w.leaf("TypeCode", map[string]string{"N5203": "G5", "NX5105": "G1", "N5135": "X2", "N5101": "785"}[d.code])
	w.leaf("DeclarationOfficeID", d.office)
	w.leaf("tw_UniversallyUniqueID", fmt.Sprintf("%016x-%016x", rng.Uint64(), rng.Uint64()))
	for _, c := range d.claims {
		w.open(c.parent)
		w.leaf("ID", c.id)
		if c.subBox != "" {
			w.leaf("tw_SubBoxID", c.subBox)
		}
		w.close(c.parent)
	}
	if d.code == "N5101" {
		d.manifest(w, rng)
	} else {
		d.shipment(w, rng)
	}
	w.close("Declaration")
	w.put(d.style.eol)
	return w.buf
}

func (d draft) prolog(w *writer) {
	if d.style.bom {
		w.put(byteOrderMark)
	}
	w.put(d.style.declaration)
	if d.style.comment {
		w.line()
		w.put("<!-- 由範例報關系統產生 -->")
	}
	if d.style.instruction {
		w.line()
		w.put("<?sample-broker release=\"3.1\"  site='test'?>")
	}
}

// root starts the document element. Its ds: is the WCO's, not XML-DSig's.
func (d draft) root(w *writer) {
	own := fmt.Sprintf("xmlns=\"urn:wco:datamodel:TW:%s:%s\"", d.code, versions[d.code])
	const others = `xmlns:ds="urn:wco:datamodel:WCO:DS:1" xmlns:twds="urn:wco:datamodel:TW:DS:1"`
	const single = `xmlns:tsw="urn:SingleWindow:TW"`
	if d.style.lang {
		w.open("Declaration " + single + ` xml:lang="zh-Hant-TW" ` + others + "  " + own)
		return
	}
	w.open("Declaration " + own + " " + others + " " + single)
}

// shipment writes goods items until the document has its size.
func (d draft) shipment(w *writer, rng *rand.Rand) {
	w.open("GoodsShipment")
	w.open("Consignor")
	w.leaf("Name", pick(rng, traders))
	w.close("Consignor")
	w.leaf(`ds:ArrivalTransportMeans ds:mode="1"`, pick(rng, vessels)+" "+strconv.Itoa(rng.IntN(900)+100)+"E")
	for i := 1; i == 1 || len(w.buf) < d.size-d.signatureSize(); i++ {
		w.open("GovernmentAgencyGoodsItem")
		w.leaf("SequenceNumeric", strconv.Itoa(i))
		w.open("Commodity")
		w.leaf("Description", pick(rng, goods))
		w.leaf(`Classification schemeID="CCC" listID='HS'`, fmt.Sprintf("%08d%03d", rng.IntN(90_000_000)+10_000_000, rng.IntN(1000)))
		w.leaf(`InvoiceAmount currencyID="TWD"`, strconv.Itoa(rng.IntN(9_000_000)+1000))
		w.close("Commodity")
		w.leaf(`GrossMassMeasure twds:precise="true" unitCode="KGM"`, fmt.Sprintf("%d.%02d", rng.IntN(20_000), rng.IntN(100)))
		w.leaf("twds:tw_Remark", pick(rng, remarks))
		w.close("GovernmentAgencyGoodsItem")
	}
	w.close("GoodsShipment")
}

// manifest writes consignments until the document has its size.
func (d draft) manifest(w *writer, rng *rand.Rand) {
	w.open("BorderTransportMeans")
	w.leaf("Name", pick(rng, vessels))
	w.leaf("JourneyID", fmt.Sprintf("%04dW", rng.IntN(10_000)))
	w.leaf("tw_Remark", doubleBlankRemark)
	w.close("BorderTransportMeans")
	for i := 1; i == 1 || len(w.buf) < d.size-d.signatureSize(); i++ {
		w.open("Consignment")
		w.leaf("SequenceNumeric", strconv.Itoa(i))
		w.leaf("TransportContractDocument typeCode=\"704\"", fmt.Sprintf("SMPL%09d", rng.IntN(1_000_000_000)))
		w.leaf("ConsigneeName", pick(rng, traders))
		w.leaf("Description", pick(rng, goods))
		w.leaf(`ds:TransportEquipmentID ds:sizeType="45G1" agency="SMDG"`, fmt.Sprintf("SMPU%07d", rng.IntN(10_000_000)))
		w.leaf(`TotalGrossMassMeasure unitCode="KGM"`, strconv.Itoa(rng.IntN(28_000)+100))
		w.leaf("tw_MarksNumber", pick(rng, remarks))
		w.close("Consignment")
	}
}

// declarationNumber returns 14 characters: office, second office (two blanks, which
// mean something), ROC year, box, serial.
func declarationNumber(office string, year int, box string, serial uint64) string {
	return fmt.Sprintf("%s  %02d%s%05d", office, (year-1911)%100, box, serial%100_000)
}
