//go:build !unix

package main

// freeSockets is how many connections this process can hold by its file limit; 0 is
// no bound.
func freeSockets() int { return 0 }
