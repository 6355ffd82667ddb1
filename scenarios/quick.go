package scenarios

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"switchover/results"
	"switchover/scenarios/prompts"
)

// QuickOptions are the flags of a run without a scenario file. Repeated flags
// pair by position; one value applies to all targets.
type QuickOptions struct {
	URLs      []string // of APIs, for instance http://127.0.0.1:8000/v1, or a preset's word
	Models    []string
	KeyEnvs   []string // variables that hold keys; NONE for a server without; default the preset's
	Protocols []string // default openai, or the preset's
	Prices    []string // "input,output", USD per 1M tokens; NONE where unknown

	// The judge; without JudgeURL nothing is judged.
	JudgeURL    string
	JudgeModel  string
	JudgeKeyEnv string
	JudgePrice  string

	BudgetUSD float64 // default 2
	Seed      int64   // default 1
	// Duration of the measured stage; absent, it ends after the conversations.
	Duration Duration
	// Conversations of each target; default 24, or the sample of Workload.
	Conversations int
	// Workload is what is asked; without a source it is the bundled conversations, two
	// turns each. A trace is replayed, as far as Duration and Conversations say.
	Workload Workload
}

// None stands for "no key" and "no price" where flags pair by position.
const None = "NONE"

// The quick scenario's load: polite to a server that others use, and enough for
// a median and a first look at the tail.
const (
	quickUsers         = 4
	quickConversations = 24
	quickMaxTokens     = 128
	quickBudget        = 2.0
)

// Quick makes the scenario of a run without a file, by the same rules and with
// the same checks as one: a short warm-up, then a few users at once who hold the
// bundled conversations, two turns each, or those of a log. The error says which
// flag is wrong.
func Quick(o QuickOptions, env Env) (*Scenario, error) {
	n := max(len(o.URLs), len(o.Models))
	if len(o.URLs) == 0 || len(o.Models) == 0 {
		return nil, fmt.Errorf("a quick run needs --url and --model")
	}
	pairs := map[string][]string{}
	for _, f := range []struct {
		flag   string
		values []string
	}{{"--url", o.URLs}, {"--model", o.Models}, {"--key-env", o.KeyEnvs}, {"--protocol", o.Protocols}, {"--price", o.Prices}} {
		values, err := paired(f.flag, f.values, n)
		if err != nil {
			return nil, err
		}
		pairs[f.flag] = values
	}
	s := &Scenario{Name: "quick", Description: "A quick look at servers named on the command line", Seed: o.Seed}
	if s.Seed == 0 {
		s.Seed = 1
	}
	budget := o.BudgetUSD
	if budget == 0 {
		budget = quickBudget
	}
	s.Budget = &Budget{USD: &budget}
	for i := range n {
		t, err := quickTarget(pairs["--url"][i], pairs["--model"][i], pairs["--key-env"][i], pairs["--protocol"][i], pairs["--price"][i], env)
		if err != nil {
			return nil, err
		}
		t.Params = quickParams(&o.Workload)
		s.Targets = append(s.Targets, t)
	}
	nameApart(s.Targets)
	if err := s.quickJudge(o, env); err != nil {
		return nil, err
	}
	s.quickLoad(o)
	return s.checked(env)
}

// quickParams are a target's parameters. A trace says how long answers are; requests of a
// log say all they want: reasoning, for one, has no room in short answers.
func quickParams(w *Workload) *Params {
	p := &Params{MaxTokens: quickMaxTokens, Temperature: &Temperature{AsAllowed: true}}
	if w.Trace != nil {
		p.MaxTokens = 0
	}
	if w.Conversations != nil && slices.Contains([]string{prompts.FormatOpenAI, prompts.FormatAnthropic, prompts.FormatEvalScope}, w.Conversations.Format) {
		return nil
	}
	return p
}

// paired spreads a flag's values over n targets.
func paired(flag string, values []string, n int) ([]string, error) {
	out := make([]string, n)
	switch len(values) {
	case 0:
	case 1:
		for i := range out {
			out[i] = values[0]
		}
	case n:
		copy(out, values)
	default:
		return nil, fmt.Errorf("%s is given %d times for %d targets: give it once for all, or once for each, in the same order", flag, len(values), n)
	}
	return out, nil
}

