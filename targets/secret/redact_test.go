package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

const canary = "sk-proj-Ab+9/x=Zq_0y<&>\"T7u%41v\\Kk"

// escapeAll writes every byte of s by f.
func escapeAll(s string, f func(i int, c byte) string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(f(i, s[i]))
	}
	return b.String()
}

// encodings are the forms in which a server might send a key back.
func encodings(key string) map[string]string {
	asJSON, _ := json.Marshal(key)
	jsonInner := strings.Trim(string(asJSON), `"`)
	twice, _ := json.Marshal(jsonInner)
	return map[string]string{
		"verbatim":                 key,
		"JSON":                     jsonInner,
		"JSON in JSON":             strings.Trim(string(twice), `"`),
		"JSON, every byte":         escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf(`\u%04X`, c) }),
		"C, every byte":            escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf(`\x%02x`, c) }),
		"percent, where needed":    url.QueryEscape(key),
		"percent, every byte":      escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf("%%%02x", c) }),
		"percent of percent":       url.PathEscape(url.PathEscape(key)),
		"HTML, where needed":       html.EscapeString(key),
		"HTML, decimal":            escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf("&#%d;", c) }),
		"HTML, hex, no semicolon":  escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf("&#x%X;", c) }),
		"percent in JSON":          escapeAll(key, func(_ int, c byte) string { return fmt.Sprintf(`\u0025%02X`, c) }),
		"broken by line ends":      escapeAll(key, func(i int, c byte) string { return string(c) + strings.Repeat("\r\n ", i%3/2) }),
		"base64":                   base64.StdEncoding.EncodeToString([]byte(key)),
		"base64, one byte before":  base64.StdEncoding.EncodeToString([]byte("x" + key + "y")),
		"base64, two bytes before": base64.RawURLEncoding.EncodeToString([]byte("xy" + key + "yz")),
		"base64 in JSON":           strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte("Bearer "+key)), "/", `\/`),
		"upper case":               strings.ToUpper(key),
		"lower case":               strings.ToLower(key),
		"hex":                      hex.EncodeToString([]byte(key)),
		"hex, upper case":          strings.ToUpper(hex.EncodeToString([]byte(key))),
		"mixed": escapeAll(key, func(i int, c byte) string {
			return []string{string(c), fmt.Sprintf(`\u%04x`, c), fmt.Sprintf("%%%02X", c), fmt.Sprintf("&#%d;", c)}[i%4]
		}),
	}
}

func TestTextHidesEveryEncoding(t *testing.T) {
	for _, key := range []string{canary, "sk-0123456789abcdefghijKLMNOP"} {
		r := NewRedactor(New(key))
		for name, form := range encodings(key) {
			text := "before, " + form + "; after"
			got := r.Text(text)
			want := "before, " + Mask + "; after"
			if strings.HasPrefix(name, "base64") {
				// What was encoded together with the key stays, at most.
				i, j := strings.Index(got, Mask), strings.LastIndex(got, Mask)
				if i < 0 || i != j || len(got) > len(want)+len("QmVhcmVyI")+2 {
					t.Errorf("%s of %q: got %q", name, key, got)
				}
				continue
			}
			if got != want {
				t.Errorf("%s of %q:\n got %q\nwant %q", name, key, got, want)
			}
		}
	}
}

func TestTextLeavesOrdinaryTextAlone(t *testing.T) {
	r := NewRedactor(New(canary))
	for _, text := range []string{
		"", "a plain answer", `C:\new\table 100% &amp; "more"`, "sk-proj", "你好，世界 %E4%BD", strings.Repeat("\\", 100),
	} {
		if got := r.Text(text); got != text {
			t.Errorf("changed %q to %q", text, got)
		}
	}
}

func TestTextHidesAKeyThatIsCutOff(t *testing.T) {
	r := NewRedactor(New(canary))
	encoded := base64.StdEncoding.EncodeToString([]byte(canary))
	for text, want := range map[string]string{
		"your key is " + canary[:20]:  "your key is " + Mask,
		canary[10:] + " is your key":  Mask + " is your key",
		"your key is " + encoded[:30]: "your key is " + Mask,
		"your key is sk-proj":         "your key is sk-proj",
		// In the midst of what is said about it.
		"your key " + canary[:len(canary)/2+2] + "... is wrong (invalid_api_key)":                                                  "your key " + Mask + "... is wrong (invalid_api_key)",
		"your key ..." + canary[len(canary)/2-2:] + " is wrong (invalid_api_key)":                                                  "your key ..." + Mask + " is wrong (invalid_api_key)",
		"percent, " + escapeAll(canary[:len(canary)-2], func(_ int, c byte) string { return fmt.Sprintf("%%%02x", c) }) + "%3 (x)": "percent, " + Mask + "%3 (x)",
		"your key is " + canary[:8] + "****" + canary[len(canary)-4:] + " (x)":                                                     "your key is " + canary[:8] + "****" + canary[len(canary)-4:] + " (x)",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestShortAndMissingSecrets(t *testing.T) {
	var none *Redactor
	if got := none.Text("text"); got != "text" {
		t.Errorf("a nil Redactor made %q", got)
	}
	if got := NewRedactor(Value{}, New("EMPTY")).Text("an EMPTY glass"); got != "an EMPTY glass" {
		t.Errorf("a key too short to be one was hidden: %q", got)
	}
	if got := NewRedactor(New("ollama")).Text("Ollama"); got != "Ollama" {
		t.Errorf("a word that a key is made of was hidden in other letters: %q", got)
	}
}

func TestValueNeverPrintsItself(t *testing.T) {
	v := struct{ Key Value }{New(canary)}
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%#v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("key %s", v.Key), string(asJSON)} {
		if strings.Contains(text, canary[:8]) {
			t.Errorf("printed the secret: %s", text)
		}
	}
}

// FuzzText embeds the key between two arbitrary texts: it must be gone. Text in
// which nothing was hidden, or that is too short to hold anything, stays as it is.
func FuzzText(f *testing.F) {
	const key = "sk-0123456789abcdefghij"
	for _, form := range encodings(key) {
		f.Add(form, "")
	}
	f.Add(`a\`, `%4`)
	f.Add("&#", "&#x;&amp")
	r := NewRedactor(New(key))
	f.Fuzz(func(t *testing.T, before, after string) {
		if got := r.Text(before + key + after); strings.Contains(got, key) {
			t.Errorf("still there: %q", got)
		}
		once := r.Text(before)
		if once != before && (len(before) < minPart || !strings.Contains(once, Mask)) {
			t.Errorf("changed %q to %q", before, once)
		}
	})
}

func ExampleRedactor_Text() {
	r := NewRedactor(New("sk-canary-123456"))
	fmt.Println(r.Text(`invalid key "sk-canary-123456" (sk\u002dcanary\u002d123456)`))
	// Output: invalid key "[redacted]" ([redacted])
}

func BenchmarkText(b *testing.B) {
	r := NewRedactor(New(canary))
	text := strings.Repeat(`An ordinary sentence of an answer, with 5% and a \ in it. `, 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Text(text)
	}
}
