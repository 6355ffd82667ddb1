package eval

import (
	"switchover/targets"
	"switchover/targets/chat"
)

// Asked is a request like those that a judge is asked, of other words: what its protocol
// would lose of this one, it would lose of each.
func Asked(spec targets.Spec) chat.Request {
	req := chat.Request{
		Model: spec.Endpoint.Model, Params: spec.Params,
		Messages: []chat.Message{{Role: chat.System, Content: system}, {Role: chat.User, Content: form(nil)}},
	}
	req.Params.MaxTokens = max(req.Params.MaxTokens, maxTokens)
	req.Params.AsAllowed = req.Params.Temperature == nil // a judge that takes no temperature is asked without
	return req
}
