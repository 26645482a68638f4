// Package hostile makes what a broken or hostile uploader would send, as record batches
// that are appended byte for byte, and knows which outcome each record deserves.
//
// Batches are made by hand, since no client's producer makes a record of a hundred
// thousand headers, or a gigabyte of blanks that takes a kilobyte on the wire.
package hostile
