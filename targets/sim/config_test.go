package sim

import (
	"strings"
	"testing"
	"time"
)

func TestCheckNamesEveryMistake(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says []string
	}{
		{Config{}, []string{"neither a name nor a model"}},
		{Config{Name: "x", TTFT: -1, Jitter: 2, Quality: 5.1}, []string{"ttft", "jitter 2", "quality 5.1"}},
		{Config{Name: "x", Faults: []Fault{{Kind: "explode", Share: 1}}}, []string{"fault 1", `"explode"`, "stream_error"}},
		{Config{Name: "x", Faults: []Fault{{Kind: Stall}}}, []string{"neither a share nor a window"}},
		{Config{Name: "x", Faults: []Fault{{Kind: Stall, From: 2 * time.Second, Until: time.Second}}}, []string{"until 1s is not after from 2s"}},
		{Config{Name: "x", Faults: []Fault{{Kind: Stall, Share: 0.6}, {Kind: Cut, Share: 0.6}}}, []string{"add up"}},
	} {
		err := c.cfg.Check()
		for _, want := range c.says {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q", c.cfg, err, want)
			}
		}
		if _, err := New(c.cfg, nil); err == nil {
			t.Errorf("%+v is served", c.cfg)
		}
	}
}

func TestDecimalsAreWrittenAsPeopleDo(t *testing.T) {
	for f, want := range map[float64]string{0.07 * 100: "7", 8000: "8000", 0.1 + 0.2: "0.3", 1e-7: "0.0000001"} {
		if got := decimal(f); got != want {
			t.Errorf("%v is written %s, want %s", f, got, want)
		}
	}
}
