package targets

import (
	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// countTokens fills in the counts of a record: the provider's where it gave
// them, else one token a chunk. Chunks get their share of what was streamed:
// output that was billed as reasoning but never arrived is not spread over them.
func countTokens(rec *results.Record, pieces []piece, usage *chat.Usage) {
	if usage == nil {
		usage = &chat.Usage{}
	}
	known := func(dst *results.Opt[int], n *int) {
		if n != nil {
			*dst = results.Known(*n)
		}
	}
	known(&rec.InputTokens, usage.Input)
	known(&rec.CacheReadTokens, usage.CacheRead)
	known(&rec.CacheWriteTokens, usage.CacheWrite)
	output := 0
	switch {
	case usage.Output != nil && (*usage.Output > 0 || len(pieces) == 0):
		output = *usage.Output
		known(&rec.ReasoningTokens, usage.Reasoning)
		rec.TokenSource = results.FromUsage
	case len(pieces) > 0:
		output = len(pieces) // a usage of 0 beside content is none
		rec.TokenSource = results.FromChunks
	default:
		return
	}
	rec.OutputTokens = results.Known(output)
	if len(pieces) == 0 || said(rec) {
		return
	}
	rec.ChunkSource = results.FromApportioned
	var thought, answered []int
	for i, p := range pieces {
		if p.kind == wire.Reasoning {
			thought = append(thought, i)
		} else {
			answered = append(answered, i)
		}
	}
	reasoning := rec.ReasoningTokens.Or(0)
	if reasoning > 0 && reasoning < output && len(answered) > 0 {
		apportion(rec.Chunks, pieces, thought, reasoning)
		apportion(rec.Chunks, pieces, answered, output-reasoning)
		return
	}
	all := make([]int, len(pieces))
	for i := range all {
		all[i] = i
	}
	apportion(rec.Chunks, pieces, all, output)
}

// said reports whether the protocol itself gave tokens per chunk.
func said(rec *results.Record) bool {
	for _, c := range rec.Chunks {
		if c.Tokens > 0 {
			rec.ChunkSource = results.FromUsage
			return true
		}
	}
	return false
}

// apportion spreads total tokens over the chunks named by index: one each, since
// no event with content holds less than a token, and the rest by bytes. Where
// there are fewer tokens than chunks, all of them by bytes.
func apportion(chunks []results.Chunk, pieces []piece, index []int, total int) {
	var bytes int64
	for _, i := range index {
		bytes += int64(pieces[i].bytes)
	}
	each := 0
	if total >= len(index) {
		each, total = 1, total-len(index)
	}
	// Rounding the running sum keeps the total exact.
	var seen, given int64
	for _, i := range index {
		seen += int64(pieces[i].bytes)
		upTo := (2*seen*int64(total) + bytes) / (2 * bytes)
		chunks[i].Tokens = each + int(upTo-given)
		given = upTo
	}
}
