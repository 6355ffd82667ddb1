// Package secret keeps API keys out of everything this program writes. A Value
// never prints itself, and a Redactor removes keys from text that came from
// outside: servers echo them back, plain or encoded. The package refuses to
// guess what else might be a secret: it hides the values it was given.
package secret

import "log/slog"

// Mask is what stands where a secret stood.
const Mask = "[redacted]"

// Value is a secret. It formats, marshals and logs as Mask.
type Value struct{ s string }

// New wraps a secret.
func New(s string) Value { return Value{s} }

// Reveal returns the secret itself, for the one place that signs a request.
func (v Value) Reveal() string { return v.s }

// Empty reports whether there is no secret.
func (v Value) Empty() bool { return v.s == "" }

// String returns Mask, or nothing for an empty Value.
func (v Value) String() string {
	if v.s == "" {
		return ""
	}
	return Mask
}

// GoString keeps %#v from printing the secret.
func (v Value) GoString() string { return v.String() }

// MarshalText keeps every text encoder, JSON included, from printing the secret.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// LogValue keeps slog from printing the secret.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }
