package prompts

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"switchover/results"
	"switchover/scenarios/prompts/redact"
	"switchover/targets/chat"
)

// What is personal as a whole, by the kind it is counted as: whom a request was made
// for, and what was noted about it.
const (
	kindUser     = "user"
	kindMetadata = "metadata"
)

// personalFields are what only a dialect knows and what names a person there, by the
// path's beginning.
var personalFields = map[string]string{
	"safety_identifier": kindUser, "prompt_cache_key": kindUser, "metadata": kindMetadata,
}

// redacted replaces what is personal in one conversation: in every text of it, in the
// arguments and results of tools, in documents that are text, and in what only its
// dialect can say. It counts by kind what cannot be looked into: pictures and the like.
func redacted(c *results.Conversation, r *redact.Redactor) (counts, unseen redact.Counts) {
	v := &veil{unseen: redact.Counts{}, whole: redact.Counts{}}
	v.text(&c.System)
	v.text(&c.Category)
	for _, list := range [][]string{c.Turns, c.Recorded, c.Reference} {
		v.list(list)
	}
	for i := range c.Parts {
		v.parts(&c.Parts[i], func([]int) {}) // users do not think
	}
	for i := range c.Tools {
		t := &c.Tools[i]
		v.text(&t.Description)
		v.json("", &t.Parameters)
		v.json("", &t.Definition)
	}
	if c.Request != nil {
		v.request(c.Request)
	}
	counts = r.Redact(v.texts...)
	counts.Add(v.whole)
	for _, back := range v.back {
		back()
	}
	return counts, v.unseen
}

// veil collects the texts of one conversation, so that the same value gets the same
// placeholder in all of them.
type veil struct {
	texts  []*string
	back   []func() // writes texts back to where they are no strings
	whole  redact.Counts
	unseen redact.Counts

	speakers []string // names so far
}

func (v *veil) text(s *string) {
	if *s != "" {
		v.texts = append(v.texts, s)
	}
}

func (v *veil) list(of []string) {
	for i := range of {
		v.text(&of[i])
	}
}

func (v *veil) request(r *chat.Request) {
	gone := map[int][]int{}
	for i := range r.Messages {
		m := &r.Messages[i]
		v.text(&m.Content)
		v.parts(&m.Parts, func(parts []int) { gone[i] = parts })
		for j := range m.ToolCalls {
			v.arguments(&m.ToolCalls[j].Arguments)
		}
	}
	v.json("", &r.Format.Schema)
	v.list(r.Params.Stop)
	if r.User != "" {
		r.User = v.personal(kindUser)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		said, value := name, v.personal(kindMetadata)
		v.text(&said)
		v.back = append(v.back, func() {
			delete(r.Metadata, name)
			r.Metadata[said] = value
		})
	}
	paths := make([]string, 0, len(r.Foreign))
	for path := range r.Foreign {
		paths = append(paths, path)
	}
	slices.Sort(paths) // placeholders are numbered in this order
	for _, path := range paths {
		name := path[strings.LastIndexAny(path, ".]")+1:]
		begin, _, _ := strings.Cut(path, ".")
		if kind := personalFields[begin]; kind != "" {
			placeholder := v.personal(kind)
			r.Foreign[path], _ = json.Marshal(placeholder) // a string, which always marshals
			continue
		}
		raw := r.Foreign[path]
		if name == "name" && strings.HasPrefix(path, "messages[") {
			r.Foreign[path] = v.speaker(raw)
			continue
		}
		v.json(name, &raw)
		said := path // a member's name can be personal, too
		v.text(&said)
		v.back = append(v.back, func() {
			delete(r.Foreign, path)
			r.Foreign[said] = raw
		})
	}
	v.back = append(v.back, func() { closeRanks(r, gone) })
}

// speaker is what stands for the name of one of several users, in the letters that
// names may have.
func (v *veil) speaker(name json.RawMessage) json.RawMessage {
	i := slices.Index(v.speakers, string(name))
	if i < 0 {
		i = len(v.speakers)
		v.speakers = append(v.speakers, string(name))
	}
	v.whole[kindUser]++
	return fmt.Appendf(nil, "%q", fmt.Sprintf("user_%d", i+1))
}

// personal is what stands for something that is personal as a whole, in letters that
// every API takes there.
func (v *veil) personal(kind string) string {
	v.whole[kind]++
	return kind + "_1"
}

