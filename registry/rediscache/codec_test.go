package rediscache

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/verifier"
)

// hashOf returns a made-up lookup hash.
func hashOf(name string) registry.LookupHash { return sha256.Sum256([]byte(name)) }

func keyOf(name string) keyfile.Key { return sha256.Sum256([]byte(name)) }

// sampleSnapshot has one registration in each state.
func sampleSnapshot() *registry.Snapshot {
	s := &registry.Snapshot{
		Sender: hashOf("sender"), Party: "P-AAAAAAAAAAAAAAAA", Epoch: "5ad4e8a4-3c4e-4f1c-9f6e-1d0f3c1b7a10", Version: 7001,
		Identifiers: []registry.LookupHash{{1}, {2}, {3}},
	}
	day := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for i, state := range states {
		der := bytes.Repeat([]byte{byte(i)}, 700+i)
		row := registry.RegistrationRow{
			DER: der, Fingerprint: sha256.Sum256(der), State: state, From: day.AddDate(0, i, 0),
		}
		if state == verifier.Superseded {
			row.Until = day.AddDate(2, 0, 0)
		}
		if state == verifier.Withdrawn || state == verifier.Revoked {
			row.EndedAt = day.AddDate(1, 0, 0)
		}
		s.Registrations = append(s.Registrations, row)
	}
	return s
}

func sampleHeartbeat() Heartbeat {
	return Heartbeat{
		Epoch: "5ad4e8a4-3c4e-4f1c-9f6e-1d0f3c1b7a10", At: time.Date(2026, 11, 24, 1, 2, 3, 4000, time.UTC),
		Version: 7005, Covers: 7000,
		Changes: []SenderChange{
			{TagOf(hashOf("a")), 7001}, {TagOf(hashOf("b")), 7001}, {TagOf(hashOf("a")), 7003}, {TagOf(hashOf("c")), 7005},
		},
	}
}

func TestSnapshotComesBackAsItWas(t *testing.T) {
	want := sampleSnapshot()
	body, err := encodeSnapshot(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeSnapshot(want.Sender, body)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v, want %+v", got, want)
	}
	clear(body)
	if !reflect.DeepEqual(got, want) {
		t.Error("the snapshot shares memory with the value it was read from")
	}
}

func TestHeartbeatComesBackAsItWas(t *testing.T) {
	want := sampleHeartbeat()
	body, err := encodeHeartbeat(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeHeartbeat(body)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v, want %+v", got, want)
	}
}

func TestLargestHeartbeatFits(t *testing.T) {
	h := Heartbeat{Epoch: sampleHeartbeat().Epoch, At: time.Now(), Version: 1 << 62, Covers: 0}
	for i := range MaxChanges {
		h.Changes = append(h.Changes, SenderChange{Tag{byte(i)}, registry.Version(i+1) << 50})
	}
	body, err := encodeHeartbeat(h)
	if err != nil {
		t.Fatal(err)
	}
	if len(body)+macSize > maxHeartbeat {
		t.Errorf("%d bytes, more than the %d that readers take", len(body)+macSize, maxHeartbeat)
	}
	h.Changes = append(h.Changes, SenderChange{})
	if _, err := encodeHeartbeat(h); !errors.Is(err, errTooLarge) {
		t.Errorf("with one change too many: %v, want errTooLarge", err)
	}
}

