package postgres

import (
	"encoding/json"
	"errors"
)

var errNoIdentityKey = errors.New("personal data can't be stored or read without identity.key")

func (s *Store) seal(context string, plain []byte) ([]byte, error) {
	if s.identity == nil {
		return nil, errNoIdentityKey
	}
	return s.identity.SealBytes(context, plain), nil
}

func (s *Store) openJSON(context string, sealed []byte, into any) error {
	if s.identity == nil {
		return errNoIdentityKey
	}
	plain, err := s.identity.OpenBytes(context, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}
