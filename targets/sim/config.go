package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config describes one simulated server. The zero value of an optional field
// takes the default named with it.
type Config struct {
	Name  string
	Model string // what /v1/models lists and requests must ask for; default Name
	// Listen is the TCP address to serve on; default 127.0.0.1:0, a free port.
	Listen string
	// Log is the request log's path, for whoever opens it; empty writes none.
	Log  string
	Seed int64
	// Judge makes the server grade dialogues instead of answering them.
	Judge bool

	TTFT time.Duration // from admission to the first token of an empty prompt
	TPOT time.Duration // from each token to the next
	// Jitter is the relative standard deviation of both, 0 to 1, drawn from a
	// normal distribution that is cut at three of them and where a time would
	// become negative, on both sides alike: the means hold, and above 1/3 the
	// deviation is a little less than asked.
	Jitter float64
	Batch  int // requests served at once; default 64
	Queue  int // requests waiting beyond Batch before they are turned away (503; of anthropic 529); default 1024
	// PrefillPerS is how many input tokens a second add to TTFT; 0 adds nothing.
	PrefillPerS float64
	Output      int     // mean tokens of an answer before its limits; default 60
	Quality     float64 // mean grade of the sentences it answers with, 0 to 5
	// Untidy is the share of a judge's verdicts that are no JSON object: 0 to 1.
	Untidy float64
	Faults []Fault
}

// Fault is one scripted misbehaviour: of a share of the requests, of all of
// them within a window, or of a share within a window. A request meets one fault
// at most, so that each has exactly its share; a window without a share goes first.
type Fault struct {
	Kind  string // one of Kinds
	Share float64
	// From and Until bound the window, counted from the server's start. Until 0
	// is no end.
	From, Until time.Duration
	// After is how many tokens precede a stall, cut, early end, malformed chunk
	// or stream error; default 3.
	After int
	// For is how long slow_first_byte and stall last, and what rate_limited asks
	// the client to wait; default 1s.
	For time.Duration
}

// The kinds of fault.
const (
	RateLimited   = "rate_limited"    // 429 with Retry-After
	ServerError   = "server_error"    // 500
	Refused       = "refused"         // reset before a byte; in a window without a share nobody listens
	SlowFirstByte = "slow_first_byte" // the response head comes late
	Stall         = "stall"           // silence in the middle, then it goes on
	Cut           = "cut"             // the connection closes inside an event
	EarlyEnd      = "early_end"       // a clean end of the body, without finish and terminal marker
	Malformed     = "malformed"       // one event is broken JSON, then it goes on
	StreamError   = "stream_error"    // an error inside a 200
)

// Kinds lists every kind of fault.
var Kinds = []string{RateLimited, ServerError, Refused, SlowFirstByte, Stall, Cut, EarlyEnd, Malformed, StreamError}

// The defaults of Config and Fault.
const (
	DefaultListen = "127.0.0.1:0"
	DefaultBatch  = 64
	DefaultQueue  = 1024
	DefaultOutput = 60
	DefaultAfter  = 3
	DefaultFor    = time.Second
)

// withDefaults fills in what is unset; it leaves the receiver's Faults alone.
func (c Config) withDefaults() Config {
	if c.Model == "" {
		c.Model = c.Name
	}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Batch == 0 {
		c.Batch = DefaultBatch
	}
	if c.Queue == 0 {
		c.Queue = DefaultQueue
	}
	if c.Output == 0 {
		c.Output = DefaultOutput
	}
	c.Faults = slices.Clone(c.Faults)
	for i := range c.Faults {
		f := &c.Faults[i]
		if f.After == 0 {
			f.After = DefaultAfter
		}
		if f.For == 0 {
			f.For = DefaultFor
		}
	}
	return c
}

