package drive

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// Every session begins with a salt of its own, the same with every target and in
// every turn; another run has others, and without one prompts are as they were.
func TestSalt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begins := func(salt string) (first, second map[string]int) {
			a, b := new(server), new(server)
			plan := planOf(conversations(2, 2), usersStage("warm", 1, 0, every(0, 2, 2)), usersStage("people", 2, 0, every(time.Second, 6, 2)))
			drive(t, Config{Plan: plan, Salt: salt}, targetOf("a", a), targetOf("b", b))
			return beginnings(t, a), beginnings(t, b)
		}
		a, b := begins("run-1")
		if len(a) != 8 { // two sessions of the warm-up and six, of only two conversations
			t.Errorf("%d sessions begin in %d ways", 8, len(a))
		}
		for line, n := range a {
			if b[line] != n || n != 2 {
				t.Errorf("%q: %d turns with one target, %d with the other, want 2", line, n, b[line])
			}
		}
		again, _ := begins("run-1")
		other, _ := begins("run-2")
		for line := range a {
			if again[line] == 0 || other[line] != 0 {
				t.Errorf("%q: %d in the same run again, %d in another", line, again[line], other[line])
			}
		}
		if plain, _ := begins(""); len(plain) != 1 || plain["be brief"] != 16 {
			t.Errorf("without a salt: %v", plain)
		}
	})
}

// beginnings are the first lines of the prompts a target got.
func beginnings(t *testing.T, s *server) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, r := range s.requests {
		line, rest, _ := strings.Cut(r.Messages[0].Content, "\n")
		out[line]++
		if r.Messages[0].Role != chat.System || rest != "" && rest != "be brief" {
			t.Errorf("the system prompt became %q", r.Messages[0].Content)
		}
		for _, m := range r.Messages[1:] {
			if chat.WithoutSalt(m.Content) != m.Content {
				t.Errorf("a salt in %q", m.Content)
			}
		}
	}
	return out
}

// A conversation can say where its salt goes and who has the same: what sessions
// share on purpose they go on sharing, in a stage or at all.
func TestSaltPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := conversations(3, 1)
		for i, scope := range []string{results.SaltNone, results.SaltOfStage, results.SaltOfSession} {
			items[i].Turns[0], items[i].System = "shared and own", ""
			items[i].Salt = &results.SaltPlace{At: 7 * (i / 2), Scope: scope}
		}
		a := new(server)
		drive(t, Config{Plan: planOf(items, openStage("one", time.Minute, every(time.Second, 6, 3)), openStage("two", time.Minute, every(time.Second, 3, 3))), Salt: "run"}, targetOf("a", a))
		var plain, stage, session []string
		for _, r := range a.requests {
			switch text := r.Messages[0].Content; {
			case text == "shared and own":
				plain = append(plain, text)
			case chat.WithoutSalt(text) == "shared and own":
				stage = append(stage, text)
			case strings.HasPrefix(text, "shared ") && chat.WithoutSalt(text[7:]) == "and own":
				session = append(session, text)
			default:
				t.Errorf("sent: %q", text)
			}
		}
		if len(plain) != 3 || len(stage) != 3 || len(session) != 3 {
			t.Fatalf("%d plain, %d with the stage's, %d with their own", len(plain), len(stage), len(session))
		}
		if stage[0] != stage[1] || stage[1] == stage[2] {
			t.Errorf("the stages' salts: %q", stage)
		}
		if session[0] == session[1] || session[1] == session[2] {
			t.Errorf("the sessions' salts: %q", session)
		}
	})
}

// A salt in front of a picture is a part of its own; what only the log's dialect says of
// the parts behind it goes with them.
func TestASaltInFrontOfParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := new(server)
		foreign := map[string]json.RawMessage{"messages[0].content[0].context": []byte(`"c"`), "messages[0].content[2]": []byte(`{}`),
			"messages[0].x": []byte("1"), "messages[1].content[0]": []byte(`{}`), "container": []byte(`"k"`)}
		item := results.Conversation{Item: "one", Turns: []string{""}, Parts: [][]chat.Part{{{Kind: chat.DocumentPart, Text: "d"}, {Kind: chat.TextPart, Text: "What?"}}},
			Request: &chat.Request{Dialect: "anthropic", Foreign: foreign}}
		drive(t, Config{Plan: planOf([]results.Conversation{item}, openStage("one", time.Minute, every(time.Second, 1, 1))), Salt: "run"}, targetOf("a", a))
		if len(a.requests) != 1 || len(a.requests[0].Messages[0].Parts) != 3 {
			t.Fatalf("%+v", a.requests)
		}
		var paths []string
		for path := range a.requests[0].Foreign {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		if got, want := strings.Join(paths, " "), "container messages[0].content[1].context messages[0].content[3] messages[0].x messages[1].content[0]"; got != want {
			t.Errorf("places %s, want %s", got, want)
		}
		if len(foreign) != 5 || foreign["messages[0].content[2]"] == nil {
			t.Errorf("the conversation was changed: %v", foreign)
		}
	})
}
