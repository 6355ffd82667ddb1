package targets

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// speaker is a server of one protocol with nothing behind it: for each vector it
// says what its protocol says then. Each has a file of its own.
type speaker struct {
	protocol string // as scenarios write it
	// spec asks the server at base, which is scheme, host and port.
	spec    func(t *testing.T, base string) Spec
	content string // Content-Type of a stream
	says    map[string]utterance
	// bare says that the protocol has no usage, no reason for stopping or the like, by
	// the names of what a good answer then lacks: usage, finish, model.
	bare []string
}

// utterance is how a server answers in one vector.
type utterance struct {
	na      string // why the protocol cannot say it; nothing else is set then
	status  int    // default 200
	header  map[string]string
	pieces  []string      // each is sent by itself
	bytes   bool          // each byte is sent by itself instead
	pause   time.Duration // after each piece
	cut     bool          // then the connection is cut instead of ended
	forever bool          // the last piece is sent again and again
}

// The vectors of conformance, in the order of the table.
var vectors = []struct {
	name string
	// holds checks what was recorded; the common part has been checked.
	holds func(t *testing.T, s *speaker, rec *results.Record)
}{
	{"good stream", good},
	{"good document", goodDocument},
	{"split at every byte", good},
	{"multi-byte text", multiByte},
	{"keep-alive noise", good},
	{"usage absent", usageAbsent},
	{"reasoning", reasoned},
	{"tool call", calledTool},
	{"content filter", failed(chat.ContentFilter)},
	{"length limit", atLimit},
	{"clean early end", brokenOff(true)},
	{"cut", brokenOff(false)},
	{"error inside a 200", failed(chat.StreamError)},
	{"event too large", failed(chat.Malformed)},
	{"endless stream", failed(chat.Malformed)},
	{"not the protocol", failed(chat.Malformed)},
	{"error: auth", failed(chat.Auth)},
	{"error: quota", failed(chat.Quota)},
	{"error: rate_limited", failed(chat.RateLimited)},
	{"error: overloaded", failed(chat.Overloaded)},
	{"error: not_found", failed(chat.NotFound)},
	{"error: bad_request", failed(chat.BadRequest)},
	{"error: too_large", failed(chat.TooLarge)},
	{"error: server", failed(chat.Server)},
}

// What every protocol's good answer says, in the words each piece has: 7 tokens were
// read, of which 2 from a cache where the protocol can say so, and 4 written.
var goodWords = []string{"Move", " to", " the", " spare"}

const (
	goodText      = "Move to the spare"
	multiByteText = "切换到备用 – déjà 🚀"
	reasoningText = "It is down."
	toolName      = "switch"
	toolArguments = `{"to":"spare"}`
)

func (s *speaker) lacks(what string) bool { return slices.Contains(s.bare, what) }

func good(t *testing.T, s *speaker, rec *results.Record) {
	if rec.Text != goodText || !rec.Complete || rec.Error != nil {
		t.Errorf("text %q, complete %v, error %v", rec.Text, rec.Complete, rec.Error)
	}
	if !s.lacks("finish") && rec.Finish != chat.FinishStop {
		t.Errorf("finish %q", rec.Finish)
	}
	read := rec.InputTokens.Or(0) + rec.CacheReadTokens.Or(0)
	if !s.lacks("usage") && (read != 7 || rec.OutputTokens.Or(0) != 4 || rec.TokenSource != results.FromUsage) {
		t.Errorf("read %d tokens, wrote %d by %s: want 7 and 4 by usage", read, rec.OutputTokens.Or(0), rec.TokenSource)
	}
	if n := len(rec.Chunks); n != len(goodWords) {
		t.Errorf("%d chunks, want %d", n, len(goodWords))
	}
}

func goodDocument(t *testing.T, s *speaker, rec *results.Record) {
	if len(rec.Chunks) == 1 {
		rec.Chunks = make([]results.Chunk, len(goodWords)) // it came in one piece
	}
	good(t, s, rec)
}

func multiByte(t *testing.T, _ *speaker, rec *results.Record) {
	if rec.Text != multiByteText || !rec.Complete || rec.Error != nil {
		t.Errorf("text %q, complete %v, error %v", rec.Text, rec.Complete, rec.Error)
	}
}

func usageAbsent(t *testing.T, _ *speaker, rec *results.Record) {
	if rec.Text != goodText || !rec.Complete || rec.InputTokens.IsKnown() || rec.TokenSource != results.FromChunks || rec.CostUSD.IsKnown() {
		t.Errorf("text %q, complete %v, input %v, tokens by %s", rec.Text, rec.Complete, rec.InputTokens, rec.TokenSource)
	}
}

func reasoned(t *testing.T, _ *speaker, rec *results.Record) {
	if rec.Text != goodText || rec.ReasoningText != reasoningText || !rec.Complete || rec.Error != nil {
		t.Errorf("text %q, reasoning %q, complete %v, error %v", rec.Text, rec.ReasoningText, rec.Complete, rec.Error)
	}
	first, _ := rec.FirstToken.Get()
	if answer, _ := rec.FirstAnswer.Get(); answer <= first && len(rec.Chunks) > 2 {
		t.Errorf("the answer began at %d, the reasoning at %d", answer, first)
	}
}

