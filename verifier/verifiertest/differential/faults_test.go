package differential

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnkey-gateway/verifier/verifiertest/oracle"
)

// TestOneThatAgrees: without a fault there is no finding, and everything was asked.
func TestOneThatAgrees(t *testing.T) {
	c, findings := sum(t, faking(t, &fake{name: "fake"}).Run(t.Context(), seeds(0, 40)))
	for _, f := range findings {
		t.Errorf("seed %d, change %d: %s\n%s", f.Seed, f.Mutation, f.Law, f.What)
	}
	for _, question := range []string{"canonical", "signature", "refusal", "turnkey sign"} {
		if y := c.Asked["fake, "+question]; y.Asked == 0 || y.Agreed != y.Asked {
			t.Errorf("%s: %+v", question, y)
		}
	}
}

var attributes = regexp.MustCompile(`( [^ =<>"]+="[^"]*")+>`)

// faults are such as canonicalisers had. Which of two that differ is wrong can't be seen:
// so that a fault of ours is found like one of an oracle's.
var faults = map[string]func(octets []byte) []byte{
	"CR bare in text":       replaced("&#xD;", "\r"),
	"tab bare in a value":   replaced("&#x9;", "\t"),
	"line end in a value":   replaced("&#xA;", "\n"),
	"> bare in text":        replaced("&gt;", ">"),
	"quotes escaped":        replaced("'", "&apos;"),
	"double blanks lost":    replaced("  ", " "),
	"no empty default":      replaced(` xmlns=""`, ""),
	"xml:lang not written":  replaced(` xml:lang="zh-TW"`, ""),
	"beyond the first page": replaced("\U0001F600", "\ufffd"),
	"attributes by name": func(octets []byte) []byte {
		return attributes.ReplaceAllFunc(octets, func(tag []byte) []byte {
			all := strings.Split(strings.TrimSuffix(string(tag), ">"), `" `)
			all[len(all)-1] = strings.TrimSuffix(all[len(all)-1], `"`)
			all[0] = strings.TrimPrefix(all[0], " ")
			slices.Sort(all)
			return []byte(" " + strings.Join(all, `" `) + `">`)
		})
	},
}

func replaced(old, new string) func([]byte) []byte {
	return func(octets []byte) []byte { return bytes.ReplaceAll(octets, []byte(old), []byte(new)) }
}

// TestFaultsInCanonicalisationAreFound, whoever has them: no listed disagreement of the
// real oracles covers one.
func TestFaultsInCanonicalisationAreFound(t *testing.T) {
	for name, spoil := range faults {
		for _, who := range []string{"JDK", "libxml2"} {
			t.Run(name+"/"+who, func(t *testing.T) {
				found(t, &fake{name: who, spoil: spoil}, who, "1, ", "2, ")
			})
		}
	}
}

// TestLiesAreFound: verdicts that are not those of the verifier.
func TestLiesAreFound(t *testing.T) {
	refusal := &oracle.Refusal{Why: "it does not hold"}
	tests := []struct {
		name   string
		answer func(oracle.Digested, error) error
		law    string
	}{
		{"refuses all", func(oracle.Digested, error) error { return refusal }, "2, "},
		{"verifies all", func(oracle.Digested, error) error { return nil }, "6, "},
		{"refuses what has two References", func(d oracle.Digested, err error) error {
			if len(d.References) > 1 {
				return refusal
			}
			return err
		}, "2, "},
	}
	for _, tt := range tests {
		for _, who := range []string{"JDK", "libxml2"} {
			t.Run(tt.name+"/"+who, func(t *testing.T) {
				found(t, &fake{name: who, answer: tt.answer}, who, tt.law)
			})
		}
	}
}

// found wants findings about laws within some documents, that name the oracle and have
// the document.
func found(t *testing.T, f *fake, who string, laws ...string) {
	t.Helper()
	r := faking(t, f)
	for first := uint64(0); first < 120 && len(laws) > 0; first += 8 {
		_, findings := sum(t, r.Run(t.Context(), seeds(first, 8)))
		laws = slices.DeleteFunc(laws, func(law string) bool {
			return slices.ContainsFunc(findings, func(f Finding) bool {
				return strings.HasPrefix(f.Law, law) && strings.Contains(f.What, who) && len(f.Document) > 0
			})
		})
	}
	if len(laws) > 0 {
		t.Errorf("nothing is found about laws %q", laws)
	}
}

// TestNoAnswerIsNoDisagreement: one that crashes is counted, and nothing concluded.
func TestNoAnswerIsNoDisagreement(t *testing.T) {
	crashes := func(oracle.Digested, error) error { return oracle.ErrFailed }
	c, findings := sum(t, faking(t, &fake{name: "fake", answer: crashes}).Run(t.Context(), seeds(0, 20)))
	if y := c.Asked["fake, signature"]; len(findings) > 0 || y.Failed == 0 || y.Failed != y.Asked {
		t.Errorf("%d findings, %+v", len(findings), y)
	}
}

// TestASeedComesToTheSame, alone and among others.
func TestASeedComesToTheSame(t *testing.T) {
	r := faking(t, &fake{name: "fake", spoil: faults["CR bare in text"]})
	among := r.Run(t.Context(), seeds(0, 12))
	for i, all := range among {
		alone := r.Seed(uint64(i))
		if all.Seed != alone.Seed || len(all.Findings) != len(alone.Findings) || all.Counts.Accepted != alone.Counts.Accepted {
			t.Errorf("seed %d: %d findings alone, %d among others", i, len(alone.Findings), len(all.Findings))
		}
	}
}

// TestRunEnds where it is told to, with the seeds that were begun.
func TestRunEnds(t *testing.T) {
	r := faking(t, &fake{name: "fake"})
	ctx, cancel := contextEndingAfter(t, r, 5)
	defer cancel()
	results := r.Run(ctx, seeds(0, 1000))
	if len(results) < 5 || len(results) > 5+2*r.Workers {
		t.Errorf("%d seeds were tried", len(results))
	}
	for i, result := range results {
		if result.Seed != uint64(i) || result.Counts.Documents != 1 {
			t.Errorf("result %d is of seed %d, with %d documents", i, result.Seed, result.Counts.Documents)
		}
	}
}
