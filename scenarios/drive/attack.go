package drive

import (
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"switchover/results"
)

// attack lets vegeta carry out a leg: paced by Pace, each hit takes a departure
// that Pace let go, and RoundTrip asks its target. It returns when the board has
// nothing more and every attempt has ended.
//
// Note: vegeta's own results are thrown away: its clock starts before a request
// exists. Its workers stay unbounded, since a cap would hide lateness; the board
// has the caps. Its Stop does not interrupt pacing, so Pace waits by itself.
func (l *leg) attack() {
	l.timer = time.NewTimer(time.Hour)
	defer l.timer.Stop()
	attacker := vegeta.NewAttacker(vegeta.Client(&http.Client{Transport: l}))
	for range attacker.Attack(l.hand, l, 0, "") {
		// Drained so that no worker waits to be heard.
	}
}

var (
	_ vegeta.Pacer      = (*leg)(nil)
	_ http.RoundTripper = (*leg)(nil)
)

// Pace waits until the next departure may leave. It implements vegeta.Pacer, and
// being the one place that waits it also watches for stops, the time budget and
// the end of the drain.
func (l *leg) Pace(time.Duration, uint64) (wait time.Duration, stop bool) {
	for {
		l.d.poll()
		now := l.d.now()
		alarm := l.alarm(now)
		next := l.board.next(now)
		for _, dep := range next.dropped {
			l.drop(dep)
		}
		switch {
		case next.leave != nil:
			l.board.keep(next.leave)
			return 0, false
		case next.over:
			return 0, true
		}
		if next.wait >= 0 && (alarm < 0 || next.wait < alarm) {
			alarm = next.wait
		}
		var expired <-chan time.Time
		if alarm >= 0 {
			l.timer.Reset(alarm)
			expired = l.timer.C
		}
		select {
		case <-l.d.ctx.Done():
		case <-l.d.cfg.Stop:
		case <-l.board.wake:
		case <-expired:
		}
	}
}

// Rate implements vegeta.Pacer: the hits a second that the plan asks for at the
// start of conversations; 0 where answers set the pace.
func (l *leg) Rate(time.Duration) float64 {
	mean, _ := l.stage.Rates()
	return mean * float64(len(l.lanes))
}

// hand is the vegeta.Targeter. It never fails, since a failure would end the
// attack, and what it hands out is no address: RoundTrip takes what Pace let go.
func (l *leg) hand(t *vegeta.Target) error {
	t.Method, t.URL = http.MethodPost, "http://departure.invalid/"
	return nil
}

// RoundTrip asks a departure's target and waits for the end of the answer. The
// response it returns says only that this happened.
//
// What is due by then, as a user's next conversation is that begins without a
// pause, it goes on with: to have Pace woken, to let that go and a hit begin would
// delay it, by more than this program itself takes of a short answer.
func (l *leg) RoundTrip(*http.Request) (*http.Response, error) {
	var rec results.Record // of one departure after another
	for dep := l.board.take(); dep != nil; dep = l.board.landed(dep, l.d.now()) {
		l.carry(dep, &rec)
	}
	return carried, nil
}

// carried is what every departure is answered: nobody changes it.
var carried = &http.Response{
	Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
}
