package prompts

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"switchover/results"
)

// encode writes conversations as the project's own format.
func encode(t *testing.T, all []results.Conversation) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, c := range all {
		if err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestBundledIsAMixture(t *testing.T) {
	all := Bundled()
	count := func(of []results.Conversation) map[string]int {
		n := map[string]int{}
		for _, c := range of {
			n[c.Language]++
			n[c.Category]++
		}
		return n
	}
	if n := count(all); n["en"] < 18 || n["zh"] < 14 || n["en"]+n["zh"] != len(all) {
		t.Errorf("languages: %v", n)
	}
	if n := count(all[:24]); n["en"] < 10 || n["zh"] < 10 || n["coding"] < 5 || n["writing"] < 5 || n["analysis"] < 5 || n["support"] < 5 {
		t.Errorf("the first 24: %v", n)
	}
}

func TestBundledDialoguesAreWhatTheySay(t *testing.T) {
	prefix := map[string]string{"coding": "code", "writing": "writing", "analysis": "analysis", "support": "support"}
	seen := map[string]string{}
	decorators := map[string]bool{}
	for _, c := range Bundled() {
		if want := c.Language + "-" + prefix[c.Category] + "-"; !strings.HasPrefix(c.Item, want) {
			t.Errorf("%s does not begin with %s", c.Item, want)
		}
		if len(c.Turns) < 3 || len(c.Turns) > 6 {
			t.Errorf("%s has %d turns", c.Item, len(c.Turns))
		}
		for _, text := range append([]string{c.System}, c.Turns...) {
			if text == "" {
				continue
			}
			if before, ok := seen[text]; ok {
				t.Errorf("%s says what %s says: %q", c.Item, before, text)
			}
			seen[text] = c.Item
			if han := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }); han != (c.Language == "zh") {
				t.Errorf("%s is not in %s: %q", c.Item, c.Language, text)
			}
			if strings.TrimSpace(text) != text {
				t.Errorf("%s has blanks around %q", c.Item, text)
			}
		}
		if strings.HasSuffix(c.Item, "-code-decorator") {
			decorators[c.Language] = true
		}
	}
	if !decorators["en"] || !decorators["zh"] {
		t.Errorf("decorator dialogues: %v", decorators)
	}
}

func TestBundledBelongsToTheCaller(t *testing.T) {
	Bundled()[0].Turns[0] = "changed"
	if Bundled()[0].Turns[0] == "changed" {
		t.Error("one caller changes what the next one gets")
	}
}
