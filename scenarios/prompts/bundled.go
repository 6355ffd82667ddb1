package prompts

import (
	"bytes"
	_ "embed"
	"slices"
	"sync"

	"switchover/results"
)

//go:embed bundled.jsonl
var bundledFile []byte

var bundled = sync.OnceValue(func() []results.Conversation {
	set, err := Read(bytes.NewReader(bundledFile), "bundled.jsonl", Options{Format: FormatConversations})
	if err != nil {
		panic("the bundled conversations cannot be read: " + err.Error()) // a mistake of the build; a test reads them
	}
	return set.Conversations
})

// Bundled returns the conversations that come with the program: dialogues in
// English and Chinese about coding, writing, analysis and customer support,
// three to six turns each. Languages and categories alternate, so that any
// stretch of them is a mixture, and the first two turns of each are a dialogue
// by themselves. Later turns lean on earlier ones, because a model that loses
// the thread has to show. They were written for this purpose and are under the
// program's own licence. The caller owns what is returned.
func Bundled() []results.Conversation {
	out := slices.Clone(bundled())
	for i := range out {
		out[i].Turns = slices.Clone(out[i].Turns)
		out[i].Reference = slices.Clone(out[i].Reference)
	}
	return out
}
