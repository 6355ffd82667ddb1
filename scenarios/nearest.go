package scenarios

import (
	"slices"
	"strings"
)

// otherNames maps what other tools call a field to what it is called here, and how
// YAML says on and off to these.
var otherNames = map[string]string{
	"api_key": "key", "apikey": "key", "api_base": "url", "base_url": "url", "endpoint": "url",
	"provider": "protocol", "stages": "load", "objective": "objectives", "slo": "objectives",
	"requirements": "require", "concurrency": "users", "rps": "rate", "qps": "rate",
	"prompts": "conversations", "dataset": "conversations", "prices": "price", "timeout": "timeouts",
	"system_prompt": "system", "max_new_tokens": "max_tokens",
	"yes": "on", "true": "on", "no": "off", "false": "off",
}

// nearest returns the known name that was probably meant, or nothing.
func nearest(name string, known []string) string {
	if other, ok := otherNames[strings.ToLower(name)]; ok && slices.Contains(known, other) {
		return other
	}
	if len(name) > 64 {
		return ""
	}
	best, least := "", max(1, len(name)/3)
	for _, k := range known {
		if d := distance(strings.ToLower(name), k); d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, substitutions and swaps of
// neighbours between two words (optimal string alignment).
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
