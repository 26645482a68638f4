//go:build cgo

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/pkcs11"

	"turnkey-gateway/registry/challenge"
)

// signByModule tells whether this build can use cards at all.
const signByModule = true

// A pkcs11Module is a PKCS#11 library, initialised for one request: so a card or a reader
// that came since is seen by every library, and other programs get their turn at the card.
type pkcs11Module struct {
	path string
	ctx  *pkcs11.Ctx
}

// opener returns what opens the module at path, or the first of the usual ones where path
// is empty. The library stays loaded between requests: some don't bear to be unloaded.
func opener(path string) func() (module, error) {
	var loaded *pkcs11Module
	return func() (module, error) {
		if loaded == nil {
			found, err := findModule(path)
			if err != nil {
				return nil, err
			}
			ctx := pkcs11.New(found)
			if ctx == nil {
				return nil, newFault(noModule, errors.New("the module can't be loaded; is it built for this kind of machine?"))
			}
			loaded = &pkcs11Module{found, ctx}
		}
		runtime.LockOSThread() // until close: some libraries keep a thread's state
		err := loaded.ctx.Initialize()
		if err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
			runtime.UnlockOSThread()
			return nil, newFault(noModule, fmt.Errorf("initialise the module: %w", plain(err)))
		}
		return loaded, nil
	}
}

// findModule returns the path of the module to load.
func findModule(path string) (string, error) {
	if path == "" {
		for _, usual := range usualModules() {
			if _, err := os.Stat(usual); err == nil {
				return usual, nil
			}
		}
		return "", newFault(noModule, nil)
	}
	if _, err := os.Stat(path); err != nil {
		return "", newFault(noModule, errors.New("there is no file at the configured path"))
	}
	return path, nil
}

func (m *pkcs11Module) close() {
	_ = m.ctx.Finalize()
	runtime.UnlockOSThread()
}

func (m *pkcs11Module) readers() ([]reader, error) {
	slots, err := m.ctx.GetSlotList(false)
	if err != nil {
		return nil, toFault("list the readers", err)
	}
	readers := []reader{}
	for _, slot := range slots {
		info, err := m.ctx.GetSlotInfo(slot)
		if err != nil {
			continue // unplugged since the list was made
		}
		r := reader{Slot: strconv.FormatUint(uint64(slot), 10), Name: shown(info.SlotDescription)}
		if info.Flags&pkcs11.CKF_TOKEN_PRESENT != 0 {
			if token, err := m.ctx.GetTokenInfo(slot); err == nil && token.Flags&pkcs11.CKF_TOKEN_INITIALIZED != 0 {
				r.Card = &card{
					Label: shown(token.Label), Tries: triesOf(token.Flags), serial: token.SerialNumber,
					minPIN: pinBound(token.MinPinLen), maxPIN: pinBound(token.MaxPinLen),
				}
			}
		}
		readers = append(readers, r)
	}
	return readers, nil
}

// shown is a name as a module pads it, made fit for people: no controls, valid UTF-8.
func shown(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
}

// pinBound drops bounds that no PIN could have: CK_UNAVAILABLE_INFORMATION, mostly.
func pinBound(n uint) int {
	if n > 255 {
		return 0
	}
	return int(n)
}

func triesOf(flags uint) tries {
	switch {
	case flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		return triesNone
	case flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		return triesLast
	case flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0:
		return triesLow
	}
	return triesUnknown
}

// withSession calls f with a session that changes nothing on the card.
func (m *pkcs11Module) withSession(slot string, f func(pkcs11.SessionHandle) error) error {
	number, err := strconv.ParseUint(slot, 10, strconv.IntSize)
	if err != nil {
		return newFault(noCard, nil)
	}
	session, err := m.ctx.OpenSession(uint(number), pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return toFault("open a session", err)
	}
	defer func() { _ = m.ctx.CloseSession(session) }()
	return f(session)
}

// maxObjects bounds how many objects of one id are looked at: one is right, two are one
// too many.
const maxObjects = 4

