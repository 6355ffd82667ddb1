package prompts

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// reservoir keeps all entries of a source, or a sample of them while they pass:
// Vitter's algorithm R (ACM Transactions on Mathematical Software 11(1), 1985),
// by which each has the same chance to be kept, however many come.
type reservoir struct {
	size    int // 0: everything
	random  *rand.Rand
	limits  Limits
	entries []entry
	seen    int
	held    int64 // bytes of text kept
}

// add offers an entry.
func (r *reservoir) add(e entry) *Error {
	r.seen++
	if r.size == 0 || len(r.entries) < r.size {
		if len(r.entries) >= r.limits.Conversations {
			return mistake(drawSample, "more than %d conversations", r.limits.Conversations)
		}
		r.entries = append(r.entries, e)
	} else {
		i := r.random.IntN(r.seen)
		if i >= r.size {
			return nil
		}
		r.held -= int64(r.entries[i].TextBytes())
		r.entries[i] = e
	}
	r.held += int64(e.TextBytes())
	if r.held > r.limits.Held {
		hint := drawSample
		if r.size > 0 {
			hint = "draw a smaller sample"
		}
		return mistake(hint, "the conversations' text is longer than %d bytes", r.limits.Held)
	}
	return nil
}

// unique puts what was kept into the source's order and refuses names that are
// there twice. Of a sample only what was kept is compared: a set of all names of
// a large log would fill the memory.
func (r *reservoir) unique() *Error {
	slices.SortStableFunc(r.entries, func(a, b entry) int { return cmp.Compare(a.line, b.line) })
	first := make(map[string]int, len(r.entries))
	for _, e := range r.entries {
		if before, ok := first[e.Item]; ok {
			return mistake("every conversation needs a name of its own",
				"%s names a second conversation; the first is on line %d", quoted(e.Item), before).in("", e.line)
		}
		first[e.Item] = e.line
	}
	return nil
}
