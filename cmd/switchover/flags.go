package main

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"switchover/scenarios"
	"switchover/scenarios/prompts"
)

// runFlags are the flags of the run verb.
type runFlags struct {
	quick  scenarios.QuickOptions
	out    string
	resume string
	dryRun bool
	// schedule prints the departures rather than the sums of a dry run.
	schedule bool
	json     bool
	quiet    bool
	budget   float64
	catalog  string // a file
	more     moreBudget
	seed     int64

	conversations int
	duration      time.Duration
	logs, froms   []string // as given, which is once
	log, from     string
	sample        int
	speed         float64
	redact, salt  string
	patterns      []string
}

// define declares the flags.
func (f *runFlags) define(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.quick.URLs, "url", nil, "an API's base `URL`, such as http://127.0.0.1:8000/v1, or one word: openai, groq, vllm, ... (repeatable)")
	fs.StringArrayVar(&f.quick.Models, "model", nil, "the model's `NAME` there (repeatable)")
	fs.StringArrayVar(&f.quick.KeyEnvs, "key-env", nil, "the environment `VARIABLE` that holds the key (repeatable)")
	fs.StringArrayVar(&f.quick.Protocols, "protocol", nil, "the `PROTOCOL` spoken there, openai unless the url's word says otherwise: "+strings.Join(askable(), ", ")+" (repeatable)")
	fs.StringArrayVar(&f.quick.Prices, "price", nil, "USD per 1M tokens, `INPUT,OUTPUT`, such as 0.5,1.5 (repeatable)")
	fs.StringVar(&f.catalog, "catalog", "", "take prices and facts from this `FILE` before the program's own; 'switchover catalog import' makes one")
	fs.StringVar(&f.quick.JudgeURL, "judge-url", "", "the base `URL` of a judge; without one, nothing is judged")
	fs.StringVar(&f.quick.JudgeModel, "judge-model", "", "the judge's model `NAME`")
	fs.StringVar(&f.quick.JudgeKeyEnv, "judge-key-env", "", "the environment `VARIABLE` that holds the judge's key")
	fs.StringVar(&f.quick.JudgePrice, "judge-price", "", "the judge's USD per 1M tokens, `INPUT,OUTPUT`")
	fs.IntVar(&f.conversations, "conversations", 24, "hold `N` conversations with each target")
	fs.DurationVar(&f.duration, "duration", 0, "load for this `TIME`, such as 2m, whatever the number of conversations")
	fs.StringArrayVar(&f.logs, "log", nil, "ask what is in this `FILE` instead of the bundled conversations")
	fs.StringArrayVar(&f.froms, "from", nil, "the `FORMAT` of --log: "+strings.Join(prompts.Formats, ", ")+"; or of a trace, which is replayed: "+strings.Join(prompts.TraceFormats, ", "))
	fs.Float64Var(&f.speed, "speed", 1, "replay a trace this many `TIMES` as fast as it was recorded")
	fs.IntVar(&f.sample, "sample", 0, "draw `N` of the log's conversations, and hold those; a log of any size will do")
	fs.StringVar(&f.redact, "redact", "", "replace personal data and keys of the log: `on` (default), with-ip, off")
	fs.StringArrayVar(&f.patterns, "redact-pattern", nil, "replace this too: `NAME=REGEX`, such as customer=C-[0-9]+ (repeatable)")
	fs.StringVar(&f.salt, "salt", "", "begin every session's prompt with a line of its own: `on` (default), off")
	fs.Float64Var(&f.budget, "budget", 2, "the most `USD` the quick scenario, or with --resume the run in all, may spend")
	fs.IntVar(&f.more.requests, "budget-requests", 0, "with --resume: the most requests, the judges' included, in all, `N`")
	fs.DurationVar(&f.more.time, "budget-time", 0, "with --resume: how long the run may take in all, `TIME`")
	fs.Int64Var(&f.seed, "seed", 1, "the quick scenario's seed")
	fs.StringVar(&f.out, "results", defaultRoot, "the `FOLDER` that runs are kept in")
	fs.StringVar(&f.resume, "resume", "", "finish an interrupted or killed `RUN` (id, prefix, folder, or latest)")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print what would be sent and what it costs at worst; send nothing")
	fs.BoolVar(&f.schedule, "schedule", false, "with --dry-run: print when each conversation starts, a line each, instead of the plan")
	fs.BoolVar(&f.json, "json", false, "print the summary (or the plan) as JSON, an object for each scenario")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on stderr")
}

// quickOnly are the flags of the quick scenario, with what says the same in a
// file. Beside a file or --resume they would be ignored, so they are refused.
var quickOnly = []struct{ flag, inFile string }{
	{"key-env", "key: {env: VARIABLE} of the target"},
	{"protocol", "protocol: of the target"},
	{"price", "price: {input: ..., output: ...} of the target"},
	{"judge-url", "a target with role: judge"},
	{"judge-model", "a target with role: judge"},
	{"judge-key-env", "a target with role: judge"},
	{"judge-price", "a target with role: judge"},
	{"conversations", "conversations: of the stage"},
	{"duration", "duration: of the stage"},
	{"log", "workload: {conversations: {file: FILE, format: FORMAT}}"},
	{"from", "workload: {conversations: {file: FILE, format: FORMAT}}"},
	{"sample", "workload: {sample: N}"},
	{"speed", "workload: {trace: {speed: 2}}"},
	{"redact", "workload: {conversations: {redact: on}}"},
	{"redact-pattern", "workload: {conversations: {patterns: {NAME: REGEX}}}"},
	{"salt", "workload: {salt: on}"},
	{"budget", "budget: {usd: ...}"},
	{"seed", "seed:"},
}

