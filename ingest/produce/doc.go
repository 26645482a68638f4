// Package produce appends records to one partition of a topic and waits until all
// in-sync replicas have them.
//
// It is here beside the library's own Produce for two reasons. Records are encoded once,
// into one buffer that is used again, straight from the slices they were fetched into; large
// keys and values are not copied at all, but sent from where they are.
// And a request that nobody wants any more is not sent: whether its records may still be
// appended is asked again just before its last bytes are handed to the kernel, without
// which a broker does nothing. See [Request.Fresh].
//
// Nothing is retried here. After an error the records may be stored or not, unless it
// says that they are not.
package produce
