//go:build !race

package wire

// ordered is for the race detector.
func ordered(int) {}
