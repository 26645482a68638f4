package portal

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// An importField is one that some 憑證使用類型 ask for.
type importField struct {
	name     string
	label    registry.Message
	word     string // the key of the label where that is a word
	required bool
	types    []registry.UsageType
	options  []registry.TradeCode // where it is a choice
	kind     verifier.IdentifierKind
}

//go:embed import.json
var importJSON []byte

// An importTable is import.json.
type importTable struct {
	Comment string                                      `json:"comment"`
	Classes []registry.TradeCode                        `json:"classes"`
	Codes   map[registry.UsageType][]registry.TradeCode `json:"codes"`
}

var readImportTable = sync.OnceValues(func() (table importTable, err error) {
	if err = json.Unmarshal(importJSON, &table); err != nil {
		err = fmt.Errorf("read what imports ask for: %w", err)
	}
	return table, err
})

// Names of the fields that only a 報關專責人員 has.
const (
	nameField  = "name"  // 專責人員姓名
	classField = "class" // 類別
)

// importFields returns all fields in the order in which they are asked for: identifiers
// as the policy lists them, a specialist's name and class behind the national id, and
// the codes of trades.
func (p *Portal) importFields() ([]importField, error) {
	table, err := readImportTable()
	if err != nil {
		return nil, err
	}
	attributes, err := registry.Attributes()
	if err != nil {
		return nil, err
	}
	var fields []importField
	add := func(use registry.UsageType, f importField) {
		i := slices.IndexFunc(fields, func(known importField) bool { return known.name == f.name })
		if i < 0 {
			i, fields = len(fields), append(fields, f)
		}
		fields[i].types = append(fields[i].types, use)
	}
	for _, s := range p.cfg.Rules.Policy.Signing {
		for _, kind := range s.Asks {
			add(s.Type, importField{name: string(kind), word: "import.field." + string(kind), required: true, kind: kind})
			if kind == verifier.NationalID {
				add(s.Type, importField{name: nameField, word: "import.field.name", required: true})
				add(s.Type, importField{name: classField, word: "import.field.class", required: true, options: table.Classes})
			}
		}
		codes := table.Codes[s.Type]
		for _, a := range attributes {
			if string(a.Code) == string(s.Type) {
				codes = append(slices.Clone(codes), a.Codes...)
			}
		}
		for _, code := range codes {
			add(s.Type, importField{name: "code-" + code.Code, label: registry.Message{English: code.English, Chinese: code.Chinese}})
		}
	}
	return fields, nil
}

func (f importField) labelIn(p *Portal, l tongue) string {
	if f.word == "" {
		return l.choose(f.label)
	}
	return p.words.text(l, f.word)
}

// said is an entered value as people read it.
func (f importField) said(l tongue, value string) string {
	for _, o := range f.options {
		if o.Code == value {
			return l.choose(registry.Message{English: o.English, Chinese: o.Chinese})
		}
	}
	return value
}

// shown returns the field for a template.
func (f importField) shown(form *Form, policy *registry.Policy) shownField {
	field := form.Field(f.name, f.word)
	field.Label = f.labelIn(form.p, form.lang)
	field.Required, field.MaxLength, field.Width = f.required, 40, "medium"
	field.Autocomplete = "off"
	if f.kind == verifier.Specialist {
		field.Hint = form.p.words.text(form.lang, "import.hint_specialist")
	}
	for _, o := range f.options {
		field.Options = append(field.Options, Option{Value: o.Code, Label: form.lang.choose(registry.Message{English: o.English, Chinese: o.Chinese})})
	}
	var types, names []string
	for _, s := range policy.Signing {
		if slices.Contains(f.types, s.Type) {
			types = append(types, string(s.Type))
			names = append(names, form.lang.choose(registry.Message{English: s.English, Chinese: s.Chinese}))
		}
	}
	separator := "、"
	if form.lang == english {
		separator = ", "
	}
	return shownField{Field: field, For: strings.Join(types, " "), ForNames: strings.Join(names, separator)}
}

// readImportFields returns what was entered in the fields that a 憑證使用類型 asks for,
// and says what is wrong with it.
func (p *Portal) readImportFields(form *Form, use registry.UsageType) (map[string]string, error) {
	fields, err := p.importFields()
	if err != nil {
		return nil, err
	}
	entered := make(map[string]string)
	for _, f := range fields {
		if !slices.Contains(f.types, use) {
			continue
		}
		value := form.Get(f.name)
		switch {
		case value == "" && f.required:
			form.Require(f.name, f.word)
		case value == "":
		case f.kind != "":
			if value = registry.Normalize(f.kind, value); registry.CheckIdentifier(f.kind, value) != nil {
				form.Fail(f.name, "import.wrong."+string(f.kind))
			}
		case f.options != nil:
			if !slices.ContainsFunc(f.options, func(o registry.TradeCode) bool { return o.Code == value }) {
				form.Fail(f.name, "form.required", p.words.text(form.lang, f.word))
			}
		case f.name == nameField:
			if utf8.RuneCountInString(value) > 40 || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
				form.Fail(f.name, "import.wrong.name")
			}
		case !tradeCodePattern.MatchString(value):
			form.Fail(f.name, "import.wrong.code")
		}
		if value != "" {
			entered[f.name] = value
		}
	}
	return entered, nil
}

// identifiers returns who the draft says the party is, and what else it goes by.
func (d importDraft) identifiers(policy registry.SigningPolicy) (principal registry.Identifier, claims []registry.Identifier, err error) {
	for i, kind := range policy.Asks {
		identifier := registry.Identifier{Kind: kind, Value: d.Entered[string(kind)]}
		if i == 0 {
			principal = identifier
			continue
		}
		claims = append(claims, identifier)
	}
	if principal.Value == "" {
		return principal, nil, fmt.Errorf("%s asks for no identifier that says who it is", policy.Type)
	}
	return principal, claims, nil
}
