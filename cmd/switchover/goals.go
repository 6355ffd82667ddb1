package main

import (
	"fmt"
	"io"

	"switchover/report/terminal"
	"switchover/scenarios"
)

// printGoals says which stages may end early: what is planned is then the most.
func printGoals(w io.Writer, p *scenarios.Plan, o terminal.Options) {
	for i := range p.Stages {
		if goals := p.Stages[i].UntilText(); goals != "" {
			fmt.Fprintf(w, "\n%s\n", wrapped(fmt.Sprintf("Stage %s ends early once every target has %s; what is planned is the most.", p.Stages[i].Name, goals), o.Width))
		}
	}
}
