package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"switchover/targets/chat"
)

// What the providers of the presets answer to a wrong key, a model that is gone and an
// empty account has their own words for it, behind statuses that say otherwise. Each row
// ends all traffic to the target, or is what it must not be taken for.
func TestFailuresInTheVendorsOwnWords(t *testing.T) {
	for _, tc := range []struct {
		vendor string
		status int
		body   string
		class  chat.Class
	}{
		{"Anthropic, a limit that its user set", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}`, chat.Quota},
		{"Anthropic, a limit of a part of it", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified workspace API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}`, chat.Quota},
		{"Google in OpenAI's form, a model that is not free", 429, `[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3.1-pro\nPlease retry in 11.6s.","status":"RESOURCE_EXHAUSTED"}}]`, chat.Quota},
		{"Anthropic, filtered", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`, chat.ContentFilter},
		{"Alibaba, in arrears", 400, `{"error":{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing.","type":"Arrearage"}}`, chat.Quota},
		{"Alibaba, free tier at its end", 403, `{"error":{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted."}}`, chat.Quota},
		{"Alibaba, too long", 400, `{"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 129024]","type":"invalid_request_error"}}`, chat.TooLarge},
		{"Alibaba, filtered", 400, `{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}}`, chat.ContentFilter},
		{"Volcano Engine, overdue", 403, `{"error":{"code":"AccountOverdueError","message":"The request failed because your account has an overdue balance.","type":"Forbidden"}}`, chat.Quota},
		{"Volcano Engine, a limit that its user set", 429, `{"error":{"code":"SetLimitExceeded","message":"Your account has reached the set inference limit, and the model service has been paused.","type":"TooManyRequests"}}`, chat.Quota},
		{"Volcano Engine, tokens a minute", 429, `{"error":{"code":"RateLimitExceeded.EndpointTPMExceeded","message":"The Tokens Per Minute (TPM) limit has been exceeded.","type":"TooManyRequests"}}`, chat.RateLimited},
		{"Volcano Engine, filtered", 400, `{"error":{"code":"SensitiveContentDetected","message":"The input text may contain sensitive information.","type":"BadRequest"}}`, chat.ContentFilter},
		{"Moonshot, suspended", 429, `{"error":{"message":"Your account is suspended, please check your plan and billing details","type":"exceeded_current_quota_error"}}`, chat.Quota},
		{"Moonshot, overloaded", 429, `{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}`, chat.Overloaded},
		{"Moonshot, too long", 400, `{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}`, chat.TooLarge},
		{"OpenRouter, no such model", 400, `{"error":{"message":"google/gemini-2.0-pro-exp is not a valid model ID","code":400},"user_id":"u"}`, chat.NotFound},
		{"OpenRouter, a key's limit", 403, `{"error":{"message":"Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys","code":403}}`, chat.Quota},
		{"OpenRouter, moderation", 403, `{"error":{"message":"OpenAI requires moderation on m. Your input was flagged for violence. No credits were charged.","code":403}}`, chat.ContentFilter},
		{"a gateway's 403", 403, `{"error":{"message":"forbidden","code":403}}`, chat.Auth},
		{"Groq, spend limit", 400, `{"error":{"message":"Organization has reached its configured spend limit.","type":"invalid_request_error","code":"blocked_api_access"}}`, chat.Quota},
		{"Groq, capacity", 498, `{"error":{"message":"Flex tier capacity exceeded","type":"invalid_request_error","code":"capacity_exceeded"}}`, chat.Overloaded},
		{"Groq, tokens a day", 429, `{"error":{"message":"Rate limit reached on tokens per day (TPD): Limit 500000, Used 499000. Please try again in 7m","type":"tokens","code":"rate_limit_exceeded"}}`, chat.RateLimited},
		{"Together, credit", 429, `{"error":{"message":"Credit limit exceeded","type":"credit_limit","code":null}}`, chat.Quota},
		{"Together, no such model", 400, `{"error":{"message":"Unable to access non-serverless model x.","type":"invalid_request_error","code":"model_not_available"}}`, chat.NotFound},
		{"OpenAI's Responses, no such model", 400, `{"error":{"message":"The requested model 'gpt-1' does not exist.","type":"invalid_request_error","param":"model","code":"model_not_found"}}`, chat.NotFound},
		{"Azure's models, no such model", 400, `{"error":{"code":"unknown_model","message":"Unknown model: gpt-1"}}`, chat.NotFound},
		{"LiteLLM, no such model", 400, `{"error":{"message":"/chat/completions: Invalid model name passed in model=x. Call /v1/models to view available models for your key.","type":"invalid_request_error","code":"400"}}`, chat.NotFound},
		{"LiteLLM, budget", 400, `{"error":{"message":"Budget has been exceeded! Current cost: 2.1, Max budget: 2.0","type":"budget_exceeded","code":"400"}}`, chat.Quota},
		{"a gateway, no such model", 400, `{"error":{"message":"model hunyuan-old not exist","type":"invalid_request_error","code":"2001"}}`, chat.NotFound},
		{"Triton, no such model", 400, `{"detail":"Unknown model: x"}`, chat.NotFound},
		{"SGLang, too long", 400, `{"object":"error","message":"The input (70043 tokens) is longer than the model's context length (65536 tokens).","type":"BadRequestError","code":400}`, chat.TooLarge},
		{"xAI, wrong key", 400, `{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***ey."}`, chat.Auth},
		{"Alibaba, tokens a minute, in the words of an empty account", 429, `{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit","param":null,"type":"insufficient_quota"},"request_id":""}`, chat.RateLimited},
		{"Alibaba, a plan without the model", 400, `{"error":{"message":"model 'qwen-old' is not supported","type":"invalid_request_error"}}`, chat.NotFound},
		{"Anthropic, a disabled account", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}`, chat.Auth},
		{"DeepSeek, a name that was taken away", 400, `{"error":{"message":"The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed deepseek-chat.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, chat.NotFound},
		{"Google in OpenAI's form, wrong key", 400, `[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`, chat.Auth},
		{"Google in OpenAI's form, a limit a minute", 429, `[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.","status":"RESOURCE_EXHAUSTED"}}]`, chat.RateLimited},
		{"Bedrock behind a gateway, from a country that Claude is not sold in", 400, `{"error":{"message":"litellm.BadRequestError: BedrockException - Access to Anthropic models is not allowed from unsupported countries, regions, or territories.","type":null,"code":"400"}}`, chat.Auth},
		{"Google, from a country that it does not serve", 400, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, chat.Auth},
		{"Bedrock in OpenAI's form, a model of another path", 400, `{"error":{"message":"model 'openai.gpt-oss-20b' isn't supported on this route","type":"invalid_request_error"}}`, chat.NotFound},
		{"Hugging Face, wrong key", 400, `{"error":"Authorization header is correct, but the token seems invalid"}`, chat.Auth},
		{"xAI, no credit", 429, `{"code":"Some resource has been exhausted","error":"Your team t has either used all available credits or reached its monthly spending limit."}`, chat.Quota},
		{"xAI, a new account", 403, `{"code":"The caller does not have permission to execute the specified operation","error":"Your newly created team doesn't have any credits yet."}`, chat.Quota},
		{"Zhipu, no credit", 429, `{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}`, chat.Quota},
		{"Z.ai, no credit", 429, `{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}`, chat.Quota},
		{"SiliconFlow, no credit", 403, `{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}`, chat.Quota},
		{"Fireworks, suspended", 412, `{"error":{"message":"Account team is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.","code":"PRECONDITION_FAILED"}}`, chat.Quota},
		{"Ollama's cloud, a limit a week", 429, `{"error":"you have reached your weekly usage limit, please upgrade to continue"}`, chat.Quota},
		{"LiteLLM before OpenAI, no credit", 429, `{"error":{"message":"litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.","type":"throttling_error","code":"429"}}`, chat.Quota},
		{"Azure's gateway, quota", 403, `{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 23:59:59."}`, chat.Quota},
		{"OpenRouter, too long for the provider behind it", 400, `{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}","provider_name":"X"}}}`, chat.TooLarge},
		{"a member that should be an object", 400, `{"error":{"message":"m","code":"model_not_found","innererror":"x","metadata":"y"}}`, chat.NotFound},
		{"a picture that the model does not take", 400, `{"error":{"message":"Image input for model m is not supported.","type":"invalid_request_error"}}`, chat.BadRequest},
		{"DeepSeek, filtered", 400, `{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}`, chat.ContentFilter},
		{"a parameter that the model does not take", 400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model.","type":"invalid_request_error","code":"unsupported_value"}}`, chat.BadRequest},
		{"a tool that does not exist, in a request with a model", 400, `{"error":{"message":"tool_choice: the function lookup does not exist. The model was m.","type":"invalid_request_error"}}`, chat.BadRequest},
	} {
		if f := (OpenAI{}).Failure(tc.status, http.Header{}, []byte(tc.body)); f.Class != tc.class {
			t.Errorf("%s: class %s, want %s", tc.vendor, f.Class, tc.class)
		}
	}
}

// What ends all traffic ends it also where it is told inside a 200; another error there
// is the stream's.
func TestFailuresInsideAResponse(t *testing.T) {
	for _, tc := range []struct {
		event string
		class chat.Class
	}{
		{`{"error":{"message":"Insufficient credits","code":402}}`, chat.Quota},
		{`{"error":{"message":"User not found.","code":401}}`, chat.Auth},
		{`{"error":{"message":"No endpoints found for x.","code":404}}`, chat.NotFound},
		{`{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, chat.Auth},
		{`{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`, chat.Auth},
		{`{"error":{"message":"no such model","code":"model_not_found"}}`, chat.NotFound},
		{`{"error":{"message":"no more","code":"insufficient_quota"}}`, chat.Quota},
		{`{"error":{"message":"EngineCore died","code":500}}`, chat.StreamError},
		{`{"error":{"message":"Provider returned error","code":429}}`, chat.StreamError},
		{`{"error":{"message":"tokens: https://help.aliyun.com/zh/model-studio/error-code#token-limit","code":"insufficient_quota"}}`, chat.StreamError},
		{`{"error":{"message":"flagged","code":403}}`, chat.StreamError},
		{`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, chat.StreamError},
	} {
		if f := streamError([]byte(tc.event)); f.Class != tc.class {
			t.Errorf("%s: class %s, want %s", tc.event, f.Class, tc.class)
		}
	}
}

// That holds for protocols whose errors have a form of their own, too.
func TestFailuresInsideTheVendorsOwnForms(t *testing.T) {
	amazon := func(line string) string { return converseSays(t, converseBegins+line) }
	tc3 := `data: {"Choices":[{"Delta":{"Content":"Yes"},"Index":0}]}` + "\n\n"
	for _, tc := range []struct {
		intent, protocol string
		body             string
		class            chat.Class
		say              string
	}{
		{"an event of kind error", "openai-responses", "event: error\ndata: {\"type\":\"error\",\"code\":\"insufficient_quota\",\"message\":\"no more\"}\n\n", chat.Quota, "no more (insufficient_quota)"},
		{"the same of a server that broke", "openai-responses", "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"oh\"}\n\n", chat.StreamError, "oh (server_error)"},
		{"behind the first words", "tencent-tc3", tc3 + `data: {"Response":{"Error":{"Code":"FailedOperation.ServiceStopArrears","Message":"pay"}}}` + "\n\n", chat.Quota, "pay (FailedOperation.ServiceStopArrears)"},
		{"the same of a server that broke", "tencent-tc3", tc3 + `data: {"Response":{"Error":{"Code":"InternalError","Message":"oh"}}}` + "\n\n", chat.StreamError, "oh (InternalError)"},
		{"an exception", "bedrock", amazon("exception accessDeniedException {\"message\":\"not yours\"}"), chat.Auth, "not yours (accessDeniedException)"},
		{"the same of a server that broke", "bedrock", amazon("exception internalServerException {\"message\":\"oh\"}"), chat.StreamError, "oh (internalServerException)"},
	} {
		p, _ := Lookup(tc.protocol)
		head := http.Header{"Content-Type": {"text/event-stream"}}
		if tc.protocol == "bedrock" {
			head = amazonHead
		}
		d := p.Decoder(&http.Response{Header: head})
		_ = d.Feed(0, []byte(tc.body), func(Chunk) {}) // Close says why
		f := d.Close(nil).Failure
		if f == nil || f.Class != tc.class || f.Message != "error inside the response: "+tc.say {
			t.Errorf("%s, %s: %+v, want %s: %s", tc.protocol, tc.intent, f, tc.class, tc.say)
		}
	}
}

// A sentence says something even where the server says nothing, twice the same, or
// what is no text.
func TestFailuresOfServersThatSayLittle(t *testing.T) {
	for _, tc := range []struct {
		intent string
		status int
		body   string
		say    string
	}{
		{"the status again", 401, `{"error":"unauthorized"}`, "401 Unauthorized"},
		{"the status again, with a kind", 404, `{"error":{"message":"Not Found","type":"not_found_error"}}`, "404 Not Found: Not Found (not_found_error)"},
		{"a status of its own", 499, ``, "499, a status without a meaning"},
		{"bytes", 502, "\x1f\x8b\x08\x00\xff\xfe", "502 Bad Gateway: 6 bytes that are no text"},
		{"a gateway's, with what the provider behind it says", 429, `{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is rate-limited upstream","provider_name":"X"}}}`, "429 Too Many Requests: Provider returned error: m is rate-limited upstream (429)"},
		{"a gateway's, with a page from behind it", 502, `{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"<html><title>Down</title></html>"}}}`, "502 Bad Gateway: Provider returned error: a page titled: Down (502)"},
		{"an array", 400, `[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]`, "400 Bad Request: API key not valid. (400)"},
		{"an error in XML", 403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`, "403 Forbidden: Access Denied"},
		{"an empty array", 400, `[]`, "400 Bad Request: []"},
		{"text in another alphabet", 500, "内部错误", "500 Internal Server Error: 内部错误"},
		{"text whose end was cut within a letter", 500, "错误\xe5\x86", "500 Internal Server Error: 错误\xe5\x86"},
	} {
		if f := (OpenAI{}).Failure(tc.status, http.Header{}, []byte(tc.body)); f.Message != tc.say {
			t.Errorf("%s: says %q, want %q", tc.intent, f.Message, tc.say)
		}
	}
	nested := `{"error":{"message":"m"}}`
	for len(nested) < maxEvent {
		quoted, _ := json.Marshal(nested)
		nested = `{"error":{"message":"m","metadata":{"raw":` + string(quoted) + `}}}`
	}
	if f := (OpenAI{}).Failure(400, http.Header{}, []byte(nested)); f.Message != "400 Bad Request: m" {
		t.Errorf("says %.80q of gateways behind each other", f.Message)
	}
	long := (OpenAI{}).Failure(502, http.Header{}, bytes.Repeat([]byte{0}, 64<<10))
	if !strings.Contains(long.Message, "65536 bytes") {
		t.Errorf("says %.80q of a body of noughts", long.Message)
	}
}
