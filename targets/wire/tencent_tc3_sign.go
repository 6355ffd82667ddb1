package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The names that a signature to Hunyuan is made of.
const (
	tc3Algorithm = "TC3-HMAC-SHA256"
	tc3Service   = "hunyuan"
)

// signTC3 signs a request with its endpoint's key and clock. Tencent Cloud takes a
// signature for five minutes, so it is made as the request is sent.
func signTC3(r *http.Request, body []byte, ep *Endpoint) {
	now := ep.now().UTC()
	r.Header["X-Tc-Timestamp"] = []string{strconv.FormatInt(now.Unix(), 10)}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	s := tc3Signature{
		service: tc3Service, timestamp: now.Unix(), date: now.Format("2006-01-02"), path: path, body: body,
		headers: [][2]string{
			{"content-type", r.Header.Get("Content-Type")},
			{"host", r.Host},
			{"x-tc-action", strings.ToLower(r.Header.Get("X-Tc-Action"))},
		},
	}
	r.Header["Authorization"] = []string{s.authorization(ep.KeyID.Reveal(), ep.Key.Reveal())}
}

// tc3Signature is what is signed of a POST.
//
// Source: https://www.tencentcloud.com/document/api/1284/75537 (signature v3).
type tc3Signature struct {
	service   string
	timestamp int64  // seconds since 1970
	date      string // of the timestamp, in UTC
	path      string
	headers   [][2]string // lower-case name and value, by name
	body      []byte
}

// authorization is the header field's value.
func (s *tc3Signature) authorization(id, secret string) string {
	scope := s.date + "/" + s.service + "/tc3_request"
	key := []byte("TC3" + secret)
	for _, part := range []string{s.date, s.service, "tc3_request"} {
		key = hmacSHA256(key, part)
	}
	signature := hmacSHA256(key, strings.Join([]string{tc3Algorithm, strconv.FormatInt(s.timestamp, 10), scope, hexSHA256([]byte(s.canonical()))}, "\n"))
	return tc3Algorithm + " Credential=" + id + "/" + scope + ", SignedHeaders=" + s.names() + ", Signature=" + hex.EncodeToString(signature)
}

// canonical is the request in the one form that both sides hash.
func (s *tc3Signature) canonical() string {
	lines := []string{"POST", s.path, ""}
	for _, h := range s.headers {
		lines = append(lines, h[0]+":"+strings.TrimSpace(h[1]))
	}
	return strings.Join(slices.Concat(lines, []string{"", s.names(), hexSHA256(s.body)}), "\n")
}

func (s *tc3Signature) names() string {
	names := make([]string, 0, len(s.headers))
	for _, h := range s.headers {
		names = append(names, h[0])
	}
	return strings.Join(names, ";")
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