func TestWhatIsTooLargeIsNotCached(t *testing.T) {
	tests := []struct {
		name string
		edit func(*registry.Snapshot)
	}{
		{"epoch", func(s *registry.Snapshot) { s.Epoch = registry.Epoch(make([]byte, maxText+1)) }},
		{"identifiers", func(s *registry.Snapshot) { s.Identifiers = make([]registry.LookupHash, maxIdentifiers+1) }},
		{"registrations", func(s *registry.Snapshot) {
			s.Registrations = make([]registry.RegistrationRow, maxRegistrations+1)
		}},
		{"a certificate", func(s *registry.Snapshot) { s.Registrations[0].DER = make([]byte, maxDER+1) }},
		{"all certificates", func(s *registry.Snapshot) {
			row := s.Registrations[0]
			row.DER = make([]byte, maxDER)
			for range maxSnapshot / maxDER {
				s.Registrations = append(s.Registrations, row)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sampleSnapshot()
			tt.edit(s)
			if _, err := encodeSnapshot(s); !errors.Is(err, errTooLarge) {
				t.Errorf("got %v, want errTooLarge", err)
			}
		})
	}
}

func TestEveryCutAndEveryTailIsGarbage(t *testing.T) {
	snapshot, err := encodeSnapshot(sampleSnapshot())
	if err != nil {
		t.Fatal(err)
	}
	heartbeat, err := encodeHeartbeat(sampleHeartbeat())
	if err != nil {
		t.Fatal(err)
	}
	for n := range snapshot {
		if _, err := decodeSnapshot(hashOf("sender"), snapshot[:n]); err == nil {
			t.Fatalf("a snapshot cut to %d of %d bytes was read", n, len(snapshot))
		}
	}
	for n := range heartbeat {
		if _, err := decodeHeartbeat(heartbeat[:n]); err == nil {
			t.Fatalf("a heartbeat cut to %d of %d bytes was read", n, len(heartbeat))
		}
	}
	if _, err := decodeSnapshot(hashOf("sender"), append(snapshot, 0)); err == nil {
		t.Error("a snapshot with a byte behind it was read")
	}
	if _, err := decodeHeartbeat(append(heartbeat, 0)); err == nil {
		t.Error("a heartbeat with a byte behind it was read")
	}
}

func TestSealHoldsKeyAndValue(t *testing.T) {
	s := newSealer(keyOf("cache"))
	sealed := s.seal("key", []byte("body"))
	if body, err := s.open("key", sealed); err != nil || string(body) != "body" {
		t.Fatalf("open = %q, %v", body, err)
	}
	tests := []struct {
		name  string
		by    *sealer
		key   string
		value []byte
		want  error
	}{
		{"put at another key", s, "other", sealed, errMAC},
		{"sealed with another cache.key", newSealer(keyOf("other")), "key", sealed, errMAC},
		{"a bit of the body flipped", s, "key", flip(sealed, 0), errMAC},
		{"a bit of the HMAC flipped", s, "key", flip(sealed, len(sealed)-1), errMAC},
		{"border between key and body moved", s, "key\x00b", sealed[1:], errMAC},
		{"too short for an HMAC", s, "key", sealed[:macSize-1], errGarbage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if body, err := tt.by.open(tt.key, tt.value); !errors.Is(err, tt.want) {
				t.Errorf("open = %q, %v, want %v", body, err, tt.want)
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// FuzzDecode: what can be read at all is read the same after it was written again, and
// costs memory in proportion to its own length.
func FuzzDecode(f *testing.F) {
	snapshot, _ := encodeSnapshot(sampleSnapshot())
	heartbeat, _ := encodeHeartbeat(sampleHeartbeat())
	f.Add(snapshot)
	f.Add(heartbeat)
	noise := rand.New(rand.NewPCG(1, 2))
	for range 32 {
		f.Add(flip(snapshot, noise.IntN(len(snapshot))))
		f.Add(flip(heartbeat, noise.IntN(len(heartbeat))))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := decodeSnapshot(hashOf("sender"), body); err == nil {
			again, err := encodeSnapshot(s)
			if err != nil {
				t.Fatalf("read, but can't be written: %v", err)
			}
			if twice, err := decodeSnapshot(hashOf("sender"), again); err != nil || !reflect.DeepEqual(s, twice) {
				t.Errorf("%+v became %+v, err %v", s, twice, err)
			}
		}
		if h, err := decodeHeartbeat(body); err == nil {
			again, err := encodeHeartbeat(h)
			if err != nil {
				t.Fatalf("read, but can't be written: %v", err)
			}
			if twice, err := decodeHeartbeat(again); err != nil || !reflect.DeepEqual(h, twice) {
				t.Errorf("%+v became %+v, err %v", h, twice, err)
			}
		}
	})
}
