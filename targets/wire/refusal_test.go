package wire

import (
	"testing"

	"switchover/targets/chat"
)

// A refusal says each reason once where fields that stand together share it.
func TestRefusalSaysAReasonOnce(t *testing.T) {
	none := func(f chat.Field, why string) chat.Loss { return chat.Loss{Field: f, Fate: chat.Rejected, Why: why} }
	err := refused("tgi", []chat.Loss{none(chat.FieldTools, "there are no tools"), none(chat.FieldToolCalls, "there are no tools"),
		none(chat.FieldTopK, "it has none"), none(chat.FieldStop, "there are no tools")})
	if want := "protocol tgi cannot be asked for: tools, tool calls (there are no tools), top_k (it has none), stop (there are no tools)"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}
