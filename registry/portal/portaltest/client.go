package portaltest

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A Client visits a portal as a browser without scripts does: it keeps cookies, and
// posts the forms it was given.
type Client struct {
	Origin string
	HTTP   *http.Client // doesn't follow redirects

	t    testing.TB
	csrf string // of the last page with a form
}

// NewClient returns a visitor who was never there.
func NewClient(t testing.TB, origin string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{Origin: origin, t: t, HTTP: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A Page is an answer, read to its end.
type Page struct {
	*http.Response
	Text string
}

// Location is the path that a redirect leads to.
func (p Page) Location() string { return p.Header.Get("Location") }

// CSRF is the token of the page's first form, empty if there is none.
func (p Page) CSRF() string { return p.Value("csrf") }

// Value is the value of the page's first input of a name, empty if there is none.
func (p Page) Value(name string) string {
	if found := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `" value="([^"]+)"`).FindStringSubmatch(p.Text); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// Get gets a path.
func (c *Client) Get(path string) Page {
	c.t.Helper()
	request, err := http.NewRequest(http.MethodGet, c.Origin+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Do(request)
}

// Post posts a form, pairs of name and value, with the token of the page seen last.
func (c *Client) Post(path string, pairs ...string) Page {
	c.t.Helper()
	form := url.Values{"csrf": {c.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	request, err := http.NewRequest(http.MethodPost, c.Origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.Do(request)
}

// Upload is Post with a file in the field named.
func (c *Client) Upload(path, field, filename string, content []byte, pairs ...string) Page {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		_ = form.WriteField(pairs[i], pairs[i+1]) // to memory
	}
	_ = form.WriteField("csrf", c.csrf)
	part, err := form.CreateFormFile(field, filename)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = part.Write(content)
	form.Close()
	request, err := http.NewRequest(http.MethodPost, c.Origin+path, &body)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	return c.Do(request)
}

// Do sends a request and reads the answer.
func (c *Client) Do(request *http.Request) Page {
	c.t.Helper()
	response, err := c.HTTP.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	page := Page{response, string(text)}
	if token := page.CSRF(); token != "" {
		c.csrf = token
	}
	return page
}

// SetSession gives the client the cookie of a session that was opened elsewhere.
func (c *Client) SetSession(token string) {
	c.t.Helper()
	u, err := url.Parse(c.Origin)
	if err != nil {
		c.t.Fatal(err)
	}
	c.HTTP.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
}

// session is the token of the client's session.
func (c *Client) session() string {
	c.t.Helper()
	u, err := url.Parse(c.Origin)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range c.HTTP.Jar.Cookies(u) {
		if cookie.Name == "session" {
			return cookie.Value
		}
	}
	c.t.Fatal("the client has no session")
	return ""
}
