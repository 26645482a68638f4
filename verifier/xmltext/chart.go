package xmltext

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// A chart says of each byte of a stretch of the document what it stops, a bit each, so
// that plain names, texts and values are passed over by the word instead of by the byte.
// Bytes of characters beyond ASCII stop no text and no value where the stretch holds
// nothing but Chars (XML 1.0, production 2); where it holds anything else, all do, and
// whoever meets one looks at it.
type chart struct {
	begin int                          // of the stretch in the document
	size  uint                         // of the stretch
	maps  [3][chartBytes/64 + 1]uint64 // bits behind the stretch are zero, for a word at least
}

// chartBytes is the longest stretch.
const chartBytes = 4096

// What a byte may stop; the maps' order.
const (
	stopsText  = iota // canonical character data
	stopsName         // a name's part, before or behind the colon, in ASCII
	stopsValue        // a canonical attribute value in quotes of either kind
)

// stops has the maps' bits of each byte in ASCII.
var stops = func() (table [utf8.RuneSelf]uint8) {
	for c := range table {
		class := classes[c]
		if class&textStop != 0 {
			table[c] |= 1 << stopsText
		}
		if class&nameChar == 0 {
			table[c] |= 1 << stopsName
		}
		if class&valueStop != 0 {
			table[c] |= 1 << stopsValue
		}
	}
	return table
}()

// draw charts the document from begin on. Where it would end inside a character, it ends
// before that.
func (c *chart) draw(doc []byte, begin int) {
	end := min(len(doc), begin+chartBytes)
	for back := 0; back < utf8.UTFMax-1 && end < len(doc) && !utf8.RuneStart(doc[end]); back++ {
		end--
	}
	c.begin, c.size = begin, uint(end-begin)
	stretch := doc[begin:end]
	last, size := utf8.DecodeLastRune(stretch)
	if cut := last == utf8.RuneError && size <= 1; cut || !c.fill(stretch) {
		c.fillPlainly(stretch, 1<<stopsText|1<<stopsName|1<<stopsValue)
	}
	for of := range c.maps {
		if rest := c.size % 64; rest > 0 {
			c.maps[of][c.size/64] &= 1<<rest - 1
		}
		c.maps[of][(c.size+63)/64] = 0
	}
}

// Charted reports whether this processor charts by the word.
func Charted() bool { return hasChart }

// fillIfChars is fill in plain Go.
func (c *chart) fillIfChars(stretch []byte) bool {
	if !holdsChars(stretch) {
		return false
	}
	c.fillPlainly(stretch, 1<<stopsName)
	return true
}

// fillPlainly charts eight bytes at a time, by their stops in one word: one after the other
// takes twice as long. Those beyond ASCII stop what foreign has bits of.
func (c *chart) fillPlainly(stretch []byte, foreign uint8) {
	of := &stopsAny[foreign]
	for i := 0; i < len(stretch); i += 64 {
		var text, name, value uint64
		var end [8]byte // 0 behind the stretch
		for j := 0; j < 64 && i+j < len(stretch); j += 8 {
			b := stretch[i+j:]
			if len(b) < 8 {
				copy(end[:], b)
				b = end[:]
			}
			each := uint64(of[b[0]]) | uint64(of[b[1]])<<8 | uint64(of[b[2]])<<16 | uint64(of[b[3]])<<24 |
				uint64(of[b[4]])<<32 | uint64(of[b[5]])<<40 | uint64(of[b[6]])<<48 | uint64(of[b[7]])<<56
			text |= lowest(each>>stopsText) << j
			name |= lowest(each>>stopsName) << j
			value |= lowest(each>>stopsValue) << j
		}
		c.maps[stopsText][i/64], c.maps[stopsName][i/64], c.maps[stopsValue][i/64] = text, name, value
	}
}

// lowest returns the lowest bit of each byte. The factor moves that of byte i, alone, to
// bit 56+i.
func lowest(bytes uint64) uint64 {
	return bytes & 0x0101010101010101 * 0x0102040810204080 >> 56
}

// stopsAny has the maps' bits of any byte, by what those beyond ASCII stop.
var stopsAny = func() (tables [1 << 3][256]uint8) {
	for foreign := range tables {
		table := &tables[foreign]
		copy(table[:], stops[:])
		for c := utf8.RuneSelf; c < len(table); c++ {
			table[c] = uint8(foreign)
		}
	}
	return tables
}()

// holdsChars reports whether a stretch is UTF-8 without U+FFFE and U+FFFF. Controls in
// ASCII stop everything anyway.
func holdsChars(stretch []byte) bool {
	return utf8.Valid(stretch) && !bytes.Contains(stretch, []byte("\uFFFE")) && !bytes.Contains(stretch, []byte("\uFFFF"))
}

// stop returns the first offset from there on whose byte stops what the map is of, the
// document's length where there is none.
func (t *Tokenizer) stop(of, from int) int {
	if ahead := t.chart.ahead(of, from); ahead != 0 {
		return from + bits.TrailingZeros64(ahead)
	}
	return t.stopBeyond(of, from)
}

// ahead returns the bits of the 64 bytes from there on, which are zero beyond the stretch.
func (c *chart) ahead(of, from int) uint64 {
	i := uint(from - c.begin)
	if i >= c.size {
		return 0
	}
	m, word := &c.maps[of], i/64%(chartBytes/64)
	return m[word]>>(i%64) | m[word+1]<<1<<(63-i%64)
}

// stopBeyond goes on with the words, and charts, behind the one that from is in.
func (t *Tokenizer) stopBeyond(of, from int) int {
	c := t.chart
	for from < len(t.doc) {
		i := uint(from - c.begin)
		if i >= c.size {
			c.draw(t.doc, from)
			i = 0
		}
		word := c.maps[of][i/64] >> (i % 64) << (i % 64)
		for i /= 64; word == 0 && i < (c.size-1)/64; {
			i++
			word = c.maps[of][i]
		}
		if word != 0 {
			return c.begin + int(i)*64 + bits.TrailingZeros64(word)
		}
		from = c.begin + int(c.size)
	}
	return len(t.doc)
}
