package targets

import (
	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// countTokens fills in the counts of a record: the provider's where it gave
// them, else one token a chunk. Chunks get their share of what was streamed:
// output that was billed as reasoning but never arrived is not spread over them.
// Sizes are the bytes of each chunk's text.
func countTokens(rec *results.Record, sizes []int32, usage *chat.Usage) {
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
	case usage.Output != nil && (*usage.Output > 0 || len(sizes) == 0):
		output = *usage.Output
		known(&rec.ReasoningTokens, usage.Reasoning)
		rec.TokenSource = results.FromUsage
	case len(sizes) > 0:
		output = len(sizes) // a usage of 0 beside content is none
		rec.TokenSource = results.FromChunks
	default:
		return
	}
	rec.OutputTokens = results.Known(output)
	if len(sizes) == 0 || said(rec) {
		return
	}
	rec.ChunkSource = results.FromApportioned
	answers := 0
	for _, c := range rec.Chunks {
		if !thinks(c) {
			answers++
		}
	}
	reasoning := rec.ReasoningTokens.Or(0)
	if reasoning > 0 && reasoning < output && answers > 0 {
		apportion(rec.Chunks, sizes, thinks, reasoning)
		apportion(rec.Chunks, sizes, func(c results.Chunk) bool { return !thinks(c) }, output-reasoning)
		return
	}
	apportion(rec.Chunks, sizes, func(results.Chunk) bool { return true }, output)
}

func thinks(c results.Chunk) bool { return c.Kind == string(wire.Reasoning) }

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

// apportion spreads total tokens over some of the chunks: one each, since no event
// with content holds less than a token, and the rest by bytes. Where there are
// fewer tokens than chunks, all of them by bytes.
func apportion(chunks []results.Chunk, sizes []int32, some func(results.Chunk) bool, total int) {
	var bytes int64
	count := 0
	for i, c := range chunks {
		if some(c) {
			bytes += int64(sizes[i])
			count++
		}
	}
	each := 0
	if total >= count {
		each, total = 1, total-count
	}
	// Rounding the running sum keeps the total exact.
	var seen, given int64
	for i, c := range chunks {
		if !some(c) {
			continue
		}
		seen += int64(sizes[i])
		upTo := (2*seen*int64(total) + bytes) / (2 * bytes)
		chunks[i].Tokens = each + int(upTo-given)
		given = upTo
	}
}
