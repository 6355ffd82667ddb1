package results

// Matrix is the comparison: requirements first, then a weighted ranking of what
// is left, and the verdict in words. It is derived from a Summary alone, its
// draws from Evidence.
type Matrix struct {
	Incumbent string            `json:"incumbent,omitempty"`
	Rows      []Row             `json:"rows"`    // in rank order: ranked, then unranked, then out
	Weights   []Weight          `json:"weights"` // normalised to sum 1, in order of weight
	Verdict   Decision          `json:"verdict"`
	Changes   []Change          `json:"changes,omitempty"` // what would change the winner, nearest first
	Draws     int               `json:"draws"`             // how many draws Row.FirstShare rests on
	Blocks    int               `json:"blocks"`            // time blocks drawn over; 1 says "this hour only"
	Notes     []string          `json:"notes,omitempty"`
	Require   []string          `json:"require,omitempty"` // the requirements as text, in order
	Supply    map[string]string `json:"supply,omitempty"`  // unknown thing -> how to supply it
}

// Row is one target of the matrix.
type Row struct {
	Target    string  `json:"target"`
	Incumbent bool    `json:"incumbent,omitempty"`
	Simulated bool    `json:"simulated,omitempty"`
	Checks    []Check `json:"checks"`
	// Standing is ranked, unranked (a weighted figure is unknown) or out.
	Standing string `json:"standing"`
	// Rank counts candidates from 1; 0 when not ranked, and for the incumbent, which
	// is no choice when it is gone: its Utility says where it would stand.
	Rank int `json:"rank,omitempty"`
	// Utility is 0 to 1, nil when not ranked.
	Utility *float64 `json:"utility,omitempty"`
	// Parts are the utility of each weighted figure that is known, 0 to 1, by weight
	// name, also where the target is not ranked.
	Parts map[string]float64 `json:"parts,omitempty"`
	// FirstShare is the share of draws in which this candidate ranks first among the
	// candidates, nil when fewer than two are ranked; for the incumbent, the share
	// in which it scores above every candidate.
	FirstShare *float64 `json:"first_share,omitempty"`
	Reason     string   `json:"reason,omitempty"` // why out or unranked
}

// The standings of a row.
const (
	Ranked   = "ranked"
	Unranked = "unranked"
	Out      = "out"
)

// Check is one requirement held against one target.
type Check struct {
	Name   string `json:"name"`   // as in Bound, or NonInferiorCheck
	Want   string `json:"want"`   // "< 1%"
	Result string `json:"result"` // pass, fail, unproven
	Detail string `json:"detail"` // the numbers in words
}

// NonInferiorCheck is the name of the check that is made by default where there
// is an incumbent and quality was judged.
const NonInferiorCheck = "non_inferior"

// The results of a check.
const (
	Pass     = "pass"
	Fail     = "fail"
	Unproven = "unproven"
)

// Weight is one weighted figure as it was used.
type Weight struct {
	Name   string  `json:"name"`   // latency
	Figure string  `json:"figure"` // ttft_p50
	Share  float64 `json:"share"`  // of the sum
	Anchor Anchor  `json:"anchor"`
	// Default is true when the anchor is the built-in one.
	Default bool `json:"default,omitempty"`
}

// Decision is the verdict. Kind says which; Text is the sentence for people.
type Decision struct {
	Kind   string `json:"kind"` // migrate, keep, none_qualifies, no_verdict
	Target string `json:"target,omitempty"`
	// Replacement is the candidate to move to when Kind is keep and the incumbent,
	// Target, is gone after all.
	Replacement string   `json:"replacement,omitempty"`
	Text        string   `json:"text"`
	Why         []string `json:"why,omitempty"` // the reasons, one sentence each
	// Settle says what would settle an open verdict.
	Settle []string `json:"settle,omitempty"`
}

// The kinds of verdict.
const (
	Migrate       = "migrate"        // move to Target
	Keep          = "keep"           // the incumbent answers and scores above every candidate
	NoneQualifies = "none_qualifies" // every candidate fails a requirement
	NoVerdict     = "no_verdict"     // something needed is unknown
)

// Change is one way the winner would be another.
type Change struct {
	What   string `json:"what"` // "weight of cost", "anchor ttft_p50 bad", "quality of small-13b"
	From   string `json:"from"`
	To     string `json:"to"`
	Winner string `json:"winner"`
}
