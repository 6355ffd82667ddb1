package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// alike is where the text of a token's event stands in it. The next event mostly
// differs there alone, and then says the same but for its text: it need not be
// decoded to know. Its zero value is no event's.
type alike struct {
	from, to int // of the text, between its quotes; to is 0 for no event
	size     int // of the event
	kind     Kind
	vain     int // events in a row whose place helped with none
}

// maxVain is after how many events that helped with none no more are looked at: a
// server's events may all differ elsewhere, too.
const maxVain = 8

// text returns what an event of token text says that shares so many bytes in
// front and behind with the one before, if it is alike.
func (a *alike) text(event []byte, front, behind int) (string, bool) {
	if a.to == 0 || front < a.from || behind < a.size-a.to {
		return "", false
	}
	to := len(event) - (a.size - a.to)
	text := event[a.from:to]
	if !plain(text) {
		return "", false
	}
	a.to, a.size, a.vain = to, len(event), 0
	return string(text), true
}

// plain reports whether the text between quotes of a JSON document stands for
// itself, and is not empty.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return len(text) > 0 && utf8.Valid(text)
}

// tokenPlaces are where the text of a token can stand.
var tokenPlaces = [...]struct {
	path []string
	kind Kind
}{
	{[]string{"choices", "0", "delta", "content"}, Content},
	{[]string{"choices", "0", "delta", "reasoning"}, Reasoning},
	{[]string{"choices", "0", "delta", "reasoning_content"}, Reasoning},
	{[]string{"choices", "0", "text"}, Content},
}

// learn looks where the text of a decoded event stands, if it says nothing else
// that matters.
func (a *alike) learn(event []byte, e *openAIEvent) {
	a.to = 0
	if a.vain >= maxVain || len(e.Choices) != 1 || present(e.Usage) || e.Choices[0].Index != 0 || e.Choices[0].FinishReason != "" {
		return
	}
	delta := &e.Choices[0].Delta
	var path []string
	var text string
	for i, said := range [...]string{delta.Content.text, delta.Reasoning, delta.ReasoningContent, e.Choices[0].Text} {
		if said != "" {
			if path != nil {
				return
			}
			path, text, a.kind = tokenPlaces[i].path, said, tokenPlaces[i].kind
		}
	}
	if path == nil || delta.Content.reasoning != "" || delta.Refusal != "" || len(delta.ToolCalls) > 0 || !e.Choices[0].Message.empty() {
		return
	}
	a.vain++
	if from, to, ok := place(event, path...); ok && string(event[from:to]) == text && plain(event[from:to]) {
		a.from, a.to, a.size = from, to, len(event)
	}
}

func (d *openAIDelta) empty() bool {
	answer, reasoning := d.texts()
	return answer == "" && reasoning == "" && d.ReasoningContent == "" && len(d.ToolCalls) == 0
}

// place finds the last string at a path of a JSON document, between its quotes. A
// decoder takes the last of several values with one name, and names in any case.
func place(doc []byte, path ...string) (from, to int, ok bool) {
	d := json.NewDecoder(bytes.NewReader(doc))
	var levels []level
	for {
		token, err := d.Token()
		if err != nil {
			return from, to, ok
		}
		var in *level
		if len(levels) > 0 {
			in = &levels[len(levels)-1]
		}
		delim, isDelim := token.(json.Delim)
		switch {
		case isDelim && (delim == '}' || delim == ']'):
			levels = levels[:len(levels)-1]
			continue
		case in != nil && in.object && !in.named:
			name, _ := token.(string)
			in.named, in.on = true, in.reaches && in.depth < len(path) && strings.EqualFold(name, path[in.depth])
			continue
		}
		on := in == nil
		depth := 0
		if in != nil {
			on, depth = in.on, in.depth+1
			if !in.object {
				on = in.reaches && in.depth < len(path) && path[in.depth] == "0" && in.index == 0
				in.index++
			}
			in.named = false
		}
		if isDelim {
			levels = append(levels, level{object: delim == '{', reaches: on, depth: depth})
			continue
		}
		if text, isText := token.(string); isText && on && depth == len(path) {
			to = int(d.InputOffset()) - 1
			from = to - len(text) // wrong where the text is written otherwise
			ok = from > 0
		}
	}
}

// level is an object or array that place is in.
type level struct {
	object  bool
	reaches bool // the path leads to it
	depth   int  // names and numbers that lead to it
	named   bool // its next value has its name
	on      bool // and that name is on the path
	index   int  // of an array's next value
}
