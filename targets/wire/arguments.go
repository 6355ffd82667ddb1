package wire

import (
	"encoding/json"
	"strings"

	"switchover/targets/chat"
)

// argumentsObject is a call's arguments, which are text, for protocols whose calls have an
// object of them, and what is lost where they are none.
func argumentsObject(said string) (json.RawMessage, []chat.Loss) {
	text := strings.TrimSpace(said)
	switch {
	case text == "":
		return json.RawMessage("{}"), nil
	case text[0] == '{' && json.Valid([]byte(text)):
		return json.RawMessage(text), nil
	}
	quoted, _ := json.Marshal(map[string]string{"arguments": said}) // of text, which always works
	return quoted, []chat.Loss{chat.Lose(chat.FieldToolCalls, chat.Approximate, "arguments that are no JSON object are sent as one text")}
}
