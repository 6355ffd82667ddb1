package wire

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// refinement is what error bodies say that a status does not: a code that matches
// against "type code", or a message. Either is nil where only the other tells.
type refinement struct {
	class         chat.Class
	code, message *regexp.Regexp
}

// refinements are tried in order. They are held against what each vendor answers in
// vendor_failure_test.go.
//
// Sources, beside the vendors named in each protocol's file:
// https://www.alibabacloud.com/help/en/model-studio/error-code and .../rate-limit,
// https://www.volcengine.com/docs/82379/1299023,
// https://platform.moonshot.ai/docs/api/chat, https://openrouter.ai/docs/api-reference/errors,
// https://console.groq.com/docs/errors, https://docs.together.ai/docs/error-codes,
// https://docs.litellm.ai/docs/exception_mapping; for what a disabled organization and a
// name that DeepSeek took away are answered, https://github.com/anthropics/claude-code/issues/72457
// and https://github.com/JayWebtech/autoshorts/issues/33; for what Bedrock says where
// Claude is not sold, https://github.com/anthropics/claude-code/issues/2656.
var refinements = []refinement{
	// Alibaba's tokens a minute, told in the code and the words of OpenAI's empty account.
	{chat.RateLimited, nil, anyOf(`model-studio/error-code#token-limit`)},
	{chat.Quota, anyOf(`insufficient_quota`, `billing`, `insufficient_(user_)?(balance|credit)`, `exceeded_current_quota`, `spend_limit`,
		`credit_limit`, `budget_exceeded`, `arrearage`, `overdue`, `SetLimitExceeded`, `FreeTierOnly`),
		anyOf(`credit balance is too low`, `\binsufficient (account )?balance\b`, `\bbalance is (insufficient|not enough)\b`, `余额不足|额度不足|欠费`,
			`reached (your|its) ([a-z]+ ){0,3}(usage|spend(ing)?) limit`, `\bkey limit exceeded`,
			`used all available credits`, `does(n.t| not) have any credits`, `\brun out of credits`, `\boverdue balance`, `account is in good standing`, `\baccount( \S{1,200})? is suspended`,
			`free tier of the model has been exhausted`, `free_tier\w*, limit: 0\b`, `out of call volume quota`, `exceeded your current quota\b.{0,150}\bplatform\.openai\.com`)},
	{chat.TooLarge, anyOf(`context_length_exceeded`, `exceed_context_size`, `string_above_max_length`, `request_too_large`, `model_context_window_exceeded`, `OutofContext`),
		anyOf(`maximum (context|model) length`, `context (length|window|size) (of|exceeded|\()`, `exceeds? (the )?(available )?context`, `exceeded model token limit`,
			`range of input length`, `prompt is too long`, `\binputs\b.{0,40} must (be <=|have less than) `)},
	{chat.ContentFilter, anyOf(`content_filter`, `content_policy`, `ResponsibleAIPolicyViolation`, `data_inspection_failed`, `SensitiveContentDetected`),
		anyOf(`content filtering policy`, `^content exists risk`, `\binput was flagged\b`)},
	{chat.NotFound, anyOf(`model_not_(found|available)`, `model_decommissioned`, `model_deprecated`, `DeploymentNotFound`, `invalid_model`, `unknown_model`),
		anyOf(`\bmodel\b( \S{1,200})?( does)? not exist`, `\b(unknown|invalid) model( name| id)?\b`, `is not a valid model`, `unable to access (non-serverless )?model\b`,
			`\bsupported API model names are\b`, "^(the )?model ['\"`]\\S{1,200} (is not|isn't) supported")},
	{chat.Auth, anyOf(`invalid_api_key`, `invalid_authentication`, `authentication_error`, `organization_restricted`),
		anyOf(`(incorrect|invalid) API key`, `\bAPI key (is )?(invalid|expired|not valid|not found)`, `\btoken seems invalid`, `\binvalid Authorization header`,
			`\borganization has been disabled`, `\blocation is not supported\b`, `\bunsupported countr`)},
	{chat.Overloaded, anyOf(`overloaded`, `\bcapacity_exceeded`), nil},
}

// anyOf matches what any of the patterns does, in whatever letters.
func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + strings.Join(patterns, "|"))
}

// refine is the class of a failure whose status has one and whose body says more. What
// went wrong at the server stays the server's. A message decides for a 400 or another
// status that says as little, and for an empty account or a content filter whatever the
// status: both are told with a 403 as well. A rate limit has rows of its own only where
// it is told as something else.
func refine(class chat.Class, said openAIError) chat.Class {
	if class == chat.Server || class == chat.Overloaded || class == chat.Malformed {
		return class
	}
	for _, r := range refinements {
		decides := class == chat.BadRequest || r.class == chat.Quota || r.class == chat.ContentFilter || r.class == chat.RateLimited
		if r.code != nil && r.code.MatchString(said.kind+" "+said.code) || decides && r.message != nil && r.message.MatchString(said.message) {
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
