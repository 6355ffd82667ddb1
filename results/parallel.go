package results

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// eachCell calls do for every cell, several at a time, each goroutine with room for
// numbers of its own. Cells share only what nobody writes.
func eachCell(cells []*cell, do func(i int, c *cell)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(cells)) {
		all.Go(func() {
			room := new(buffers)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(cells) {
					return
				}
				c := cells[i]
				c.room = room
				room.rows = c.remember(room.rows)
				do(i, c)
				c.room, c.rows = nil, nil
			}
		})
	}
	all.Wait()
}
