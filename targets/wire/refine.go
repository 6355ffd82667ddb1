package wire

import (
	"net/http"
	"regexp"
	"strconv"

	"switchover/targets/chat"
)

// refinement is what error bodies say that a status does not: a code that matches
// against "type code", or a message.
type refinement struct {
	class   chat.Class
	code    *regexp.Regexp
	message *regexp.Regexp // nil where only codes tell
}

// refinements are tried in order. They are held against what each vendor answers in
// vendor_failure_test.go.
//
// Sources, beside the vendors named in each protocol's file:
// https://www.alibabacloud.com/help/en/model-studio/error-code,
// https://www.volcengine.com/docs/82379/1299023,
// https://platform.moonshot.ai/docs/api/chat, https://openrouter.ai/docs/api-reference/errors,
// https://console.groq.com/docs/errors, https://docs.together.ai/docs/error-codes,
// https://docs.litellm.ai/docs/exception_mapping.
var refinements = []refinement{
	{chat.Quota, regexp.MustCompile(`(?i)insufficient_quota|billing|insufficient_(user_)?(balance|credit)|exceeded_current_quota|spend_limit` +
		`|credit_limit|budget_exceeded|arrearage|overdue|SetLimitExceeded|FreeTierOnly`),
		regexp.MustCompile(`(?i)credit balance is too low|reached (your|its) (specified |configured )?(API usage|spend(ing)?) limit|\bkey limit exceeded|\boverdue balance|account is in good standing|free tier of the model has been exhausted`)},
	{chat.TooLarge, regexp.MustCompile(`(?i)context_length_exceeded|exceed_context_size|string_above_max_length|request_too_large|model_context_window_exceeded|OutofContext`),
		regexp.MustCompile(`(?i)maximum (context|model) length|context (length|window|size) (of|exceeded|\()|exceeds? (the )?(available )?context|exceeded model token limit|range of input length|prompt is too long|\binputs\b.{0,40} must (be <=|have less than) `)},
	{chat.ContentFilter, regexp.MustCompile(`(?i)content_filter|content_policy|ResponsibleAIPolicyViolation|data_inspection_failed|SensitiveContentDetected`),
		regexp.MustCompile(`(?i)content filtering policy|^content exists risk|\binput was flagged\b`)},
	{chat.NotFound, regexp.MustCompile(`(?i)model_not_(found|available)|model_decommissioned|model_deprecated|DeploymentNotFound|invalid_model|unknown_model`),
		regexp.MustCompile(`(?i)\bmodel\b( \S{1,200})?( does)? not exist|\b(unknown|invalid) model( name| id)?\b|is not a valid model|unable to access (non-serverless )?model\b`)},
	{chat.Auth, regexp.MustCompile(`(?i)invalid_api_key|invalid_authentication|authentication_error|organization_restricted`),
		regexp.MustCompile(`(?i)(incorrect|invalid) API key`)},
	{chat.Overloaded, regexp.MustCompile(`(?i)overloaded|\bcapacity_exceeded`), nil},
}

// refine is the class of a failure whose status has one and whose body says more. What
// went wrong at the server stays the server's. A message decides for a 400 or another
// status that says as little, and for an empty account or a content filter whatever the
// status: both are told with a 403 as well.
func refine(class chat.Class, said openAIError) chat.Class {
	if class == chat.Server || class == chat.Overloaded || class == chat.Malformed {
		return class
	}
	for _, r := range refinements {
		decides := class == chat.BadRequest || r.class == chat.Quota || r.class == chat.ContentFilter
		if r.code.MatchString(said.kind+" "+said.code) || decides && r.message != nil && r.message.MatchString(said.message) {
			return r.class
		}
	}
	return class
}

// inside is the failure of an error inside a 200. It is a stream's, unless it says
// what ends all traffic to the target: a gateway that has begun to answer tells a wrong
// key, a model that is gone or an empty account in no other way, often by the status
// that it would have been.
func inside(said openAIError) *chat.Failure {
	f := &chat.Failure{Class: chat.StreamError, Message: "error inside the response: " + said.String()}
	class := f.Class
	if status, err := strconv.Atoi(said.code); err == nil {
		switch status {
		case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusNotFound:
			class = classOf(status)
		}
	}
	if class = refine(class, said); class.Quarantines() {
		f.Class = class
	}
	return f
}
