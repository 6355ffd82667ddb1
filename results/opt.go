package results

import (
	"encoding/json"
	"time"
)

// Opt is a value that may be unknown. Unknown is left out of JSON (tag
// omitzero), never written as zero.
type Opt[T any] struct {
	v  T
	ok bool
}

// Known wraps a value.
func Known[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Get returns the value and whether it is known.
func (o Opt[T]) Get() (T, bool) { return o.v, o.ok }

// Or returns the value, or def when unknown.
func (o Opt[T]) Or(def T) T {
	if o.ok {
		return o.v
	}
	return def
}

// IsKnown reports whether there is a value.
func (o Opt[T]) IsKnown() bool { return o.ok }

// IsZero lets encoding/json leave unknown values out.
func (o Opt[T]) IsZero() bool { return !o.ok }

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.ok {
		return []byte("null"), nil
	}
	return json.Marshal(o.v)
}

// UnmarshalJSON reads a value, or null for unknown.
func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*o = Opt[T]{}
		return nil
	}
	o.ok = true
	return json.Unmarshal(b, &o.v)
}

// Instant is nanoseconds since the segment's zero on the monotonic clock, or
// unknown. A duration since another instant has the same type and unit.
type Instant = Opt[int64]

// At makes an Instant from a duration since the segment's zero.
func At(d time.Duration) Instant { return Known(int64(d)) }

// Since returns a - b, unknown when either is.
func Since(a, b Instant) Opt[time.Duration] {
	if !a.ok || !b.ok {
		return Opt[time.Duration]{}
	}
	return Known(time.Duration(a.v - b.v))
}
