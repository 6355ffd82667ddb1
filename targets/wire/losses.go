package wire

import "switchover/targets/chat"

// alsoLost is a request's losses with one more, in the order of the fields. Of one
// field the worse is kept: Encode knows its value, the table does not.
func alsoLost(losses []chat.Loss, more ...chat.Loss) []chat.Loss {
	for _, l := range more {
		at := 0
		for at < len(losses) && losses[at].Field < l.Field {
			at++
		}
		if at < len(losses) && losses[at].Field == l.Field {
			if l.Fate.Compare(losses[at].Fate) > 0 {
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
