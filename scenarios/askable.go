package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

// usualProtocol is a target's that names none.
const usualProtocol = "openai"

// takenBy are the fields of a target that some protocols alone take.
var takenBy = []struct {
	field     string
	protocols []string
	why       string
}{
	{"key_id", []string{"bedrock", "tencent-tc3"}, "does not sign its requests: its key has no id"},
	{"session", []string{"bedrock", "tencent-tc3"}, "does not sign its requests: it has no session"},
	{"api_version", []string{"anthropic", "azure", "gemini"}, "has no version that is named beside its address"},
	{"region", []string{"bedrock", "tencent-tc3"}, "needs no region, and there is no {region} in the address"},
}

// untaken refuses what the target's protocol would ignore. regional says that the
// address takes a region itself; in a run's own copy it has been put there.
func (c *checker) untaken(at string, t *Target, regional bool) {
	if !c.fresh || c.given(at+".simulate") || c.bad[at+".protocol"] || c.bad[at+".url"] {
		return
	}
	protocol := cmp.Or(t.Protocol, usualProtocol)
	for _, f := range takenBy {
		if c.given(at+"."+f.field) && !slices.Contains(f.protocols, protocol) && !(f.field == "region" && regional) {
			c.misplaced(at+"."+f.field, "remove it, or name the protocol: "+strings.Join(f.protocols, ", "), "protocol %s %s", clip(protocol), f.why)
		}
	}
}

// askable has the protocol build a request to the target, and so say before the run
// what of its address, region or version it could not be asked with.
func (c *checker) askable(at string, t *Target) {
	protocol, ok := wire.Lookup(cmp.Or(t.Protocol, usualProtocol))
	if !ok || t.HTTP != nil || !c.has(at+".url") || !c.has(at+".model") {
		return
	}
	ep := wire.Endpoint{URL: t.URL, Model: t.Model, Region: t.Region, APIVersion: t.APIVersion}
	if t.KeyID != nil {
		ep.Key, ep.KeyID = secret.New("no key"), secret.New("no key")
	}
	_, _, err := protocol.Encode(ep, chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "?"}}, Params: chat.Params{MaxTokens: 1}})
	var refusal *wire.Refusal
	if err == nil || errors.As(err, &refusal) {
		return
	}
	_, said, found := strings.Cut(err.Error(), ": ") // behind what it was doing
	if !found {
		said = err.Error()
	}
	c.wrong(at+".url", "", "%s", said)
}
