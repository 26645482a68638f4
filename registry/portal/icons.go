package portal

import (
	"fmt"
	"html/template"
)

// icons are drawn on a grid of 24, in strokes of the text's colour. They are our own.
var icons = map[string]string{
	"check":    `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"alert":    `<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.2v.1"/>`,
	"error":    `<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.2v.1"/>`,
	"info":     `<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.7v.1"/>`,
	"card":     `<rect x="2.5" y="5" width="19" height="14" rx="2.5"/><rect x="5.5" y="9" width="5" height="4" rx="1"/><path d="M13.5 15.5h5"/>`,
	"key":      `<circle cx="8" cy="15" r="4.5"/><path d="m11.3 11.7 8.2-8.2M16 7l3 3"/>`,
	"lock":     `<rect x="4.5" y="10.5" width="15" height="10" rx="2"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3"/>`,
	"swap":     `<path d="M4 9h14l-4-4.5M20 15H6l4 4.5"/>`,
	"person":   `<circle cx="12" cy="8" r="4"/><path d="M4 20.5c.8-4 4-6 8-6s7.2 2 8 6"/>`,
	"help":     `<circle cx="12" cy="12" r="9"/><path d="M9.3 9.5a2.8 2.8 0 1 1 4.2 2.4c-1 .6-1.5 1.1-1.5 2.1M12 16.8v.1"/>`,
	"file":     `<path d="M6 2.5h8l4.5 4.5v14.5H6z"/><path d="M13.5 2.5V7.5h5M9 12.5h6.5M9 16.5h6.5"/>`,
	"upload":   `<path d="M12 16V4.5M7 9l5-5 5 5M4 16v4.5h16V16"/>`,
	"search":   `<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5.5 5.5"/>`,
	"book":     `<path d="M4 4.5h5.5A2.5 2.5 0 0 1 12 7v13a2.5 2.5 0 0 0-2.5-2H4zM20 4.5h-5.5A2.5 2.5 0 0 0 12 7v13a2.5 2.5 0 0 1 2.5-2H20z"/>`,
	"globe":    `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c5 5.5 5 12.5 0 18-5-5.5-5-12.5 0-18z"/>`,
	"phone":    `<path d="M5 3.5h4l1.5 5-2.5 2a13 13 0 0 0 5.5 5.5l2-2.5 5 1.5v4c0 1-.8 1.5-1.7 1.5C10 20 4 14 3.5 5.2c0-.9.6-1.7 1.5-1.7z"/>`,
	"mail":     `<rect x="2.5" y="5" width="19" height="14" rx="2"/><path d="m3.5 7 8.5 6.5L20.5 7"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"next":     `<path d="m9 5 7 7-7 7"/>`,
	"download": `<path d="M12 4v11.5M7 11l5 5 5-5M4 20h16"/>`,
	"print":    `<path d="M7 9V3.5h10V9M7 17H4V9h16v8h-3"/><path d="M7 14h10v6.5H7z"/>`,
}

// icon returns one, hidden from screen readers: words stand beside it.
func icon(name string) (template.HTML, error) {
	drawing, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">` + drawing + `</svg>`), nil
}
