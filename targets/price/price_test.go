package price

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"
)

func usd(v float64) *float64 { return &v }

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func list(t *testing.T, text string) *List {
	t.Helper()
	var l List
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	if err := l.Check(1e6); err != nil {
		t.Fatal(err)
	}
	return &l
}

const (
	// A flagship with long-context rates.
	tieredPrice = `{"input": 2, "output": 10, "cache_read": 0.2, "tiers": [{"above": 200000, "input": 4, "output": 15}, {"above": 500000, "input": 8}]}`
	// Half price outside of the peak hours of working days in Beijing, once that began.
	peakPrice = `{"input": 0.14, "output": 0.28, "windows": [
		{"from": "2026-08-16T16:00Z", "input": 0.15, "output": 0.6},
		{"from": "2026-08-16T16:00Z", "daily": "01:00-04:00", "days": ["mon", "tue", "wed", "thu", "fri"], "input": 0.3, "output": 1.2},
		{"from": "2026-08-16T16:00Z", "daily": "06:00-10:00", "days": ["mon", "tue", "wed", "thu", "fri"], "input": 0.3, "output": 1.2}]}`
	nightPrice  = `{"input": 2, "output": 2, "windows": [{"daily": "16:30-00:30", "days": ["fri"], "input": 1, "output": 1}]}`
	seasonPrice = `{"input": 2, "output": 2, "windows": [{"from": "2026-09-01", "until": "2026-10-01", "input": 3, "output": 3}]}`
)

// What the input tokens of a request cost, by its size and its time.
func TestAt(t *testing.T) {
	for _, tt := range []struct {
		intent, price, at string
		input             int
		want              float64
	}{
		{"at a tier's edge the lower price holds", tieredPrice, "2026-01-01T00:00:00Z", 200000, 2},
		{"above it all tokens have the higher one", tieredPrice, "2026-01-01T00:00:00Z", 200001, 4},
		{"the highest tier that is reached", tieredPrice, "2026-01-01T00:00:00Z", 900000, 8},
		{"before a change", peakPrice, "2026-08-16T15:59:59Z", 1, 0.14},
		{"from the change on", peakPrice, "2026-08-16T16:00:00Z", 1, 0.15},
		{"in peak hours the later window wins", peakPrice, "2026-11-23T01:00:00Z", 1, 0.3},
		{"their end is excluded", peakPrice, "2026-11-23T04:00:00Z", 1, 0.15},
		{"the second peak", peakPrice, "2026-11-23T09:59:00Z", 1, 0.3},
		{"a weekend has none", peakPrice, "2026-11-22T02:00:00Z", 1, 0.15},
		{"the time's own zone does not matter", peakPrice, "2026-11-23T09:00:00+08:00", 1, 0.3},
		{"a night begins on its day", nightPrice, "2026-11-27T16:30:00Z", 1, 1},
		{"and ends on the next", nightPrice, "2026-11-28T00:29:00Z", 1, 1},
		{"when it is over", nightPrice, "2026-11-28T00:30:00Z", 1, 2},
		{"the night before belongs to another day", nightPrice, "2026-11-27T00:10:00Z", 1, 2},
		{"within dates", seasonPrice, "2026-09-30T23:59:59Z", 1, 3},
		{"the last date is excluded", seasonPrice, "2026-10-01T00:00:00Z", 1, 2},
	} {
		if got := list(t, tt.price).At(at(tt.at), tt.input).Input; got == nil || *got != tt.want {
			t.Errorf("%s: $%v a million, want $%v", tt.intent, *got, tt.want)
		}
	}
}

// A tier keeps what it does not name: here the cache price.
func TestCost(t *testing.T) {
	l := list(t, tieredPrice)
	in, out, ok, ok2 := l.Split(time.Time{}, Tokens{Input: 150000, CacheRead: 100000, Output: 1000})
	if want := (150000*4 + 100000*0.2) / 1e6; !ok || math.Abs(in-want) > 1e-12 {
		t.Errorf("input costs $%v, want $%v: cached tokens count for the tier", in, want)
	}
	if !ok2 || math.Abs(out-0.015) > 1e-12 {
		t.Errorf("output costs $%v, want $0.015", out)
	}
	r := Rates{Input: usd(1), Output: usd(2), CacheWrite: usd(3), CacheWrite1h: usd(4), Reasoning: usd(5)}
	in, out, _, _ = r.Cost(Tokens{CacheWrite: 1e6, CacheWrite1h: 1e6, Output: 3e6, Reasoning: 1e6})
	if in != 7 || out != 9 {
		t.Errorf("$%v and $%v, want $7 and $9: each kind at its own price", in, out)
	}
	if _, _, ok, _ := (Rates{Output: usd(1)}).Cost(Tokens{CacheRead: 1}); ok {
		t.Error("cached tokens have a cost although no price for input is known")
	}
}

