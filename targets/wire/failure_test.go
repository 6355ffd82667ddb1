package wire

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"switchover/targets/chat"
)

func TestFailureClasses(t *testing.T) {
	for _, tc := range []struct {
		intent string
		status int
		body   string
		class  chat.Class
		say    string
	}{
		{"rate limit of OpenAI", 429, `{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}`,
			chat.RateLimited, "429 Too Many Requests: Rate limit reached (tokens, rate_limit_exceeded)"},
		{"empty account behind a 429", 429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`,
			chat.Quota, "429 Too Many Requests: You exceeded your current quota (insufficient_quota)"},
		{"enforced spend limit behind a 429", 429, `{"error":{"message":"limit","code":"enforced_spend_limit_reached"}}`, chat.Quota, ""},
		{"payment required", 402, `{"error":{"message":"Insufficient Balance"}}`, chat.Quota, "402 Payment Required: Insufficient Balance"},
		{"wrong key", 401, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, chat.Auth, ""},
		{"wrong key behind a 400", 400, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, chat.Auth, ""},
		{"forbidden", 403, ``, chat.Auth, "403 Forbidden"},
		{"wrong address", 404, `404 page not found`, chat.NotFound, "404 Not Found: 404 page not found"},
		{"retired model", 400, `{"error":{"message":"gone","code":"model_decommissioned"}}`, chat.NotFound, ""},
		{"too long, OpenAI", 400, `{"error":{"message":"long","code":"context_length_exceeded"}}`, chat.TooLarge, ""},
		{"too long, vLLM with an int code", 400, `{"error":{"message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400}}`,
			chat.TooLarge, "400 Bad Request: This model's maximum context length is 4096 tokens. (BadRequestError, 400)"},
		{"too long, llama.cpp", 400, `{"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, chat.TooLarge, ""},
		{"too long, TGI", 422, "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4031\",\"error_type\":\"validation\"}", chat.TooLarge, ""},
		{"too long before the answer, TGI", 422, "{\"error\":\"Input validation error: `inputs` must have less than 4096 tokens. Given: 9000\",\"error_type\":\"validation\"}", chat.TooLarge, ""},
		{"another rule of TGI's", 422, "{\"error\":\"Input validation error: `temperature` must be strictly positive\",\"error_type\":\"validation\"}", chat.BadRequest, ""},
		{"too long, Ollama", 400, `{"error":"the input length exceeds the context length"}`, chat.TooLarge, ""},
		{"too long, Anthropic", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 250000 tokens > 200000 maximum"}}`, chat.TooLarge,
			"400 Bad Request: prompt is too long: 250000 tokens > 200000 maximum (invalid_request_error)"},
		{"too long beside what is to be written, Anthropic", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"input length and max_tokens exceed context limit: 190000 + 20000 > 200000"}}`, chat.TooLarge, ""},
		{"empty account of Anthropic", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`, chat.Quota, ""},
		{"too large a body", 413, ``, chat.TooLarge, ""},
		{"content filter of Azure", 400, `{"error":{"message":"filtered","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, chat.ContentFilter, ""},
		{"invalid parameter", 422, `{"detail":[{"loc":["body","n"],"msg":"bad"}]}`, chat.BadRequest,
			`422 Unprocessable Entity: body.n: bad`},
		{"invalid parameters of Mistral, without what was sent", 422, `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted","input":3},` +
			`{"type":"missing","loc":["body","messages",0,"content"],"msg":"Field required","input":{"role":"a secret prompt"}}]},"type":"invalid_request_error","param":null,"code":null}`, chat.BadRequest,
			`422 Unprocessable Entity: body.top_k: Extra inputs are not permitted; body.messages.0.content: Field required (invalid_request_error)`},
		{"no such model at Mistral", 400, `{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}`, chat.NotFound, "400 Bad Request: Invalid model: x (invalid_model, 1500)"},
		{"no such model at DeepSeek", 400, `{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, chat.NotFound, ""},
		{"too long, Mistral", 400, `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","code":"3051"}`, chat.TooLarge, ""},
		{"server error", 500, `{"error":"boom"}`, chat.Server, "500 Internal Server Error: boom"},
		{"a 500 that speaks of billing stays a server error", 500, `{"error":{"message":"x","code":"billing_error"}}`, chat.Server, ""},
		{"gateway page", 502, "<html><head><title>502 Bad\nGateway</title></head></html>", chat.Server,
			"502 Bad Gateway: a page titled: 502 Bad\nGateway"},
		{"loading model", 503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, chat.Overloaded, ""},
		{"overloaded of Anthropic's kind", 529, ``, chat.Overloaded, "529 Overloaded"},
		{"redirect", 307, ``, chat.BadRequest, "307 Temporary Redirect to https://evil.example was not followed, so that the key stays here: put the final address into url"},
		{"a proxy that waited in vain", 408, `upstream request timeout`, chat.Server, "408 Request Timeout: upstream request timeout"},
		{"a message that is a list", 400, `{"error":{"message":["a","b"]}}`, chat.BadRequest, `400 Bad Request: ["a","b"]`},
		{"switching protocols", 101, ``, chat.Malformed, ""},
	} {
		header := http.Header{"Location": {"https://evil.example/path?key=1"}}
		f := OpenAI{}.Failure(tc.status, header, []byte(tc.body))
		if f.Class != tc.class {
			t.Errorf("%s: class %s, want %s", tc.intent, f.Class, tc.class)
		}
		if tc.say != "" && f.Message != tc.say {
			t.Errorf("%s: says %q, want %q", tc.intent, f.Message, tc.say)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		intent string
		header http.Header
		want   time.Duration
	}{
		{"absent", http.Header{}, 0},
		{"seconds", http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{"milliseconds come first", http.Header{"Retry-After": {"7"}, "Retry-After-Ms": {"1500"}}, 1500 * time.Millisecond},
		{"a date, measured from the server's own clock",
			http.Header{"Retry-After": {"Mon, 23 Nov 2026 10:00:30 GMT"}, "Date": {"Mon, 23 Nov 2026 10:00:00 GMT"}}, 30 * time.Second},
		{"a date without a clock", http.Header{"Retry-After": {"Mon, 23 Nov 2026 10:00:30 GMT"}}, 0},
		{"a date that has passed",
			http.Header{"Retry-After": {"Mon, 23 Nov 2026 10:00:00 GMT"}, "Date": {"Mon, 23 Nov 2026 10:00:30 GMT"}}, 0},
		{"negative", http.Header{"Retry-After": {"-5"}}, 0},
		{"absurd", http.Header{"Retry-After": {"1e300"}}, 24 * time.Hour},
		{"not a number", http.Header{"Retry-After": {"NaN"}}, 0},
		{"words", http.Header{"Retry-After": {"soon"}}, 0},
	} {
		if got := (OpenAI{}).Failure(429, tc.header, nil).RetryAfter; got != tc.want {
			t.Errorf("%s: %v, want %v", tc.intent, got, tc.want)
		}
	}
}

// FuzzFailure: whatever a server says, the failure has a known class, a message
// and a bounded wait.
func FuzzFailure(f *testing.F) {
	f.Add(429, `{"error":{"message":"x","code":429}}`, "7")
	f.Add(500, `<html><title>`, "Mon, 23 Nov 2026 10:00:30 GMT")
	f.Add(302, `{"error":[]}`, "-1")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		got := OpenAI{}.Failure(status, http.Header{"Retry-After": {after}, "Location": {body}}, []byte(body))
		if !slices.Contains(chat.Classes, got.Class) || got.Message == "" || got.RetryAfter < 0 || got.RetryAfter > maxRetryAfter {
			t.Errorf("%+v", got)
		}
	})
}