// settle holds the flags against each other and hands them to the quick scenario.
func (f *runFlags) settle(fs *pflag.FlagSet) error {
	f.log, f.from = strings.Join(f.logs, ""), strings.Join(f.froms, "")
	if len(f.quick.URLs)+len(f.quick.Models) == 0 {
		for _, q := range quickOnly {
			if fs.Changed(q.flag) && !(q.flag == "budget" && f.resume != "") {
				return usageError("a scenario file says it as "+q.inFile, "--%s goes with --url and --model only", q.flag)
			}
		}
	}
	switch {
	case fs.Changed("resume") && f.resume == "":
		return usageError("'switchover results' lists the runs", "--resume names no run")
	case f.schedule && !f.dryRun:
		return usageError("add --dry-run: a run sends, and keeps its schedule's hash in run.json", "--schedule prints what a dry run would send")
	case f.resume == "" && (fs.Changed("budget-requests") || fs.Changed("budget-time")):
		return usageError("a scenario file says it as budget: {requests: ..., time: ...}", "--budget-requests and --budget-time go with --resume only")
	case fs.Changed("budget-requests") && f.more.requests < 1:
		return usageError("for instance --budget-requests 500", "--budget-requests %d: it must be at least 1", f.more.requests)
	case fs.Changed("budget-time") && f.more.time <= 0:
		return usageError("for instance --budget-time 1h", "--budget-time %v is not a time above 0", f.more.time)
	case len(f.logs) > 1 || len(f.froms) > 1:
		return usageError("several are mixed in a scenario: workload: [{weight: 1, conversations: {file: FILE, format: FORMAT}}, ...]", "--log and --from are given once: %d and %d were", len(f.logs), len(f.froms))
	case fs.Changed("log") && f.log == "":
		return usageError("", "--log names no file")
	case fs.Changed("from") && f.log == "":
		return usageError("name the file: --log FILE", "--from says the format of a file that is not named")
	case f.log != "" && f.from == "":
		return usageError("formats: "+strings.Join(slices.Concat(prompts.Formats, prompts.TraceFormats), ", "), "--log does not say what it holds: give --from FORMAT")
	case !(f.budget > 0) || math.IsInf(f.budget, 1):
		return usageError("for instance --budget 0.50", "--budget %v is not an amount of dollars above 0", f.budget)
	case f.conversations < 1:
		return usageError("", "--conversations %d: it must be at least 1", f.conversations)
	case fs.Changed("duration") && f.duration <= 0:
		return usageError("for instance --duration 2m", "--duration %v is not a time above 0", f.duration)
	}
	if err := f.workload(fs); err != nil {
		return err
	}
	if fs.Changed("budget") {
		f.more.usd = &f.budget
	}
	f.quick.BudgetUSD, f.quick.Seed, f.quick.Duration = f.budget, f.seed, scenarios.Duration(f.duration)
	if f.quick.Conversations = f.conversations; !fs.Changed("conversations") && (fs.Changed("duration") || f.sample > 0 || f.quick.Workload.Trace != nil) {
		f.quick.Conversations = 0 // the clock ends the load, or the sample, or the trace does
	}
	return nil
}

// workload hands over what is asked.
func (f *runFlags) workload(fs *pflag.FlagSet) error {
	f.quick.Workload.Salt = f.salt
	if f.log == "" {
		for _, flag := range []string{"sample", "speed", "redact", "redact-pattern"} {
			if fs.Changed(flag) {
				return usageError("name a log: --log FILE --from FORMAT", "--%s is about a log, and none is named", flag)
			}
		}
		return nil
	}
	if fs.Changed("sample") && f.sample < 1 {
		return usageError("", "--sample %d: it must be at least 1", f.sample)
	}
	if slices.Contains(prompts.TraceFormats, f.from) {
		for _, flag := range []string{"sample", "redact", "redact-pattern"} {
			if fs.Changed(flag) {
				hint := "leave it out"
				if flag == "sample" {
					hint = "--conversations N replays the first N requests, --duration 2m the first two minutes"
				}
				return usageError(hint, "--%s is about the text of a log, and a trace has none", flag)
			}
		}
		f.quick.Workload.Trace = &scenarios.Trace{File: f.log, Format: f.from, Speed: f.speed}
		switch {
		case f.speed == 0:
			return usageError("for instance --speed 2", "--speed 0 never replays anything")
		case math.IsNaN(f.speed) || math.IsInf(f.speed, 0):
			return usageError("for instance --speed 2", "--speed %v is no number of times", f.speed)
		}
		return nil
	}
	if fs.Changed("speed") {
		return usageError("traces are: "+strings.Join(prompts.TraceFormats, ", "), "--speed is about a trace, and %s has no times", f.from)
	}
	src := &scenarios.Source{File: f.log, Format: f.from, Redact: f.redact}
	for _, p := range f.patterns {
		name, expr, ok := strings.Cut(p, "=")
		if _, twice := src.Patterns[name]; !ok || twice {
			return usageError("for instance --redact-pattern 'customer=C-[0-9]{8}'", "--redact-pattern takes NAME=REGEX, each name once")
		}
		if src.Patterns == nil {
			src.Patterns = map[string]string{}
		}
		src.Patterns[name] = expr
	}
	f.quick.Workload.Conversations, f.quick.Workload.Sample = src, f.sample
	return nil
}
