package eval

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// Requests and time bound judging as dollars do: what is under way is finished
// and kept, and the reason names what is used up.
func TestBudgetOfRequestsAndTime(t *testing.T) {
	fine := func(int, chat.Request) (string, *results.Error) { return fives, nil }
	dialogues := []Dialogue{dialogue("a"), dialogue("b"), dialogue("c"), dialogue("d"), dialogue("e"), dialogue("f")}

	calls := 4
	got, err := judged(t, &scripted{name: "j", reply: fine}, func(c *Config) { c.Budget.Calls = &calls }, dialogues...)
	if !errors.Is(err, ErrBudget) || !strings.Contains(err.Error(), "after 4") || len(got) != 4 {
		t.Errorf("%d verdicts, %v; want four and the reason", len(got), err)
	}

	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "j", takes: 4 * time.Second, reply: fine}
		got, err := judged(t, s, func(c *Config) { c.Parallel, c.Budget.Until = 2, time.Now().Add(5*time.Second) }, dialogues...)
		if !errors.Is(err, ErrBudget) || !strings.Contains(err.Error(), "time is over") || len(got) != 4 {
			t.Errorf("%d verdicts, %v; want the two that were finished and the two under way", len(got), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &scripted{name: "j", takes: time.Hour, reply: fine}
		got, err := judged(t, s, func(c *Config) { c.Budget.Until = time.Now().Add(5 * time.Second) }, dialogues...)
		if took := time.Since(began); !errors.Is(err, ErrBudget) || len(got) != 0 || took != 5*time.Second+Grace {
			t.Errorf("%d verdicts after %v, %v; want calls that hang to be given up", len(got), took, err)
		}
	})
}
