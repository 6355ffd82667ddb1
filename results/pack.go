package results

import (
	"math"
	"strings"
	"sync"
	"time"

	"switchover/targets/chat"
)

// A pack holds records without their texts in about an eighth of a journal's
// bytes, which is what lets a million of them fit in memory. Whatever many
// records share is kept once, as a shape; numbers are varints, instants the
// distance from the instant before.
//
//	shape item segment session turn attempt [id] instants durations
//	tokens [cost] [error] [counts] chunks
type pack struct {
	slabs [][]byte
	refs  [][]uint64 // by record: slab<<32 | offset in it; in blocks, so that growing copies nothing
	n     int
	dict  *dictionary
}

// picodollars are how many make a dollar: costs are mostly whole numbers of them.
const picodollars = 1e12

const (
	slabSize = 1 << 20
	refBlock = 1 << 10
)

// add appends an encoded record.
func (p *pack) add(b []byte) {
	if p.n%refBlock == 0 {
		p.refs = append(p.refs, make([]uint64, refBlock))
	}
	p.n++
	p.put(p.n-1, b)
}

// put lets an encoded record take the place of record i.
func (p *pack) put(i int, b []byte) {
	last := len(p.slabs) - 1
	if last < 0 || cap(p.slabs[last])-len(p.slabs[last]) < len(b) {
		size := slabSize
		if last < 6 { // small runs have small ones
			size >>= 5 - last
		}
		p.slabs = append(p.slabs, make([]byte, 0, max(size, len(b))))
		last++
	}
	p.refs[i/refBlock][i%refBlock] = uint64(last)<<32 | uint64(len(p.slabs[last]))
	p.slabs[last] = append(p.slabs[last], b...)
}

// A shape is what many records share.
type shape struct {
	stage, target, tier, pair, clock, chunkSource, tokenSource, model string
	finish                                                            chat.Finish
	class                                                             chat.Class
	losses                                                            string // a line each
	status                                                            int
	flags                                                             uint64
}

// The flags of a shape. Below them is one for each value that is known.
const (
	flagSimulated = 1 << (32 + iota)
	flagResent
	flagReused
	flagUsageBeside
	flagCleanEnd
	flagComplete
	flagFailed
	flagReasoned // a chunk is reasoning
	flagNamed    // its id is not what RecordID makes of it
	flagCounts   // it has events without instants, or that came together
	flagDerived  // its chunks begin at its first token and end at its last
	flagDecimal  // its cost is a whole number of picodollars
	flagTimings  // its server said how long it took
)

// instants are those of a record in the order in which they mostly happen, which
// keeps their distances short.
func (r *Record) instants() [12]*Instant {
	return [...]*Instant{&r.Intended, &r.Scheduled, &r.Start, &r.Sent, &r.FirstByte, &r.FirstEvent, &r.FirstToken,
		&r.FirstAnswer, &r.LastToken, &r.LastEvent, &r.UsageEvent, &r.End}
}

func (r *Record) durations() [4]*Instant {
	return [...]*Instant{&r.DNS, &r.Connect, &r.TLS, &r.ReceiveLag}
}

func (r *Record) tokenCounts() [5]*Opt[int] {
	return [...]*Opt[int]{&r.InputTokens, &r.CacheReadTokens, &r.CacheWriteTokens, &r.OutputTokens, &r.ReasoningTokens}
}

func (r *Record) bools() [6]*bool {
	return [...]*bool{&r.Simulated, &r.Resent, &r.Reused, &r.UsageBeside, &r.CleanEnd, &r.Complete} // as the flags are
}

// A dictionary numbers what records share. Several packers fill one.
type dictionary struct {
	mu     sync.Mutex
	shapes numbered[shape]
	items  numbered[string]
}

// numbered are values by number, and the numbers by value.
type numbered[T comparable] struct {
	list []T
	by   map[T]uint64
}

