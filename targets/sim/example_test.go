package sim_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"switchover/targets/sim"
)

// A simulated server is a handler; its answers have the length that is asked for.
func Example() {
	server, err := sim.New(sim.Config{Name: "small", TTFT: time.Millisecond, TPOT: time.Millisecond, Quality: 3.4}, nil)
	if err != nil {
		log.Fatal(err)
	}
	live := httptest.NewServer(server)
	defer live.Close()
	resp, err := http.Post(live.URL+"/v1/chat/completions", "application/json", strings.NewReader(
		`{"model": "small", "stream": true, "max_tokens": 12, "ignore_eos": true, "messages": [{"role": "user", "content": "Why is the sky blue?"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	stream, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("simulated:", resp.Header.Get(sim.Header))
	fmt.Println("tokens:", strings.Count(string(stream), `"delta":{"content":`))
	// Output:
	// simulated: 1
	// tokens: 12
}
