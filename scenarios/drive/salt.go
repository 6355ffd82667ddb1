package drive

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
)

// salt makes the session's prompt one that no cache knows, as far as it is not
// meant to be shared.
func (l *leg) salt(req *chat.Request, s *session) {
	run, messages := l.d.cfg.Salt, req.Messages
	switch place := s.conv.Salt; {
	case run == "" || place != nil && place.Scope == results.SaltNone:
	case place == nil:
		before := len(messages[0].Parts)
		chat.WithSalt(messages, chat.Salt(run, l.prefix, s.number))
		if len(messages[0].Parts) > before {
			req.Foreign = behindSalt(req.Foreign)
		}
	case place.Scope == results.SaltOfStage:
		chat.PlaceSalt(messages, place.At, chat.Salt(run, l.prefix))
	default:
		chat.PlaceSalt(messages, place.At, chat.Salt(run, l.prefix, s.number))
	}
}

// behindSalt is what only a log's own dialect knows, at the places it has where the salt
// is the first part of the first message.
func behindSalt(foreign map[string]json.RawMessage) map[string]json.RawMessage {
	const first = "messages[0].content["
	out := make(map[string]json.RawMessage, len(foreign))
	for path, raw := range foreign {
		if rest, ok := strings.CutPrefix(path, first); ok {
			number, rest, _ := strings.Cut(rest, "]")
			if n, err := strconv.Atoi(number); err == nil {
				path = fmt.Sprintf("%s%d]%s", first, n+1, rest)
			}
		}
		out[path] = raw
	}
	return out
}
