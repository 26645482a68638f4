// Package password keeps the passwords of accounts: how they are hashed and compared,
// and which ones are good enough.
//
// It knows neither accounts nor sessions. A password that it was given is in no error.
//
// Invariants: a stored hash can't ask for more than 64 MiB and a few passes; however many
// ask at a time, a [Hasher] uses no more memory than it was made for.
package password
