package main

import "runtime/debug"

// leanGC is how much memory, in percent of what is in use, may be garbage while a
// run's figures are computed. Nearly all that is in use then has no pointers, so
// that collecting often costs little, and doubling it would cost much.
const leanGC = 10

// lean keeps memory small until the function it returns is called.
func lean() (done func()) {
	before := debug.SetGCPercent(leanGC)
	return func() { debug.SetGCPercent(before) }
}
