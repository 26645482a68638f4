package oracle

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// asOracle makes the test's own program an oracle that crashes over some documents.
const asOracle = "TURNKEY_TEST_ORACLE"

func TestMain(m *testing.M) {
	if os.Getenv(asOracle) != "" {
		crashing(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// crashing answers each request with its document, and ends over <crash/>.
func crashing(in io.Reader, out io.Writer) {
	for {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		request := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(in, request); err != nil {
			return
		}
		answer := []byte{statusGood}
		switch {
		case strings.HasSuffix(string(request), "<crash/>"):
			os.Exit(3)
		case request[0] == 'c':
			answer = append(answer, request[16:]...) // behind options, two empty blocks and a length
		}
		_, _ = out.Write(block(nil, answer))
	}
}

func startCrashing(t *testing.T) *Process {
	t.Helper()
	p, err := start("crashing", func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asOracle+"=1")
		return cmd
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestACrashIsNoAnswer, and the next request has one again.
func TestACrashIsNoAnswer(t *testing.T) {
	p := startCrashing(t)
	if _, err := p.Canonicalize(Request{Document: []byte("<crash/>")}); !errors.Is(err, ErrFailed) {
		t.Errorf("a crash: %v", err)
	}
	if p.Crashes() != 2 {
		t.Errorf("it was started anew %d times: each request is put twice", p.Crashes())
	}
	if got, err := p.Canonicalize(Request{Document: []byte("<a/>")}); err != nil || string(got) != "<a/>" {
		t.Errorf("after it: %s, %v", got, err)
	}
}

// TestACrashIsNobodyElses: requests that wait beside one that crashes are answered.
func TestACrashIsNobodyElses(t *testing.T) {
	p := startCrashing(t)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			doc := "<a>" + strconv.Itoa(i) + "</a>"
			if i%20 == 7 {
				doc = "<crash/>"
			}
			got, err := p.Canonicalize(Request{Document: []byte(doc)})
			switch {
			case doc == "<crash/>" && !errors.Is(err, ErrFailed):
				t.Errorf("a crash: %s, %v", got, err)
			case doc != "<crash/>" && (err != nil || string(got) != doc):
				t.Errorf("%s became %s, %v", doc, got, err)
			}
		})
	}
	wg.Wait()
}

// TestClosed: nothing is asked of an oracle that was ended.
func TestClosed(t *testing.T) {
	p := startCrashing(t)
	p.Close()
	if _, err := p.Canonicalize(Request{Document: []byte("<a/>")}); !errors.Is(err, ErrFailed) {
		t.Errorf("closed: %v", err)
	}
}