// parts takes the parts of one message. The numbers of those that are gone afterwards go to
// gone.
func (v *veil) parts(parts *[]chat.Part, gone func([]int)) {
	for i := range *parts {
		p := &(*parts)[i]
		v.text(&p.Text)
		v.text(&p.Name)
		v.text(&p.URL)
		switch {
		case p.Kind == chat.DocumentPart && v.encoded(&p.Data): // whatever its media type says
		case p.Data != "" || p.URL != "":
			v.unseen[string(p.Kind)]++
		}
	}
	before := slices.Clone(*parts)
	v.back = append(v.back, func() { gone(forgetThinking(parts, before)) })
}

// encoded takes a text in base64; false where it is none.
func (v *veil) encoded(data *string) bool {
	raw, err := base64.StdEncoding.DecodeString(*data)
	if err != nil || len(raw) == 0 || !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 || bytes.HasPrefix(raw, []byte("%PDF-")) {
		return false
	}
	text, was := string(raw), string(raw)
	v.texts = append(v.texts, &text)
	v.back = append(v.back, func() {
		if text != was {
			*data = base64.StdEncoding.EncodeToString([]byte(text))
		}
	})
	return true
}

// arguments are JSON, or what a model wrote for it.
func (v *veil) arguments(s *string) {
	if !json.Valid([]byte(*s)) {
		v.text(s)
		return
	}
	raw := json.RawMessage(*s)
	v.json("", &raw)
	v.back = append(v.back, func() { *s = string(raw) })
}

// leaf is a member's name, or a value with the name it has: what a value is, its name
// often says.
type leaf struct {
	name      string
	text, was string
	isText    bool
}

// json takes the texts and the numbers in JSON. Where one of them changes, all of it is
// written anew, in its order.
func (v *veil) json(name string, raw *json.RawMessage) {
	if len(*raw) == 0 {
		return
	}
	var leaves []*leaf
	rewrite(*raw, name, func(l leaf) any {
		l.was = l.text
		if l.name != "" {
			l.text = l.name + ": " + l.text
		}
		leaves = append(leaves, &l)
		v.texts = append(v.texts, &l.text)
		return nil
	})
	own := name
	v.text(&own)
	v.back = append(v.back, func() {
		changed, i := false, 0
		renamed := map[string]string{name: own} // names that were personal themselves
		out := rewrite(*raw, name, func(leaf) any {
			at := leaves[i]
			i++
			text := at.text
			if at.name == "" {
				renamed[at.was] = text
			} else if value, ok := strings.CutPrefix(text, at.name+": "); ok {
				text = value
			} else {
				text = strings.TrimPrefix(text, renamed[at.name]+": ")
			}
			if text == at.was && !at.isText {
				return json.Number(text)
			}
			changed = changed || text != at.was
			return text
		})
		if changed {
			*raw = out
		}
	})
}

// rewrite writes JSON that is valid anew, with what take returns of each leaf in its
// place. The elements of a list have the list's name.
func rewrite(raw json.RawMessage, name string, take func(leaf) any) json.RawMessage {
	var out bytes.Buffer
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	type level struct {
		object, value bool // in an object; and its value comes next
		name          string
		n             int
	}
	stack := []level{{name: name}}
	write := func(x any) {
		b, _ := json.Marshal(x) // texts, numbers, truth and null, which always marshal
		out.Write(b)
	}
	for {
		token, err := d.Token()
		if err != nil {
			return out.Bytes()
		}
		top := &stack[len(stack)-1]
		closes := token == json.Delim('}') || token == json.Delim(']')
		switch {
		case closes:
		case top.object && top.value:
			out.WriteByte(':')
		case top.n > 0:
			out.WriteByte(',')
		}
		isKey := top.object && !top.value && !closes
		if !closes {
			top.n++
			top.value = isKey
		}
		switch x := token.(type) {
		case json.Delim:
			out.WriteByte(byte(x))
			if closes {
				stack = stack[:len(stack)-1]
			} else {
				stack = append(stack, level{object: x == '{', name: top.name})
			}
		case string:
			if isKey {
				top.name = x
				write(take(leaf{text: x, isText: true}))
			} else {
				write(take(leaf{name: top.name, text: x, isText: true}))
			}
		case json.Number:
			write(take(leaf{name: top.name, text: x.String()}))
		default:
			write(x)
		}
	}
}
