package sim

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// draft is everything decided about a request before it is served.
type draft struct {
	pieces []string // the answer, token by token
	end    ending
	input  int    // tokens
	id     string // of the answer; may be empty
	fault  *Fault // nil: none
	rng    *rand.Rand
}

// draw decides on an answer, its name, a fault and the source of jitter: the same
// for a conversation, whatever protocol it came in.
func (s *Server) draw(req *request, name func(n uint64) string) draft {
	var said strings.Builder
	for _, m := range req.conversation {
		fmt.Fprintf(&said, "%s\x00%s\x00", m.Role, m.Content)
	}
	key := sha256.Sum256([]byte(said.String()))
	d := draft{input: req.inputTokens(), rng: random("request", s.cfg.Seed, s.cfg.Model, key, s.occurrence(key))}
	d.id = name(d.rng.Uint64())
	d.fault = pickFault(s.cfg.Faults, time.Since(s.began), d.rng.Float64())
	untidy := d.rng.Float64() < s.cfg.Untidy
	if s.cfg.Judge {
		d.pieces, d.end = shorten(judge(s.cfg, req.conversation, untidy), limits{most: req.limits.most, stop: req.limits.stop})
	} else {
		d.pieces, d.end = answer(s.cfg, req.conversation, req.limits)
	}
	return d
}

// pickFault is the fault of a request at an instant since the start, by a draw u
// from [0, 1). Each share owns a stretch of that interval, its window open or not.
func pickFault(faults []Fault, at time.Duration, u float64) *Fault {
	var drawn *Fault
	low := 0.0
	for i := range faults {
		f := &faults[i]
		if f.Share == 0 && f.in(at) {
			return f
		}
		if u >= low && u < low+f.Share && f.in(at) {
			drawn = f
		}
		low += f.Share
	}
	return drawn
}

// prefill is the time from admission to the first token.
func (d *draft) prefill(cfg *Config) time.Duration {
	t := float64(cfg.TTFT)
	if cfg.PrefillPerS > 0 {
		t += float64(d.input) / cfg.PrefillPerS * float64(time.Second)
	}
	return time.Duration(t * d.jitter(cfg))
}

// gap is the time from one token to the next.
func (d *draft) gap(cfg *Config) time.Duration {
	return time.Duration(float64(cfg.TPOT) * d.jitter(cfg))
}

// jitter is a factor of mean 1 around which times spread by cfg.Jitter.
func (d *draft) jitter(cfg *Config) float64 {
	return 1 + max(-1, min(1, cfg.Jitter*normal(d.rng)))
}

// is reports whether the fault is of one of these kinds.
func (d *draft) is(kinds ...string) bool {
	return d.fault != nil && slices.Contains(kinds, d.fault.Kind)
}
