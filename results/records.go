package results

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"os"
)

// All are the run's records in the order in which they were journalled, without
// Text, ReasoningText, ToolCalls and RequestHash where Skim read them. Each is good
// until the next is asked for: what is to be kept must be copied, its Chunks and its
// Error too.
func (d *Data) All() iter.Seq[*Record] {
	if d.skimmed == nil {
		return func(yield func(*Record) bool) {
			for i := range d.Records {
				if !yield(&d.Records[i]) {
					return
				}
			}
		}
	}
	p := d.skimmed.pack
	return func(yield func(*Record) bool) {
		var r row
		var room []Chunk
		for i := range p.n {
			rec := p.record(i, &r, room)
			if rec.Chunks != nil {
				room = rec.Chunks
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// Whole calls f for each record with everything it holds, the texts too, for which
// it reads the file again where Skim left them there: then in the order of the
// lines that count. It stops at the first error. A record is good until f returns;
// its texts can be kept.
func (d *Data) Whole(f func(*Record) error) error {
	if d.skimmed == nil {
		for i := range d.Records {
			if err := f(&d.Records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	file, err := os.Open(d.skimmed.path)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	defer file.Close()
	return d.skimmed.whole(file, f)
}

// packed are the records packed, for which those of Read are packed anew.
func (d *Data) packed() *pack {
	if d.skimmed != nil {
		return d.skimmed.pack
	}
	p := &pack{dict: &dictionary{}}
	enc := newPacker(p.dict)
	var b []byte
	for i := range d.Records {
		r := &d.Records[i]
		b = enc.encode(b[:0], r, []byte(r.ID))
		p.add(b)
	}
	return p
}

// skimmed are the records of a file, their texts left there. A later line of an id
// is in the place of the first.
type skimmed struct {
	pack *pack
	path string
	// Of lines that repeat an id: which record's place they took, and of each such
	// record, which line is the last.
	again, latest map[int]int
}

// whole does what Whole does with the content of the file.
func (rs *skimmed) whole(file io.Reader, f func(*Record) error) error {
	line, seen, most := 0, 0, rs.pack.n+len(rs.again)
	_, err := lineReader[[]Record]{newWorker: decodeWhole, take: func(b *batch[[]Record]) error {
		for i := range b.out {
			if line++; line > most {
				return errEnough // written since Read
			}
			at, again := rs.again[line]
			if !again {
				at = seen
				seen++
			}
			if last, ok := rs.latest[at]; ok && last != line {
				continue
			}
			if err := f(&b.out[i]); err != nil {
				return stopped{err}
			}
		}
		return nil
	}}.read(file)
	var own stopped
	switch {
	case errors.As(err, &own):
		return own.error
	case err != nil && !errors.Is(err, errEnough):
		return fmt.Errorf("read texts: %s:%w", rs.path, err)
	case line < most:
		return fmt.Errorf("read texts: %s has lost %d lines since it was read first", rs.path, most-line)
	}
	return nil
}

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// stopped carries the error of who is called for each record, as it is.
type stopped struct{ error }

func decodeWhole() func(*batch[[]Record]) {
	d := newDecoder(true)
	return func(b *batch[[]Record]) {
		n := 0
		b.each(func(line []byte) error {
			if n == len(b.out) {
				b.out = append(b.out, Record{})
			}
			_, err := d.decode(line, &b.out[n])
			if err == nil {
				err = b.out[n].check()
			}
			n++
			return err
		})
		b.out = b.out[:n]
	}
}

// packedLines is what a worker makes of a batch of requests.jsonl.
type packedLines struct {
	packed []byte
	ends   []int    // of each record in packed
	hashes []uint32 // of their ids
}

// skim packs the records of a file.
func skim(path string, r io.Reader) (rs *skimmed, torn int, err error) {
	p := &pack{dict: &dictionary{}}
	rs = &skimmed{pack: p, path: path}
	seed := maphash.MakeSeed()
	ids := identities{pack: p}
	lines := 0
	records := lineReader[packedLines]{
		newWorker: func() func(*batch[packedLines]) {
			dec, enc := newDecoder(false), newPacker(p.dict)
			var rec Record
			return func(b *batch[packedLines]) {
				out := packedLines{b.out.packed[:0], b.out.ends[:0], b.out.hashes[:0]}
				b.each(func(line []byte) error {
					id, err := dec.decode(line, &rec)
					if err == nil {
						err = rec.check()
					}
					out.packed = enc.encode(out.packed, &rec, id)
					out.ends = append(out.ends, len(out.packed))
					out.hashes = append(out.hashes, uint32(maphash.Bytes(seed, id)))
					return err
				})
				b.out = out
			}
		},
		take: func(b *batch[packedLines]) error {
			from := 0
			for i, end := range b.out.ends {
				lines++
				one := b.out.packed[from:end]
				from = end
				if at, known := ids.find(b.out.hashes[i], one); known {
					rs.replace(at, lines, one)
					continue
				}
				p.add(one)
			}
			return nil
		},
	}
	torn, err = records.read(r)
	return rs, torn, err
}

// replace lets what a line holds take the place of the record of the same id.
func (rs *skimmed) replace(at, line int, packed []byte) {
	if rs.again == nil {
		rs.again, rs.latest = map[int]int{}, map[int]int{}
	}
	rs.again[line], rs.latest[at] = at, line
	rs.pack.put(at, packed)
}

// identities find records by their id: a table of hashes, open and probed in line.
type identities struct {
	pack  *pack
	slots []uint64 // hash<<32 | record + 1; 0 is free
	n     int
	a, b  row
}

// find returns the record that has the id of an encoded one; without it, the next
// record gets its place.
func (t *identities) find(hash uint32, encoded []byte) (record int, known bool) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if at := int(uint32(t.slots[i])) - 1; uint32(t.slots[i]>>32) == hash && t.same(at, encoded) {
			return at, true
		}
	}
	t.slots[i] = uint64(hash)<<32 | uint64(uint32(t.pack.n)+1)
	t.n++
	return 0, false
}

func (t *identities) grow() {
	old := t.slots
	t.slots = make([]uint64, max(1024, 2*len(old)))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		i := uint32(s>>32) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// same reports whether a record has the id of an encoded one.
func (t *identities) same(record int, encoded []byte) bool {
	t.pack.dict.mu.Lock() // packers are adding to it
	defer t.pack.dict.mu.Unlock()
	t.pack.row(record, &t.a)
	t.pack.dict.row(encoded, &t.b)
	return string(t.a.id(nil)) == string(t.b.id(nil))
}
