package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// signals turns interrupts into an orderly stop: the first ends the run
// cleanly, the second ends the program at once.
type signals struct {
	stop    chan struct{}   // closed by the first interrupt
	context context.Context // cancelled by the first interrupt
	cancel  context.CancelFunc
	once    sync.Once
	// patience is how long what is in flight may take after the first interrupt.
	patience time.Duration
	// atOnce cleans up before the second interrupt ends the program, and returns what
	// is said of it.
	atOnce func() string
}

func newSignals(ctx context.Context, patience time.Duration) *signals {
	s := &signals{stop: make(chan struct{}), patience: patience, atOnce: func() string { return "what was recorded is kept" }}
	s.context, s.cancel = context.WithCancel(ctx)
	return s
}

// listen handles interrupts until release is called.
func (s *signals) listen(talk io.Writer) (release func()) {
	got := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-got:
			}
			if s.stopped() {
				fmt.Fprintf(talk, "\nswitchover: stopped at once; %s\n", s.atOnce())
				os.Exit(exitInterrupted)
			}
			fmt.Fprintf(talk, "\nswitchover: stopping: what is in flight may take %v to finish; interrupt again to stop at once\n", s.patience)
			s.interrupt()
		}
	}()
	return func() {
		signal.Stop(got)
		close(done)
		s.cancel()
	}
}

func (s *signals) interrupt() {
	s.once.Do(func() {
		close(s.stop)
		s.cancel()
	})
}

func (s *signals) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}
