package wire

import "time"

// Choices are the events that carried choices, those without content included:
// some tools take every one of them for a token.
type Choices struct {
	Count       int
	First, Last time.Duration // their stamps; meaningless while Count is 0
	// Untimed counts the events without content that came at no stamp that is kept:
	// neither First nor Last nor that of an event with content.
	Untimed int
	// Usage is the stamp of the latest usage; meaningless unless HasUsage.
	Usage    time.Duration
	HasUsage bool
	// UsageBeside is set when usage came in events with choices and in no event of
	// its own.
	UsageBeside bool
}

// ChoiceCounter is implemented by decoders of protocols whose events have choices.
// What it returns is whole after Close.
type ChoiceCounter interface {
	Choices() Choices
}

// tally counts them as they come.
type tally struct {
	Choices
	at      time.Duration // of the latest event
	empty   int           // events without content at that stamp
	content bool          // an event with content at that stamp
}

func (t *tally) event(at time.Duration, content bool) {
	switch {
	case t.Count == 0:
		t.First = at
	case at != t.at:
		if !t.content && t.at != t.First {
			t.Untimed += t.empty
		}
		t.empty, t.content = 0, false
	}
	t.Count++
	t.at, t.Last = at, at
	if content {
		t.content = true
	} else {
		t.empty++
	}
}

func (t *tally) usage(at time.Duration, beside bool) {
	t.UsageBeside = beside && (!t.HasUsage || t.UsageBeside)
	t.Usage, t.HasUsage = at, true
}
