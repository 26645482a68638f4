package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// errMalformed says nothing of the hash: it goes to logs.
var errMalformed = errors.New("the stored hash isn't an argon2id hash that this program would compute")

// params are what a hash costs.
type params struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// current are OWASP's for argon2id: 19 MiB, 2 passes, 1 lane. About 25 ms.
var current = params{memory: 19 << 10, passes: 2, lanes: 1}

// What a stored hash may ask for: RFC 9106's second recommended option, 64 MiB, 3 passes,
// 4 lanes, is the dearest.
const (
	maxMemory = 64 << 10
	maxPasses = 4
	maxLanes  = 4

	saltBytes, minSalt, maxSalt = 16, 8, 64
	tagBytes, minTag, maxTag    = 32, 16, 64

	maxEncoded = 256
)

// A phc is a hash in the PHC string format.
type phc struct {
	params
	salt, tag []byte
}

func (h phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.lanes,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.tag))
}

// parse reads the one spelling of a hash that String writes, within bounds.
func parse(text string) (h phc, err error) {
	parts := strings.Split(text, "$")
	if len(text) > maxEncoded || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errMalformed
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, errMalformed
	}
	memory, err1 := cost(costs[0], "m=", maxMemory)
	passes, err2 := cost(costs[1], "t=", maxPasses)
	lanes, err3 := cost(costs[2], "p=", maxLanes)
	salt, err4 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	tag, err5 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errors.Join(err1, err2, err3, err4, err5) != nil {
		return phc{}, errMalformed
	}
	h = phc{params{uint32(memory), uint32(passes), uint8(lanes)}, salt, tag}
	// RFC 9106 3.1: at least 8 KiB a lane. A line end in base64 would be skipped by its
	// decoder, so what was read must be what would be written.
	if h.memory < 8*uint32(h.lanes) || len(salt) < minSalt || len(salt) > maxSalt || len(tag) < minTag || len(tag) > maxTag || h.String() != text {
		return phc{}, errMalformed
	}
	return h, nil
}

func cost(text, name string, most uint64) (uint64, error) {
	digits, found := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !found || err != nil || n < 1 || n > most {
		return 0, errMalformed
	}
	return n, nil
}
