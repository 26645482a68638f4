package registry

// A Message is said to people, in their language. Its code is stable, for scripts and
// for translation; its words say why and what to do.
type Message struct {
	Code    string
	English string
	Chinese string // 繁體中文
}

// A Refusal is an error with words for people: a certificate or a file that can't be
// registered.
type Refusal struct{ Message }

func (r *Refusal) Error() string { return r.English }

func refuse(code, english, chinese string) error {
	return &Refusal{Message{code, english, chinese}}
}
