package wire

import (
	"regexp"
	"strconv"
)

// claudeName finds the version in a model's name: claude-opus-4-6, claude-3-5-sonnet,
// claude-4.7-opus, anthropic.claude-v2:1, claude-opus-4-20250514.
var claudeName = regexp.MustCompile(`(?i)claude-(?:[a-z]+-)?v?(\d)(?:[.:-](\d{1,2}))?(?:\D|$)`)

// claude is the version of a Claude model: 406 for 4.6; 0 for any other name.
type claude int

func claudeVersion(model string) claude {
	m := claudeName.FindStringSubmatch(model)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(m[1]) // of a digit
	minor, _ := strconv.Atoi(m[2]) // of at most two; none is 0
	return claude(100*major + minor)
}

// What models take differs by their version. Those after 4.6 answer 400 to a
// temperature but 1, a top_p below 0.99, any top_k and a budget of thinking
// (anthropic-sdk-go v1.84.0, MessageBatchNewParams;
// platform.claude.com/docs/en/about-claude/models/migration-guide); those from 4.6 on
// to an answer to be continued. Those from 5 on take system messages in between. Of
// a name without a version nothing is known.

func (v claude) known() bool { return v > 0 }

// samples reports whether it is known to take a temperature of the request's.
func (v claude) samples() bool { return v.known() && v <= 406 }

// fixed reports whether it is known to take none, and no budget of thinking either.
func (v claude) fixed() bool { return v > 406 }

func (v claude) refusesPrefill() bool { return v >= 406 }

func (v claude) takesSystemLater() bool { return v >= 500 }

// adapts reports whether it can decide by itself how much it thinks. Older ones have
// to be given a budget.
func (v claude) adapts() bool { return !v.known() || v >= 406 }
