package price_test

import (
	"encoding/json"
	"fmt"
	"time"

	"switchover/targets/price"
)

// A price with a night rate and a rate for large inputs: what one request costs at two
// times, and what it can cost at most.
func Example() {
	var p price.List
	err := json.Unmarshal([]byte(`{"input": 2, "output": 10, "tiers": [{"above": 200000, "input": 4, "output": 15}],
		"windows": [{"daily": "16:30-00:30", "input": 1, "output": 5}]}`), &p)
	if err != nil {
		panic(err)
	}
	request := price.Tokens{Input: 250_000, Output: 1000}
	for _, hour := range []int{12, 20} {
		in, out, _, _ := p.Split(time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC), request)
		fmt.Printf("at %d:00 UTC: $%.3f\n", hour, in+out)
	}
	worst, _ := p.WorstUSD(request.Input, request.Output)
	fmt.Printf("at most: $%.3f\n", worst)
	// Output:
	// at 12:00 UTC: $1.015
	// at 20:00 UTC: $0.255
	// at most: $1.015
}
