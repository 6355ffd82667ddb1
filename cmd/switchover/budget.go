package main

import (
	"encoding/json"
	"fmt"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// moreBudget is what a run that its budget stopped may go on with; what is zero
// stays as it was.
type moreBudget struct {
	usd      *float64
	requests int
	time     time.Duration
}

// apply gives a plan the budget.
func (m moreBudget) apply(p *scenarios.Plan) {
	if m == (moreBudget{}) {
		return
	}
	b := scenarios.Budget{}
	if p.Scenario.Budget != nil {
		b = *p.Scenario.Budget
	}
	if m.usd != nil {
		b.USD = m.usd
	}
	if m.requests > 0 {
		b.Requests = &m.requests
	}
	if m.time > 0 {
		b.Time = scenarios.Duration(m.time)
	}
	p.Scenario.Budget = &b
}

// record keeps the budget that a resumed run goes on with.
func (r *running) record() error {
	resolved, err := json.Marshal(r.plan.Scenario)
	if err != nil {
		return fmt.Errorf("record the scenario: %w", err)
	}
	return r.journal.Update(func(run *results.Run) { run.Scenario = resolved })
}

// goOn says how a run that its budget stopped is finished.
func (a *app) goOn(o runOptions, dir string, b *scenarios.Budget) {
	flag := "--budget USD"
	switch {
	case b == nil || o.json:
		return
	case b.USD == nil && b.Requests != nil && b.Time == 0:
		flag = "--budget-requests N"
	case b.USD == nil && b.Requests == nil:
		flag = "--budget-time TIME"
	case b.Requests != nil || b.Time > 0:
		flag = "--budget USD --budget-requests N --budget-time TIME" // whichever it was
	}
	fmt.Fprintf(a.out, "\nIts budget stopped it. Go on with a larger one: %s run --resume %s %s\n", a.call, reference(o.root, dir), flag)
}
