package wire

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// backlog keeps events that nobody has decoded yet. Those of one stream share
// nearly all their bytes with the one before, so of each only what differs is
// kept: a token of 200 bytes takes about 10. Its zero value is ready.
type backlog struct {
	entries []byte        // each: the length shared in front, shared behind, and of what differs; that; time since the one before
	last    []byte        // the newest event
	at      time.Duration // its stamp
	size    int           // bytes of the events as they came, and of the entries
}

// add keeps a copy of an event.
func (l *backlog) add(at time.Duration, event []byte) {
	front, behind := shared(l.last, event)
	differs := event[front : len(event)-behind]
	before := len(l.entries)
	l.entries = binary.AppendUvarint(l.entries, uint64(front))
	l.entries = binary.AppendUvarint(l.entries, uint64(behind))
	l.entries = binary.AppendUvarint(l.entries, uint64(len(differs)))
	l.entries = append(l.entries, differs...)
	l.entries = binary.AppendVarint(l.entries, int64(at-l.at))
	l.last = splice(l.last, front, behind, differs)
	l.at = at
	l.size += len(event) + len(l.entries) - before
}

// drain calls take with each event, in order, until an error, and empties the
// backlog. It is told, too, how many bytes the event shares with the one before, in
// front and behind. An event is valid during the call.
func (l *backlog) drain(take func(at time.Duration, event []byte, front, behind int) error) error {
	var event []byte
	var at time.Duration
	entries := l.entries
	next := func() int {
		v, n := binary.Uvarint(entries)
		entries = entries[n:]
		return int(v)
	}
	*l = backlog{}
	for len(entries) > 0 {
		front, behind, differs := next(), next(), next()
		event = splice(event, front, behind, entries[:differs])
		entries = entries[differs:]
		since, n := binary.Varint(entries)
		entries = entries[n:]
		at += time.Duration(since)
		if err := take(at, event, front, behind); err != nil {
			return err
		}
	}
	return nil
}

// shared is how many bytes a and b have in common in front and behind; no byte of
// either counts twice.
func shared(a, b []byte) (front, behind int) {
	n := min(len(a), len(b))
	for front+8 <= n {
		if x := binary.LittleEndian.Uint64(a[front:]) ^ binary.LittleEndian.Uint64(b[front:]); x != 0 {
			front += bits.TrailingZeros64(x) / 8
			break
		}
		front += 8
	}
	for front < n && a[front] == b[front] {
		front++
	}
	a, b, n = a[front:], b[front:], n-front
	for behind+8 <= n {
		if x := binary.LittleEndian.Uint64(a[len(a)-behind-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-behind-8:]); x != 0 {
			return front, behind + bits.LeadingZeros64(x)/8
		}
		behind += 8
	}
	for behind < n && a[len(a)-behind-1] == b[len(b)-behind-1] {
		behind++
	}
	return front, behind
}

// splice puts middle between the first and last bytes of a, in a's own memory
// where it fits.
func splice(a []byte, front, behind int, middle []byte) []byte {
	old, size := len(a), front+len(middle)+behind
	if size > cap(a) {
		a = append(make([]byte, 0, size+size/8), a[:old]...)
	}
	a = a[:max(old, size)]
	copy(a[size-behind:size], a[old-behind:old])
	copy(a[front:], middle)
	return a[:size]
}
