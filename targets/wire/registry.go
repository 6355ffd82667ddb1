package wire

import (
	"maps"
	"slices"
)

var protocols = map[string]Protocol{
	"anthropic":          Anthropic{},
	"azure":              Azure{},
	"bedrock":            Bedrock{},
	"deepseek":           OpenAI{&deepSeek},
	"gemini":             Gemini{},
	"http":               HTTP{},
	"llamacpp":           LlamaCPP{},
	"mistral":            OpenAI{&mistral},
	"ollama":             Ollama{},
	"openai":             OpenAI{},
	"openai-completions": Completions{},
	"openai-responses":   Responses{},
	"tencent":            OpenAI{&tencent},
	"tencent-tc3":        TencentTC3{},
	"tgi":                TGI{},
	"vertex":             Gemini{Vertex: true},
}

// Lookup returns the protocol of that name, as scenarios write it.
func Lookup(name string) (Protocol, bool) {
	p, ok := protocols[name]
	return p, ok
}

// Names lists the protocols in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(protocols)) }
