package targets

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// What a response's head says of the account's limits is kept, of a refusal too; what
// it says of the server's own time is in the record where the body says none.
func TestWhatTheHeadSays(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if status == http.StatusOK {
			w.Header().Set("Openai-Processing-Ms", "12")
		} else {
			w.Header().Set("X-Ratelimit-Limit-Requests", "500")
			w.Header().Set("X-Ratelimit-Remaining-Requests", "0")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)
	}))
	defer server.Close()
	target, err := Open(bare(server.URL + "/v1"))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	ask := func() *results.Record {
		rec := &results.Record{Attempt: 1}
		target.Ask(t.Context(), time.Now(), chat.Request{Params: chat.Params{Whole: true}}, rec)
		return rec
	}
	if rec := ask(); !rec.OK() || rec.Timings == nil || rec.Timings.Total != int64(12*time.Millisecond) || target.RateLimits() != nil {
		t.Errorf("%+v, %+v, limits %+v", rec.Error, rec.Timings, target.RateLimits())
	}
	status = http.StatusTooManyRequests
	if rec := ask(); rec.Error == nil || rec.Error.Class != chat.RateLimited {
		t.Errorf("%+v", rec.Error)
	}
	status = http.StatusOK
	ask() // which says nothing new
	if got := target.RateLimits(); got == nil || got.Requests.Limit != 500 {
		t.Errorf("limits %+v", got)
	}
}
