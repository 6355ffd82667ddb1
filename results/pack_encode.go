package results

import (
	"encoding/binary"
	"math"
	"strings"
)

// A packer encodes records, one goroutine's.
type packer struct {
	dict   *dictionary
	shapes map[shape]uint64 // those it has met, so that it need not ask
	items  map[string]uint64
}

func newPacker(d *dictionary) *packer {
	return &packer{dict: d, shapes: map[shape]uint64{}, items: map[string]uint64{}}
}

func lookUp[T comparable](p *packer, met map[T]uint64, all *numbered[T], v T) uint64 {
	i, ok := met[v]
	if !ok {
		p.dict.mu.Lock()
		i = all.of(v)
		p.dict.mu.Unlock()
		if len(met) < maxWords {
			met[v] = i
		}
	}
	return i
}

// encode appends a record of this id.
func (p *packer) encode(b []byte, r *Record, id []byte) []byte {
	sh := shape{stage: r.Stage, target: r.Target, tier: r.Tier, pair: r.Pair, clock: r.Clock, chunkSource: r.ChunkSource,
		tokenSource: r.TokenSource, model: r.Model, finish: r.Finish, status: r.Status, flags: r.flags()}
	if r.Error != nil {
		sh.class = r.Error.Class
	}
	if len(r.Losses) > 0 {
		sh.losses = strings.Join(r.Losses, "\n")
	}
	var room [128]byte
	if string(appendID(room[:0], r.Stage, r.Target, r.Session, r.Turn, r.Attempt)) != string(id) {
		sh.flags |= flagNamed
	}
	b = binary.AppendUvarint(b, lookUp(p, p.shapes, &p.dict.shapes, sh))
	b = binary.AppendUvarint(b, lookUp(p, p.items, &p.dict.items, r.Item))
	for _, n := range [...]int{r.Segment, r.Session, r.Turn, r.Attempt} {
		b = binary.AppendVarint(b, int64(n))
	}
	if sh.flags&flagNamed != 0 {
		b = appendBytes(b, id)
	}
	var before int64
	for _, t := range r.instants() {
		if t.ok {
			b = binary.AppendVarint(b, t.v-before)
			before = t.v
		}
	}
	for _, t := range r.durations() {
		if t.ok {
			b = binary.AppendVarint(b, t.v)
		}
	}
	for _, n := range r.tokenCounts() {
		if n.ok {
			b = binary.AppendVarint(b, int64(n.v))
		}
	}
	if pico, decimal := inPicodollars(r.CostUSD); decimal {
		b = binary.AppendUvarint(b, pico)
	} else if r.CostUSD.ok {
		b = binary.AppendUvarint(b, math.Float64bits(r.CostUSD.v))
	}
	if e := r.Error; e != nil {
		b = appendBytes(b, []byte(e.Message))
		if e.RetryAfter.ok {
			b = binary.AppendVarint(b, e.RetryAfter.v)
		}
	}
	b = binary.AppendVarint(b, int64(r.Events))
	if sh.flags&flagCounts != 0 {
		b = binary.AppendVarint(binary.AppendVarint(b, int64(r.EventsUntimed)), int64(r.Coalesced))
	}
	if r.Timings != nil {
		b = appendTimings(b, r.Timings)
	}
	return appendChunks(b, r.Chunks, sh.flags&flagDerived != 0)
}

// inPicodollars is a cost as a whole number of picodollars, if it is exactly one.
func inPicodollars(usd Opt[float64]) (n uint64, exact bool) {
	if !usd.ok || !(usd.v >= 0 && usd.v < 1000) {
		return 0, false
	}
	n = uint64(math.Round(usd.v * picodollars))
	return n, math.Float64bits(float64(n)/picodollars) == math.Float64bits(usd.v)
}

// derives reports whether the first and the last gap between chunks follow from the
// other gaps and the record's instants, as they do in all that was measured.
func (r *Record) derives() bool {
	if len(r.Chunks) == 0 || !r.Start.ok || !r.FirstToken.ok || !r.LastToken.ok {
		return false
	}
	var sum int64
	for _, c := range r.Chunks[1:] {
		sum += int64(c.Gap)
	}
	return int64(r.Chunks[0].Gap) == r.FirstToken.v-r.Start.v && sum == r.LastToken.v-r.FirstToken.v
}

// flags are the bits of what is known and true of a record.
func (r *Record) flags() (f uint64) {
	bit := uint64(1)
	set := func(on bool) {
		if on {
			f |= bit
		}
		bit <<= 1
	}
	for _, t := range r.instants() {
		set(t.ok)
	}
	for _, t := range r.durations() {
		set(t.ok)
	}
	for _, n := range r.tokenCounts() {
		set(n.ok)
	}
	set(r.CostUSD.ok)
	set(r.Error != nil && r.Error.RetryAfter.ok)
	bit = flagSimulated
	for _, on := range r.bools() {
		set(*on)
	}
	set(r.Error != nil)
	also := func(on bool, flag uint64) {
		if on {
			f |= flag
		}
	}
	also(r.EventsUntimed != 0 || r.Coalesced != 0, flagCounts)
	also(r.derives(), flagDerived)
	also(r.Timings != nil, flagTimings)
	_, decimal := inPicodollars(r.CostUSD)
	also(decimal, flagDecimal)
	for i := range r.Chunks {
		if r.Chunks[i].Kind == "r" {
			return f | flagReasoned
		}
	}
	return f
}

func appendBytes(b, s []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }

// The kinds of chunks by number; any other is written out.
var kinds = [...]string{"c", "r", "t"}

const otherKind = len(kinds)

// appendChunks writes how many chunks there are, how many of them came with the
// read before, the tokens after the first, and then of each its gap, which says
// whether its tokens and kind are others than those of the chunk before. derived
// leaves out what Record.derives says.
func appendChunks(b []byte, chunks []Chunk, derived bool) []byte {
	together, after := 0, int64(0)
	for i, c := range chunks {
		if i > 0 {
			after += int64(c.Tokens)
			if c.Gap <= 0 {
				together++
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(chunks)))
	if len(chunks) == 0 {
		return b
	}
	b = binary.AppendVarint(binary.AppendUvarint(b, uint64(together)), after)
	before := Chunk{Tokens: 1, Kind: kinds[0]}
	for i, c := range chunks {
		if derived && (i == 0 || i == len(chunks)-1) {
			c.Gap = 0
		}
		gap := uint64(c.Gap<<1^c.Gap>>63) << 1
		if c.Tokens == before.Tokens && c.Kind == before.Kind {
			b = binary.AppendUvarint(b, gap)
			continue
		}
		b = binary.AppendUvarint(b, gap|1)
		k := 0
		for k < otherKind && kinds[k] != c.Kind {
			k++
		}
		b = binary.AppendVarint(binary.AppendUvarint(b, uint64(k)), int64(c.Tokens))
		if k == otherKind {
			b = appendBytes(b, []byte(c.Kind))
		}
		before = c
	}
	return b
}