func calledTool(t *testing.T, s *speaker, rec *results.Record) {
	if len(rec.ToolCalls) != 1 || rec.ToolCalls[0].Name != toolName || rec.ToolCalls[0].Arguments != toolArguments || !rec.Complete || rec.Error != nil {
		t.Errorf("calls %+v, complete %v, error %v", rec.ToolCalls, rec.Complete, rec.Error)
	}
	if !s.lacks("finish") && rec.Finish != chat.FinishToolCalls {
		t.Errorf("finish %q", rec.Finish)
	}
}

func atLimit(t *testing.T, _ *speaker, rec *results.Record) {
	if rec.Finish != chat.FinishLength || !rec.Complete || rec.Error != nil {
		t.Errorf("finish %q, complete %v, error %v", rec.Finish, rec.Complete, rec.Error)
	}
}

// brokenOff wants what came before the end kept, and the end called what it was.
func brokenOff(clean bool) func(*testing.T, *speaker, *results.Record) {
	return func(t *testing.T, s *speaker, rec *results.Record) {
		failed(chat.Interrupted)(t, s, rec)
		if rec.CleanEnd != clean || rec.Text != goodWords[0]+goodWords[1] {
			t.Errorf("clean end %v, text %q", rec.CleanEnd, rec.Text)
		}
	}
}

func failed(class chat.Class) func(*testing.T, *speaker, *results.Record) {
	return func(t *testing.T, _ *speaker, rec *results.Record) {
		if rec.Error == nil || rec.Error.Class != class {
			t.Fatalf("error %+v, want %s", rec.Error, class)
		}
		if rec.Complete && class != chat.ContentFilter || rec.Error.Message == "" {
			t.Errorf("complete %v, message %q", rec.Complete, rec.Error.Message)
		}
		if class == chat.RateLimited && rec.Error.RetryAfter.Or(0) != int64(3*time.Second) {
			t.Errorf("retry after %v, want the 3 s that were said", rec.Error.RetryAfter)
		}
	}
}

// speak serves one vector until the test ends. It looks at no request: what is asked
// is another test's.
func speak(t *testing.T, s *speaker, v utterance) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
		w.Header().Set("Content-Type", s.content)
		for name, value := range v.header {
			w.Header().Set(name, value)
		}
		if v.status != 0 {
			w.WriteHeader(v.status)
		}
		v.send(r.Context(), w)
		if v.cut {
			panic(http.ErrAbortHandler)
		}
	}))
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	return server.URL
}

func (v *utterance) send(ctx context.Context, w http.ResponseWriter) {
	flusher := http.NewResponseController(w)
	pieces := v.pieces
	if v.bytes {
		all := strings.Join(v.pieces, "")
		pieces = nil
		for i := range len(all) {
			pieces = append(pieces, all[i:i+1])
		}
	}
	for i := 0; i < len(pieces) && ctx.Err() == nil; i++ {
		if _, err := io.WriteString(w, pieces[i]); err != nil || flusher.Flush() != nil {
			return
		}
		if v.pause > 0 {
			time.Sleep(v.pause)
		}
		if v.forever && i == len(pieces)-1 {
			i--
		}
	}
}

// askVector asks a speaker once.
func askVector(t *testing.T, s *speaker, v utterance) *results.Record {
	t.Helper()
	spec := s.spec(t, speak(t, s, v))
	if spec.Name == "" {
		spec.Name = "t"
	}
	spec.Timeouts = Timeouts{Connect: 10 * time.Second, FirstByte: 10 * time.Second, Idle: 10 * time.Second, Total: 30 * time.Second}
	target, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	return askOpen(t, target)
}

// speakers are those of every protocol.
var speakers []*speaker

// TestConformance holds every protocol to every vector and prints the table.
func TestConformance(t *testing.T) {
	cells := map[string]map[string]string{}
	var notes []string
	for _, s := range speakers {
		cells[s.protocol] = map[string]string{}
		for _, v := range vectors {
			says, ok := s.says[v.name]
			if !ok {
				t.Errorf("%s has no vector %q: script it, or say why it cannot be said", s.protocol, v.name)
				continue
			}
			if says.na != "" {
				cells[s.protocol][v.name] = "n/a"
				notes = append(notes, fmt.Sprintf("%s, %s: %s", s.protocol, v.name, says.na))
				continue
			}
			cells[s.protocol][v.name] = "FAILED"
			if t.Run(s.protocol+"/"+v.name, func(t *testing.T) { v.holds(t, s, askVector(t, s, says)) }) {
				cells[s.protocol][v.name] = "ok"
			}
		}
	}
	printTable(cells, notes)
	for _, name := range wire.Names() {
		if cells[name] == nil {
			t.Errorf("protocol %s has no speaker", name)
		}
	}
}

// printTable prints the vectors as rows and the protocols as columns.
func printTable(cells map[string]map[string]string, notes []string) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range speakers {
		fmt.Fprintf(w, "\t%s", s.protocol)
	}
	fmt.Fprintln(w)
	for _, v := range vectors {
		fmt.Fprint(w, v.name)
		for _, s := range speakers {
			fmt.Fprintf(w, "\t%s", cells[s.protocol][v.name])
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	for _, n := range notes {
		fmt.Println("n/a:", n)
	}
}