// Check returns every reason why the config cannot be served, joined.
func (c Config) Check() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Name == "" && c.Model == "", "simulated server: neither a name nor a model is given")
	bad(c.TTFT < 0 || c.TPOT < 0, "simulated server %s: ttft and tpot must not be negative", c.Name)
	bad(!(c.Jitter >= 0 && c.Jitter <= 1), "simulated server %s: jitter %g is not between 0 and 1", c.Name, c.Jitter)
	bad(c.Batch < 0 || c.Queue < 0 || c.Output < 0, "simulated server %s: batch, queue and output must not be negative", c.Name)
	bad(c.Output > maxAnswer, "simulated server %s: output %d is above %d tokens", c.Name, c.Output, maxAnswer)
	bad(!(c.PrefillPerS >= 0), "simulated server %s: prefill must not be negative", c.Name)
	bad(!(c.Quality >= 0 && c.Quality <= 5), "simulated server %s: quality %g is not between 0 and 5", c.Name, c.Quality)
	bad(!(c.Untidy >= 0 && c.Untidy <= 1), "simulated server %s: untidy share %g is not between 0 and 1", c.Name, c.Untidy)
	total := 0.0
	for i, f := range c.Faults {
		if err := f.check(); err != nil {
			errs = append(errs, fmt.Errorf("simulated server %s: fault %d: %w", c.Name, i+1, err))
		}
		total += f.Share
	}
	bad(total > 1+1e-9, "simulated server %s: the shares of its faults add up to more than 1", c.Name)
	return errors.Join(errs...)
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(Kinds, f.Kind):
		return fmt.Errorf("unknown kind %q: it is one of %s", f.Kind, strings.Join(Kinds, ", "))
	case !(f.Share >= 0 && f.Share <= 1):
		return fmt.Errorf("%s: share %g is not between 0 and 1", f.Kind, f.Share)
	case f.From < 0 || f.Until < 0 || f.For < 0 || f.After < 0:
		return fmt.Errorf("%s: from, until, for and after must not be negative", f.Kind)
	case f.Until > 0 && f.Until <= f.From:
		return fmt.Errorf("%s: until %s is not after from %s", f.Kind, f.Until, f.From)
	case f.Share == 0 && f.From == 0 && f.Until == 0:
		return fmt.Errorf("%s: neither a share nor a window says when", f.Kind)
	}
	return nil
}

// in reports whether the window is open at an instant since the server's start.
func (f Fault) in(at time.Duration) bool { return at >= f.From && (f.Until == 0 || at < f.Until) }

// deaf reports whether nobody listens while the window is open.
func (f Fault) deaf() bool {
	return f.Kind == Refused && (f.Share == 0 || f.Share == 1 && (f.From > 0 || f.Until > 0))
}

// File writes the config in the form that `switchover sim --config` reads: the
// keys of a scenario's simulate block, beside name, model, listen, seed, log and
// judge. It is JSON, which is YAML.
func (c Config) File() ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	type fault struct {
		Kind  string `json:"kind"`
		Share string `json:"share,omitempty"`
		From  string `json:"from,omitempty"`
		Until string `json:"until,omitempty"`
		After int    `json:"after,omitempty"`
		For   string `json:"for,omitempty"`
	}
	type simulate struct {
		TTFT    string  `json:"ttft"`
		TPOT    string  `json:"tpot"`
		Jitter  string  `json:"jitter,omitempty"`
		Batch   int     `json:"batch,omitempty"`
		Queue   int     `json:"queue,omitempty"`
		Prefill string  `json:"prefill,omitempty"`
		Output  int     `json:"output,omitempty"`
		Quality float64 `json:"quality"`
		Untidy  string  `json:"untidy,omitempty"`
		Faults  []fault `json:"faults,omitempty"`
	}
	s := simulate{TTFT: millis(c.TTFT), TPOT: millis(c.TPOT), Jitter: percent(c.Jitter), Batch: c.Batch, Queue: c.Queue,
		Output: c.Output, Quality: c.Quality, Untidy: percent(c.Untidy)}
	if c.PrefillPerS > 0 {
		s.Prefill = decimal(c.PrefillPerS) + "/s"
	}
	for _, f := range c.Faults {
		s.Faults = append(s.Faults, fault{f.Kind, percent(f.Share), millisOrNone(f.From), millisOrNone(f.Until), f.After, millisOrNone(f.For)})
	}
	return json.MarshalIndent(struct {
		Name     string   `json:"name"`
		Model    string   `json:"model,omitempty"`
		Listen   string   `json:"listen,omitempty"`
		Seed     int64    `json:"seed,omitempty"`
		Log      string   `json:"log,omitempty"`
		Judge    bool     `json:"judge,omitempty"`
		Simulate simulate `json:"simulate"`
	}{c.Name, c.Model, c.Listen, c.Seed, c.Log, c.Judge, s}, "", "  ")
}

func millis(d time.Duration) string { return decimal(float64(d)/1e6) + "ms" }

func millisOrNone(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return millis(d)
}

func percent(share float64) string {
	if share == 0 {
		return ""
	}
	return decimal(share*100) + "%"
}

// decimal writes twelve significant digits without an exponent, so that 0.07
// does not come back as 7.000000000000001 %.
func decimal(f float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 12, 64), 64)
	if err != nil {
		rounded = f
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
