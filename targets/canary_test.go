package targets

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// spelled writes every byte of the canary by f.
func spelled(f string) string {
	var b strings.Builder
	for i := range len(canary) {
		fmt.Fprintf(&b, f, canary[i])
	}
	return b.String()
}

// echoes are the forms in which the hostile server sends the key back.
func echoes() map[string]string {
	in := map[string]string{
		"verbatim":       canary,
		"JSON escapes":   spelled(`\u%04x`),
		"percent":        spelled("%%%02X"),
		"query":          url.QueryEscape(canary),
		"HTML":           spelled("&#%d;"),
		"HTML, named":    html.EscapeString(canary),
		"hex":            hex.EncodeToString([]byte(canary)),
		"hex, upper":     strings.ToUpper(hex.EncodeToString([]byte(canary))),
		"broken":         canary[:9] + "\n" + canary[9:],
		"control within": canary[:9] + "\x00\u200b" + canary[9:],
	}
	for i, before := range []string{"", "x", "xy"} {
		in[fmt.Sprintf("base64, %d before", i)] = base64.StdEncoding.EncodeToString([]byte(before + canary + "z"))
		in[fmt.Sprintf("base64 for URLs, %d before", i)] = base64.RawURLEncoding.EncodeToString([]byte(before + canary))
	}
	return in
}

func inJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// channels are the places where a server can put text that ends in a record.
func channels(echo string) map[string]func(net.Conn) {
	event := func(delta string) string { return `data: {"choices":[{"index":0,"delta":` + delta + "}]}\n\n" }
	stream := func(events ...string) func(net.Conn) {
		return say(append(append([]string{streamHead}, events...), "0\r\n\r\n")...)
	}
	var split strings.Builder // one event a character
	for _, r := range echo {
		split.WriteString(httpChunk(event(`{"content":` + inJSON(string(r)) + `}`)))
	}
	header := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, echo)
	return map[string]func(net.Conn){
		"content":          stream(httpChunk(event(`{"content":`+inJSON("your key is "+echo)+`}`) + goodEnd)),
		"content, split":   stream(split.String(), httpChunk(goodEnd)),
		"reasoning":        stream(httpChunk(event(`{"reasoning":`+inJSON(echo)+`}`) + goodEnd)),
		"tool arguments":   stream(httpChunk(event(`{"tool_calls":[{"index":0,"id":`+inJSON(echo)+`,"function":{"name":`+inJSON(echo)+`,"arguments":`+inJSON(inJSON(echo))+`}}]}`) + goodEnd)),
		"finish":           stream(httpChunk(strings.ReplaceAll(event(`{"content":"x"},"finish_reason":`+inJSON(echo)), "}}]", "}]") + "data: [DONE]\n\n")),
		"model":            stream(httpChunk(`data: {"model":` + inJSON(echo) + `,"choices":[]}` + "\n\n" + goodEnd)),
		"stream error":     stream(httpChunk(`data: {"error":{"message":` + inJSON("bad key "+echo) + `,"type":` + inJSON(echo) + `,"code":` + inJSON(echo) + `}}` + "\n\n")),
		"malformed event":  stream(httpChunk("data: {" + strings.ReplaceAll(echo, "\n", "\ndata: ") + "\n\n")),
		"page":             say(status("200 OK", "<html><title>"+echo+"</title>")),
		"words":            say(status("200 OK", "key "+echo)),
		"error body":       say(status("401 Unauthorized", `{"error":{"message":`+inJSON("Incorrect API key: "+echo)+`}}`)),
		"error body, raw":  say(status("500 Oops", "Authorization: Bearer "+echo)),
		"location":         say(status("302 Found", "", "Location: http://"+header+".example/"+header)),
		"status line":      say("HTTP/1.1 " + header + "\r\n\r\n"),
		"header line":      say("HTTP/1.1 200 OK\r\n" + header + "\r\n\r\n"),
		"cut inside":       say(streamHead, httpChunk(event(`{"content":`+inJSON(echo[:len(echo)*9/10])+`}`))),
		"long error body":  say(status("500 Oops", strings.Repeat("x", maxMessage-20)+echo)),
		"oversized error":  say(status("500 Oops", strings.Repeat(" ", maxErrorBody-20)+echo)),
		"message of parts": say(status("400 Bad Request", `{"error":{"message":[`+inJSON(echo)+`]}}`)),
	}
}

// TestCanaryKeyNeverReachesARecord: whatever form a hostile server sends the key
// back in, and wherever, no record holds it, nor its base64 or hex.
func TestCanaryKeyNeverReachesARecord(t *testing.T) {
	var banned []string
	for _, s := range []string{canary, canary[:20], hex.EncodeToString([]byte(canary))} {
		banned = append(banned, s, inJSON(s)[1:len(inJSON(s))-1])
	}
	for shift := range 3 {
		// The characters in the middle of the key's base64, at each alignment.
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary))
		banned = append(banned, encoded[8:28], strings.NewReplacer("+", "-", "/", "_").Replace(encoded[8:28]))
	}
	asked := 0
	for form, echo := range echoes() {
		for channel, script := range channels(echo) {
			rec := askHostile(t, script)
			asked++
			line, err := json.Marshal(rec)
			if err != nil {
				t.Fatal(err)
			}
			// A reader may undo the escapes, so look at what they stand for as well.
			text := string(line)
			readable, _ := url.PathUnescape(strings.ReplaceAll(html.UnescapeString(text), `\\u`, `\u`))
			lower := strings.ToLower(text)
			for _, b := range banned {
				if strings.Contains(text, b) || strings.Contains(readable, b) || strings.Contains(lower, strings.ToLower(b)) {
					t.Errorf("%s in %s: the record holds %q: %s", form, channel, b, text)
				}
			}
			if strings.Contains(unescapeAll(text), canary) {
				t.Errorf("%s in %s: the record holds the key, escaped: %s", form, channel, text)
			}
		}
	}
	t.Logf("%d records of %d forms of the key", asked, len(echoes()))
}

// unescapeAll undoes \uXXXX at any depth.
func unescapeAll(s string) string {
	for i := range 128 {
		for _, slashes := range []string{`\\\\`, `\\`, `\`} {
			s = strings.ReplaceAll(s, slashes+fmt.Sprintf("u%04x", i), string(rune(i)))
		}
	}
	return s
}

func askHostile(t *testing.T, script func(net.Conn)) *results.Record {
	t.Helper()
	target, err := Open(openai(rawServer(t, script)))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	rec := &results.Record{Attempt: 1}
	target.Ask(context.Background(), time.Now(), chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "what is my key?"}}}, rec)
	return rec
}

func TestErrorsOfThisSideHoldNoKey(t *testing.T) {
	spec := openai("http://127.0.0.1:1/v1")
	target, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	rec := askOpen(t, target)
	for _, text := range []string{fmt.Sprintf("%+v", target.Spec()), fmt.Sprintf("%#v", target.Spec().Endpoint), fmt.Sprintf("%+v", rec)} {
		if strings.Contains(text, canary) {
			t.Errorf("the key is printed: %s", text)
		}
	}
}
