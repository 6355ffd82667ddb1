package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"switchover/targets/chat"
)

// standard is what encoding/json writes.
func standard(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func byHand(t testing.TB, v interface {
	appendJSON([]byte) ([]byte, error)
}) string {
	t.Helper()
	b, err := v.appendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func sameJSON(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// fill sets every field that v holds, at any depth, to something but its zero.
func fill(v reflect.Value, r *rand.Rand) {
	switch x := v.Addr().Interface().(type) {
	case *Instant:
		*x = Known(r.Int64() - r.Int64())
		return
	case *Opt[int]:
		*x = Known(1 + r.IntN(1e6))
		return
	case *Opt[float64]:
		*x = Known(math.Exp(40 * (r.Float64() - 0.5)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), r)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			fill(v.Index(i), r)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("%d é <&> \"\\\n", r.IntN(1000)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(1e9))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	default:
		panic("no value for a " + v.Kind().String())
	}
}

// A field that the encoder forgets would be missing from every journal.
func TestRecordsAreEncodedWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sameJSON(t, "an empty record", byHand(t, &Record{}), standard(t, &Record{}))
	for range 100 {
		var full Record
		fill(reflect.ValueOf(&full).Elem(), r)
		sameJSON(t, "a full record", byHand(t, &full), standard(t, &full))
	}
	// Each field alone: what is left out with others of its kind there, and not when
	// it alone is, shows here.
	for i := range reflect.TypeFor[Record]().NumField() {
		var one Record
		field := reflect.ValueOf(&one).Elem().Field(i)
		fill(field, r)
		name := reflect.TypeFor[Record]().Field(i).Name
		sameJSON(t, "with only "+name, byHand(t, &one), standard(t, &one))
		if kind := field.Kind(); kind == reflect.Slice || kind == reflect.Pointer {
			field.Set(reflect.MakeSlice(reflect.SliceOf(field.Type()), 1, 1).Index(0)) // nil
			sameJSON(t, "without "+name, byHand(t, &one), standard(t, &one))
		}
	}
}

func TestNumbersAreEncodedAsTheStandardLibraryDoes(t *testing.T) {
	for _, usd := range []float64{0, 1e-6, 9.9999e-7, 1e-7, 0.000001234, 0.1, 1, 123456.789, 1e20, 1e21, 1e22, -1e-9, -0.5,
		math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1)} {
		r := &Record{CostUSD: Known(usd)}
		sameJSON(t, fmt.Sprint(usd), byHand(t, r), standard(t, r))
		asked := Asked{ID: "s/t/0/0/1", WorstUSD: usd}
		var back Asked
		if err := json.Unmarshal(asked.Data(), &back); err != nil || back != asked {
			t.Errorf("%s reads as %+v: %v", asked.Data(), back, err)
		}
	}
	if _, err := (&Record{CostUSD: Known(math.NaN())}).appendJSON(nil); err == nil {
		t.Error("a cost that is no number was encoded")
	}
}

func TestEventsAreEncodedWhole(t *testing.T) {
	for _, e := range []Event{
		{}, {Segment: 2, T: -5, Kind: EventAsked, Target: "t", Stage: "s", Data: Asked{ID: "s/t/0/0/1", WorstUSD: 1e-9}.Data()},
		{Kind: "<k>", Data: json.RawMessage(" {\"a\" : [1, 2, \"<\u2028>\"] }\n")},
	} {
		sameJSON(t, e.Kind, byHand(t, &e), standard(t, &e))
	}
	if _, err := (&Event{Data: json.RawMessage("{")}).appendJSON(nil); err == nil {
		t.Error("data that is no JSON was encoded")
	}
}

// FuzzEncode: whatever a server said, a record's line is the one that encoding/json
// would have written.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\/\b\f\n\r\t", "é 漢字 🙂 \u2027\u2028\u2029\u202a", "\xff\xc3", "\xed\xa0\x80", "<&>"} {
		f.Add(s, int64(-1), 0.25)
	}
	f.Fuzz(func(t *testing.T, s string, n int64, cost float64) {
		if math.IsNaN(cost) || math.IsInf(cost, 0) {
			return
		}
		r := &Record{ID: s, Text: s, Finish: chat.Finish(s), Start: Known(n), CostUSD: Known(cost),
			Chunks: []Chunk{{Gap: 3, Tokens: int(n), Kind: s}, {Kind: "c"}},
			Error:  &Error{Class: chat.Class(s), Message: s, RetryAfter: Known(n)}, ToolCalls: []chat.ToolCall{{Name: s, Arguments: s}}}
		sameJSON(t, "the record", byHand(t, r), standard(t, r))
		sameJSON(t, "its event", byHand(t, &Event{Kind: s, T: n, Data: Asked{ID: s}.Data()}), standard(t, Event{Kind: s, T: n, Data: Asked{ID: s}.Data()}))
	})
}

func BenchmarkEncode(b *testing.B) {
	r := &Record{ID: "steady/a/17/0/1", Target: "a", Stage: "steady", Session: 17, Attempt: 1, Item: "one",
		Intended: Known[int64](1e9), Scheduled: Known[int64](1e9), Reused: true, Start: Known[int64](1e9), Sent: Known[int64](1e9),
		FirstByte: Known[int64](2e9), FirstToken: Known[int64](2e9), FirstAnswer: Known[int64](2e9), LastToken: Known[int64](3e9),
		End: Known[int64](3e9), Clock: ClockKernel, Text: strings.Repeat("word ", 20), Status: 200, Complete: true,
		Finish: "stop", OutputTokens: Known(20), InputTokens: Known(30), CostUSD: Known(0.0123)}
	for range 20 {
		r.Chunks = append(r.Chunks, Chunk{Gap: 20_000_000, Tokens: 1, Kind: "c"})
	}
	b.Run("by hand", func(b *testing.B) {
		var line []byte
		for b.Loop() {
			line, _ = r.appendJSON(line[:0])
		}
		b.SetBytes(int64(len(line)))
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			_ = standard(b, r)
		}
	})
}
