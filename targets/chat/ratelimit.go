package chat

import "time"

// RateLimits are what a response's headers say of what its account may ask. Providers
// count requests, tokens of both kinds together, or each kind by itself.
type RateLimits struct {
	Requests     RateLimit `json:"requests,omitzero"`
	Tokens       RateLimit `json:"tokens,omitzero"`
	InputTokens  RateLimit `json:"input_tokens,omitzero"`
	OutputTokens RateLimit `json:"output_tokens,omitzero"`
}

// RateLimit is one of the limits; what is absent was not said. Over what time it is
// counted no header says: a minute at most providers, a day at some.
type RateLimit struct {
	Limit     int64  `json:"limit,omitempty"`     // the most; 0 was not said
	Remaining *int64 `json:"remaining,omitempty"` // what is left of it; nil was not said
	// Reset is how long after the response all of it is there again, or, where the
	// provider says that, the next of it; nil was not said.
	Reset *time.Duration `json:"reset,omitempty"`
}

// SameLimits reports whether both say the same limits, whatever remains of them.
func (r *RateLimits) SameLimits(o *RateLimits) bool {
	if r == nil || o == nil {
		return r == o
	}
	return r.Requests.Limit == o.Requests.Limit && r.Tokens.Limit == o.Tokens.Limit &&
		r.InputTokens.Limit == o.InputTokens.Limit && r.OutputTokens.Limit == o.OutputTokens.Limit
}
