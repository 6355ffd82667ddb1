package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

// received is a request as AWS gets it.
type received struct {
	method, path, query, host, body string
	header                          http.Header
}

// signature is AWS's signature version 4 of a request, computed anew from what its
// documentation says, and from no more than the request that came:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (r *received) signature(secret, scope string, signed []string) string {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	sum := func(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
	var path strings.Builder // what came, encoded once more
	for _, c := range []byte(r.path) {
		if c == '/' || strings.IndexByte("-._~", c) >= 0 || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			path.WriteByte(c)
		} else {
			fmt.Fprintf(&path, "%%%02X", c)
		}
	}
	canonical := r.method + "\n" + path.String() + "\n" + r.query + "\n"
	for _, name := range signed {
		value := strings.Join(r.header.Values(name), ",")
		switch name {
		case "host":
			value = r.host
		case "content-length":
			value = fmt.Sprint(len(r.body))
		}
		canonical += name + ":" + strings.Join(strings.Fields(value), " ") + "\n"
	}
	canonical += "\n" + strings.Join(signed, ";") + "\n" + sum(r.body)
	key := []byte("AWS4" + secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	at := r.header.Get("X-Amz-Date")
	return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+at+"\n"+scope+"\n"+sum(canonical)))
}

// The signature of the documentation's own example comes out.
func TestSignatureOfTheExample(t *testing.T) {
	r := received{method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08", host: "iam.amazonaws.com",
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}, "X-Amz-Date": {"20150830T123600Z"}}}
	got := r.signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830/us-east-1/iam/aws4_request", []string{"content-type", "host", "x-amz-date"})
	if want := "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What arrives at a server is signed as AWS computes it: ids and other headers do not
