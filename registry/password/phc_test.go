package password

import (
	"bytes"
	"strings"
	"testing"
)

const sample = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"

func TestParse(t *testing.T) {
	tests := []struct {
		name, old, new string // edit made to the sample
		good           bool
	}{
		{"untouched", "", "", true},
		{"cheapest", "m=19456,t=2", "m=8,t=1", true},
		{"dearest", "m=19456,t=2,p=1", "m=65536,t=4,p=4", true},
		{"other algorithm", "argon2id", "argon2i", false},
		{"other version", "v=19", "v=16", false},
		{"no version", "$v=19", "", false},
		{"memory beyond bounds", "m=19456", "m=65537", false},
		{"memory beyond 32 bits", "m=19456", "m=4294986752", false},
		{"no memory", "m=19456", "m=0", false},
		{"less memory than lanes need", "m=19456,t=2,p=1", "m=8,t=2,p=2", false},
		{"passes beyond bounds", "t=2", "t=5", false},
		{"no pass", "t=2", "t=0", false},
		{"lanes beyond bounds", "p=1", "p=5", false},
		{"no lane", "p=1", "p=0", false},
		{"leading zero", "t=2", "t=02", false},
		{"sign", "t=2", "t=+2", false},
		{"other order", "t=2,p=1", "p=1,t=2", false},
		{"a further parameter", "p=1", "p=1,keyid=AA", false},
		{"short salt", "c2FsdHNhbHRzYWx0c2FsdA", "c2FsdA", false},
		{"no salt", "c2FsdHNhbHRzYWx0c2FsdA", "", false},
		{"long salt", "c2FsdHNhbHRzYWx0c2FsdA", strings.Repeat("c2Fs", 22), false},
		{"short tag", "$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", "$aGFzaA", false},
		{"padding", "c2FsdHNhbHRzYWx0c2FsdA", "c2FsdHNhbHRzYWx0c2FsdA==", false},
		{"loose bits", "c2FsdHNhbHRzYWx0c2FsdA", "c2FsdHNhbHRzYWx0c2FsdB", false},
		{"line end", "c2FsdHNhbHR", "c2FsdHNh\nbHR", false},
		{"a part more", "$aGFz", "$AAAA$aGFz", false},
		{"text before", "$argon2id", "x$argon2id", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(sample, tt.old, tt.new, 1)
			if _, err := parse(text); (err == nil) != tt.good {
				t.Errorf("parse(%s): %v", text, err)
			}
		})
	}
}

// FuzzParse: what is read is within bounds and has one spelling.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("$argon2id$v=19$m=65536,t=4,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parse(text)
		if err != nil {
			return
		}
		if h.String() != text {
			t.Errorf("%q became %q", text, h)
		}
		again, err := parse(h.String())
		if err != nil || again.params != h.params || !bytes.Equal(again.salt, h.salt) || !bytes.Equal(again.tag, h.tag) {
			t.Errorf("%q isn't read alike twice", text)
		}
		if h.memory > maxMemory || h.passes > maxPasses || h.lanes > maxLanes || h.memory < 8*uint32(h.lanes) || h.passes < 1 || h.lanes < 1 {
			t.Errorf("%q is out of bounds", text)
		}
	})
}
