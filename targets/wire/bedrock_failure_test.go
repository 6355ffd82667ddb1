package wire

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/targets/chat"
)

func TestBedrockFailures(t *testing.T) {
	const invalid = "ValidationException"
	for _, tc := range []struct {
		intent     string
		status     int
		kind, body string
		class      chat.Class
		say        string
	}{
		{"a rate limit", 429, "ThrottlingException", `{"message":"Too many requests, please wait before trying again."}`, chat.RateLimited,
			"429 Too Many Requests: Too many requests, please wait before trying again. (ThrottlingException)"},
		{"a day's tokens are used up", 429, "ThrottlingException", `{"message":"Too many tokens per day, please wait before trying again."}`, chat.Quota, ""},
		{"the account's quota", 400, "ServiceQuotaExceededException", `{"message":"m"}`, chat.Quota, ""},
		{"no way to pay", 403, "AccessDeniedException", `{"message":"Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided."}`, chat.Quota, ""},
		{"a model that is not ready", 429, "ModelNotReadyException", `{"message":"m"}`, chat.Overloaded, ""},
		{"the service", 503, "ServiceUnavailableException", `{"message":"m"}`, chat.Overloaded, ""},
		{"the model was too slow", 408, "ModelTimeoutException", `{"message":"m"}`, chat.Server, "408 Request Timeout: m (ModelTimeoutException)"},
		{"the model failed", 424, "ModelErrorException", `{"message":"m","originalStatusCode":500,"resourceName":"x"}`, chat.Server, ""},
		{"the model failed in its own words", 424, "ModelStreamErrorException", `{"message":"m","originalMessage":"CUDA"}`, chat.Server, "424 Failed Dependency: m CUDA (ModelStreamErrorException)"},
		{"a server error", 500, "InternalServerException", `{"message":"m"}`, chat.Server, ""},
		{"no such model", 404, "ResourceNotFoundException", `{"message":"m"}`, chat.NotFound, ""},
		{"a wrong model", 400, invalid, `{"message":"The provided model identifier is invalid."}`, chat.NotFound, ""},
		{"a model that only a profile reaches", 400, invalid, `{"message":"Invocation of model ID x with on-demand throughput isn’t supported. Retry with an inference profile."}`, chat.NotFound,
			"400 Bad Request: Invocation of model ID x with on-demand throughput isn’t supported. Retry with an inference profile. (ValidationException): put us., eu. or global. before the model's name"},
		{"an account that Bedrock is not open to", 400, invalid, `{"message":"Operation not allowed"}`, chat.Auth,
			"400 Bad Request: Operation not allowed (ValidationException): AWS has not opened Bedrock's models to this account, which its support does"},
		{"a country that Claude is not sold in", 400, invalid, `{"message":"Access to Anthropic models is not allowed from unsupported countries, regions, or territories. Please refer to https://www.anthropic.com/supported-countries for more information."}`, chat.Auth, ""},
		{"a retired model", 400, invalid, `{"message":"This model version has reached the end of its life."}`, chat.NotFound, ""},
		{"too long", 400, invalid, `{"message":"Input is too long for requested model."}`, chat.TooLarge, ""},
		{"too long for Claude", 400, invalid, `{"message":"The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum"}`, chat.TooLarge, ""},
		{"too long with its answer", 400, invalid, `{"message":"input length and ` + "`max_tokens`" + ` exceed context limit: 1 + 2 > 3"}`, chat.TooLarge, ""},
		{"too high a limit", 400, invalid, `{"message":"The maximum tokens you requested exceeds the model limit of 4096."}`, chat.BadRequest, ""},
		{"no permission", 403, "AccessDeniedException", `{"message":"User is not authorized to perform: bedrock:InvokeModel"}`, chat.Auth, ""},
		{"a wrong Bedrock API key", 403, "", `{"Message":"Authentication failed: Please make sure your API Key is valid."}`, chat.Auth,
			"403 Forbidden: Authentication failed: Please make sure your API Key is valid: the key may be of another region, or have expired"},
		{"an unknown key id", 403, "UnrecognizedClientException", `{"message":"The security token included in the request is invalid."}`, chat.Auth,
			"403 Forbidden: The security token included in the request is invalid. (UnrecognizedClientException): AWS does not know this key_id, or its session"},
		{"an expired session, named in the body", 403, "", `{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}`, chat.Auth,
			"403 Forbidden: The security token included in the request is expired (ExpiredTokenException): get a new session and set key, key_id and session"},
		{"a wrong secret, without what should have been signed", 403, "InvalidSignatureException",
			`{"message":"The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:canary'"}`, chat.Auth,
			"403 Forbidden: The request signature we calculated does not match the signature you provided. (InvalidSignatureException): key is not the secret that belongs to key_id, or the region is another's"},
		{"a wrong clock", 403, "InvalidSignatureException", `{"message":"Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z"}`, chat.Auth,
			"403 Forbidden: Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z (InvalidSignatureException): set this machine's clock"},
		{"a name alone", 403, "AccessDeniedException", ``, chat.Auth, "403 Forbidden: (AccessDeniedException)"},
		{"a gateway's page", 502, "", "<title>Bad Gateway</title>", chat.Server, "502 Bad Gateway: a page titled: Bad Gateway"},
		{"a gateway's error in OpenAI's form", 429, "", `{"error":{"message":"none left","code":"insufficient_quota"}}`, chat.Quota, ""},
		{"an unknown error", 418, "TeapotException", `{"message":"m"}`, chat.BadRequest, "418 I'm a teapot: m (TeapotException)"},
		{"a redirect", 307, "", "", chat.BadRequest, ""},
	} {
		header := http.Header{"Retry-After": {"7"}}
		if tc.kind != "" {
			header.Set("X-Amzn-ErrorType", tc.kind+":http://internal.amazon.com/coral/")
		}
		f := Bedrock{}.Failure(tc.status, header, []byte(tc.body))
		if f.Class != tc.class || tc.say != "" && f.Message != tc.say || f.RetryAfter != 7*time.Second || strings.Contains(f.Message, "canary") {
			t.Errorf("%s: %s, %q; want %s, %q", tc.intent, f.Class, f.Message, tc.class, tc.say)
		}
	}
}

// FuzzBedrockFailure: whatever a server says, the failure has a known class, a message
// and a bounded wait.
func FuzzBedrockFailure(f *testing.F) {
	f.Add(429, `{"message":"x"}`, "ThrottlingException:http://x")
	f.Add(400, `{"__type":"#","code":"#:"}`, "")
	f.Add(503, `{"code":7}`, ":")
	f.Fuzz(func(t *testing.T, status int, body, kind string) {
		got := Bedrock{}.Failure(status, http.Header{"X-Amzn-Errortype": {kind}, "Retry-After": {body}}, []byte(body))
		if !slices.Contains(chat.Classes, got.Class) || got.Message == "" || got.RetryAfter < 0 || got.RetryAfter > maxRetryAfter {
			t.Errorf("%+v", got)
		}
	})
}
