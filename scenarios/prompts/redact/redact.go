// Package redact finds personal data and secrets in the text of conversations
// and puts a typed placeholder in their place: [EMAIL_1], [PHONE_2].
//
// The same value has the same placeholder everywhere in one conversation, so a
// model can still tell two people apart; nothing ties placeholders of two
// conversations together. Where a kind of value has a checksum or a fixed range
// (cards, IBANs, identity numbers), it is computed, so that order numbers,
// versions, dates and code stay as they are. What only its surroundings give
// away (a number after "phone:", a value after "password=") is replaced
// wherever else the conversation repeats it.
//
// It refuses to guess at names, addresses and other free text: a pattern of the
// user's own can name what else must not leave. It is no proof that a text is
// anonymous.
package redact

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The kinds of values that are known. A placeholder is the kind in capitals.
const (
	Email = "email" // mail addresses
	Phone = "phone" // international, Chinese, North American and labelled numbers
	Card  = "card"  // payment cards: a known issuer's range and Luhn's checksum
	Key   = "key"   // API keys, tokens, passwords, private keys
	ID    = "id"    // US social security numbers, Chinese resident identity numbers
	IBAN  = "iban"  // account numbers by ISO 13616, checksum included
	IP    = "ip"    // addresses of hosts, only where Rules.IP says so
)

// kinds are the known kinds, the one that decides between overlapping finds first.
var kinds = []string{Key, Email, IBAN, Card, ID, Phone, IP}

// Bounds of a user's own patterns.
const (
	MaxPatterns     = 32
	maxPatternBytes = 1024
)

// Rules are what is looked for beside the known kinds.
type Rules struct {
	// IP also replaces IP addresses, which are personal data in some laws and the
	// subject of the question in many a support log.
	IP bool
	// Patterns are the user's own, by name: RE2 syntax, case as written. A name is
	// a lower-case word and becomes the placeholder: customer gives [CUSTOMER_1].
	Patterns map[string]string
}

