package wire

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"switchover/targets/chat"
)

// maxTokens is more than any model takes or gives; counts above are nonsense.
const maxTokens = 1 << 24

// believed reports whether each of the counts of tokens, nil where it was not said, can
// be one.
func believed(counts ...*int) bool {
	for _, n := range counts {
		if n != nil && (*n < 0 || *n > maxTokens) {
			return false
		}
	}
	return true
}

// measure is a number that a server says of its own work. It reads any JSON value:
// what is no number counts as not said, because no measure is worth an answer.
type measure struct {
	value float64
	said  bool
}

func (m *measure) UnmarshalJSON(b []byte) error {
	*m = measure{}
	m.said = json.Unmarshal(b, &m.value) == nil && string(b) != "null"
	return nil
}

// headerMeasure is a number in a header field.
func headerMeasure(h http.Header, name string) measure {
	v, err := strconv.ParseFloat(h.Get(name), 64)
	return measure{v, err == nil}
}

// tokens is a count of tokens; 0 where it was not said, or is no count.
func (m measure) tokens() int {
	if !m.said || m.value < 0 || m.value > maxTokens || m.value != math.Trunc(m.value) {
		return 0
	}
	return int(m.value)
}

// believable reports whether a count is one, or was not said.
func (m measure) believable() bool { return !m.said || m.value == 0 || m.tokens() > 0 }

// maxServerTime is longer than a server works on one answer.
const maxServerTime = 24 * time.Hour

// nanoseconds is a time that was said in units; 0 where it was not, or can be none.
func (m measure) nanoseconds(unit time.Duration) int64 {
	ns := m.value * float64(unit)
	if m.said && ns >= 0 && ns <= float64(maxServerTime) { // and no NaN
		return int64(math.Round(ns))
	}
	return 0
}

// counted is a usage of the tokens read and written, of which 0 was not counted; nil
// where neither is known, or one cannot be believed.
func counted(read, written measure) *chat.Usage {
	if !read.believable() || !written.believable() {
		return nil
	}
	var out chat.Usage
	if n := read.tokens(); n > 0 {
		out.Input = &n
	}
	if n := written.tokens(); n > 0 {
		out.Output = &n
	}
	if out.Input == nil && out.Output == nil {
		return nil
	}
	return &out
}

// knownTimings are timings of which anything is known; nil for none.
func knownTimings(t chat.Timings) *chat.Timings {
	if t == (chat.Timings{}) {
		return nil
	}
	return &t
}

// splitCached moves the tokens that were cached out of those that were read, if that
// many were.
func splitCached(u *chat.Usage, cached measure) {
	n := cached.tokens()
	if !cached.said || !cached.believable() || u.Input == nil || n > *u.Input {
		return
	}
	uncached := *u.Input - n
	u.Input, u.CacheRead = &uncached, &n
}
