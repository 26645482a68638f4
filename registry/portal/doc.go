// Package portal is the web site on which parties register: server-rendered pages that
// work without JavaScript wherever no card is involved.
//
// It decides nothing about certificates (package registry does) and stores nothing
// itself (the [Registry] it is given does).
//
// Invariants: nothing changes but by a POST that carries the session's token and comes
// from our own origin; no page holds an inline script or style; a PIN never reaches the
// server; neither logs nor metrics hold anything that a visitor entered.
package portal