func (n *numbered[T]) of(v T) uint64 {
	i, ok := n.by[v]
	if !ok {
		if n.by == nil {
			n.by = map[T]uint64{}
		}
		i = uint64(len(n.list))
		n.by[v] = i
		n.list = append(n.list, v)
	}
	return i
}

// row is a record taken out of a pack, again and again others. What most readers do
// not need is left for record to fill in: the names but TokenSource, Clock and the
// error's class, the ID, the chunks and the error's message.
type row struct {
	Record
	shape   *shape
	item    uint64 // its number
	chunks  int    // how many there are
	reads   int    // at how many instants they came
	after   int64  // tokens after the first chunk
	packed  []byte
	named   []byte // the id where RecordID does not make it
	failure Error
	message []byte // of the failure
	timings timings
}

// row takes record i out into r.
func (p *pack) row(i int, r *row) {
	ref := p.refs[i/refBlock][i%refBlock]
	p.dict.row(p.slabs[ref>>32][uint32(ref):], r)
}

// row takes the record at the beginning of b out into r. It writes no pointer that
// is there already: that is dear while garbage is collected.
func (d *dictionary) row(b []byte, r *row) {
	in := cursor{b: b}
	if sh := &d.shapes.list[in.uint()]; r.shape != sh {
		r.shape, r.Clock, r.TokenSource, r.Status = sh, sh.clock, sh.tokenSource, sh.status
		r.Error = nil
		if sh.flags&flagFailed != 0 {
			r.Error, r.failure.Class = &r.failure, sh.class
		}
	}
	flags := r.shape.flags
	r.item = in.uint()
	r.Segment, r.Session, r.Turn, r.Attempt = int(in.int()), int(in.int()), int(in.int()), int(in.int())
	if flags&flagNamed != 0 {
		r.named = in.bytes()
	}
	r.known(&in)
	bit := uint64(flagSimulated)
	for _, on := range r.bools() {
		*on = flags&bit != 0
		bit <<= 1
	}
	r.Events, r.EventsUntimed, r.Coalesced = int(in.int()), 0, 0
	if flags&flagCounts != 0 {
		r.EventsUntimed, r.Coalesced = int(in.int()), int(in.int())
	}
	if flags&flagTimings != 0 {
		r.Timings = r.timings.read(&in)
	} else if r.Timings != nil {
		r.Timings = nil
	}
	r.chunks, r.reads, r.after = int(in.uint()), 0, 0
	if r.chunks > 0 {
		r.reads = r.chunks - int(in.uint())
		r.after = in.int()
	}
	r.packed = b[in.i:]
}

// known takes out the values that a record may lack, each told by a flag.
func (r *row) known(in *cursor) {
	flags := r.shape.flags
	bit := uint64(1)
	var t int64
	for _, at := range r.instants() {
		*at = Instant{}
		if flags&bit != 0 {
			t += in.int()
			*at = Known(t)
		}
		bit <<= 1
	}
	for _, d := range r.durations() {
		*d = Instant{}
		if flags&bit != 0 {
			*d = Known(in.int())
		}
		bit <<= 1
	}
	for _, n := range r.tokenCounts() {
		*n = Opt[int]{}
		if flags&bit != 0 {
			*n = Known(int(in.int()))
		}
		bit <<= 1
	}
	r.CostUSD = Opt[float64]{}
	if flags&bit != 0 {
		if flags&flagDecimal != 0 {
			r.CostUSD = Known(float64(in.uint()) / picodollars)
		} else {
			r.CostUSD = Known(math.Float64frombits(in.uint()))
		}
	}
	bit <<= 1
	if flags&flagFailed != 0 {
		r.message, r.failure.RetryAfter = in.bytes(), Instant{}
		if flags&bit != 0 {
			r.failure.RetryAfter = Known(in.int())
		}
	}
}

// row is the record as a row.
func (r *Record) row() *row {
	d := &dictionary{}
	out := new(row)
	d.row(newPacker(d).encode(nil, r, []byte(r.ID)), out)
	return out
}

