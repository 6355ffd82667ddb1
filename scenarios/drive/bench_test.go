package drive

import (
	"context"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
)

// instant answers at once.
type instant struct{}

func (instant) Ask(_ context.Context, zero time.Time, _ chat.Request, rec *results.Record) {
	rec.Complete, rec.End = true, results.At(time.Since(zero))
}

// nothing keeps nothing.
type nothing struct{}

func (nothing) Append(*results.Record) error { return nil }
func (nothing) Event(results.Event) error    { return nil }

// BenchmarkDepartures is the driver's own cost of a departure: the board, vegeta,
// the events and the record, without a network or a disk.
func BenchmarkDepartures(b *testing.B) {
	plan := planOf(conversations(10, 1), openStage("s", 0, every(0, b.N, 10)))
	b.ReportAllocs()
	b.ResetTimer()
	lanes := []*lane{newLane(targets.Spec{Name: "a"}, instant{})}
	if _, err := run(b.Context(), Config{Plan: plan, Journal: nothing{}, Zero: time.Now()}, lanes); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "departures/s")
}

// BenchmarkBoard is the queue alone.
func BenchmarkBoard(b *testing.B) {
	board := newBoard(1, 1<<30)
	lane := &lane{}
	for i := range 10_000 {
		board.push(&departure{lane: lane, due: time.Duration(i)})
	}
	b.ReportAllocs()
	for i := range b.N {
		d := board.next(time.Second).leave
		if d == nil {
			b.Fatal("nothing left")
		}
		board.landed(d, -1) // goes on with nothing: none is due then
		board.push(&departure{lane: lane, due: time.Duration(i % 10_000)})
	}
}
