package wire

import (
	"net/http"
	"testing"
	"time"

	"switchover/targets/chat"
)

func TestServerTime(t *testing.T) {
	for _, tc := range []struct {
		intent string
		header http.Header
		want   time.Duration // 0 for not said
	}{
		{"OpenAI", http.Header{"Content-Type": {"application/json"}, "Openai-Processing-Ms": {"1234"}}, 1234 * time.Millisecond},
		{"OpenAI, a fraction", http.Header{"Openai-Processing-Ms": {"12.5"}}, 12500 * time.Microsecond},
		{"Fireworks", http.Header{"Content-Type": {"application/json"}, "Fireworks-Server-Processing-Time": {"0.41"}}, 410 * time.Millisecond},
		{"a gateway's wait", http.Header{"X-Envoy-Upstream-Service-Time": {"900"}}, 0},
		{"nothing", http.Header{}, 0},
		{"the head of a stream", http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}, "Openai-Processing-Ms": {"12"}}, 0},
		{"no number", http.Header{"Openai-Processing-Ms": {"fast"}}, 0},
		{"before it began", http.Header{"Openai-Processing-Ms": {"-5"}}, 0},
		{"longer than anybody works", http.Header{"Openai-Processing-Ms": {"1e300"}}, 0},
		{"infinitely long", http.Header{"Openai-Processing-Ms": {"Inf"}}, 0},
		{"not a number", http.Header{"Openai-Processing-Ms": {"NaN"}}, 0},
	} {
		var want chat.Timings
		if tc.want > 0 {
			want.Total = tc.want.Nanoseconds()
		}
		got := ServerTime(tc.header)
		if got == nil && tc.want > 0 || got != nil && *got != want {
			t.Errorf("%s: %+v, want %v", tc.intent, got, tc.want)
		}
	}
}