// The worst case is the dearest that can hold.
func TestWorstUSD(t *testing.T) {
	for _, tt := range []struct {
		intent, price string
		input         int
		want          float64 // of a million input tokens; below 0: unknown
	}{
		{"below the tiers", tieredPrice, 200000, 2},
		{"a tier that can be reached", tieredPrice, 300000, 4},
		{"the dearest window", peakPrice, 1, 0.3},
		{"a window cheaper than the rest", nightPrice, 1, 2},
		{"one unknown price is enough", `{"input": 2, "output": 2, "windows": [{"daily": "01:00-02:00", "output": 1}]}`, 1, -1},
		{"a base that never holds does not count", `{"windows": [{"input": 1, "output": 1}]}`, 1, 1},
		{"hour-long caches count", `{"input": 1, "output": 1, "cache_write_1h": 2}`, 1, 2},
	} {
		got, ok := list(t, tt.price).WorstUSD(tt.input, 0)
		if got *= 1e6 / float64(tt.input); ok != (tt.want >= 0) || ok && math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: $%v a million, known %v; want $%v", tt.intent, got, ok, tt.want)
		}
	}
	if _, ok := (*List)(nil).WorstUSD(1, 1); ok {
		t.Error("no price has a worst case")
	}
}

// Looking at a stretch of time only drops what cannot hold in it.
func TestDuring(t *testing.T) {
	l := list(t, peakPrice).During(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"))
	if *l.Input != 0.15 || len(l.Windows) != 2 {
		t.Errorf("base $%v with %d windows, want $0.15 with 2: the change is over", *l.Input, len(l.Windows))
	}
	l = list(t, seasonPrice).During(at("2026-11-01T00:00:00Z"), time.Time{})
	if *l.Input != 2 || len(l.Windows) != 0 {
		t.Errorf("base $%v with %d windows, want $2 without: the season is over", *l.Input, len(l.Windows))
	}
}

// Whatever is cut out of a price, it costs the same in what is left of the time.
func FuzzDuring(f *testing.F) {
	for _, p := range []string{tieredPrice, peakPrice, nightPrice, seasonPrice} {
		f.Add([]byte(p), int64(1764000000), int64(86400*30), int64(4000), uint32(250000))
	}
	f.Fuzz(func(t *testing.T, text []byte, from, length, offset int64, input uint32) {
		var l List
		if json.Unmarshal(text, &l) != nil || l.Check(1e9) != nil {
			t.Skip()
		}
		const most = 1 << 33
		if from < 0 || from > most || length <= 0 || length > most || offset < 0 || offset >= length {
			t.Skip()
		}
		begin := time.Unix(from, 0)
		cut, now := l.During(begin, begin.Add(time.Duration(length)*time.Second)), begin.Add(time.Duration(offset)*time.Second)
		tokens := Tokens{Input: int(input), Output: 7}
		wantIn, wantOut, ok, ok2 := l.Split(now, tokens)
		gotIn, gotOut, ok3, ok4 := cut.Split(now, tokens)
		if wantIn != gotIn || wantOut != gotOut || ok != ok3 || ok2 != ok4 {
			t.Errorf("$%v and $%v, $%v and $%v of what was cut", wantIn, wantOut, gotIn, gotOut)
		}
		if worst, known := cut.WorstUSD(tokens.Input, tokens.Output); known && (!ok || !ok2 || wantIn+wantOut > worst*(1+1e-9)+1e-12) {
			t.Errorf("a request costs $%v, the worst is $%v", wantIn+wantOut, worst)
		}
		again, err := json.Marshal(cut)
		if err != nil {
			t.Fatal(err)
		}
		var back List
		if err := json.Unmarshal(again, &back); err != nil {
			t.Errorf("%s cannot be read back: %v", again, err)
		}
	})
}

func TestWritten(t *testing.T) {
	for _, bad := range []string{`"25:00-26:00"`, `"1:0-2:00"`, `"05:00-05:00"`, `"24:00-01:00"`, `"all day"`, `""`, `"01:00"`} {
		var h Hours
		if json.Unmarshal([]byte(bad), &h) == nil {
			t.Errorf("%s is read as %v", bad, h)
		}
	}
	for _, bad := range []string{`"2026-13-01"`, `"yesterday"`, `5`, `null0`} {
		var m Moment
		if json.Unmarshal([]byte(bad), &m) == nil {
			t.Errorf("%s is read as %v", bad, m)
		}
	}
	for _, bad := range []string{`{"input": -1}`, `{"tiers": [{"above": -1}]}`, `{"tiers": [{"above": 1}, {"above": 1}]}`,
		`{"windows": [{"from": "2026-02-01", "until": "2026-01-01"}]}`, `{"windows": [{"tiers": [{"above": 1, "output": 1e99}]}]}`} {
		var l List
		if err := json.Unmarshal([]byte(bad), &l); err != nil || l.Check(1e6) == nil {
			t.Errorf("%s is a price", bad)
		}
	}
}

// A price in words says which tier is of which window.
func TestText(t *testing.T) {
	l := list(t, `{"input": 2, "output": 10, "tiers": [{"above": 272000, "input": 4, "output": 15}],
		"windows": [{"daily": "16:30-00:30", "input": 1, "output": 5, "tiers": [{"above": 1000, "reasoning": 7}, {"above": 1234567, "input": 3}]}]}`)
	want := "input $2, output $10 (above 272,000 input tokens: input $4, output $15); daily 16:30-00:30 UTC: input $1, output $5 (above 1,000 input tokens: reasoning $7) (above 1,234,567 input tokens: input $3)"
	if got := l.Text(func(usd float64) string { return "$" + strconv.FormatFloat(usd, 'f', -1, 64) }); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
