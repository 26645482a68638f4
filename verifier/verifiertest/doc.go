// Package verifiertest makes what other rooms' tests, the corpora of bench and the
// demo need from the world outside: certificate authorities in the layouts of
// Taiwan's customs, certificates issued by them, and documents signed with those.
//
// Everything in it is made up: the authorities sign nothing but samples, the names
// and numbers belong to nobody, and the keys live as long as the process.
package verifiertest
