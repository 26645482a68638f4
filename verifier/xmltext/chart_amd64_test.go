//go:build !purego

package xmltext

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"
)

// checkChart holds the processor's chart of a stretch against the plain one.
func checkChart(t *testing.T, stretch []byte) {
	t.Helper()
	var wide, plain chart
	want := plain.fillIfChars(stretch)
	got := len(stretch) == 0 || chartBytes512(&stretch[0], len(stretch), &stops, &wide.maps[0][0])
	if cutOff(stretch) {
		return // is for draw to find
	}
	if got != want {
		t.Fatalf("%q: Chars only %v, want %v", stretch, got, want)
	}
	for of := range wide.maps {
		for i := range (len(stretch) + 63) / 64 {
			inside := ^uint64(0) // what is behind the stretch is for draw to clear
			if rest := len(stretch) - 64*i; rest < 64 {
				inside = 1<<rest - 1
			}
			if word, want := wide.maps[of][i]&inside, plain.maps[of][i]&inside; got && word != want {
				t.Fatalf("%q: word %d of map %d is %#x, want %#x", stretch, i, of, word, want)
			}
		}
	}
}

// cutOff reports whether a stretch ends within what may be a character.
func cutOff(stretch []byte) bool {
	for i := 1; i <= 3 && i <= len(stretch); i++ {
		switch c := stretch[len(stretch)-i]; {
		case c < 0x80:
			return false
		case c >= 0xC0:
			return i == 1 || c >= 0xE0 && i == 2 || c >= 0xF0
		}
	}
	return false
}

func wantChart(t testing.TB) {
	t.Helper()
	if !hasChart {
		t.Skip("this processor has no AVX-512 VBMI")
	}
}

// TestChartEveryByte puts each byte at each place of a stretch that a character ends.
func TestChartEveryByte(t *testing.T) {
	wantChart(t)
	for c := range 256 {
		for _, size := range []int{1, 2, 63, 64, 65, 127, 128, 129, 200} {
			for at := 0; at < size; at++ {
				stretch := make([]byte, size)
				for i := range stretch {
					stretch[i] = 'a'
				}
				stretch[at] = byte(c)
				checkChart(t, stretch)
			}
		}
	}
}

// TestChartEveryCharacter puts all that is begun by two bytes beyond ASCII, and all of three
// bytes that may be a character, across the end of a block.
func TestChartEveryCharacter(t *testing.T) {
	wantChart(t)
	stretch := make([]byte, 130)
	try := func(at int, sequence ...byte) {
		for i := range stretch {
			stretch[i] = 'a'
		}
		copy(stretch[at:], sequence)
		checkChart(t, stretch)
	}
	for a := 0x80; a < 256; a++ {
		for b := range 256 {
			for at := 60; at <= 64; at++ {
				try(at, byte(a), byte(b), 'a')
				try(at, byte(a), byte(b), 0x80)
				try(at, byte(a), byte(b), 0xBF, 0xBE)
				try(at, byte(a), byte(b), 0xBF, 0xBF, 0x80)
			}
		}
	}
	for a := 0xE0; a <= 0xEF; a++ {
		for b := 0x80; b <= 0xBF; b++ {
			for c := 0x78; c <= 0xC8; c++ {
				try(60+c%5, byte(a), byte(b), byte(c))
			}
		}
	}
}

// TestChartRandom holds stretches of pieces that stand on either side of a decision, of
// every length and at every alignment.
func TestChartRandom(t *testing.T) {
	wantChart(t)
	random := rand.New(rand.NewPCG(64, 512))
	pieces := []string{"<", ">", "&", "\r", "\n", "\t", " ", "a", "Z", "_", "-", ".", "9", ":", "=", `"`, "'", "/", "]", "\x00", "\x1f", "\x7f",
		"é", "螺", "\ufffd", "\ufeff", "\U0001F600", "\U0010FFFF", "\uFFFE", "\uFFFF", "\uD7FF", "\uE000", "\xed\xa0\x80", "\xc0\x80", "\xc1\xbf",
		"\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\xff", "\x80", "\xbf", "\xe8\x9e", "\xf0\x9f\x98", "\xc3"}
	room := make([]byte, 1024)
	for range 60_000 {
		stretch := room[random.IntN(64):][:0] // at any alignment
		kinds := 1 + random.IntN(len(pieces))
		for want := random.IntN(300); len(stretch) < want; {
			piece := pieces[random.IntN(kinds)]
			if random.IntN(4) > 0 {
				piece = "abcdefgh 螺絲"[:1+random.IntN(8)]
			}
			stretch = append(stretch, piece...)
		}
		checkChart(t, stretch)
	}
}

// TestChartReadsNothingBeside puts stretches at either end of a page that has neighbours
// that can't be read.
func TestChartReadsNothingBeside(t *testing.T) {
	wantChart(t)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a fault fails this test, not all of them
	size := unix.Getpagesize()
	pages, err := unix.Mmap(-1, 0, 3*size, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Munmap(pages); err != nil {
			t.Error(err)
		}
	}()
	page := pages[size : 2*size]
	if err := unix.Mprotect(page, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		t.Fatal(err)
	}
	for i := range page {
		page[i] = "螺"[i%3]
	}
	for n := range 3 * 70 {
		checkChart(t, page[:n])
		checkChart(t, page[len(page)-n:])
	}
}

func FuzzChart(f *testing.F) {
	wantChart(f)
	f.Add([]byte("<a b=\"c\">螺絲 &amp; \U0001F600</a>"))
	f.Fuzz(func(t *testing.T, stretch []byte) { checkChart(t, stretch[:min(len(stretch), chartBytes)]) })
}
