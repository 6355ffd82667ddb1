package scenarios

import (
	"strings"
	"testing"

	"switchover/scenarios/prompts"
)

func TestQuick(t *testing.T) {
	s, err := Quick(QuickOptions{
		URLs:    []string{"http://127.0.0.1:8000/v1", "https://api.example.com/v1", "http://127.0.0.1:8000/v1"},
		Models:  []string{"org/Small-7B", "Small-7B", "org/other model:latest"},
		KeyEnvs: []string{None, "GOOD_KEY", None},
		Prices:  []string{"0.5,1.5", None, "$1, $2"},
	}, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, target := range s.Targets {
		names = append(names, target.Name)
	}
	if got, want := strings.Join(names, " "), "Small-7B-127.0.0.1-8000 Small-7B-api.example.com other-model-latest"; got != want {
		t.Errorf("named %q, want %q", got, want)
	}
	if s.Targets[0].Key != nil || s.Targets[1].Key.Env != "GOOD_KEY" || !s.Targets[1].Price.Unknown || *s.Targets[2].Price.Output != 2 {
		t.Errorf("flags did not pair by position: %+v", s.Targets)
	}
	if *s.Budget.USD != 2 || s.Seed != 1 || s.Eval != nil {
		t.Errorf("budget %v, seed %d, eval %v", *s.Budget.USD, s.Seed, s.Eval)
	}
	p, err := Compile(s, prompts.Bundled())
	if err != nil {
		t.Fatal(err)
	}
	if p.Stages[0].Measured || !p.Stages[1].Measured || len(p.Stages[1].Starts) != 24 || len(p.Refusals()) != 0 {
		t.Errorf("plan: %d starts, refused %q", len(p.Stages[1].Starts), p.Refusals())
	}
}

// Requests of a log are asked with their own limits and parameters.
func TestQuickAsksALogsRequestsAsTheyWere(t *testing.T) {
	for format, own := range map[string]bool{prompts.FormatAnthropic: true, prompts.FormatOpenAI: true, prompts.FormatShareGPT: false} {
		s, err := Quick(QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"m"}, Workload: Workload{Asked: Asked{Conversations: &Source{File: "quick_test.go", Format: format}}}}, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		if target := &s.Targets[0]; (target.OwnLimit() == 0) != own || target.ChatParams().AsAllowed == own {
			t.Errorf("%s: at most %d tokens, temperature as allowed: %v", format, target.OwnLimit(), target.ChatParams().AsAllowed)
		}
	}
}

func TestQuickSingleValues(t *testing.T) {
	s, err := Quick(QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"m", "m", "n"}, JudgeURL: "http://j/v1", JudgeModel: "big"}, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Targets) != 4 || s.Targets[0].Name == s.Targets[1].Name || s.Targets[2].URL != "http://h/v1" || s.Targets[3].Role != "judge" || s.Eval.Judges[0] != "judge" {
		t.Errorf("got %+v", s.Targets)
	}
}

func TestQuickRefuses(t *testing.T) {
	for _, c := range []struct {
		intent string
		o      QuickOptions
		want   string
	}{
		{"no model", QuickOptions{URLs: []string{"http://h/v1"}}, "needs --url and --model"},
		{"two of three", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a", "b", "c"}, KeyEnvs: []string{"X", "Y"}}, "--key-env is given 2 times for 3 targets"},
		{"two models for three urls", QuickOptions{URLs: []string{"http://a", "http://b", "http://c"}, Models: []string{"a", "b"}}, "--model is given 2 times for 3 targets"},
		{"a variable that is not set", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, KeyEnvs: []string{"NOT_SET"}}, "--key-env: the environment variable NOT_SET is not set"},
		{"a key instead of its name", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, KeyEnvs: []string{"sk-canary-123"}}, "--key-env: this is not the name"},
		{"one price", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, Prices: []string{"3"}}, `--price "3": write INPUT,OUTPUT`},
		{"a negative price", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, Prices: []string{"3,-1"}}, `"-1" is not a price`},
		{"no address", QuickOptions{URLs: []string{"h:8000"}, Models: []string{"a"}}, "not an http or https address"},
		{"a key in the address", QuickOptions{URLs: []string{"http://u:sk-canary-123@h"}, Models: []string{"a"}}, "no user name or password"},
		{"an unknown protocol", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, Protocols: []string{"opena"}}, `did you mean "openai"?`},
		{"a judge's key that is not set", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, JudgeURL: "http://j/v1", JudgeModel: "x", JudgeKeyEnv: "NOT_SET"}, "--judge-key-env: the environment variable NOT_SET is not set"},
		{"a judge's usual key that is not set", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, JudgeURL: "anthropic", JudgeModel: "x"}, "or name another variable: --judge-key-env VARIABLE"},
		{"a judge's price", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, JudgeURL: "http://j/v1", JudgeModel: "x", JudgePrice: "3"}, `--judge-price "3": write INPUT,OUTPUT`},
		{"half a judge", QuickOptions{URLs: []string{"http://h/v1"}, Models: []string{"a"}, JudgeModel: "x"}, "needs --judge-url and --judge-model"},
	} {
		_, err := Quick(c.o, testEnv)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.intent, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error shows the key: %v", c.intent, err)
		}
	}
}

// One model at several places is named by what tells the places apart.
func TestQuickNames(t *testing.T) {
	for want, o := range map[string]QuickOptions{
		"m-openai m-anthropic": {URLs: []string{"http://h/v1", "http://h"}, Protocols: []string{"openai", "anthropic"}, Models: []string{"m"}},
		"m-h1 m-h2":            {URLs: []string{"http://h1/v1", "http://h2"}, Protocols: []string{"openai", "anthropic"}, Models: []string{"m"}},
		"m-h1-openai m-h1-anthropic m-h2-openai": {URLs: []string{"http://h1/v1", "http://h1", "http://h2/v1"},
			Protocols: []string{"openai", "anthropic", "openai"}, Models: []string{"m"}},
		"m-h m-h-2 m-h-3": {URLs: []string{"http://h/v1", "http://h/v2", "http://h"}, Protocols: []string{"openai", "openai", "anthropic"}, Models: []string{"m"}},
		"m n":             {URLs: []string{"http://h/v1"}, Models: []string{"m", "n"}},
	} {
		s, err := Quick(o, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, target := range s.Targets {
			names = append(names, target.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("named %q, want %q", got, want)
		}
	}
}