func (m *pkcs11Module) certificates(slot string) (ders [][]byte, err error) {
	err = m.withSession(slot, func(session pkcs11.SessionHandle) error {
		objects, err := m.find(session, []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
			pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
		})
		if err != nil {
			return err
		}
		for _, object := range objects {
			values, err := m.ctx.GetAttributeValue(session, object, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil)})
			if err != nil {
				return toFault("read a certificate", err)
			}
			ders = append(ders, slices.Clone(values[0].Value))
		}
		return nil
	})
	return ders, err
}

// find returns the objects of a kind whose id is SIGN, and asks each of them again for its
// id: modules have been met that ignore parts of a template.
func (m *pkcs11Module) find(session pkcs11.SessionHandle, kind []*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	template := append(slices.Clone(kind), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(signID)))
	if err := m.ctx.FindObjectsInit(session, template); err != nil {
		return nil, toFault("search the card", err)
	}
	objects, _, err := m.ctx.FindObjects(session, maxObjects)
	if err := errors.Join(err, m.ctx.FindObjectsFinal(session)); err != nil {
		return nil, toFault("search the card", err)
	}
	var found []pkcs11.ObjectHandle
	for _, object := range objects {
		values, err := m.ctx.GetAttributeValue(session, object, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, nil)})
		if err == nil && string(values[0].Value) == signID {
			found = append(found, object)
		}
	}
	return found, nil
}

func (m *pkcs11Module) sign(slot string, pin []byte, purpose challenge.Purpose, origin, nonce string) (signature []byte, err error) {
	sentence, err := challenge.Sentence(purpose, origin, nonce)
	if err != nil {
		return nil, newFault(badRequest, err)
	}
	err = m.withSession(slot, func(session pkcs11.SessionHandle) error {
		// Whoever was logged in, it wasn't by this PIN.
		_ = m.ctx.Logout(session)
		if err := login(m.path, session, pkcs11.CKU_USER, pin); err != nil {
			return toFault("log in", err)
		}
		defer func() { _ = m.ctx.Logout(session) }()
		keys, err := m.find(session, []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY),
			pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
		})
		if err != nil {
			return err
		}
		if len(keys) != 1 {
			return newFault(noSigningCertificate, fmt.Errorf("%d private keys have the id %s", len(keys), signID))
		}
		mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_SHA256_RSA_PKCS, nil)}
		if err := m.ctx.SignInit(session, mechanism, keys[0]); err != nil {
			return toFault("begin to sign", err)
		}
		if m.wantsPINAgain(session, keys[0]) {
			if err := login(m.path, session, pkcs11.CKU_CONTEXT_SPECIFIC, pin); err != nil {
				return toFault("log in for the key", err)
			}
		}
		if signature, err = m.ctx.Sign(session, sentence); err != nil {
			return toFault("sign", err)
		}
		return nil
	})
	return signature, err
}

// wantsPINAgain tells whether the key takes the PIN for each signature (PKCS#11 2.40, 4.9).
func (m *pkcs11Module) wantsPINAgain(session pkcs11.SessionHandle, key pkcs11.ObjectHandle) bool {
	values, err := m.ctx.GetAttributeValue(session, key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, nil)})
	return err == nil && len(values[0].Value) > 0 && values[0].Value[0] != 0
}

// plain is an error of the module by its name alone.
func plain(err error) error {
	var ckr pkcs11.Error
	if errors.As(err, &ckr) {
		return ckr
	}
	return err
}

// toFault says what a module's error means to who stands before the card.
func toFault(attempt string, err error) error {
	c := cardFailed
	var ckr pkcs11.Error
	if errors.As(err, &ckr) {
		switch uint(ckr) {
		case pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE:
			c = wrongPIN // the last two may have cost a try as well
		case pkcs11.CKR_PIN_LOCKED:
			c = pinLocked
		case pkcs11.CKR_USER_PIN_NOT_INITIALIZED, pkcs11.CKR_PIN_EXPIRED:
			c = pinNotSet
		case pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_SLOT_ID_INVALID:
			c = noCard
		case pkcs11.CKR_CANCEL, pkcs11.CKR_FUNCTION_CANCELED:
			c = cancelled
		}
	}
	return newFault(c, fmt.Errorf("%s: %w", attempt, plain(err)))
}
