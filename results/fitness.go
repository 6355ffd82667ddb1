package results

import (
	"fmt"
	"strings"
)

// The thresholds above which the client was not fit to measure.
const (
	maxLag       = 0.010 // s, schedule lag p99
	maxLagOfTTFT = 0.02  // of the median TTFT, where that is more
	maxDropped   = 0.01  // of departures
	maxWokenGap  = 0.10  // lateness of waking, p99, of the median token gap, user clock
	timerGrain   = 0.002 // s: Go's timers are up to 1 ms late by themselves, which says nothing
	maxMerged    = 0.01  // of events, kernel clock: with more of them the p99 of token gaps is the client's
	maxCoalesced = 0.05  // of reads, kernel clock: a warning
)

// unfit lists why the client was not fit to measure; none means it was. Where
// several targets were measured, the quickest sets the limits: its figures are
// the first that a slow client spoils.
//
//  1. It sent late, or dropped what it could not send: on any clock.
//  2. On the user-space clock it woke late. Go's scheduler knows how long a
//     goroutine waited for a thread, and not how long the thread waited for a
//     processor: hence the lateness of timers as well.
//  3. On the kernel's clock waking late does no harm until a stream's next token
//     meets the one before it in the socket: the kernel then keeps one stamp for
//     both. A server that sends several tokens at once looks the same, but its
//     bytes do not lie about, so only answers whose bytes did so for longer than a
//     token gap count.
func unfit(c Client, targets []TargetSummary) []string {
	var why []string
	limit, of := maxLag, ""
	if ttft, ok := quickest(targets, "ttft_p50"); ok && maxLagOfTTFT*ttft > limit {
		limit, of = maxLagOfTTFT*ttft, fmt.Sprintf(" (%.0f %% of the median TTFT)", 100*maxLagOfTTFT)
	}
	if c.ScheduleLagP99 > limit {
		why = append(why, fmt.Sprintf("the client sent late: schedule lag p99 is %s, over %s%s", ms(c.ScheduleLagP99), ms(limit), of))
	}
	if c.DroppedShare > maxDropped {
		why = append(why, fmt.Sprintf("the client dropped %s of departures, over %.0f %%", twoDigits(c.DroppedShare), 100*maxDropped))
	}
	if held := c.held(); held != "" && len(why) > 0 {
		why = append(why, held)
	}
	gap, known := tokenGap(targets)
	if known && strings.Contains(c.Clock, ClockUser) {
		limit, woke := maxWokenGap*gap, float64(c.WakeLagP99)/1e9
		of := fmt.Sprintf("over %.0f %% of the median token gap of %s", 100*maxWokenGap, ms(gap))
		switch lag := float64(c.SchedLatencyP99) / 1e9; {
		case woke > max(limit, timerGrain) && woke > lag:
			why = append(why, fmt.Sprintf("the client woke late: by %s (p99), %s", ms(woke), of))
		case lag > limit:
			why = append(why, fmt.Sprintf("the client woke late: the Go scheduler's latency p99 is %s, %s", ms(lag), of))
		}
	}
	if c.MergedShare > maxMerged {
		why = append(why, fmt.Sprintf("the client read late: %s of tokens lost their own stamp in the kernel, over %.0f %%", twoDigits(c.MergedShare), 100*maxMerged))
	}
	return why
}

// held says what departures waited for or lacked, where they did.
func (c *Client) held() string {
	switch {
	case c.Exhausted != "":
		return c.Exhausted
	case c.Waited == 0:
		return ""
	case c.SocketLimit > 0:
		return fmt.Sprintf("%d of %d departures waited for a connection, of which this process can have %d: raise its file limit (ulimit -n)",
			c.Waited, c.Departures, c.SocketLimit)
	}
	return fmt.Sprintf("%d of %d departures waited for others to end, since no more may be in flight at once (limits: {concurrent: ...} in the scenario)", c.Waited, c.Departures)
}

// merged is the share of events that came to the same instant as the one before in
// answers whose bytes lay in the kernel for longer than a token gap.
func merged(all []*cell, targets []TargetSummary) float64 {
	gap, ok := tokenGap(targets)
	if !ok {
		return 0
	}
	var events, lost int
	for _, cell := range all {
		cell.attempts(func(r *row) {
			events += r.chunks
			if lag, ok := r.ReceiveLag.Get(); ok && r.Clock == ClockKernel && float64(lag)/1e9 > gap {
				lost += r.chunks - r.reads
			}
		})
	}
	return float64(lost) / float64(max(events, 1))
}

// tokenGap is the quickest target's median gap between tokens, in seconds. Where
// most tokens come several at once, whoever is to blame, the gaps between them say
// nothing, and the time per token stands in.
func tokenGap(targets []TargetSummary) (float64, bool) {
	gap, ok := quickest(targets, "itl_p50")
	if tpot, known := quickest(targets, "tpot_p50"); known && gap < tpot/2 {
		return tpot, true
	}
	return gap, ok && gap > 0
}

// quickest is the smallest value of a figure in any measured stage.
func quickest(targets []TargetSummary, key string) (least float64, ok bool) {
	for _, t := range targets {
		for _, s := range t.Stages {
			if v := s.Figures[key].Value; v != nil && (!ok || *v < least) {
				least, ok = *v, true
			}
		}
	}
	return least, ok
}

// twoDigits writes a share in percent: 6.2 %, 62 %, and with two more from 99.5 %,
// of which two would make 1e+02.
func twoDigits(share float64) string {
	if share >= 0.995 {
		return fmt.Sprintf("%.4g %%", 100*share)
	}
	return fmt.Sprintf("%.2g %%", 100*share)
}

func ms(seconds float64) string {
	if seconds >= 1 {
		return fmt.Sprintf("%.3g s", seconds)
	}
	return fmt.Sprintf("%.3g ms", 1000*seconds)
}
