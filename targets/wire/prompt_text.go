package wire

import (
	"slices"
	"strings"

	"switchover/targets/chat"
)

// promptText is what messages come to where a protocol takes one text and no
// conversation. A single message of the user's is the prompt as it is, and then asIs
// is true. Anything else is written out, a paragraph a message: system messages as
// they are, the others with who said them before it ("User: ", "Assistant: ",
// "Tool: "), and "Assistant:" last, unless the last message is the assistant's, which
// is then to be continued. No model's chat template is applied: only the server has
// it.
func promptText(messages []chat.Message) (text string, asIs bool) {
	if len(messages) == 1 && messages[0].Role == chat.User {
		return messages[0].Text(), true
	}
	var b strings.Builder
	for i := range messages {
		m := &messages[i]
		if i > 0 {
			b.WriteString("\n\n")
		}
		switch m.Role {
		case chat.User:
			b.WriteString("User: ")
		case chat.Assistant:
			b.WriteString("Assistant: ")
		case chat.ToolRole:
			b.WriteString("Tool: ")
		}
		b.WriteString(m.Text())
	}
	if n := len(messages); n > 0 && messages[n-1].Role != chat.Assistant {
		b.WriteString("\n\nAssistant:")
	}
	return b.String(), false
}

// The reasons of promptLosses.
const (
	whyWritten  = "written out in the prompt, without the model's chat template"
	whyPrompt   = "the protocol takes a prompt, not a conversation"
	whyNoTools  = "there are no tools"
	whyNoTalk   = "the prompt is text alone"
	whyDocument = "its text alone, in the prompt"
	whyServer   = "the server takes no such thing"
)

// promptLosses are what a protocol loses that takes one text for a prompt.
var promptLosses = []chat.Loss{
	chat.Lose(chat.FieldSystem, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldSystemBlocks, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldSystemLater, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldSameRole, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldTurns, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldPrefill, chat.Approximate, whyWritten),
	chat.Lose(chat.FieldImage, chat.Rejected, whyNoTalk),
	chat.Lose(chat.FieldImageURL, chat.Rejected, whyNoTalk),
	chat.Lose(chat.FieldImageDetail, chat.Dropped, whyNoTalk),
	chat.Lose(chat.FieldDocument, chat.Approximate, whyDocument),
	chat.Lose(chat.FieldDocumentURL, chat.Rejected, whyNoTalk),
	chat.Lose(chat.FieldCitations, chat.Dropped, whyServer),
	chat.Lose(chat.FieldAudio, chat.Rejected, whyNoTalk),
	chat.Lose(chat.FieldThinkingText, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldSignature, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldToolCalls, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldToolResults, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldResultImages, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldResultError, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldTools, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldStrictTools, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldToolChoiceAuto, chat.Dropped, whyNoTools),
	chat.Lose(chat.FieldToolChoiceAny, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldToolChoiceNone, chat.Dropped, whyNoTools),
	chat.Lose(chat.FieldToolChoiceOne, chat.Rejected, whyNoTools),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, whyNoTools),
	chat.Lose(chat.FieldThinking, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldThinkingBudget, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldEffort, chat.Dropped, whyPrompt),
	chat.Lose(chat.FieldCache, chat.Dropped, whyServer),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, whyServer),
	chat.Lose(chat.FieldUser, chat.Dropped, whyServer),
	chat.Lose(chat.FieldMetadata, chat.Dropped, whyServer),
	chat.Lose(chat.FieldServiceTier, chat.Dropped, whyServer),
	chat.Lose(chat.FieldForeign, chat.Dropped, whyServer),
}

// promptCarriage is the table of a protocol that takes one text for a prompt, and
// what else it loses, or does not lose though others of its kind do.
func promptCarriage(more ...chat.Loss) chat.Carriage {
	return chat.Carry(append(slices.Clone(promptLosses), more...)...)
}

// textParts are messages with each part put into words by words, which reports false
// for what it cannot. Documents that are text are put into words always, and what
// documents are not is said to be lost.
func textParts(messages []chat.Message, words func(p *chat.Part) (string, bool)) (out []chat.Message, losses []chat.Loss) {
	out = slices.Clone(messages)
	for i := range out {
		m := &out[i]
		m.Parts = slices.Clone(m.Parts)
		for j := range m.Parts {
			p := &m.Parts[j]
			if p.Kind == chat.DocumentPart {
				if p.Text == "" && p.URL == "" {
					losses = alsoLost(losses, chat.Lose(chat.FieldDocument, chat.Rejected, "it is "+clipped(p.MediaType)+", not text"))
				}
				*p = chat.Part{Kind: chat.TextPart, Text: documentText(p)}
			} else if text, ok := words(p); ok {
				*p = chat.Part{Kind: chat.TextPart, Text: text}
			}
		}
	}
	return out, losses
}

// wordless puts no part into words.
func wordless(*chat.Part) (string, bool) { return "", false }
