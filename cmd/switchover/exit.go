package main

import "fmt"

// Exit codes: the one place that says what they mean. Every verb keeps to them.
//
//	0    ok
//	1    an objective or a gate failed, or no candidate meets the requirements; of
//	     'results', which decides nothing: the schedules differ; of 'convert': some
//	     requests were left out
//	2    wrong usage, or a scenario that cannot be run
//	3    inconclusive: something the decision needs is unknown
//	4    invalid run (the client was not fit to measure), missing data, or infrastructure
//	130  interrupted
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitInvalid      = 4
	exitInterrupted  = 130
)

const exitHelp = `Exit codes:
  0    ok
  1    an objective or a gate failed, or no candidate meets the requirements; of
       'results': the schedules differ; of 'convert': requests were left out
  2    wrong usage, or a scenario that cannot be run
  3    inconclusive: something the decision needs is unknown
  4    invalid run (the client was not fit to measure), missing data, or
       infrastructure
  130  interrupted`

// exitError carries an exit code with an error. A nil err means that everything
// there is to say has been printed.
type exitError struct {
	code int
	err  error
	hint string // printed on a line of its own
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is a mistake in flags, arguments or a scenario.
func usageError(hint, format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...), hint}
}

// worse is the code a suite ends with: an interrupt, then what forbids belief,
// then what failed, then what is open.
func worse(a, b int) int {
	for _, code := range []int{exitInterrupted, exitUsage, exitInvalid, exitFailed, exitInconclusive} {
		if a == code || b == code {
			return code
		}
	}
	return exitOK
}