// matter, and a request that is sent again has the same body.
func TestRequestsAreSigned(t *testing.T) {
	var got []received
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, received{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, string(body), r.Header})
	}))
	defer server.Close()
	ep := Endpoint{URL: server.URL + "/gateway/", Model: "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-x-v1:0",
		Key: secret.New("wJalrXUtnFEMI/K7MDENG"), KeyID: secret.New("AKIDEXAMPLE"), Session: secret.New("session+token=="), Region: "eu-central-1",
		Headers: map[string]string{"X-Amzn-Bedrock-GuardrailIdentifier": "g", "X-Amz-Thing": " a  b ", "X-Trace": "t"},
		Now:     func() time.Time { return time.Date(2026, 11, 23, 23, 59, 59, 0, time.FixedZone("", -3600)) }}
	for _, id := range []string{"steady/目标/0/0/1", ""} {
		r, _, err := Bedrock{}.Encode(ep, chat.Request{ID: id, Messages: []chat.Message{{Role: chat.User, Content: "héllo"}}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if r.Body, err = r.GetBody(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range got {
		if want := "/gateway/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Feu.anthropic.claude-x-v1%3A0/converse-stream"; r.path != want {
			t.Errorf("asked at %s, want %s", r.path, want)
		}
		scope, rest, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), ", SignedHeaders=")
		headers, signature, _ := strings.Cut(rest, ", Signature=")
		signed := strings.Split(headers, ";")
		if scope != "20261124/eu-central-1/bedrock/aws4_request" {
			t.Errorf("signed for %q", scope)
		}
		for _, name := range []string{"host", "x-amz-date", "x-amz-security-token", "x-amz-thing", "content-type"} {
			if !slices.Contains(signed, name) {
				t.Errorf("%s is not signed: %v", name, signed)
			}
		}
		for _, name := range []string{"x-client-request-id", "x-trace", "accept"} {
			if slices.Contains(signed, name) {
				t.Errorf("%s is signed: a gateway may change it", name)
			}
		}
		if want := r.signature("wJalrXUtnFEMI/K7MDENG", scope, signed); signature != want {
			t.Errorf("signature %s, want %s", signature, want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d requests", len(got))
	}
}

// Two targets whose keys have one id are signed each with its own.
func TestSecretsOfOneIDAreKeptApart(t *testing.T) {
	sign := func(key string) string {
		r, _, err := Bedrock{}.Encode(Endpoint{Region: "us-east-1", Model: "m", KeyID: secret.New("AKID"), Key: secret.New(key),
			Now: func() time.Time { return time.Unix(0, 0) }}, chat.Request{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Header.Get("Authorization")
	}
	if a, b := sign("one-secret"), sign("other-secret"); a == b || a != sign("one-secret") {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestAmazonRegion(t *testing.T) {
	for host, want := range map[string]string{
		"bedrock-runtime.eu-central-1.amazonaws.com":               "eu-central-1",
		"bedrock-runtime-fips.us-gov-west-1.amazonaws.com":         "us-gov-west-1",
		"bedrock-runtime.ap-southeast-2.api.aws":                   "ap-southeast-2",
		"bedrock-mantle.us-east-1.api.aws":                         "us-east-1",
		"bedrock-runtime.cn-north-1.amazonaws.com.cn":              "cn-north-1",
		"bedrock-runtime.eusc-de-east-1.amazonaws.eu":              "eusc-de-east-1",
		"vpce-0a1b-x.bedrock-runtime.us-west-2.vpce.amazonaws.com": "us-west-2",
		"127.0.0.1":                                    "",
		"bedrock.example.com":                          "",
		"s3.eu-central-1.amazonaws.com":                "",
		"bedrock-runtime.eu-central-1.example.com":     "",
		"mybedrock-runtime.eu-central-1.amazonaws.com": "",
	} {
		if got := amazonRegion(&Endpoint{}, host); got != want {
			t.Errorf("%s: region %q, want %q", host, got, want)
		}
		if got := amazonRegion(&Endpoint{Region: "x"}, host); got != "x" {
			t.Errorf("%s: region %q, though it was said", host, got)
		}
	}
	for region, want := range map[string]string{"us-east-1": "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse",
		"cn-north-1":     "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse",
		"eusc-de-east-1": "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu/model/m/converse"} {
		if u, err := bedrockURL(&Endpoint{Region: region}, "m", true); err != nil || u.String() != want {
			t.Errorf("%s: %v, %v", region, u, err)
		}
	}
}

func TestBedrockAddresses(t *testing.T) {
	for _, tc := range []struct{ intent, url, model, want string }{
		{"a version in the name", "http://h", "anthropic.claude-x:0", "http://h/model/anthropic.claude-x%3A0/converse-stream"},
		{"a base with a slash", "http://h/", "m", "http://h/model/m/converse-stream"},
		{"a gateway's path", "http://h/bedrock", "m", "http://h/bedrock/model/m/converse-stream"},
		{"a name like a path", "http://h/", "../../m?x=1", "http://h/model/..%2F..%2Fm%3Fx%3D1/converse-stream"},
	} {
		u, err := bedrockURL(&Endpoint{URL: tc.url}, tc.model, false)
		if err != nil || u.String() != tc.want {
			t.Errorf("%s: %v, %v: want %s", tc.intent, u, err, tc.want)
			continue
		}
		if again, err := url.Parse(u.String()); err != nil || again.RequestURI() != u.RequestURI() {
			t.Errorf("%s: %v, %v", tc.intent, again, err)
		}
	}
	for intent, tc := range map[string]struct {
		ep   Endpoint
		want string
	}{
		"no model":           {Endpoint{URL: "http://h"}, "has no model"},
		"a path for a model": {Endpoint{URL: "http://h", Model: ".."}, "has no model"},
		"neither url":        {Endpoint{Model: "m"}, "neither a url nor a region"},
		"no region to sign":  {Endpoint{URL: "http://h", Model: "m", KeyID: secret.New("AKID"), Key: secret.New("canary-key")}, "set the target's region"},
		"a url that is none": {Endpoint{URL: "http://h:canary-key", Model: "m"}, "url is none"},
	} {
		_, _, err := Bedrock{}.Encode(tc.ep, chat.Request{})
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", intent, err, tc.want)
		}
	}
}

// A key alone is a Bedrock API key. Without one nothing is sent, and a gateway's own
// authorization is not replaced.
func TestBedrockKeys(t *testing.T) {
	for intent, tc := range map[string]struct {
		ep   Endpoint
		want string
	}{
		"a Bedrock API key": {Endpoint{Key: secret.New("bedrock-api-key-x")}, "Bearer bedrock-api-key-x"},
		"none":              {Endpoint{}, ""},
		"a gateway's":       {Endpoint{Key: secret.New("k"), KeyID: secret.New("id"), Headers: map[string]string{"authorization": "Basic x"}}, "Basic x"},
	} {
		tc.ep.URL, tc.ep.Model = "http://h", "m"
		r, _, err := Bedrock{}.Encode(tc.ep, chat.Request{})
		if err != nil || r.Header.Get("Authorization") != tc.want || r.Header.Get("X-Amz-Date") != "" {
			t.Errorf("%s: %v, %v", intent, r.Header, err)
		}
	}
}

// An answer in one piece is asked for at another address, as another type.
func TestBedrockWhole(t *testing.T) {
	for whole, want := range map[bool]string{false: "/model/m/converse-stream application/vnd.amazon.eventstream", true: "/model/m/converse application/json"} {
		r, _, err := Bedrock{}.Encode(Endpoint{URL: "http://h", Model: "m"}, chat.Request{Params: chat.Params{Whole: whole}})
		if err != nil || r.URL.Path+" "+r.Header.Get("Accept") != want {
			t.Errorf("%v, %v: want %s", r, err, want)
		}
	}
}