// quickTarget makes one target of its flags.
func quickTarget(address, model, keyEnv, protocol, price string, env Env) (Target, error) {
	t := Target{Protocol: protocol, URL: address, Model: model, Name: pathSafe(model)}
	if keyEnv != "" && keyEnv != None {
		t.Key = &Key{Env: keyEnv}
		if _, err := t.Key.Value(env); err != nil {
			return t, fmt.Errorf("--key-env: %w", err)
		}
	}
	var err error
	t.Price, err = flagPrice(price)
	return t, err
}

// flagPrice reads "input,output".
func flagPrice(text string) (*Price, error) {
	switch text {
	case "":
		return nil, nil // the catalog's, if there is one
	case None:
		return &Price{Unknown: true}, nil
	}
	in, out, ok := strings.Cut(text, ",")
	if !ok {
		return nil, fmt.Errorf("--price %q: write INPUT,OUTPUT in USD per 1M tokens, for instance 0.5,1.5", clip(text))
	}
	var p Price
	for _, part := range []struct {
		text string
		dst  **float64
	}{{in, &p.Input}, {out, &p.Output}} {
		x, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(part.text), "$"), 64)
		if err != nil || !(x >= 0 && x < 1e9) {
			return nil, fmt.Errorf("--price %q: %q is not a price in USD per 1M tokens", clip(text), clip(part.text))
		}
		*part.dst = &x
	}
	return &p, nil
}

// quickJudge adds the judge, if one was named.
func (s *Scenario) quickJudge(o QuickOptions, env Env) error {
	if o.JudgeURL == "" {
		if o.JudgeModel != "" || o.JudgeKeyEnv != "" || o.JudgePrice != "" {
			return fmt.Errorf("a judge needs --judge-url and --judge-model")
		}
		return nil
	}
	if o.JudgeModel == "" {
		return fmt.Errorf("a judge needs --judge-url and --judge-model")
	}
	t, err := quickTarget(o.JudgeURL, o.JudgeModel, o.JudgeKeyEnv, "", o.JudgePrice, env)
	if err != nil {
		return errors.New(ofJudge.Replace(err.Error()))
	}
	t.Name, t.Role = "judge", results.RoleJudge
	for i := range s.Targets {
		if s.Targets[i].Name == t.Name {
			s.Targets[i].Name = "judge-model"
		}
	}
	s.Targets = append(s.Targets, t)
	s.Eval = &Eval{Judges: []string{t.Name}}
	return nil
}

// quickLoad fills the workload, the stages and what decides.
func (s *Scenario) quickLoad(o QuickOptions) {
	s.Workload = o.Workload
	no := false
	s.Decision.Weights = map[string]float64{"quality": 3, "latency": 2, "cost": 2}
	warmUp := Stage{Name: "warm-up", Mode: ModeUsers, Users: 1, Conversations: 1, Measure: &no}
	if s.Workload.Trace != nil {
		s.Load = []Stage{warmUp, {Name: "replay", Mode: ModeTrace, Duration: o.Duration, Conversations: o.Conversations}}
		return
	}
	if s.Workload.Conversations == nil {
		s.Workload.Conversations, s.Workload.MaxTurns = &Source{Bundled: true}, 2
	}
	measured := Stage{Name: "steady", Mode: ModeUsers, Users: quickUsers, Duration: o.Duration, Conversations: o.Conversations}
	if measured.Conversations == 0 && measured.Duration == 0 {
		measured.Conversations = cmp.Or(o.Workload.Sample, quickConversations)
	}
	s.Load = []Stage{warmUp, measured}
}

// checked holds a scenario made in memory to the rules of a file, by writing it
// as one. Its messages name the flags that fill the fields.
func (s *Scenario) checked(env Env) (*Scenario, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing the quick scenario: %w", err)
	}
	out, err := Parse("command line", b, env)
	if ps, ok := err.(Problems); ok {
		parts := make([]string, len(ps))
		for i, p := range ps {
			flag := s.flagOf(p.Path)
			parts[i] = strings.TrimPrefix(flag+": "+p.Message, ": ")
			hint := inFlags.Replace(p.Hint)
			if strings.HasPrefix(flag, "--judge-") {
				hint = ofJudge.Replace(hint)
			}
			if hint != "" {
				parts[i] += " (" + hint + ")"
			}
		}
		return nil, fmt.Errorf("%s", strings.Join(parts, "\n"))
	}
	return out, err
}

