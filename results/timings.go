package results

import (
	"encoding/binary"
	"slices"
	"time"

	"switchover/results/stats"
	"switchover/targets/chat"
)

// timings is room for the timings of a row.
type timings struct{ chat.Timings }

func durationsOf(t *chat.Timings) [5]*int64 {
	return [...]*int64{&t.Total, &t.Load, &t.Queue, &t.Prompt, &t.Decode}
}

func appendTimings(b []byte, t *chat.Timings) []byte {
	for _, n := range durationsOf(t) {
		b = binary.AppendVarint(b, *n)
	}
	return binary.AppendVarint(binary.AppendVarint(b, int64(t.PromptTokens)), int64(t.DecodeTokens))
}

// read takes out what appendTimings wrote.
func (t *timings) read(in *cursor) *chat.Timings {
	for _, n := range durationsOf(&t.Timings) {
		*n = in.int()
	}
	t.PromptTokens, t.DecodeTokens = int(in.int()), int(in.int())
	return &t.Timings
}

// serverTimes are the medians of what the server says of the requests that
// succeeded.
func (c *cell) serverTimes() *ServerTimes {
	var said [5][]float64 // total, load, queue, prompt, a token
	out := &ServerTimes{}
	for q := range c.each {
		t := q.last.Timings
		if t == nil || !q.ok() {
			continue
		}
		out.N++
		token := int64(0)
		if t.DecodeTokens > 0 {
			token = t.Decode / int64(t.DecodeTokens)
		}
		for i, ns := range [...]int64{t.Total, t.Load, t.Queue, t.Prompt, token} {
			if ns > 0 {
				said[i] = append(said[i], time.Duration(ns).Seconds())
			}
		}
	}
	if out.N == 0 {
		return nil
	}
	for i, to := range [...]*Opt[float64]{&out.Total, &out.Load, &out.Queue, &out.Prompt, &out.Token} {
		if slices.Sort(said[i]); len(said[i]) > 0 {
			*to = Known(stats.Quantile(said[i], 0.5))
		}
	}
	return out
}
