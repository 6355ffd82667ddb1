package main

import (
	"fmt"
	"io"
	"time"
)

// reading says every few seconds how far a file has been read: a log of gigabytes
// takes minutes, in which nothing else is shown.
type reading struct {
	io.Reader
	out  io.Writer
	name string
	size int64 // bytes; 0 is unknown
	read int64
	now  func() time.Time
	last time.Time // of a line; at first, of the beginning
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	if now := r.now(); now.Sub(r.last) >= plainEvery {
		r.last = now
		if r.size > 0 {
			fmt.Fprintf(r.out, "reading %s: %d %% of %d MB\n", r.name, min(100, 100*r.read/r.size), max(1, r.size/1e6))
		} else {
			fmt.Fprintf(r.out, "reading %s: %d MB\n", r.name, r.read/1e6)
		}
	}
	return n, err
}
