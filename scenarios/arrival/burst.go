package arrival

import (
	"iter"
	"time"
)

// Bursts yields size arrivals in one instant, at 0 and each interval after it. It
// ends before the range of time.Duration does; an interval or a size that is not
// positive yields nothing.
func Bursts(every time.Duration, size int) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if every <= 0 {
			return
		}
		for at := time.Duration(0); at >= 0; at += every { // negative: past the range
			for range size {
				if !yield(at) {
					return
				}
			}
			if size <= 0 {
				return
			}
		}
	}
}

// Merge yields the arrivals of two processes in order of time, those of a first
// where both have one in the same instant.
func Merge(a, b iter.Seq[time.Duration]) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		other, more := next()
		for at := range a {
			for more && other < at {
				if !yield(other) {
					return
				}
				other, more = next()
			}
			if !yield(at) {
				return
			}
		}
		for more && yield(other) {
			other, more = next()
		}
	}
}
