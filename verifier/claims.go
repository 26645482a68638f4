package verifier

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A ClaimTable says, per message type, which elements claim to name the sender. Types
// that are not in it are not checked; nor is anything where it is empty.
//
// Of a type's claims the first that a document makes counts, and the sender must hold
// it, every time the document makes it: a broker's own box comes before the company on
// whose behalf it declares.
type ClaimTable map[string][]Claim

// A Claim is an element that names the sender.
type Claim struct {
	// Path leads from the root's children to the element, local names with / between
	// them, at most 4; all are in the root's namespace. It may neither be nor lead
	// through another's of the type, or the element of the message's identity.
	Path string `json:"path"`

	// Kinds are those of which the value may be. It is compared as it stands.
	Kinds []IdentifierKind `json:"kinds"`
}

//go:embed claims.json
var defaultClaims []byte

// DefaultClaims returns the table that claims.json holds. Which element names the sender
// is not public; the table is an assumption.
func DefaultClaims() ClaimTable {
	table, err := ParseClaims(defaultClaims)
	if err != nil {
		panic(fmt.Sprintf("verifier: embedded claims.json: %v", err))
	}
	return table
}

// ParseClaims reads a table from JSON: an object of lists of claims by message type.
func ParseClaims(text []byte) (ClaimTable, error) {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	var table ClaimTable
	if err := dec.Decode(&table); err != nil {
		return nil, fmt.Errorf("parse the table of claims: %w", err)
	}
	if err := table.check(); err != nil {
		return nil, err
	}
	return table, nil
}

const maxClaimDepth = 4

func (table ClaimTable) check() error {
	for code, claims := range table {
		taken := []string{identityElement(code)}
		for _, c := range claims {
			if err := c.check(taken); err != nil {
				return fmt.Errorf("claims of %s: %w", code, err)
			}
			taken = append(taken, c.Path)
		}
	}
	return nil
}

// check holds a claim against the paths sought besides. What is sought is text, and for
// one thing: a path that is another's, or leads through another's, would be missed.
func (c Claim) check(taken []string) error {
	names := strings.Split(c.Path, "/")
	if len(names) > maxClaimDepth || slices.Contains(names, "") {
		return fmt.Errorf("path %q is not 1 to %d names with / between them", c.Path, maxClaimDepth)
	}
	for _, t := range taken {
		if strings.HasPrefix(c.Path+"/", t+"/") || strings.HasPrefix(t+"/", c.Path+"/") {
			return fmt.Errorf("path %s and %s, which is sought too, lead to or through one element", c.Path, t)
		}
	}
	if len(c.Kinds) == 0 {
		return fmt.Errorf("%s has no kinds", c.Path)
	}
	known := []IdentifierKind{Account, BusinessID, NationalID, BrokerBox, Specialist}
	for _, k := range c.Kinds {
		if !slices.Contains(known, k) {
			return fmt.Errorf("kind %q of %s is unknown: use %v", k, c.Path, known)
		}
	}
	return nil
}
