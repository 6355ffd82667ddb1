package targets

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

// Target is one opened endpoint. It may be asked by several goroutines.
//
// Connections are HTTP/1.1, one request at a time on each, so that a stamp
// belongs to one stream. They are direct: no proxy is used, whatever the
// environment names, because a proxy's buffering would be measured as the
// server's. Nothing is compressed, for the same reason. Certificates are verified.
type Target struct {
	spec      Spec
	host      string // of the URL, for messages
	redactor  *secret.Redactor
	transport *http.Transport
	sockets   chan struct{} // nil: not capped
	warnings  []string
	limits    atomic.Pointer[chat.RateLimits] // the latest it stated

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	stamps func() // no longer needed
	mu     sync.Mutex
	closed bool
	asking map[*attempt]context.CancelCauseFunc
	idle   sync.Cond // none is asked; of mu
}

// network is what a target reaches the world through; tests replace parts of it.
type network struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error) // stamped in user space
	resolver *net.Resolver
	roots    *x509.CertPool
	clock    string // ClockUser: not the kernel's, whatever the system offers
}

// maxIdleConns is how many idle connections are kept per target: more than any
// load that one machine makes, so that no request pays for a connection twice.
const maxIdleConns = 4096

// bufferSize is the size of a connection's buffers, in bytes: the events of a stream
// are smaller, and each of many streams has two.
const bufferSize = 1 << 10

// maxHeader bounds a response's head, in bytes.
const maxHeader = 64 << 10

// Open checks a target's specification and makes it ready to be asked. It sends
// nothing. The target must be closed.
func Open(spec Spec) (*Target, error) { return open(spec, network{}) }

func open(spec Spec, via network) (*Target, error) {
	if spec.Protocol == nil {
		return nil, fmt.Errorf("opening target %s: it has no protocol", spec.Name)
	}
	u, err := checkURL(spec.Endpoint.URL)
	if err != nil {
		return nil, fmt.Errorf("opening target %s: %w", spec.Name, err)
	}
	key := spec.Endpoint.Key
	for i, part := range []secret.Value{key, spec.Endpoint.KeyID, spec.Endpoint.Session} {
		if strings.ContainsFunc(part.Reveal(), func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r > unicode.MaxASCII }) {
			return nil, fmt.Errorf("opening target %s: its %s holds a space, a line end or another character that no key has", spec.Name, [...]string{"key", "key_id", "session"}[i])
		}
	}
	spec.Timeouts = spec.Timeouts.filled()
	ctx, cancel := context.WithCancel(context.Background())
	t := &Target{spec: spec, host: u.Host, redactor: secret.NewRedactor(key, spec.Endpoint.KeyID, spec.Endpoint.Session), ctx: ctx, cancel: cancel, stamps: wire.KeepStamps(),
		asking: make(map[*attempt]context.CancelCauseFunc)}
	t.idle.L = &t.mu
	if spec.MaxSockets > 0 {
		t.sockets = make(chan struct{}, spec.MaxSockets)
	}
	signs := !spec.Endpoint.KeyID.Empty() // then the key itself does not travel
	if u.Scheme == "http" && !key.Empty() && !signs && !loopback(u.Hostname()) {
		t.warnings = append(t.warnings, fmt.Sprintf("target %s: its key travels unencrypted to %s (http)", spec.Name, u.Host))
	}
	if n := len(key.Reveal()); n > 0 && n < secret.MinLength {
		t.warnings = append(t.warnings, fmt.Sprintf("target %s: a key of fewer than %d characters is not hidden in what the server says", spec.Name, secret.MinLength))
	}
	if spec.Clock == results.ClockUser {
		via.clock = spec.Clock
	}
	t.transport = newTransport(spec.Timeouts, via, ctx)
	return t, nil
}

// checkURL refuses what could not be asked and what would put a secret into an
// address.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("its url cannot be read: want for instance https://api.example.com/v1")
	case u.User != nil:
		return nil, errors.New("its url holds a user or password: put the secret into key: {env: VARIABLE}")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("its url begins with %q: want http:// or https://", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("its url names no host: want for instance https://api.example.com/v1")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("its url has a query (?...): remove it, and put a key into key: {env: VARIABLE}")
	case u.Fragment != "":
		return nil, errors.New("its url has a fragment (#...), which is never sent")
	}
	return u, nil
}

// loopback reports whether a host is this machine, without asking a resolver.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// stamping returns how connections are made, by the clock that the network asks for.
func stamping(limits Timeouts, via network) func(ctx context.Context, network, address string) (wire.Stamped, error) {
	dialer := &net.Dialer{Timeout: limits.Connect, Resolver: via.resolver}
	dial := via.dial
	if dial == nil {
		dial = dialer.DialContext
		if via.clock != results.ClockUser {
			// What is held must not look like a standstill.
			batch := limits.Idle >= 10*wire.MaxHold
			return func(ctx context.Context, network, address string) (wire.Stamped, error) {
				return wire.DialKernel(ctx, dialer, network, address, batch)
			}
		}
	}
	return func(ctx context.Context, network, address string) (wire.Stamped, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wire.StampUser(conn), nil
	}
}

func newTransport(limits Timeouts, via network, owner context.Context) *http.Transport {
	dial := stamping(limits, via)
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			// net/http lets a dial outlive its request; it must not outlive the target.
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(owner, cancel)()
			return dial(dialling(ctx), network, address)
		},
		Protocols:              &protocols,
		TLSClientConfig:        &tls.Config{RootCAs: via.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    limits.Connect,
		DisableCompression:     true,
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    maxIdleConns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         bufferSize,
		WriteBufferSize:        bufferSize,
	}
}

// filled returns the timeouts with their defaults.
func (t Timeouts) filled() Timeouts {
	fill := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	fill(&t.Connect, 5*time.Second)
	fill(&t.FirstByte, 30*time.Second)
	fill(&t.Idle, 30*time.Second)
	fill(&t.Total, 5*time.Minute)
	return t
}

// Spec returns what the target was opened with, timeouts filled in.
func (t *Target) Spec() Spec { return t.spec }

// Redactor hides the target's key, with its id and the session's token where it signs.
func (t *Target) Redactor() *secret.Redactor { return t.redactor }

// Warnings says what a user should know before this target is asked, one
// sentence each; nil when there is nothing.
func (t *Target) Warnings() []string { return t.warnings }

// RateLimits are what the target's latest response with any said that may be asked of
// it; nil where none did.
func (t *Target) RateLimits() *chat.RateLimits { return t.limits.Load() }

// Close cancels what is being asked, waits until that has ended, and closes the
// connections. What is asked afterwards is cancelled at once.
func (t *Target) Close() {
	t.mu.Lock()
	t.closed = true
	for _, cancel := range t.asking {
		cancel(errClosed)
	}
	t.cancel()
	for len(t.asking) > 0 {
		t.idle.Wait()
	}
	t.mu.Unlock()
	t.transport.CloseIdleConnections()
	t.stamps()
}

// enter admits an attempt unless the target is closed; the attempt must then
// leave. Its context is cancelled by Close.
func (t *Target) enter(a *attempt, cancel context.CancelCauseFunc) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.asking[a] = cancel
	}
	return !t.closed
}

func (t *Target) leave(a *attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if delete(t.asking, a); len(t.asking) == 0 {
		t.idle.Broadcast()
	}
}
