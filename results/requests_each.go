package results

import (
	"cmp"
	"slices"
)

// load takes the attempts that decide a request out of the pack into q, which is
// good until it is used again.
func (c *cell) load(ref requestRef, q *request) {
	q.first = c.row(ref.from, &q.rows[0])
	q.last = q.first
	if ref.to-ref.from > 1 {
		q.last = c.row(ref.to-1, &q.rows[1])
	}
	q.session, q.turn = q.first.Session, q.first.Turn
	q.whole = q.first.Segment == q.last.Segment
}

// row is the record at a place of the cell's order, taken out into r unless it is
// remembered.
func (c *cell) row(at uint32, r *row) *row {
	if i := at - c.begin; i < uint32(len(c.rows)) { // below begin it wraps around
		return &c.rows[i]
	}
	c.pack.row(int(c.order[at]), r)
	return r
}

// remembered is how many records of a cell are taken out once for all that is
// computed from them; of larger cells each is taken out whenever it is looked at,
// for so many would not fit.
const remembered = 20_000

// remember takes the cell's records out into room, if they are few enough, and
// returns the room.
func (c *cell) remember(room []row) []row {
	begin, end := uint32(len(c.order)), uint32(0)
	for _, ref := range c.requests {
		begin, end = min(begin, ref.from), max(end, ref.to)
	}
	for _, s := range c.sessions {
		begin, end = min(begin, c.all[s.from].from), max(end, c.all[s.to-1].to)
	}
	if end <= begin || end-begin > remembered {
		return room
	}
	room = slices.Grow(room[:0], int(end-begin))[:end-begin]
	for i := range room {
		c.pack.row(int(c.order[begin+uint32(i)]), &room[i])
	}
	c.begin, c.rows = begin, room
	return room
}

// each yields the cell's requests by session and turn. Each is good until the next.
func (c *cell) each(yield func(*request) bool) {
	for _, q := range c.eachRef {
		if !yield(q) {
			return
		}
	}
}

// eachRef is each, with what the request is named by.
func (c *cell) eachRef(yield func(requestRef, *request) bool) {
	var q request
	for _, ref := range c.requests {
		c.load(ref, &q)
		if !yield(ref, &q) {
			return
		}
	}
}

// part is a cell for some of this one's requests and sessions, yet without any.
func (c *cell) part(stage *RunStage) *cell {
	return &cell{run: c.run, target: c.target, stage: stage, pack: c.pack, order: c.order, all: c.all, room: c.buffers()}
}

// any reports whether f holds for any of the cell's requests.
func (c *cell) any(f func(*request) bool) bool {
	for q := range c.each {
		if f(q) {
			return true
		}
	}
	return false
}

// eachSession yields the cell's sessions in order. Each is good until the next.
func (c *cell) eachSession(yield func(*session) bool) {
	var s session
	for _, ref := range c.sessions {
		s.ref, s.complete, s.requests = ref, ref.complete, int(ref.to-ref.from)
		s.first, s.last = &s.both[0], &s.both[0]
		c.load(c.all[ref.from], s.first)
		if s.requests > 1 {
			s.last = &s.both[1]
			c.load(c.all[ref.to-1], s.last)
		}
		s.ended = s.last.last
		if !yield(&s) {
			return
		}
	}
}

// attempts calls f for every attempt of the cell, in order. Each is good until f
// returns.
func (c *cell) attempts(f func(*row)) {
	var r row
	for _, ref := range c.requests {
		for at := ref.from; at < ref.to; at++ {
			f(c.row(at, &r))
		}
	}
}

// attemptsOf calls f for every attempt of a session, in order.
func (c *cell) attemptsOf(s sessionRef, f func(*row)) {
	r := &c.buffers().row
	for at := c.all[s.from].from; at < c.all[s.to-1].to; at++ {
		f(c.row(at, r))
	}
}

// addRequests sorts records into cells and joins attempts to requests.
func addRequests(cells map[cellKey]*cell, p *pack) {
	byShape := make([]*cell, len(p.dict.shapes.list))
	for i, sh := range p.dict.shapes.list {
		byShape[i] = cells[cellKey{sh.stage, sh.target}]
	}
	sizes := map[*cell]int{}
	for i := range p.n {
		if c := byShape[p.head(i).shape]; c != nil {
			sizes[c]++
		}
	}
	for _, c := range cells {
		c.pack, c.order = p, make([]uint32, 0, sizes[c])
	}
	for i := range p.n {
		if c := byShape[p.head(i).shape]; c != nil {
			c.order = append(c.order, uint32(i))
		}
	}
	var heads []head
	for _, c := range cells {
		heads = c.sort(heads)
	}
}

// sort orders the cell's records and finds where requests begin. It uses the room
// that it returns.
func (c *cell) sort(heads []head) []head {
	heads = heads[:0]
	for _, i := range c.order {
		heads = append(heads, c.pack.head(int(i)))
	}
	slices.SortFunc(heads, func(a, b head) int {
		return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.turn, b.turn), cmp.Compare(a.attempt, b.attempt), cmp.Compare(a.record, b.record))
	})
	n := 0
	for i, h := range heads {
		c.order[i] = h.record
		if i == 0 || h.session != heads[i-1].session || h.turn != heads[i-1].turn {
			n++
		}
	}
	c.all = make([]requestRef, 0, n)
	for i, h := range heads {
		if i == 0 || h.session != heads[i-1].session || h.turn != heads[i-1].turn {
			c.all = append(c.all, requestRef{from: uint32(i)})
		}
		c.all[len(c.all)-1].to = uint32(i + 1)
	}
	c.requests = c.all
	return heads
}

// addSessions joins requests to sessions; turns is the length of each item.
func (c *cell) addSessions(turns map[string]int) {
	var s sessionRef
	at, session, want := uint32(0), 0, 0
	end := func() {
		if at > 0 {
			s.to = at
			s.complete = s.complete && int(s.to-s.from) == want
			c.sessions = append(c.sessions, s)
		}
	}
	for q := range c.each {
		if at == 0 || q.session != session {
			end()
			known := false
			want, known = turns[c.pack.dict.items.list[q.first.item]]
			session, s = q.session, sessionRef{from: at, complete: known}
		}
		s.complete = s.complete && q.ok()
		at++
	}
	end()
}
