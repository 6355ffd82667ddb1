package results_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// A run is journalled attempt by attempt, read back and summarised.
func Example() {
	root, err := os.MkdirTemp("", "results")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	start := time.Date(2026, 11, 22, 9, 1, 2, 0, time.UTC)
	journal, err := results.Create(root, &results.Run{
		ID:       results.NewID(start, "outage"),
		Targets:  []results.RunTarget{{Name: "mistral", Model: "mistral-7b"}},
		Stages:   []results.RunStage{{Name: "steady", Mode: "open", Measure: true}},
		Segments: []results.Segment{{Index: 0, EpochUnixNs: start.UnixNano()}},
	}, []results.Conversation{{Item: "greeting", Turns: []string{"Hello?"}}})
	if err != nil {
		log.Fatal(err)
	}
	for i := range 6 {
		due := time.Duration(i) * time.Second
		err := journal.Append(&results.Record{
			ID: results.RecordID("steady", "mistral", i, 0, 1), Target: "mistral", Stage: "steady",
			Session: i, Attempt: 1, Item: "greeting", Status: 200, Complete: true, Finish: chat.FinishStop,
			Intended: results.At(due), Scheduled: results.At(due), Start: results.At(due),
			FirstToken: results.At(due + 200*time.Millisecond),
			LastToken:  results.At(due + 700*time.Millisecond),
			End:        results.At(due + 700*time.Millisecond),
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := journal.Close(); err != nil {
		log.Fatal(err)
	}

	dir, err := results.Find(root, "latest")
	if err != nil {
		log.Fatal(err)
	}
	data, err := results.Read(dir)
	if err != nil {
		log.Fatal(err)
	}
	summary, _ := results.Summarise(data)
	mistral := summary.Target("mistral").Figures
	ttft, cost := mistral["ttft_p50"], mistral["usd_per_1k_conversations"]
	fmt.Printf("TTFT p50 %.1f %s over %d requests, between %.1f and %.1f\n", *ttft.Value, ttft.Unit, ttft.N, *ttft.Low, *ttft.High)
	fmt.Println("cost unknown:", cost.Value == nil, "-", cost.Reason)
	// Output:
	// TTFT p50 0.2 s over 6 requests, between 0.2 and 0.2
	// cost unknown: true - no price: give --price IN,OUT or price: in the scenario
}
