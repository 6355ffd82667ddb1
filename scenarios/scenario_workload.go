package scenarios

// Workload is what is asked: one source, or a list of them, each with its weight.
type Workload struct {
	Asked
	// Mix are the sources of a list; each session is a conversation of one of them,
	// drawn by weight.
	Mix []Weighted `json:"-"`
}

// Weighted is one source of a list.
type Weighted struct {
	// Weight is the source's share of the sessions, relative to the others'.
	Weight float64 `json:"weight" jsonschema:"exclusiveMinimum=0,maximum=1000000"`
	Asked
}

// Asked is one source: conversations, synthetic or trace.
type Asked struct {
	// Conversations are the bundled ones, or those of a file.
	Conversations *Source `json:"conversations,omitempty"`
	// Synthetic prompts are made to measure.
	Synthetic *Synthetic `json:"synthetic,omitempty"`
	// Trace is replayed by stages of mode trace: prompts are made as long as it says.
	Trace *Trace `json:"trace,omitempty"`
	// MaxTurns cuts longer conversations; 0 leaves them whole.
	MaxTurns int `json:"max_turns,omitempty" jsonschema:"minimum=1"`
	// Sample takes that many conversations, chosen by the seed; 0 takes all. Of a
	// file it is drawn while reading, so that the file can be of any size.
	Sample int `json:"sample,omitempty" jsonschema:"minimum=1,maximum=50000"`
	// Salt is on (default: every session's prompt begins with a line of its own, so
	// that no server's prompt cache is met warm; prompts that are made keep their
	// length, and what they are meant to share) or off (prompts are sent as they are,
	// with whatever repetition they have).
	Salt string `json:"salt,omitempty" jsonschema:"enum=on,enum=off"`
}

// Source is where conversations come from: the word bundled, or a file.
type Source struct {
	Bundled bool   `json:"-"`
	File    string `json:"file,omitempty"`
	Format  string `json:"format,omitempty"` // default conversations
	// Redact is on (default: mail addresses, phone and card numbers, keys and tokens,
	// identity and account numbers are replaced before anything is sent or kept),
	// with-ip (IP addresses too) or off.
	Redact string `json:"redact,omitempty" jsonschema:"enum=on,enum=with-ip,enum=off"`
	// Patterns are further things to replace, by name: {customer: 'C-[0-9]{8}'}
	// makes them [CUSTOMER_1], [CUSTOMER_2]. RE2 syntax.
	Patterns map[string]string `json:"patterns,omitempty"`
}

// Synthetic is what prompts are made like: sentences of no meaning, exactly
// as many tokens of o200k_base as are drawn; a target's own tokenizer may count a
// little differently, which its usage tells.
type Synthetic struct {
	// InputTokens is how long each thing is that a user says.
	InputTokens *TokenLengths `json:"input_tokens"`
	// OutputTokens is how long answers are to be, drawn once for a conversation: by
	// ignore_eos and min_tokens where a server takes them, else at most. Without it a
	// target's max_tokens holds.
	OutputTokens *TokenLengths `json:"output_tokens,omitempty"`
	// SharedPrefix is the share of each prompt that all of them begin with in common.
	SharedPrefix Share `json:"shared_prefix,omitempty"`
	// Language is en (default) or zh.
	Language string `json:"language,omitempty" jsonschema:"enum=en,enum=zh"`
	// Turns is how often the user speaks. Default 1.
	Turns int `json:"turns,omitempty" jsonschema:"minimum=1,maximum=256"`
	// Conversations is how many different ones are made. Default 200.
	Conversations int `json:"conversations,omitempty" jsonschema:"minimum=1,maximum=50000"`
}

// TokenLengths is a distribution of lengths: a number of tokens, or one of
// {uniform: [a, b]}, {normal: {mean: 512, sd: 100}}, {lognormal: {mean: 512, sd: 200}},
// {zipf: {exponent: 1.2, max: 4096}}.
type TokenLengths struct {
	Fixed     int     `json:"fixed,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	Uniform   []int   `json:"uniform,omitempty" jsonschema:"minItems=2,maxItems=2"`
	Normal    *Spread `json:"normal,omitempty"`
	Lognormal *Spread `json:"lognormal,omitempty"`
	Zipf      *Zipf   `json:"zipf,omitempty"`
}

// Spread is a distribution by the mean and the standard deviation of the lengths
// themselves, in tokens. Draws below 1 become 1.
type Spread struct {
	Mean float64 `json:"mean" jsonschema:"minimum=1,maximum=1000000"`
	// SD is at most ten times the mean.
	SD float64 `json:"sd" jsonschema:"minimum=0,maximum=1000000"`
}

// Zipf is a distribution of 1 to max in which length k is as likely as k to the
// power of -exponent: many short ones and a few long.
type Zipf struct {
	Exponent float64 `json:"exponent" jsonschema:"minimum=0,maximum=20"`
	Max      int     `json:"max" jsonschema:"minimum=1,maximum=1000000"`
}

// Trace is a record of when requests came to a service and how long they were.
type Trace struct {
	File string `json:"file"`
	// Format is mooncake (milliseconds, with blocks of prompts that requests share),
	// burstgpt (seconds) or azure (dates).
	Format string `json:"format"`
	// Speed is how much faster than it was recorded: 2 is in half the time. Default 1.
	Speed float64 `json:"speed,omitempty" jsonschema:"minimum=0.001,maximum=1000"`
}
