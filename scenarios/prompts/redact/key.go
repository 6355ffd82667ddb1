package redact

import (
	"regexp"
	"slices"
	"strings"
)

// A private key in PEM or PGP form, to its end or, where it was cut off, to the
// end of the text.
var (
	keyBegins = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----`)
	keyEnds   = regexp.MustCompile(`-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----`)
)

// blocks adds private keys.
func blocks(found []find, text string) []find {
	for at := strings.Index(text, "-----BEGIN "); at >= 0 && at < len(text); {
		m := keyBegins.FindStringIndex(text[at:])
		if m == nil {
			break
		}
		f := find{from: at + m[0], to: len(text), kind: Key}
		if end := keyEnds.FindStringIndex(text[at+m[1]:]); end != nil {
			f.to = at + m[1] + end[1]
		}
		found = append(found, f)
		at = f.to
	}
	return found
}

// credentials adds what addresses and headers carry and what settings are given.
func credentials(found []find, text string) []find {
	lower := lowered(text)
	found = passwords(found, text)
	found = schemes(found, text, lower)
	for i := 0; i < len(text); i++ {
		if f, ok := setting(text, lower, i); ok {
			found = append(found, f)
			i = f.to - 1
		}
	}
	return found
}

// lowered is text with ASCII capitals small, byte for byte.
func lowered(text string) string {
	out := []byte(text)
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return string(out)
}

// passwords adds those in addresses: scheme://user:password@host.
func passwords(found []find, text string) []find {
	for at := 0; ; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			return found
		}
		at += i + len("://")
		end := at + reach(ahead(text, at, maxValue), func(b byte) bool { return b > ' ' && strings.IndexByte("/@\"'<>", b) < 0 })
		if end == len(text) || text[end] != '@' {
			continue
		}
		user := text[at:end]
		if colon := strings.IndexByte(user, ':'); colon >= 0 && colon+1 < len(user) && !variable(user[colon+1:]) {
			found = append(found, find{from: at + colon + 1, to: end, kind: Key, told: true})
		}
	}
}

// reach is the length of the text's beginning of which every byte will do.
func reach(text string, will func(byte) bool) int {
	for i := range len(text) {
		if !will(text[i]) {
			return i
		}
	}
	return len(text)
}

// Bounds of a credential in bytes: a longer run of its characters is data. They
// also keep the time linear: no place is looked at from further away.
const (
	maxValue  = 4096
	maxKey    = 1024 // of the shapes below, JSON web tokens apart
	maxBlanks = 64
)

// ahead is the text from a place on, no longer than can be looked at from there.
func ahead(text string, from, most int) string { return text[from:min(len(text), from+most+1)] }

// schemes adds credentials behind the name of their scheme, wherever it stands.
func schemes(found []find, text, lower string) []find {
	for _, s := range []struct {
		name  string
		least int
		chars func(byte) bool
	}{{"bearer ", 12, tokenByte}, {"basic ", 12, base64Byte}, {"token ", 16, func(b byte) bool { return word(b) || b == '_' }}} {
		for at := 0; ; {
			i := strings.Index(lower[at:], s.name)
			if i < 0 {
				break
			}
			from := at + i + len(s.name)
			start := at + i
			at = from
			if start > 0 && word(text[start-1]) {
				continue
			}
			from += reach(ahead(text, from, maxBlanks), blank)
			to := trimmed(text, from, from+reach(ahead(text, from, maxValue), s.chars))
			if to-from >= s.least && to-from <= maxValue && random(text[from:to]) {
				found = append(found, find{from: from, to: to, kind: Key, told: true})
			}
		}
	}
	return found
}

func blank(b byte) bool      { return b == ' ' || b == '\t' }
func base64Byte(b byte) bool { return word(b) || strings.IndexByte("+/=", b) >= 0 }
func tokenByte(b byte) bool  { return word(b) || strings.IndexByte("._~+/=:-", b) >= 0 }

// trimmed is where a value ends without the marks of the sentence it stands in.
func trimmed(text string, from, to int) int {
	for to > from && strings.IndexByte(".!?:", text[to-1]) >= 0 {
		to--
	}
	return to
}

// random reports whether a value can be a secret rather than a word of a text or
// a program.
func random(v string) bool {
	digits, letters := false, false
	for i := range len(v) {
		digits = digits || digit(v[i])
		letters = letters || letter(v[i])
	}
	return digits && letters && !variable(v)
}

// variable reports whether a value only names where the secret is.
func variable(v string) bool { return v != "" && strings.IndexByte("${<%", v[0]) >= 0 }

// secretNames end the names of settings that hold secrets, and headers those of
// headers that do; both without spaces, hyphens and underscores.
var (
	secretNames = []string{"apikey", "apikeys", "accesskey", "accesskeyid", "secretkey", "accountkey", "sharedkey", "privatekey",
		"authkey", "encryptionkey", "token", "secret", "password", "passwd", "passphrase", "pwd", "authorization", "密码", "口令", "密钥", "令牌", "秘钥"}
	schemeNames = []string{"bearer", "basic", "token", "digest"}
)

// setting reads a setting whose sign of assignment is at a place: =, :, :=, =>,
// or in words "is" and 是.
func setting(text, lower string, at int) (find, bool) {
	none := find{}
	from, inWords := assigns(text, lower, at)
	if from == 0 {
		return none, false
	}
	label := name(lower[max(0, at-64):at])
	if strings.HasSuffix(label, "cookie") {
		return cookie(text, from)
	}
	if !slices.ContainsFunc(secretNames, func(n string) bool { return strings.HasSuffix(label, n) }) {
		return none, false
	}
	from += reach(ahead(text, from, maxBlanks), blank)
	for _, s := range schemeNames {
		if rest := lower[from:]; strings.HasPrefix(rest, s+" ") && !inWords {
			from += len(s)
			from += reach(ahead(text, from, maxBlanks), blank)
			break
		}
	}
	quoted := false
	if from < len(text) && text[from] == '\\' {
		from++
	}
	if from < len(text) && (text[from] == '"' || text[from] == '\'') {
		from, quoted = from+1, true
	}
	to := from + reach(ahead(text, from, maxValue), func(b byte) bool { return b > ' ' && strings.IndexByte("\"'\\,;", b) < 0 })
	if !quoted {
		to = trimmed(text, from, to)
	}
	v := text[from:to]
	switch {
	case len(v) < minRepeat || len(v) > maxValue || !random(v):
		return none, false
	// A bare word with a bracket is a call of a program's, one with a dot a field.
	case !quoted && (strings.ContainsAny(v, "()[]{}<>") || strings.Contains(v, ".") && len(v) < 32):
		return none, false
	}
	return find{from: from, to: to, kind: Key, told: true}, true
}

// assigns is where the value begins of an assignment whose sign is at a place, 0
// where there is none.
func assigns(text, lower string, at int) (from int, inWords bool) {
	switch b := text[at]; {
	case b != ':' && b != '=' && b != ' ' && b != "是"[0]: // most bytes
	case strings.HasPrefix(text[at:], ":=") || strings.HasPrefix(text[at:], "=>"):
		return at + 2, false
	case b == ':' && !strings.HasPrefix(text[at:], "://") || b == '=':
		return at + 1, false
	case strings.HasPrefix(lower[at:], " is "):
		return at + len(" is "), true
	case strings.HasPrefix(text[at:], "是"):
		return at + len("是"), true
	}
	return 0, false
}

// name is what a setting is called: the end of the line so far, without quotes,
// spaces, hyphens and underscores.
func name(before string) string {
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	return marks.Replace(before)
}

var marks = strings.NewReplacer("_", "", "-", "", " ", "", "\"", "", "'", "", "\\", "")

// cookie takes a header's cookies, to the end of the line.
func cookie(text string, from int) (find, bool) {
	from += reach(ahead(text, from, maxBlanks), blank)
	to := from + reach(ahead(text, from, maxValue), func(b byte) bool { return b >= ' ' && strings.IndexByte("\"'<>\\", b) < 0 })
	v := text[from:to]
	equals := strings.IndexByte(v, '=')
	ok := equals > 0 && len(v)-equals > minRepeat && len(v) <= maxValue &&
		reach(v, func(b byte) bool { return urlSafe(b) || b == '.' }) == equals && random(v[equals+1:])
	return find{from: from, to: to, kind: Key, told: true}, ok
}

// shape is how a service's keys look: what they begin with, how many characters
// follow at least, and which.
type shape struct {
	prefix string
	least  int
	chars  func(byte) bool
	digit  bool // one of the parts that hyphens part must be ten characters with a digit
}

func upperDigit(b byte) bool { return digit(b) || b >= 'A' && b <= 'Z' }
func hexDigit(b byte) bool   { return digit(b) || b >= 'a' && b <= 'f' }
func urlSafe(b byte) bool    { return word(b) || b == '_' || b == '-' }
func dotted(b byte) bool     { return urlSafe(b) || b == '.' }

// shapes are published forms of keys: AI services, clouds, code hosts, payment,
// messaging.
var shapes = []shape{
	{"sk-", 13, urlSafe, true}, {"rk-", 13, urlSafe, true}, {"pk-", 13, urlSafe, true},
	{"sk_live_", 10, word, false}, {"sk_test_", 10, word, false}, {"rk_live_", 10, word, false},
	{"rk_test_", 10, word, false}, {"pk_live_", 10, word, false}, {"pk_test_", 10, word, false}, {"whsec_", 16, word, false},
	{"hf_", 20, word, false}, {"gsk_", 20, word, false}, {"xai-", 20, word, false}, {"pplx-", 20, word, false},
	{"nvapi-", 20, urlSafe, false}, {"r8_", 20, word, false}, {"AIza", 30, urlSafe, false}, {"ya29.", 20, dotted, false},
	{"GOCSPX-", 16, urlSafe, false}, {"AKIA", 16, upperDigit, false}, {"ASIA", 16, upperDigit, false},
	{"AGPA", 16, upperDigit, false}, {"AIDA", 16, upperDigit, false}, {"AROA", 16, upperDigit, false},
	{"LTAI", 12, word, false}, {"AKID", 28, word, false}, {"ghp_", 20, word, false}, {"gho_", 20, word, false},
	{"ghu_", 20, word, false}, {"ghs_", 20, word, false}, {"ghr_", 20, word, false}, {"github_pat_", 20, urlSafe, false},
	{"glpat-", 16, dotted, false}, {"xoxb-", 10, urlSafe, false}, {"xoxa-", 10, urlSafe, false}, {"xoxp-", 10, urlSafe, false},
	{"xoxr-", 10, urlSafe, false}, {"xoxs-", 10, urlSafe, false}, {"xapp-", 10, urlSafe, false}, {"SG.", 30, dotted, false},
	{"npm_", 30, word, false}, {"pypi-", 30, urlSafe, false}, {"dop_v1_", 30, word, false}, {"shpat_", 24, word, false},
	{"shpss_", 24, word, false}, {"dapi", 32, hexDigit, false}, {"hvs.", 20, urlSafe, false}, {"lin_api_", 20, word, false},
	{"ntn_", 30, word, false}, {"figd_", 20, urlSafe, false}, {"PMAK-", 24, urlSafe, false}, {"glsa_", 20, urlSafe, false},
	{"sq0atp-", 20, urlSafe, false}, {"sq0csp-", 20, urlSafe, false}, {"key-", 32, hexDigit, false}, {"AC", 32, hexDigit, false},
	{"SK", 32, hexDigit, false}, {"AGE-SECRET-KEY-1", 30, upperDigit, false}, {"tvly-", 20, urlSafe, false}, {"eyJ", 20, dotted, false},
}

// byFirst finds the shapes by what they begin with.
var byFirst = func() (out [128][]shape) {
	for _, s := range shapes {
		out[s.prefix[0]] = append(out[s.prefix[0]], s)
	}
	return out
}()

// prefixed adds keys that are known by what they begin with, and JSON web tokens.
func prefixed(found []find, text string) []find {
	for i := 0; i < len(text); i++ {
		if text[i] >= 128 || len(byFirst[text[i]]) == 0 || i > 0 && word(text[i-1]) {
			continue
		}
		for _, s := range byFirst[text[i]] {
			if !strings.HasPrefix(text[i:], s.prefix) {
				continue
			}
			if to := s.end(text, i); to > 0 {
				found = append(found, find{from: i, to: to, kind: Key})
				i = to - 1
				break
			}
		}
	}
	return found
}

// end is where a key that begins at a place ends; 0 if it is none.
func (s shape) end(text string, from int) int {
	begin, most := from+len(s.prefix), maxKey
	if s.prefix == "eyJ" {
		most = 4 * maxValue
		if head := reach(ahead(text, begin, maxKey), urlSafe); head < 8 || begin+head == len(text) || text[begin+head] != '.' {
			return 0
		}
	}
	to := begin + reach(ahead(text, begin, most), s.chars)
	if to-begin > most {
		return 0
	}
	for to > begin && (text[to-1] == '.' || text[to-1] == '-') {
		to-- // the sentence's, not the key's
	}
	rest := text[begin:to]
	switch {
	case len(rest) < s.least, to < len(text) && word(text[to]):
		return 0
	case s.prefix == "eyJ":
		if _, payload, ok := strings.Cut(rest, "."); !ok || len(payload) < 8 {
			return 0
		}
	case s.digit:
		for part := range strings.SplitSeq(rest, "-") {
			if len(part) >= 10 && strings.ContainsAny(part, "0123456789") {
				return to
			}
		}
		return 0
	}
	return to
}
