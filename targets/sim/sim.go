// Package sim is a simulated inference server: five protocols over real HTTP, each on
// its own path, with a batch, a queue, a known speed, answers of a known quality and
// scripted faults, which are the same whatever the protocol. It makes the main job run
// on any machine, and its request log is the truth that the tests of the measuring
// path compare with.
//
// Time. A request waits for a place in the batch in order of arrival. Its first
// token is due at admission + (TTFT + input tokens / prefill rate) x jitter, each
// further one TPOT x jitter after the one before was due: a late timer never
// shifts what follows. One token is one event, flushed by itself.
//
// Answers. Sentences of a bank graded 0 to 5, in the question's language, whose
// grades average to the configured quality. A server with Judge set knows the
// bank and grades dialogues by it.
//
// Randomness. Everything is drawn from the seed, the model and what is asked,
// timing and faults also from how often it has been asked before: the same
// requests in the same order get the same treatment. Faults in a window depend
// on the clock as well.
//
// The server refuses to pass for a real one: every response carries the header
// Switchover-Simulated. It checks no key and writes none to its log.
package sim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Header marks every response, with the value 1.
const Header = "Switchover-Simulated"

// The request headers of which the log repeats the first that is there: the one
// that this program and OpenAI's clients send, and the one that many load tools do.
const (
	RequestID      = "X-Client-Request-Id"
	RequestIDOther = "X-Request-Id"
)

// MaxConnections is how many connections a server holds at once.
const MaxConnections = 4096

// The bounds of a server. What exceeds them is turned away with an error status,
// a connection beyond them is reset.
const (
	maxBody       = 8 << 20  // bytes of a request
	maxAnswer     = 100_000  // tokens
	maxHeader     = 64 << 10 // bytes
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second // of one event, for clients that do not read
	idleTimeout   = 2 * time.Minute  // between two requests of a connection
	maxRemembered = 1 << 16          // conversations whose repetitions are counted
)

// Server is a simulated inference server. It is an http.Handler; Serve runs it
// on a listener.
type Server struct {
	cfg   Config
	log   *requestLog
	queue *queue
	began time.Time
	mux   *http.ServeMux

	mu      sync.Mutex
	asked   map[[sha256.Size]byte]int // how often each conversation was asked
	total   int
	closing bool
	active  sync.WaitGroup
}

// New makes a server. Its fault windows count from this moment. A nil log writes
// none; otherwise each request is one line in one write, see Entry.
func New(cfg Config, log io.Writer) (*Server, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, log: newRequestLog(log), queue: newQueue(cfg.Batch, cfg.Queue), began: time.Now(),
		mux: http.NewServeMux(), asked: map[[sha256.Size]byte]int{}}
	for pattern, d := range routes {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.chat(d, w, r) })
	}
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		spokenAt(r.URL.Path).refuse(w, &refusal{problem: unknownURL, text: "unknown request: " + r.Method + " " + r.URL.Path})
	})
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(Header, "1")
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		spokenAt(r.URL.Path).refuse(w, &refusal{problem: closing, text: "the server is shutting down"})
		return
	}
	s.active.Add(1)
	s.mu.Unlock()
	defer s.active.Done()
	s.mux.ServeHTTP(w, r)
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	type model struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}
	writeJSON(w, http.StatusOK, struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{"list", []model{{s.cfg.Model, "model", s.began.Unix(), "switchover-sim"}}})
}

// chat answers one conversation, and logs what it did however it ends.
func (s *Server) chat(d dialect, w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	body, err := readBody(rc, w, r)
	x := &exchange{server: s, w: w, rc: rc, ctx: r.Context(), dialect: d, arrived: time.Now()}
	x.entry.Protocol, x.entry.Arrived = d.name(), s.unix(x.arrived)
	id := cmp.Or(r.Header.Get(RequestID), r.Header.Get(RequestIDOther))
	x.entry.ID = id[:min(len(id), 200)]
	defer func() {
		x.entry.Ended = s.unix(time.Now())
		s.log.write(&x.entry)
	}()
	if err == nil {
		x.req, err = d.read(r, body)
	}
	if err == nil {
		err = x.req.check(&s.cfg)
	}
	var refusal *refusal
	if errors.As(err, &refusal) {
		x.reject(refusal)
		return
	}
	if err != nil { // the client went away while sending
		x.entry.End = EndGone
		return
	}
	x.serve(s.draw(x.req, d.id))
}

// unix is an instant as the request log has it.
func (s *Server) unix(t time.Time) int64 { return s.began.UnixNano() + int64(t.Sub(s.began)) }

// occurrence counts how often a conversation has been asked, this time included.
func (s *Server) occurrence(key [sha256.Size]byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	if n, known := s.asked[key]; known || len(s.asked) < maxRemembered {
		s.asked[key] = n + 1
		return n + 1
	}
	return -s.total
}

// close turns away new requests and waits until none is left, or the context ends.
func (s *Server) close(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.active.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return fmt.Errorf("requests still run: %w", ctx.Err())
	}
	return s.log.failure()
}