// reasoned reports whether any of the row's chunks is reasoning.
func (r *row) reasoned() bool { return r.shape.flags&flagReasoned != 0 }

// used are the shapes that records have; one whose every record was replaced is none.
func (p *pack) used() []*shape {
	met := make([]bool, len(p.dict.shapes.list))
	var out []*shape
	for i := range p.n {
		if n := p.head(i).shape; !met[n] {
			met[n] = true
			out = append(out, &p.dict.shapes.list[n])
		}
	}
	return out
}

// shape is the shape of record i.
func (p *pack) shape(i int) *shape {
	ref := p.refs[i/refBlock][i%refBlock]
	in := cursor{b: p.slabs[ref>>32][uint32(ref):]}
	return &p.dict.shapes.list[in.uint()]
}

// ok is whether the records of a shape succeeded, as Record.OK says.
func (sh *shape) ok() bool { return sh.flags&(flagComplete|flagFailed) == flagComplete }

// head is what tells to which request a record belongs.
type head struct {
	session, turn, attempt int32 // at most maxCount
	record                 uint32
	shape                  uint32
}

// head is the head of record i.
func (p *pack) head(i int) head {
	ref := p.refs[i/refBlock][i%refBlock]
	in := cursor{b: p.slabs[ref>>32][uint32(ref):]}
	h := head{record: uint32(i), shape: uint32(in.uint())}
	in.uint() // item
	in.int()  // segment
	h.session, h.turn, h.attempt = int32(in.int()), int32(in.int()), int32(in.int())
	return h
}

// eachChunk calls f for each chunk, in order.
func (r *row) eachChunk(f func(Chunk)) {
	in := cursor{b: r.packed}
	c := Chunk{Tokens: 1, Kind: kinds[0]}
	var first, left time.Duration // the gaps that are left out: the first, the others' sum
	derived := r.shape.flags&flagDerived != 0
	if derived {
		first, left = time.Duration(r.FirstToken.v-r.Start.v), time.Duration(r.LastToken.v-r.FirstToken.v)
	}
	for i := range r.chunks {
		u := in.uint()
		if u&1 != 0 {
			k := int(in.uint())
			c.Tokens = int(in.int())
			if k == otherKind {
				c.Kind = string(in.bytes())
			} else {
				c.Kind = kinds[k]
			}
		}
		u >>= 1
		c.Gap = time.Duration(u>>1) ^ -time.Duration(u&1)
		if derived {
			switch i {
			case 0:
				c.Gap = first
			case r.chunks - 1:
				c.Gap = left
			default:
				left -= c.Gap
			}
		}
		f(c)
	}
}

// record takes record i out with everything a pack holds, the chunks in place of
// those in room. It is good until the row is used again.
func (p *pack) record(i int, r *row, room []Chunk) *Record {
	p.row(i, r)
	sh := r.shape
	r.Stage, r.Target, r.Tier, r.Pair = sh.stage, sh.target, sh.tier, sh.pair
	r.ChunkSource, r.Model, r.Finish = sh.chunkSource, sh.model, sh.finish
	r.Item = p.dict.items.list[r.item]
	r.ID = string(r.id(nil))
	r.failure.Message = string(r.message)
	r.Losses = nil
	if sh.losses != "" {
		r.Losses = strings.Split(sh.losses, "\n")
	}
	r.Chunks = nil
	if r.chunks > 0 {
		r.Chunks = room[:0]
		r.eachChunk(func(c Chunk) { r.Chunks = append(r.Chunks, c) })
	}
	return &r.Record
}

// id appends the row's ID to b.
func (r *row) id(b []byte) []byte {
	if r.shape.flags&flagNamed != 0 {
		return append(b, r.named...)
	}
	return appendID(b, r.shape.stage, r.shape.target, r.Session, r.Turn, r.Attempt)
}
