package chat

import (
	"iter"
	"math/bits"
)

// Field is one thing that a request can ask for and a protocol may not be able to
// say: the unit in which losses are counted.
type Field uint8

// The fields, in the order losses are shown.
const (
	FieldSystem         Field = iota // a system prompt at the beginning
	FieldSystemBlocks                // that system prompt in several blocks
	FieldSystemLater                 // a system message after the first turn
	FieldSameRole                    // two messages of one role in a row
	FieldTurns                       // answers of the assistant's before the last message
	FieldPrefill                     // a last message of the assistant's, to be continued
	FieldImage                       // a picture, its bytes
	FieldImageURL                    // a picture, its address
	FieldImageDetail                 // how closely it is to be looked at
	FieldDocument                    // a document, its bytes or text
	FieldDocumentURL                 // a document, its address
	FieldCitations                   // passages of a document to be cited
	FieldAudio                       // a sound
	FieldThinkingText                // reasoning in an earlier answer
	FieldSignature                   // the provider's signature under it
	FieldHiddenThinking              // reasoning that its provider keeps secret
	FieldToolCalls                   // calls of the assistant's
	FieldToolResults                 // their results
	FieldResultImages                // pictures or documents in a result
	FieldResultError                 // a result that says the call failed
	FieldTools                       // functions
	FieldStrictTools                 // functions whose arguments keep to the schema
	FieldHostedTools                 // tools that the provider runs
	FieldToolChoiceAuto
	FieldToolChoiceAny
	FieldToolChoiceNone
	FieldToolChoiceOne
	FieldSingleTool // not several calls at once
	FieldFormat     // an answer that is JSON
	FieldSchema     // an answer that keeps to a schema
	FieldMaxTokens
	FieldExact // exactly so many tokens
	FieldTemperature
	FieldTopP
	FieldTopK
	FieldSeed
	FieldStop
	FieldPenalties
	FieldThinking       // reasoning asked for or refused
	FieldThinkingBudget // at most so many tokens of it
	FieldEffort         // so much of it
	FieldCache          // cache marks
	FieldCacheTTL       // cache marks that last an hour
	FieldUser
	FieldMetadata
	FieldServiceTier
	FieldForeign // what only the source's own protocol can say
	fieldCount
)

var fieldNames = [fieldCount]string{"system", "system blocks", "system message later on", "messages of one role in a row", "earlier turns",
	"answer to be continued", "image", "image url", "image detail", "document", "document url", "citations", "audio", "thinking",
	"thinking signature", "redacted thinking", "tool calls", "tool results", "images in tool results", "tool result is_error",
	"tools", "strict tools", "hosted tools", "tool_choice auto", "tool_choice any", "tool_choice none", "tool_choice tool",
	"no parallel tool calls", "JSON output", "JSON schema", "max_tokens", "exact length", "temperature", "top_p", "top_k", "seed",
	"stop", "penalties", "thinking asked for", "thinking budget", "effort", "cache marks", "cache TTL", "user", "metadata",
	"service tier", "other fields"}

// String is the field in words, as reports show it.
func (f Field) String() string {
	if f < fieldCount {
		return fieldNames[f]
	}
	return "unknown field"
}

// AllFields lists every field in the order losses are shown.
func AllFields() iter.Seq[Field] { return FieldSet(1<<fieldCount - 1).All() }

// FieldSet is a set of fields.
type FieldSet uint64

// Has reports whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s>>f&1 == 1 }

// With is the set with f.
func (s FieldSet) With(f Field) FieldSet { return s | 1<<f }

// All goes through the set in the order of the fields.
func (s FieldSet) All() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Field(bits.TrailingZeros64(uint64(s)))) {
				return
			}
		}
	}
}

