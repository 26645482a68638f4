package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sampleView has something in every section.
func sampleView() view {
	at := time.Date(2026, 3, 4, 12, 1, 20, 0, time.UTC)
	v := view{
		Now: at, Running: 83 * time.Second, Ready: 3210 * time.Millisecond, First: 3456 * time.Millisecond,
		Sent: 150.2, Verified: 127.8, Rejected: 22.4,
		Planned: 12_450, AsPlanned: 12_447, Waiting: 3,
		Seen:   spread{4100 * time.Microsecond, 18 * time.Millisecond},
		Inside: spread{2700 * time.Microsecond, 9 * time.Millisecond},
		Judge:  spread{88 * time.Microsecond, 410 * time.Microsecond},
		Levels: []level{{"memory", 9_870}, {"Redis", 120}, {"Postgres", 10}, {"nowhere", 0}},
		Shadow: shadow{Agrees: 541, None: 62},
		Changes: []change{
			{at.Add(-20 * time.Second), "registered", "4ECFCBA3", "first verified", 38 * time.Millisecond},
			{at, "revoked", "4ECFCBA3", "first rejection", 0},
		},
		Examples: []example{
			{"海晏範例報關行", "blanks collapsed", 4_120, verifier.DigestMismatch},
			{"萬順範例報關股份有限公司第一分公司台北", "another party's certificate", 215_300, verifier.SenderMismatch},
			{"nobody@example.com", "account unknown", 3_300, verifier.UnregisteredCertificate},
		},
		Visitors: []address{
			{"portal", "http://127.0.0.1:19180/"},
			{"cards", "PIN 246813"},
			{"", "MOICA new          A190000017  王範例                register as a person"},
		},
		Addresses: []address{
			{"gateway", "http://127.0.0.1:19093/metrics"},
			{"verify", "bin/turnkey verify --cert /run/demo/sample.pem /run/demo/sample.xml"},
		},
	}
	v.Verdicts = []verdictCount{{verifier.Verified, 10_560, 127.8}}
	for i, r := range verifier.Rejections() {
		v.Verdicts = append(v.Verdicts, verdictCount{r, 7 * i * i, 0.1 * float64(i)})
	}
	return v
}

func TestFrame(t *testing.T) {
	good, bad, early := sampleView(), sampleView(), view{Verdicts: sampleView().Verdicts[:1]}
	bad.Otherwise, bad.Ending, bad.Shadow.Disagrees = 2, true, 1
	bad.Faults = []string{
		"VERIFIED of turnkey.inbound/0/17 on turnkey.verified/0 at offset 12: DIGEST_MISMATCH was planned",
		"3 messages have no outcome after 15s",
	}
	early.Verdicts[0].Total = 0
	tests := []struct {
		name  string
		view  view
		width int
		paint paint
	}{
		{"wide", good, 110, paint{}},
		{"narrow", good, 80, paint{}},
		{"colours", good, 90, paint{on: true}},
		{"deviating", bad, 90, paint{}},
		{"first", early, 90, paint{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, strings.Join(frame(tt.view, tt.width, tt.paint), "\n")+"\n")
		})
	}
}

// No line but an address, which is there to be copied, may be wrapped by the terminal.
func TestFrameKeepsToItsWidth(t *testing.T) {
	for width := narrowest; width <= widest+20; width++ {
		v := sampleView()
		v.Visitors, v.Addresses = nil, nil
		v.Otherwise, v.Faults = 1, []string{strings.Repeat("很長的說明 ", 40)}
		for _, l := range frame(v, width, paint{}) {
			if n := cells.StringWidth(l); n > width {
				t.Errorf("at width %d a line takes %d: %q", width, n, l)
			}
		}
	}
}

func TestLine(t *testing.T) {
	v := sampleView()
	v.Changes[1].After = 41 * time.Millisecond
	deviating := v
	deviating.Otherwise, deviating.Faults = 1, []string{"its bytes were never sent"}
	golden(t, "line", line(v)+"\n"+line(deviating)+"\n"+line(view{Now: v.Now})+"\n")
}

func TestReport(t *testing.T) {
	golden(t, "report", strings.Join(report(sampleView()), "\n")+"\n")
}

func TestFitKeepsFirstAndLastLines(t *testing.T) {
	lines := []string{"a", "", "b", "c", "", "d"}
	tests := map[int]string{10: "a||b|c||d", 5: "a||b|c|d", 4: "a|b|c|d", 3: "a|b|d", 2: "a|d"}
	for height, want := range tests {
		if got := strings.Join(fit(append([]string(nil), lines...), height), "|"); got != want {
			t.Errorf("fit to %d lines = %q, want %q", height, got, want)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it); got:\n%s", path, got)
	}
}
