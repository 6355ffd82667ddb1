package wire

import (
	"slices"

	"switchover/targets/chat"
)

// alsoLost is a request's losses with one more, in the order of the fields. Of one
// field the worse is kept: Encode knows its value, the table does not.
func alsoLost(losses []chat.Loss, more ...chat.Loss) []chat.Loss {
	for _, l := range more {
		at := 0
		for at < len(losses) && losses[at].Field < l.Field {
			at++
		}
		if at < len(losses) && losses[at].Field == l.Field {
			if graver(l.Fate, losses[at].Fate) {
				losses[at] = l
			}
			continue
		}
		losses = append(losses, chat.Loss{})
		copy(losses[at+1:], losses[at:])
		losses[at] = l
	}
	return losses
}

// fates are the fates, the least first.
var fates = []chat.Fate{chat.Lossless, chat.Approximate, chat.Dropped, chat.Rejected}

// graver reports whether more is lost by a than by b.
func graver(a, b chat.Fate) bool { return slices.Index(fates, a) > slices.Index(fates, b) }
