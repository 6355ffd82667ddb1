package telemetry

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
)

// scripted is a source whose readings take as long as told and fail when told.
type scripted struct {
	take   func(n int) time.Duration // of reading n, from 0
	fail   func(n int) error
	hang   chan struct{} // when set, a reading lasts until it is closed, whatever ctx says
	n      atomic.Int32
	closed bool
}

func (s *scripted) Name() string { return "nvml" }
func (s *scripted) Devices() int { return 1 }
func (s *scripted) Close()       { s.closed = true }

func (s *scripted) Sample(ctx context.Context) ([]Sample, error) {
	n := int(s.n.Add(1)) - 1
	if s.hang != nil {
		<-s.hang
	}
	if s.take != nil {
		time.Sleep(s.take(n))
	}
	if s.fail != nil && s.fail(n) != nil {
		return nil, s.fail(n)
	}
	return []Sample{{Device: "GPU-1", PowerW: results.Known(float64(n))}}, nil
}

// instants runs a source for a while and returns the milliseconds of its lines.
func instants(t *testing.T, src Source, every, long time.Duration, failed func(error)) []int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var at []int64
	Run(ctx, src, every, time.Now(), 2, func(l results.Telemetry) {
		if l.Segment != 2 || l.Source != "nvml" || l.Device != "GPU-1" {
			t.Errorf("line %+v", l)
		}
		at = append(at, l.T/int64(time.Millisecond))
	}, failed)
	return at
}

func TestRunKeepsTime(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name  string
		take  func(n int) time.Duration
		every time.Duration
		long  time.Duration
		want  []int64
	}{
		{"at once and at every multiple", nil, 500 * ms, 2100 * ms, []int64{0, 500, 1000, 1500, 2000}},
		{"the middle of a reading, without drift", func(int) time.Duration { return 40 * ms }, 500 * ms, 2100 * ms,
			[]int64{20, 520, 1020, 1520, 2020}},
		{"a slow reading costs the samples it ran over, no others", func(n int) time.Duration {
			if n == 1 {
				return 1200 * ms
			}
			return 0
		}, 500 * ms, 2700 * ms, []int64{0, 1100, 2000, 2500}},
		{"no faster than the driver refreshes", nil, ms, 250 * ms, []int64{0, 100, 200}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := instants(t, bound(&scripted{take: tt.take}), tt.every, tt.long, nil)
				if !slices.Equal(got, tt.want) {
					t.Errorf("samples at %v ms, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestRunSurvivesFailuresAndReportsThemOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{fail: func(n int) error {
			if n%2 == 1 {
				return errors.New("busy")
			}
			return nil
		}}
		var told []string
		got := instants(t, bound(src), time.Second, 4500*time.Millisecond, func(err error) { told = append(told, err.Error()) })
		if !slices.Equal(got, []int64{0, 2000, 4000}) {
			t.Errorf("samples at %v ms", got)
		}
		if !slices.Equal(told, []string{"reading GPUs by nvml: busy"}) {
			t.Errorf("told %q", told)
		}
	})
}

// The end of the run is no failure of the reading that it breaks off.
func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		src := &scripted{take: func(int) time.Duration { return 2 * time.Second }}
		b := bound(src)
		instants(t, b, time.Second, time.Second, func(err error) { t.Errorf("told %v", err) })
		if d := time.Since(began); d != time.Second {
			t.Errorf("returned after %v, want 1s", d)
		}
		b.Close() // waits for the reading: synctest fails where a goroutine is left
		if d := time.Since(began); d != 2*time.Second || !src.closed {
			t.Errorf("closed %v after %v", src.closed, d)
		}
	})
}

func TestHangingDriverHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{hang: make(chan struct{})}
		b := bound(src)
		began := time.Now()
		for range 2 {
			if _, err := b.Sample(t.Context()); !errors.Is(err, errHangs) {
				t.Errorf("got %v, want %v", err, errHangs)
			}
		}
		if d := time.Since(began); d != SampleTimeout || src.n.Load() != 1 {
			t.Errorf("%d readings in %v; want one, given up after %v", src.n.Load(), d, SampleTimeout)
		}
		b.Close()
		if src.closed {
			t.Error("closed the source under a reading")
		}
		close(src.hang)
		synctest.Wait()
		if samples, err := b.Sample(t.Context()); err != nil || len(samples) != 1 {
			t.Errorf("after the driver came back: %v, %v", samples, err)
		}
		if b.Close(); !src.closed {
			t.Error("not closed")
		}
	})
}

func TestDetect(t *testing.T) {
	found := func(name string) probe {
		return func(context.Context) (Source, error) { return &named{scripted{}, name}, nil }
	}
	none := func(why string) probe {
		return func(context.Context) (Source, error) { return nil, errors.New(why) }
	}
	src, err := detect(t.Context(), found("nvml"), found("nvidia-smi"))
	if err != nil || src.Name() != "nvml" {
		t.Errorf("the first that opens: %v, %v", src, err)
	}
	src, err = detect(t.Context(), none("built without NVML"), found("nvidia-smi"))
	if err != nil || src.Name() != "nvidia-smi" {
		t.Errorf("the next where the first is closed: %v, %v", src, err)
	}
	_, err = detect(t.Context(), none("built without NVML"), none("no nvidia-smi on PATH"))
	if !errors.Is(err, ErrNoGPU) || err.Error() != "no GPU on this host (built without NVML; no nvidia-smi on PATH)" {
		t.Errorf("none: %v", err)
	}
}

type named struct {
	scripted
	name string
}

func (n *named) Name() string { return n.name }

func TestDetectGivesUpOnAHangingDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := &scripted{}
		slow := func(context.Context) (Source, error) { time.Sleep(time.Minute); return late, nil }
		_, err := detect(t.Context(), slow)
		if err == nil || err.Error() != "no GPU on this host (the GPU driver does not answer)" {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !late.closed {
			t.Error("the source that came too late was not closed")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := detect(ctx, slow); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoGPU) {
			t.Errorf("the caller's own deadline: %v", err)
		}
		time.Sleep(time.Minute)
	})
}

// Whatever this host is, detection ends well: a source that can be read, or
// plainly no GPU.
func TestDetectOnThisHost(t *testing.T) {
	src, err := Detect(t.Context())
	if err != nil {
		if !errors.Is(err, ErrNoGPU) {
			t.Fatalf("not a finding but a failure: %v", err)
		}
		t.Log(err)
		return
	}
	defer src.Close()
	if src.Devices() < 1 {
		t.Errorf("%s shows %d devices", src.Name(), src.Devices())
	}
}
