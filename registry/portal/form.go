package portal

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"turnkey-gateway/registry"
)

// A Form is what a visitor entered, and what is wrong with it. Templates build its
// fields; the layout shows its problems at the top of the page, each a link to its field.
type Form struct {
	p        *Portal
	r        *http.Request
	lang     tongue
	values   url.Values
	Problems []FormProblem
}

// A FormProblem is what is wrong with one field. Without a field it is about all of them.
type FormProblem struct{ Field, Text string }

// form returns the request's form: of a GET an empty one, for a draft's values.
func (p *Portal) form(r *http.Request) *Form {
	v := visitOf(r)
	if v.form == nil {
		v.form = &Form{p: p, r: r, lang: v.lang, values: url.Values{}}
		for name, values := range r.PostForm { // only a POST has one
			v.form.values[name] = values
		}
	}
	return v.form
}

// Get returns what was entered, without blanks around it.
func (f *Form) Get(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// Raw returns what was entered, as it is: for passwords.
func (f *Form) Raw(name string) string { return f.values.Get(name) }

// Set shows a value in a field.
func (f *Form) Set(name, value string) { f.values.Set(name, value) }

// Require returns what was entered, and asks for it where that is nothing. The label is
// the key of the field's.
func (f *Form) Require(name, label string) string {
	value := f.Get(name)
	if value == "" {
		f.Fail(name, "form.required", f.p.words.text(f.lang, label))
	}
	return value
}

// Fail says what is wrong with a field.
func (f *Form) Fail(name, key string, args ...any) {
	f.Problems = append(f.Problems, FormProblem{name, f.p.words.text(f.lang, key, args...)})
}

// FailMessage is Fail for words that the registry chose.
func (f *Form) FailMessage(name string, m registry.Message) {
	f.Problems = append(f.Problems, FormProblem{name, f.lang.choose(m)})
}

// FailRefusal is FailMessage for an error that is a [registry.Refusal], and reports
// whether it is one.
func (f *Form) FailRefusal(name string, err error) bool {
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		f.FailMessage(name, refused.Message)
		return true
	}
	return false
}

// OK tells that nothing is wrong.
func (f *Form) OK() bool { return len(f.Problems) == 0 }

// Status is that of the page that shows the form again.
func (f *Form) Status() int {
	if f.OK() {
		return http.StatusOK
	}
	return http.StatusUnprocessableEntity
}

// File returns an uploaded file and its name on the visitor's machine, false where none
// was chosen. The body's limit bounds it.
func (f *Form) File(name string) (text []byte, filename string, ok bool) {
	if f.r.MultipartForm == nil || len(f.r.MultipartForm.File[name]) != 1 {
		return nil, "", false
	}
	header := f.r.MultipartForm.File[name][0]
	file, err := header.Open()
	if err != nil {
		return nil, "", false
	}
	defer file.Close()
	text, err = io.ReadAll(file)
	return text, header.Filename, err == nil && len(text) > 0
}

// Field returns a field for the templates of fields.html, which [fieldFuncs] refine:
//
//	{{template "field" (.Form.Field "email" "register.email" | kind "email" | required)}}
func (f *Form) Field(name, label string) Field {
	field := Field{form: f, Name: name, ID: name, Label: f.p.words.text(f.lang, label), Type: "text", Value: f.values.Get(name)}
	for _, problem := range f.Problems {
		if problem.Field == name {
			field.Error = problem.Text
			break
		}
	}
	return field
}

// A Field is one labelled input.
type Field struct {
	form *Form

	Name, ID, Label, Hint, Error, Value, Type string
	Autocomplete, InputMode, Accept, Width    string
	Required, ReadOnly                        bool
	MaxLength                                 int
	Options                                   []Option
}

// An Option is a choice of a field. Its texts are said already.
type Option struct{ Value, Label, Hint string }

// Described lists the ids of what describes the input, for aria-describedby.
func (f Field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// First is the id of the input that a problem links to.
func (f Field) First() string { return f.ID }

// fieldFuncs are what templates pipe a field through.
var fieldFuncs = map[string]any{
	"required": func(f Field) Field { f.Required = true; return f },
	"readonly": func(f Field) Field { f.ReadOnly = true; return f },
	"hint": func(key string, f Field) Field {
		f.Hint = f.form.p.words.text(f.form.lang, key)
		return f
	},
	// kind is the type of an input. A password is never shown again.
	"kind": func(kind string, f Field) Field {
		f.Type = kind
		if kind == "password" {
			f.Value = ""
		}
		return f
	},
	"autocomplete": func(what string, f Field) Field { f.Autocomplete = what; return f },
	"inputmode":    func(mode string, f Field) Field { f.InputMode = mode; return f },
	"accept":       func(types string, f Field) Field { f.Accept = types; return f },
	"width":        func(width string, f Field) Field { f.Width = width; return f }, // short, medium
	"maxlength":    func(n int, f Field) Field { f.MaxLength = n; return f },
	"options":      func(o []Option, f Field) Field { f.Options = o; return f },
}