// Fields are those that the request has.
func (r *Request) Fields() FieldSet {
	var s FieldSet
	add := func(f Field, has bool) {
		if has {
			s = s.With(f)
		}
	}
	turns := 0
	for i := range r.Messages {
		m := &r.Messages[i]
		add(FieldSystemLater, m.Role == System && turns > 0)
		add(FieldSystem, m.Role == System && turns == 0)
		add(FieldSystemBlocks, m.Role == System && (len(m.Parts) > 1 || i > 0 && turns == 0))
		add(FieldSameRole, i > 0 && m.Role == r.Messages[i-1].Role && (m.Role == User || m.Role == Assistant))
		add(FieldTurns, m.Role == Assistant && i < len(r.Messages)-1)
		add(FieldToolResults, m.Role == ToolRole)
		add(FieldResultError, m.IsError)
		if m.Role != System {
			turns++
		}
		s |= m.fields()
	}
	if n := len(r.Messages); n > 0 {
		last := &r.Messages[n-1]
		add(FieldPrefill, last.Role == Assistant && len(last.ToolCalls) == 0)
	}
	for i := range r.Tools {
		t := &r.Tools[i]
		add(FieldHostedTools, t.Hosted != "")
		add(FieldTools, t.Hosted == "")
		add(FieldStrictTools, t.Strict)
		s |= t.Cache.fields()
	}
	add(FieldToolChoiceAuto, r.ToolChoice.Mode == ToolsAuto)
	add(FieldToolChoiceAny, r.ToolChoice.Mode == ToolsAny)
	add(FieldToolChoiceNone, r.ToolChoice.Mode == ToolsNone)
	add(FieldToolChoiceOne, r.ToolChoice.Mode == ToolsOne)
	add(FieldSingleTool, r.ToolChoice.Single)
	add(FieldFormat, r.Format.JSON && len(r.Format.Schema) == 0)
	add(FieldSchema, len(r.Format.Schema) > 0)
	add(FieldUser, r.User != "")
	add(FieldMetadata, len(r.Metadata) > 0)
	add(FieldServiceTier, r.ServiceTier != "")
	add(FieldForeign, len(r.Foreign) > 0)
	return s | r.Params.fields()
}

func (m *Message) fields() FieldSet {
	s := m.Cache.fields()
	if len(m.ToolCalls) > 0 {
		s = s.With(FieldToolCalls)
	}
	for i := range m.ToolCalls {
		s |= m.ToolCalls[i].Cache.fields()
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		s |= p.fields()
		if m.Role == ToolRole && p.Kind != TextPart {
			s = s.With(FieldResultImages)
		}
	}
	return s
}

func (p *Part) fields() FieldSet {
	s := p.Cache.fields()
	if p.Signature != "" {
		s = s.With(FieldSignature)
	}
	switch {
	case p.Kind == ImagePart && p.URL != "":
		s = s.With(FieldImageURL)
	case p.Kind == ImagePart:
		s = s.With(FieldImage)
	case p.Kind == DocumentPart && p.URL != "":
		s = s.With(FieldDocumentURL)
	case p.Kind == DocumentPart:
		s = s.With(FieldDocument)
	case p.Kind == AudioPart:
		s = s.With(FieldAudio)
	case p.Kind == ThinkingPart:
		s = s.With(FieldThinkingText)
	case p.Kind == HiddenThinkingPart:
		s = s.With(FieldHiddenThinking)
	}
	if p.Detail != "" {
		s = s.With(FieldImageDetail)
	}
	if p.Citations {
		s = s.With(FieldCitations)
	}
	return s
}

func (c CacheMark) fields() FieldSet {
	switch c {
	case "":
		return 0
	case "1h":
		return FieldSet(0).With(FieldCache).With(FieldCacheTTL)
	}
	return FieldSet(0).With(FieldCache)
}

func (p *Params) fields() FieldSet {
	var s FieldSet
	add := func(f Field, has bool) {
		if has {
			s = s.With(f)
		}
	}
	add(FieldMaxTokens, p.MaxTokens > 0)
	add(FieldExact, p.Exact && p.MaxTokens > 0)
	add(FieldTemperature, p.Temperature != nil || p.AsAllowed)
	add(FieldTopP, p.TopP != nil)
	add(FieldTopK, p.TopK != nil)
	add(FieldSeed, p.Seed != nil)
	add(FieldStop, len(p.Stop) > 0)
	add(FieldPenalties, p.FrequencyPenalty != nil || p.PresencePenalty != nil)
	add(FieldThinking, p.Thinking.Mode != "")
	add(FieldThinkingBudget, p.Thinking.Budget > 0)
	add(FieldEffort, p.Thinking.Effort != "")
	return s
}