var patternName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,23}$`)

// Redactor replaces by fixed rules. It may be used by several goroutines.
type Redactor struct {
	own         []ownPattern
	ip          bool
	placeholder *regexp.Regexp
}

type ownPattern struct {
	kind string
	re   *regexp.Regexp
}

// New compiles the rules. The error names the pattern that cannot be used.
func New(rules Rules) (*Redactor, error) {
	r := &Redactor{ip: rules.IP}
	if len(rules.Patterns) > MaxPatterns {
		return nil, fmt.Errorf("%d patterns are more than %d: join some with |", len(rules.Patterns), MaxPatterns)
	}
	tags := make([]string, 0, len(kinds)+len(rules.Patterns))
	for _, kind := range kinds {
		tags = append(tags, tag(kind))
	}
	for name, expr := range rules.Patterns {
		re, err := own(name, expr)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", name, err)
		}
		r.own = append(r.own, ownPattern{name, re})
		tags = append(tags, tag(name))
	}
	slices.SortFunc(r.own, func(a, b ownPattern) int { return cmp.Compare(a.kind, b.kind) })
	slices.Sort(tags)
	r.placeholder = regexp.MustCompile(`\[(` + strings.Join(tags, "|") + `)_([0-9]{1,9})\]`)
	return r, nil
}

// own checks and compiles one of the user's patterns.
func own(name, expr string) (*regexp.Regexp, error) {
	switch {
	case !patternName.MatchString(name):
		return nil, fmt.Errorf("the name is a lower-case word of letters, digits and _, such as customer")
	case slices.Contains(kinds, name):
		return nil, fmt.Errorf("the name is one of the known kinds; use another, such as our_%s", name)
	case len(expr) > maxPatternBytes:
		return nil, fmt.Errorf("%d bytes are more than %d", len(expr), maxPatternBytes)
	}
	re, err := regexp.Compile(expr)
	switch {
	case err != nil:
		return nil, err
	case re.MatchString(""):
		return nil, fmt.Errorf("it matches empty text, so it would match everywhere; write + for *")
	}
	return re, nil
}

func tag(kind string) string { return strings.ToUpper(kind) }

// Counts is how many places were replaced, by kind.
type Counts map[string]int

// Add adds what another conversation gave.
func (c Counts) Add(o Counts) {
	for kind, n := range o {
		c[kind] += n
	}
}

// Total is the number of places, all kinds together.
func (c Counts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// Count is one kind's share.
type Count struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// List gives the counts, the most frequent kind first.
func (c Counts) List() []Count {
	out := make([]Count, 0, len(c))
	for kind, n := range c {
		out = append(out, Count{kind, n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// maxRounds bounds how often a text is looked at again after something in it was
// replaced, which can free a neighbour from what it was glued to. Two rounds end
// it for anything people write.
const maxRounds = 32

// Redact replaces what it finds in the texts of one conversation, in place, and
// counts it. Redacting the result again changes nothing.
func (r *Redactor) Redact(texts ...*string) Counts {
	c := &conversation{r: r, counts: Counts{}, names: map[string]string{}, next: map[string]int{}, used: map[string]bool{}}
	for _, t := range texts {
		for _, p := range r.placeholder.FindAllString(*t, -1) {
			c.used[p] = true
		}
	}
	// A value that one message gives away by its surroundings can stand bare in an
	// earlier one.
	for before := -1; before < len(c.told); {
		before = len(c.told)
		for _, t := range texts {
			c.text(t)
		}
		if len(c.told) == 0 {
			break
		}
	}
	return c.counts
}

// conversation is the state of one call of Redact.
type conversation struct {
	r      *Redactor
	counts Counts
	names  map[string]string // placeholder by kind and normal form
	next   map[string]int    // the last number tried, by kind
	used   map[string]bool   // placeholders that are taken
	told   []told            // values that their surroundings gave away
}

// told is a value that its surroundings gave away.
type told struct{ kind, value string }

// A value shorter than minRepeat is a word by chance and is not looked for
// elsewhere; of a conversation's values, the first maxTold are.
const (
	minRepeat = 6
	maxTold   = 256
)

// text replaces what is found in one text until nothing more is.
func (c *conversation) text(t *string) {
	for range maxRounds {
		found := c.r.find(*t, c.told)
		if len(found) == 0 {
			return
		}
		*t = c.replace(*t, found)
	}
}

// replace puts placeholders in the place of what was found.
func (c *conversation) replace(text string, found []find) string {
	var out strings.Builder
	at := 0
	for _, f := range found {
		value := text[f.from:f.to]
		if v := (told{f.kind, value}); f.told && len(c.told) < maxTold && len(value) >= minRepeat && !slices.Contains(c.told, v) {
			c.told = append(c.told, v)
		}
		c.counts[f.kind]++
		out.WriteString(text[at:f.from])
		out.WriteString(c.name(f.kind, value))
		at = f.to
	}
	out.WriteString(text[at:])
	return out.String()
}

// name is the placeholder of a value: the one it has, or the next that is free.
func (c *conversation) name(kind, value string) string {
	key := kind + "\x00" + normal(kind, value)
	if name := c.names[key]; name != "" {
		return name
	}
	for {
		c.next[kind]++
		name := "[" + tag(kind) + "_" + strconv.Itoa(c.next[kind]) + "]"
		if !c.used[name] {
			c.names[key], c.used[name] = name, true
			return name
		}
	}
}

// rank orders kinds for finds that overlap; the user's own, at -1, decide first.
func rank(kind string) int { return slices.Index(kinds, kind) }

// normal is a value without what people write differently.
func normal(kind, value string) string {
	value = fold(value, nil).text
	switch kind {
	case Email:
		return strings.ToLower(strings.Replace(value, "%40", "@", 1))
	case Phone, Card, ID, IBAN:
		kept := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, value)
		kept = strings.ToUpper(kept)
		if kind == Phone && len(kept) == 13 && strings.HasPrefix(kept, "861") {
			kept = kept[2:] // +86 138... and 138... are one number
		}
		return kept
	}
	return value
}

// alone reports whether a value is not part of a longer word.
func alone(text string, from, to int) bool {
	return (from == 0 || !word(text[from-1]) || !word(text[from])) &&
		(to == len(text) || !word(text[to]) || !word(text[to-1]))
}

// word reports whether a byte is an ASCII letter or digit.
func word(b byte) bool { return digit(b) || letter(b) }

func digit(b byte) bool { return b >= '0' && b <= '9' }

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
