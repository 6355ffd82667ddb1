package wire

import (
	"encoding/json"
	"net/http"

	"switchover/targets/chat"
)

// Failure classifies a response that is not 2xx. A spending limit that was reached
// answers 429 like a rate limit, without a time to wait, and says what it is in the
// error's details (platform.claude.com/docs/en/api/errors).
func (Anthropic) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	if code := anthropicErrorCode(body); code != "" {
		f.Class = refine(f.Class, openAIError{code: code})
		f.Message += " (" + code + ")"
	}
	return f
}

// anthropicErrorCode is the error_code in the details of an error.
func anthropicErrorCode(body []byte) string {
	var said struct {
		Error struct {
			Details struct {
				Code string `json:"error_code"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return said.Error.Details.Code
}