// inFlags says in flags what hints say in fields.
var inFlags = strings.NewReplacer("key: {env: NAME}", "--key-env VARIABLE", "add model: NAME", "add --model NAME",
	"add region: NAME", "write a scenario file with region: NAME", "add resource: NAME", "write a scenario file with resource: NAME",
	"paths are relative to the scenario file", "paths are relative to the current folder")

// ofJudge turns a target's flags into the judge's.
var ofJudge = strings.NewReplacer("--key-env", "--judge-key-env", "--model", "--judge-model", "--price", "--judge-price")

// targetPath is the place of a field of a target.
var targetPath = regexp.MustCompile(`^targets\[(\d+)\]\.?([a-z]*)`)

// flagOf names the flag that filled a field; what no flag fills keeps its name.
func (s *Scenario) flagOf(path string) string {
	const patterns = "workload.conversations.patterns"
	if path == patterns || strings.HasPrefix(path, patterns+".") {
		return "--redact-pattern"
	}
	switch path {
	case "workload.conversations.file", "workload.trace.file":
		return "--log"
	case "workload.conversations.format", "workload.trace.format":
		return "--from"
	case "workload.trace.speed":
		return "--speed"
	case "workload.conversations.redact":
		return "--redact"
	case "workload.sample":
		return "--sample"
	case "workload.salt":
		return "--salt"
	case "budget.usd":
		return "--budget"
	case "load[1].duration":
		return "--duration"
	case "load[1].conversations":
		return "--conversations"
	}
	m := targetPath.FindStringSubmatch(path)
	if m == nil {
		return path
	}
	prefix := "--"
	if i, err := strconv.Atoi(m[1]); err == nil && i < len(s.Targets) && s.Targets[i].Role == results.RoleJudge {
		prefix = "--judge-"
	}
	switch m[2] {
	case "":
		return prefix + "model"
	case "key":
		return prefix + "key-env"
	}
	return prefix + m[2]
}

// unsafe is what cannot be in a name.
var unsafe = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// pathSafe makes a name of a model's: its last part, other signs replaced.
func pathSafe(model string) string {
	name := strings.TrimRight(model, "/")
	if i := strings.LastIndex(name, "/"); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(unsafe.ReplaceAllString(name, "-"), "-._")
	if name == "" {
		return "model"
	}
	return name[:min(len(name), 64)]
}

// nameApart tells targets of one model apart by the first of these that does: their
// hosts, their protocols, both, or else a number.
func nameApart(ts []Target) {
	alike := map[string][]*Target{}
	for i := range ts {
		alike[ts[i].Name] = append(alike[ts[i].Name], &ts[i])
	}
	for name, group := range alike {
		if len(group) == 1 {
			continue
		}
		suffix := hostOf
		for _, f := range []func(*Target) string{hostOf, protocolOf, func(t *Target) string { return joined(hostOf(t), protocolOf(t)) }} {
			seen := map[string]bool{}
			for _, t := range group {
				seen[f(t)] = true
			}
			if len(seen) == len(group) {
				suffix = f
				break
			}
		}
		for _, t := range group {
			t.Name = joined(name, suffix(t))
		}
	}
	used := map[string]bool{}
	for i := range ts {
		t := &ts[i]
		base := t.Name
		for n := 2; used[t.Name]; n++ {
			t.Name = joined(base, strconv.Itoa(n))
		}
		used[t.Name] = true
	}
}

// hostOf is the host that a target is at, or the word for its address.
func hostOf(t *Target) string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return pathSafe(t.URL)
	}
	return pathSafe(cmp.Or(u.Host, t.URL))
}

func protocolOf(t *Target) string { return pathSafe(cmp.Or(t.Protocol, usualProtocol)) }

// joined shortens the first part so that both fit into a name.
func joined(a, b string) string {
	b = b[:min(len(b), 40)]
	return a[:min(len(a), 63-len(b))] + "-" + b
}
