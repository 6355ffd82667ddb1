package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
)

// errLong is what a line beyond MaxLine is refused with.
var errLong = fmt.Errorf("longer than %d MiB", MaxLine>>20)

// batchSize is how much of a file one worker takes at a time, in bytes; a longer
// line makes a batch of its own.
const batchSize = 256 << 10

// A batch is whole lines of a file, and what a worker made of them.
type batch[T any] struct {
	data  []byte // of the lines, each with its newline
	first int    // number of the first line, from 1
	out   T
	err   error // of a line, or of reading on
	done  chan struct{}
}

// A lineReader reads the lines of one file in parallel and hands on what was made
// of them in the order of the file.
type lineReader[T any] struct {
	// newWorker returns what one goroutine does with each of its batches: it makes
	// something of the lines, into out, where what was made of an earlier batch can be
	// used again.
	newWorker func() func(b *batch[T])
	// take gets each batch in the order of the file, on the goroutine of read.
	take func(b *batch[T]) error
}

// read reads to the end, or to the first error, and returns the length of a last
// line without its newline, which no worker sees. Its memory is bounded: two
// batches for each worker. No goroutine of it is left when it returns.
func (l lineReader[T]) read(r io.Reader) (torn int, err error) {
	workers := runtime.GOMAXPROCS(0)
	free := make(chan *batch[T], 2*workers)
	for range cap(free) {
		free <- &batch[T]{done: make(chan struct{}, 1)}
	}
	work, queue := make(chan *batch[T], cap(free)), make(chan *batch[T], cap(free))
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			do := l.newWorker()
			for b := range work {
				do(b)
				b.done <- struct{}{}
			}
		})
	}
	stop := make(chan struct{})
	all.Go(func() {
		defer close(work)
		defer close(queue)
		torn = fillBatches(r, free, stop, func(b *batch[T]) {
			queue <- b // has room for every batch there is
			if b.err == nil {
				work <- b
			} else {
				b.done <- struct{}{}
			}
		})
	})
	for b := range queue {
		<-b.done
		if err == nil {
			if err = b.err; err == nil {
				err = l.take(b)
			}
			if err != nil {
				close(stop)
			}
		}
		b.err = nil
		free <- b
	}
	all.Wait()
	return torn, err
}

// fillBatches cuts what it reads into batches of whole lines and sends them. A batch with
// an error is the last. It returns the length of an unterminated rest.
func fillBatches[T any](r io.Reader, free <-chan *batch[T], stop <-chan struct{}, send func(*batch[T])) (torn int) {
	var rest []byte
	for line := 1; ; {
		var b *batch[T]
		select {
		case b = <-free:
		case <-stop:
			return 0
		}
		data, whole, err := readLines(r, append(b.data[:0], rest...))
		rest = append(rest[:0], data[whole:]...)
		b.data, b.first = data[:whole], line
		line += bytes.Count(b.data, []byte("\n"))
		if err != nil && !errors.Is(err, io.EOF) {
			b.err = fmt.Errorf("%d: %w", line, err)
			send(b)
			return 0
		}
		send(b)
		if err != nil {
			return len(rest)
		}
	}
}

// readLines appends to data, the beginning of a line, until it holds about a batch
// with a whole line in it, and returns how long its whole lines are. The error is
// io.EOF at the end, errLong for a line that is too long, or the reader's own.
func readLines(r io.Reader, data []byte) (_ []byte, whole int, err error) {
	for whole == 0 || len(data) < batchSize {
		from := len(data)
		data = slices.Grow(data, max(batchSize-from, batchSize/4))
		var n int
		n, err = r.Read(data[from:cap(data)])
		data = data[:from+n]
		if whole == 0 { // only the first line can be long, the others fit into the batch
			first := from + bytes.IndexByte(data[from:], '\n') + 1
			if first == from {
				first = len(data)
			}
			if first > MaxLine {
				return data, 0, errLong
			}
		}
		if i := bytes.LastIndexByte(data[from:], '\n'); i >= 0 {
			whole = from + i + 1
		}
		if err != nil {
			break
		}
	}
	return data, whole, err
}

// each calls f for every line of a batch, without its newline, until one fails,
// whose error names its number.
func (b *batch[T]) each(f func(line []byte) error) {
	data := b.data
	for n := b.first; len(data) > 0; n++ {
		i := bytes.IndexByte(data, '\n')
		if err := f(data[:i]); err != nil {
			b.err = fmt.Errorf("%d: %w; remove the line to go on without it", n, err)
			return
		}
		data = data[i+1:]
	}
}
