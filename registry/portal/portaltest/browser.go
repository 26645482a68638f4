package portaltest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "embed"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience bounds each step in a browser.
const patience = 20 * time.Second

// A Browser is one visitor's window: cookies are its own.
type Browser struct {
	Origin string

	t   testing.TB
	ctx context.Context
}

// chromium is the one browser of this test process; each test has a context of its own
// in it. It ends with the process (Linux), whose pipe it hangs on.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-prefers-reduced-motion", true), chromedp.Flag("accept-lang", "zh-TW,zh"),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return ctx, nil
})

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// NewBrowser opens a window on a portal, closed after the test. Without Chromium the
// test is skipped; with CI=true it fails.
func NewBrowser(t testing.TB, origin string) *Browser {
	t.Helper()
	if _, err := findChromium(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Chromium is missing, and CI=true allows no skip: `make test` installs it")
		}
		t.Skip("Chromium is missing: `make test` installs it")
	}
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &Browser{Origin: origin, t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil { // opens the tab: without a limit
		t.Fatal(err)
	}
	return b
}

// Do runs steps of chromedp, for what Browser has no method for.
func (b *Browser) Do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v%s", what, err, b.whereabouts())
	}
}

// whereabouts helps whoever reads a failure.
func (b *Browser) whereabouts() string {
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText.slice(0, 600)`))
	if err != nil {
		return ""
	}
	return "; the page is " + text
}

// Goto opens a path of the portal.
func (b *Browser) Goto(path string) {
	b.t.Helper()
	b.Do("go to "+path, chromedp.Navigate(b.Origin+path))
}

// Fill types a value into the input that the CSS selector finds, in place of what is
// there.
func (b *Browser) Fill(selector, value string) {
	b.t.Helper()
	b.Wait(selector)
	Eval[bool](b, fmt.Sprintf(`(input => { input.value = ""; return input.dispatchEvent(new Event("input", { bubbles: true })); })(document.querySelector(%q))`, selector))
	b.Do("fill "+selector, chromedp.SendKeys(chromedp.CSS(selector), value))
}

// Set gives an input a value that isn't typed: a date, a choice of a select.
func (b *Browser) Set(selector, value string) {
	b.t.Helper()
	b.Do("set "+selector, chromedp.SetValue(chromedp.CSS(selector), value))
}

// Choose puts a file into a file input.
func (b *Browser) Choose(selector, file string) {
	b.t.Helper()
	b.Do("choose a file for "+selector, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file}))
}

// Click clicks what the CSS selector finds, and waits for no page: see Follow.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Follow clicks a link or a button, waits for the page that comes, and returns its
// status.
func (b *Browser) Follow(selector string) (status int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("follow %s: %v%s", selector, err, b.whereabouts())
	}
	return int(response.Status)
}

// Submit presses 下一步, or whatever the first button of the form in the page's main
// part is, and returns the status of the page that comes.
func (b *Browser) Submit() (status int) {
	b.t.Helper()
	return b.Follow(`main form button[type=submit]`)
}

// Wait waits until the CSS selector finds something that is seen.
func (b *Browser) Wait(selector string) {
	b.t.Helper()
	b.Do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Text returns the words that are seen in what the CSS selector finds.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	b.Wait(selector)
	return Eval[string](b, fmt.Sprintf(`document.querySelector(%q).innerText.trim()`, selector))
}

// Press presses keys: those of package kb, or letters.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.Do("press keys", chromedp.KeyEvent(keys))
}

// Path is where the browser is.
func (b *Browser) Path() string {
	b.t.Helper()
	return Eval[string](b, `location.pathname`)
}

// Eval returns what a JavaScript expression says on the page.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("evaluate %.80s: %v", expression, err)
	}
	return value
}

// widths are those that pages are looked at in.
var widths = []struct {
	name          string
	width, height int64
}{{"desktop", 1280, 900}, {"phone", 390, 844}}

// Screenshot files how the whole page looks, on a desktop and on a phone, in
// .test-output/screenshots/<name>-<width>.png.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	b.look(name, 300*time.Millisecond)
}

// Picture is Screenshot of a page that is still: it waits for no transition.
func (b *Browser) Picture(name string) {
	b.t.Helper()
	b.look(name, 0)
}

func (b *Browser) look(name string, settle time.Duration) {
	b.t.Helper()
	dir := filepath.Join(output(b.t), "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for _, w := range widths {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(w.width, w.height), chromedp.Sleep(settle)); err != nil {
			b.t.Fatalf("look at %s on a %s: %v", name, w.name, err)
		}
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatalf("look at %s on a %s: %v", name, w.name, err)
		}
		if wide := Eval[int64](b, `document.documentElement.scrollWidth`); wide > w.width {
			b.t.Errorf("%s scrolls sideways on a %s: it is %d wide: %s", name, w.name, wide, Eval[string](b, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table-wrap")).slice(0, 5).map(e => e.tagName + "." + e.className).join(", ")`))
		}
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+"-"+w.name+".png")
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		b.t.Fatal(err)
	}
}

//go:embed audit.js
var audit string

// Audit tells what the page has against accessibility: labels, headings, contrast in
// light and dark, size of what fingers meet, at 1280 and 320 pixels.
func (b *Browser) Audit(name string) {
	b.t.Helper()
	for _, width := range []int64{1280, 320} {
		for _, scheme := range []string{"light", "dark"} {
			b.Do("look", chromedp.EmulateViewport(width, 900))
			b.Scheme(scheme)
			for _, wrong := range Eval[[]string](b, audit) {
				b.t.Errorf("%s, %s, %d wide: %s", name, scheme, width, wrong)
			}
		}
	}
	b.Do("look as before", chromedp.EmulateViewport(1280, 900))
	b.Scheme("light")
}

// Scheme has the visitor prefer light or dark.
func (b *Browser) Scheme(scheme string) {
	b.t.Helper()
	b.Do("prefer "+scheme, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// Scripts switches JavaScript on pages on or off; [Eval] works all the same.
func (b *Browser) Scripts(on bool) {
	b.t.Helper()
	b.Do("switch scripts", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// ScreenshotBoth is Audit and Screenshot of a page that can be got, in both languages:
// <name>-zh and <name>-en.
func (b *Browser) ScreenshotBoth(path, name string) {
	b.t.Helper()
	for _, lang := range []string{"en", "zh"} {
		b.Goto(path + "?lang=" + lang)
		b.Audit(name + "-" + lang)
		b.Screenshot(name + "-" + lang)
	}
}

// LogIn gives the browser the session of a client.
func (b *Browser) LogIn(c *Client) {
	b.t.Helper()
	b.Do("take over a session", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: c.session(), URL: b.Origin, Path: "/"})
		return err
	}))
}
