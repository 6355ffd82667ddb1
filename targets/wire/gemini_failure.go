package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchover/targets/chat"
)

// Failure classifies a response that is not 2xx, by Google's error model
// (https://ai.google.dev/gemini-api/docs/troubleshooting and
// https://cloud.google.com/apis/design/errors): a status in words, and details of
// which the reason, the limit that was reached and the time to wait are read. Errors
// of a stream come in an array.
func (Gemini) Failure(status int, header http.Header, body []byte) *chat.Failure {
	said, ok := geminiError(body)
	if !ok {
		return OpenAI{}.Failure(status, header, body)
	}
	// The same in the words that every server's failures are told in.
	plain, _ := json.Marshal(map[string]any{"error": map[string]string{"message": said.Message, "type": said.Status, "code": said.reason}})
	f := OpenAI{}.Failure(status, header, plain)
	f.Class = said.class(f.Class)
	if f.RetryAfter == 0 {
		f.RetryAfter = said.wait
	}
	return f
}

// geminiInside is the failure of an error inside a 200, which has the status that it
// would have been as its code. What Google's words alone tell ends all traffic, too.
func geminiInside(data []byte) *chat.Failure {
	f := streamError(data)
	said, ok := geminiError(data)
	if !ok {
		return f
	}
	status, err := strconv.Atoi(loose(said.Code))
	if err != nil {
		return f
	}
	if class := said.class(classOf(status)); class != classOf(status) && class.Quarantines() {
		f.Class = class
	}
	return f
}

// geminiSaidError is an error in Google's words.
type geminiSaidError struct {
	Code    json.RawMessage `json:"code"` // the status again, as a number
	Message string          `json:"message"`
	Status  string          `json:"status"` // RESOURCE_EXHAUSTED
	Details []struct {
		Reason     string            `json:"reason"`   // of an ErrorInfo: API_KEY_INVALID
		Metadata   map[string]string `json:"metadata"` // of an ErrorInfo
		Violations []struct {        // of a QuotaFailure
			QuotaID    string `json:"quotaId"`
			QuotaValue string `json:"quotaValue"`
		} `json:"violations"`
		RetryDelay string `json:"retryDelay"` // of a RetryInfo: 36s
	} `json:"details"`

	reason string
	limits []string // that were reached, by their ids
	none   bool     // one of them is 0
	wait   time.Duration
}

// geminiError reads an error, or an array with one.
func geminiError(body []byte) (*geminiSaidError, bool) {
	var outer struct {
		Error *geminiSaidError `json:"error"`
	}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		var several []json.RawMessage
		if json.Unmarshal(body, &several) != nil || len(several) == 0 {
			return nil, false
		}
		body = several[0]
	}
	if json.Unmarshal(body, &outer) != nil || outer.Error == nil || outer.Error.Status == "" {
		return nil, false
	}
	e := outer.Error
	for _, d := range e.Details {
		if d.Reason != "" {
			e.reason = d.Reason
		}
		if limit := d.Metadata["quota_limit"]; limit != "" {
			e.limits = append(e.limits, limit)
			e.none = e.none || d.Metadata["quota_limit_value"] == "0"
		}
		for _, v := range d.Violations {
			e.limits = append(e.limits, v.QuotaID)
			e.none = e.none || v.QuotaValue == "0"
		}
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil && strings.HasSuffix(d.RetryDelay, "s") {
			e.wait = capped(wait.Seconds())
		}
	}
	return e, true
}

var (
	// geminiSpent is how a spending cap and an empty prepaid balance are told, which
	// have the status of a rate limit.
	geminiSpent   = regexp.MustCompile(`(?i)spend(ing)? cap|credits? (are|is|have been) (depleted|exhausted)|prepa(id|yment)[^.]*(depleted|exhausted)`)
	geminiTooLong = regexp.MustCompile(`(?i)input token count.{0,40}exceeds`)
	geminiNoKey   = regexp.MustCompile(`(?i)API key (not valid|not found|expired)`)
	// geminiDaily is in the id of a limit a day: GenerateRequestsPerDayPerProjectPerModel.
	geminiDaily = regexp.MustCompile(`(?i)per_?day`)
)

// class refines what the HTTP status says. A limit a day, or of nothing at all, is
// not waited for: asking again cannot succeed within a run.
func (e *geminiSaidError) class(class chat.Class) chat.Class {
	switch {
	case class == chat.RateLimited && (e.none || geminiSpent.MatchString(e.Message)):
		return chat.Quota
	case class == chat.RateLimited:
		for _, id := range e.limits {
			if geminiDaily.MatchString(id) {
				return chat.Quota
			}
		}
	case class == chat.BadRequest && (strings.HasPrefix(e.reason, "API_KEY_") || geminiNoKey.MatchString(e.Message)):
		return chat.Auth
	case class == chat.BadRequest && geminiTooLong.MatchString(e.Message):
		return chat.TooLarge
	}
	return class
}
