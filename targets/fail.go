package targets

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"switchover/targets/chat"
)

// errClosed is the cause with which Close cancels attempts.
var errClosed = errors.New("the target was closed")

// stopped is the failure of an attempt whose context has ended: a limit passed,
// or this side gave up.
func (t *Target) stopped(ctx context.Context) *chat.Failure {
	cause := context.Cause(ctx)
	var limit *expired
	if errors.As(cause, &limit) {
		return &chat.Failure{Class: limit.class, Message: limit.Error() + ", host " + t.host}
	}
	message := "cancelled before it had ended"
	if errors.Is(cause, errClosed) {
		message = errClosed.Error()
	}
	return &chat.Failure{Class: chat.Cancelled, Message: message}
}

// unanswered classifies an attempt that ended before a response's head was read.
func (t *Target) unanswered(ctx context.Context, tr *trace, err error) *chat.Failure {
	if ctx.Err() != nil {
		return t.stopped(ctx)
	}
	connected, answered, handshaking := tr.progress()
	fail := func(class chat.Class, format string, args ...any) *chat.Failure {
		return &chat.Failure{Class: class, Message: fmt.Sprintf(format, args...)}
	}
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case exhausted(err):
		return fail(chat.Client, "this machine could not open a connection to %s: %v", t.host, reason(err))
	case answered:
		return fail(chat.Malformed, "the response's head from %s cannot be read: %s; is the url that of the API?", t.host, plainly(err))
	case connected:
		return fail(chat.Connect, "%s closed the connection without a response: %v", t.host, err)
	case errors.As(err, &dns):
		return fail(chat.DNS, "the name %s does not resolve: %s", dns.Name, dns.Err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fail(chat.TimeoutConnect, "no connection to %s within %v", t.host, t.spec.Timeouts.Connect)
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return fail(chat.TLS, "%s speaks http, not https: is the url's https:// right?", t.host)
	case handshaking:
		return fail(chat.TLS, "no secure connection to %s: %v", t.host, err)
	}
	return fail(chat.Connect, "no connection to %s: %v", t.host, reason(err))
}

// exhausted reports whether this machine, not the target, was short of what a
// connection takes: files, ports or memory.
func exhausted(err error) bool {
	for _, short := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, short) {
			return true
		}
	}
	// No local address: of IPv4 the ports are used up, of IPv6 there may never have
	// been one.
	var op *net.OpError
	if !errors.Is(err, syscall.EADDRNOTAVAIL) || !errors.As(err, &op) {
		return false
	}
	to, ok := op.Addr.(*net.TCPAddr)
	return ok && to.IP.To4() != nil
}

// reason is an error of net without the addresses, which stand in front.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// plainly is an error of net/http without where in net/http it arose.
func plainly(err error) string {
	return strings.TrimSuffix(strings.NewReplacer("net/http: ", "", "HTTP/1.x transport connection broken: ", "", "server response", "its").Replace(err.Error()), "; aborted")
}

const (
	maxMessage = 500 // characters of an error message in a record
	maxWord    = 128 // bytes of a name that the server chose
)

// sentence makes one short clear line of what a server said: the key hidden
// first, and again once what kept its parts from being seen is gone.
func (t *Target) sentence(s string) string {
	s = t.redactor.Text(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}), " ")
	s = t.redactor.Text(s)
	if utf8.RuneCountInString(s) > maxMessage {
		s = string([]rune(s)[:maxMessage-1]) + "…"
	}
	return s
}

// word is a name that the server chose, fit to be kept.
func (t *Target) word(s string) string {
	if s = t.redactor.Text(s); len(s) > maxWord {
		s = strings.ToValidUTF8(s[:maxWord], "")
	}
	return s
}
