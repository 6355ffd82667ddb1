package drive

import (
	"switchover/results"
	"switchover/targets/chat"
)

// Answers of an exact length are asked for by fields that some servers do not know
// and refuse as a bad request. Until one request with them was answered, such a
// refusal is taken for theirs: the request is asked again without them, at once and
// once, and so is everything after it. The length is a maximum there, and a warning
// says so. What a server refuses for another reason, it refuses again.

// exactLost is the warning.
func exactLost(target string) results.Reason {
	return results.Reason{Reason: target + " refuses ignore_eos and min_tokens: its answers have at most the tokens asked for, and may have fewer"}
}

// without is what follows such a refusal.
var without = step{verb: askAgain}

// exact takes the length out of a request to a target that refuses it, and reports
// whether it is asked for.
func (l *leg) exact(lane *lane, req *chat.Request) bool {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	req.Params.Exact = req.Params.Exact && !lane.noExact
	return req.Params.Exact
}

// refusedExact reports whether an attempt was refused for asking an exact length,
// as far as can be told, and whether that is news of its target. The caller holds
// d.mu.
func (l *lane) refusedExact(s *session, rec *results.Record) (again, news bool) {
	if !s.exact {
		return false, false
	}
	if rec.OK() {
		l.exactTaken = true
	}
	if l.exactTaken || rec.Error == nil || rec.Error.Class != chat.BadRequest {
		return false, false
	}
	news = !l.noExact
	l.noExact = true
	return true, news
}
