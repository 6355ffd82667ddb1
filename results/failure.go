package results

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"switchover/targets/chat"
)

// maxCause bounds how much of a failure's message is repeated in a reason, in
// characters: enough for the address and what was said.
const maxCause = 200

// Cause is the class that ended most of a target's failed requests, with the
// words of the first of them.
type Cause struct {
	Class    chat.Class `json:"class"`
	Message  string     `json:"message,omitempty"`
	Requests int        `json:"requests"` // that failed of it
	Failed   int        `json:"failed"`   // in all
}

// text says it in the middle of a sentence.
func (c *Cause) text() string {
	return fmt.Sprintf("%d of %d failed with %s", c.Requests, c.Failed, c.words())
}

// words are the class and what was said.
func (c *Cause) words() string {
	if c.Message == "" {
		return string(c.Class)
	}
	return string(c.Class) + ": " + strings.TrimRight(clipped(c.Message), ".")
}

// manyFailed is the share of failed requests from which a reader is told why.
const manyFailed = 0.05

// failing says why a good part of the requests of a target failed that answered
// others; empty where few did, or all.
func (t *TargetSummary) failing() string {
	ended, succeeded := 0, 0
	for _, st := range t.Stages {
		ended += st.Counts.Succeeded + st.Counts.Failed
		succeeded += st.Counts.Succeeded
	}
	if t.Cause == nil || succeeded == 0 || float64(t.Cause.Failed) < manyFailed*float64(ended) {
		return ""
	}
	return fmt.Sprintf("%s: %d of %d requests failed, %d with %s", t.Name, t.Cause.Failed, ended, t.Cause.Requests, t.Cause.words())
}

// clipped bounds words that another machine chose.
func clipped(s string) string {
	if utf8.RuneCountInString(s) > maxCause {
		return string([]rune(s)[:maxCause-1]) + "…"
	}
	return s
}

// cause finds what ended most of the failed requests of one target's cells; of
// equals, the class that reports show first. Nil when none failed.
func cause(cells []*cell) *Cause {
	counts := map[chat.Class]int{}
	words := map[chat.Class]string{}
	failed := 0
	for _, c := range cells {
		for q := range c.each {
			if q.ok() || q.ours() {
				continue
			}
			k := class(&q.last.Record)
			if counts[k] == 0 && q.last.Error != nil {
				words[k] = string(q.last.message)
			}
			counts[k]++
			failed++
		}
	}
	var out *Cause
	for _, k := range chat.Classes {
		if n := counts[k]; n > 0 && (out == nil || n > out.Requests) {
			out = &Cause{Class: k, Message: words[k], Requests: n, Failed: failed}
		}
	}
	return out
}

// remedy is what a person can do about failures of a class; empty where only the
// server's own words help.
func remedy(class chat.Class) string {
	switch class {
	case chat.DNS, chat.Connect, chat.TimeoutConnect:
		return "start the server, or correct its address: --url, or url: in the scenario"
	case chat.TLS:
		return "check that the address begins with what the server speaks, http:// or https://, and that its certificate is trusted on this machine"
	case chat.Auth:
		return "name the variable that holds a key for this model: --key-env VARIABLE, or key: {env: VARIABLE} in the scenario; a right key is refused, too, where the account is closed or the country is not served"
	case chat.Quota:
		return "add credit, or raise the spending limit, at the provider"
	case chat.NotFound:
		return "name a model that the provider has, and still has, or correct the address (of an OpenAI-compatible server it mostly ends in /v1): --model and --url, or model: and url: in the scenario"
	case chat.RateLimited, chat.Overloaded:
		return "ask less at a time (a lower rate, fewer users), or have the provider raise the limit"
	case chat.BadRequest:
		return "read what is refused: model: and params: in the scenario are what was asked, and temperature: as-allowed asks for none where a model takes none"
	case chat.TooLarge:
		return "ask for less: workload: {max_turns: ...} or params: {max_tokens: ...} in the scenario"
	case chat.Malformed, chat.Interrupted:
		return "check that what answers at this address speaks the target's protocol: --url and --protocol, or url: and protocol: in the scenario"
	case chat.TimeoutFirstByte, chat.TimeoutIdle, chat.TimeoutTotal:
		return "ask less at a time, or wait longer: timeouts: in the scenario"
	case chat.Server, chat.StreamError:
		return "look into the server's own log"
	case chat.Client:
		return "let this machine open more files (ulimit -n), or ask less at a time"
	case chat.NoAnswer:
		return "leave room to answer after the reasoning (a larger params: {max_tokens: ...} in the scenario); where the limit was not reached, look into the model's chat template"
	}
	return ""
}

// quarantineClass is the class that a reason for quarantine begins with.
func quarantineClass(reason string) chat.Class {
	class, _, _ := strings.Cut(reason, ":")
	return chat.Class(class)
}
