package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"switchover/scenarios"
)

// departure is one line of --dry-run --schedule: one conversation start of each
// target.
type departure struct {
	Stage   string `json:"stage"`
	Session int    `json:"session"`
	// At is since the stage's beginning; nil where an answer decides: a user's
	// second conversation and those after it.
	At    *float64  `json:"at_s"`
	Item  string    `json:"item"`
	Think []float64 `json:"think_s"` // before each turn after the first
}

// departures yields the schedule of a plan, which its hash covers.
func departures(p *scenarios.Plan, each func(departure) error) error {
	for i := range p.Stages {
		st := &p.Stages[i]
		for _, start := range st.Starts {
			d := departure{Stage: st.Name, Session: start.Session, Item: p.Items[start.Item].Item, Think: []float64{}}
			if !st.ClosedLoop() || start.Session < st.Users {
				at := start.At.Seconds()
				d.At = &at
			}
			for _, t := range start.Think {
				d.Think = append(d.Think, t.Seconds())
			}
			if err := each(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// printSchedule is --dry-run --schedule: a line for each conversation start, tabs
// between columns, so that two schedules can be compared with diff.
func printSchedule(w io.Writer, p *scenarios.Plan) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s, seed %d, schedule %s\n", p.Scenario.Name, p.Scenario.Seed, p.ScheduleHash)
	for _, st := range p.Stages {
		if st.Search != nil {
			fmt.Fprintf(b, "# %s: %s, each window drawn from the seed once its load is known\n", st.Name, st.LoadText())
		}
	}
	fmt.Fprintf(b, "stage\tsession\tat\titem\tthink\n")
	err := departures(p, func(d departure) error {
		at, think := "after an answer", make([]string, len(d.Think))
		if d.At != nil {
			at = seconds(*d.At)
		}
		for i, t := range d.Think {
			think[i] = seconds(t)
		}
		_, err := fmt.Fprintf(b, "%s\t%d\t%s\t%s\t%s\n", d.Stage, d.Session, at, plainItem(d.Item), strings.Join(think, " "))
		return err
	})
	if err != nil {
		return err
	}
	return b.Flush()
}

// scheduleJSON is --dry-run --schedule --json: an object a line.
func scheduleJSON(w io.Writer, p *scenarios.Plan) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	if err := departures(p, func(d departure) error { return enc.Encode(d) }); err != nil {
		return err
	}
	return b.Flush()
}

// seconds writes a time to the microsecond, which schedules are drawn to.
func seconds(s float64) string {
	return strconv.FormatFloat(s, 'f', 6, 64) + "s"
}

// plainItem quotes a name from a user's file that would break the columns or
// reach the terminal's controls.
func plainItem(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
