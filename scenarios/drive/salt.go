package drive

import (
	"switchover/results"
	"switchover/targets/chat"
)

// salt makes the session's prompt one that no cache knows, as far as it is not
// meant to be shared.
func (l *leg) salt(messages []chat.Message, s *session) {
	run := l.d.cfg.Salt
	switch place := s.conv.Salt; {
	case run == "" || place != nil && place.Scope == results.SaltNone:
	case place == nil:
		chat.WithSalt(messages, chat.Salt(run, l.prefix, s.number))
	case place.Scope == results.SaltOfStage:
		chat.PlaceSalt(messages, place.At, chat.Salt(run, l.prefix))
	default:
		chat.PlaceSalt(messages, place.At, chat.Salt(run, l.prefix, s.number))
	}
}
