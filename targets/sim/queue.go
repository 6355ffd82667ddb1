package sim

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// errFull says that the queue is at its bound.
var errFull = errors.New("the queue is full")

// queue admits requests to a batch: at most batch at once, the rest wait in
// order of arrival, and beyond a bound they are turned away.
type queue struct {
	mu      sync.Mutex
	batch   int
	bound   int
	running int
	waiting list.List // of chan struct{}, closed when the request is admitted
}

func newQueue(batch, bound int) *queue { return &queue{batch: batch, bound: bound} }

// enter takes a place in the batch, and says whether it had to wait for it.
// Whoever got one leaves with leave; the error is errFull or the context's.
func (q *queue) enter(ctx context.Context) (waited bool, err error) {
	q.mu.Lock()
	if q.running < q.batch {
		q.running++
		q.mu.Unlock()
		return false, nil
	}
	if q.waiting.Len() >= q.bound {
		q.mu.Unlock()
		return false, errFull
	}
	admitted := make(chan struct{})
	place := q.waiting.PushBack(admitted)
	q.mu.Unlock()
	select {
	case <-admitted:
		return true, nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-admitted: // at the same moment: the place goes on to the next
		q.next()
	default:
		q.waiting.Remove(place)
	}
	return true, ctx.Err()
}

// leave gives the place to whoever has waited longest.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next()
}

func (q *queue) next() {
	first := q.waiting.Front()
	if first == nil {
		q.running--
		return
	}
	q.waiting.Remove(first)
	close(first.Value.(chan struct{}))
}
