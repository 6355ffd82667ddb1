package prompts

import (
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// csvColumns are the columns that a format of traces needs, by their names in its
// header, and how it writes times. Others are let go.
type csvColumns struct {
	format              string
	time, input, output string
	parse               func(string) (time.Duration, *Error)
}

// burstGPT is the CSV of BurstGPT: seconds since the trace's zero. A request
// without an answer has failed there. The columns Session ID and Elapsed time of
// later versions are not needed.
var burstGPT = csvColumns{TraceBurstGPT, "Timestamp", "Request tokens", "Response tokens", seconds}

// azure is the CSV of Azure's LLM inference traces: dates and times.
var azure = csvColumns{TraceAzure, "TIMESTAMP", "ContextTokens", "GeneratedTokens", dateTime}

func csvTrace(want csvColumns) func(io.Reader, Limits) iter.Seq[request] {
	return func(r io.Reader, l Limits) iter.Seq[request] {
		return func(yield func(request) bool) {
			var at [3]int
			err := table(r, l, want.format, func(names []string) (err *Error) {
				at, err = want.header(names)
				return err
			}, func(row []string, line int) bool {
				q, err := want.row(row, at)
				q.line, q.err = line, err
				return yield(q)
			})
			if err != nil {
				yield(request{line: err.Line, err: err})
			}
		}
	}
}

// header finds the columns.
func (c csvColumns) header(names []string) (at [3]int, err *Error) {
	for i, name := range []string{c.time, c.input, c.output} {
		at[i] = slices.Index(names, name)
		if at[i] < 0 {
			return at, c.missing(name, names)
		}
		if slices.Contains(names[at[i]+1:], name) {
			return at, mistake("keep one of them", "the column %s is there twice", name)
		}
	}
	return at, nil
}

// missing is why a header is not the format's.
func (c csvColumns) missing(name string, names []string) *Error {
	for _, other := range []csvColumns{burstGPT, azure} {
		if other.format != c.format && slices.Contains(names, other.time) && slices.Contains(names, other.input) {
			return mistake(setFormat(other.format), "the file looks like %s, not %s", other.format, c.format)
		}
	}
	shown := make([]string, 0, 8)
	for _, n := range names[:min(len(names), 8)] {
		shown = append(shown, quoted(n))
	}
	return mistake("the first line names the columns: "+strings.Join([]string{c.time, c.input, c.output}, ", "),
		"the header has no column %s; it has %s", name, strings.Join(shown, ", "))
}

func (c csvColumns) row(row []string, at [3]int) (q request, err *Error) {
	if q.at, err = c.parse(row[at[0]]); err != nil {
		return q, err
	}
	var n [2]int64
	for i, name := range []string{c.input, c.output} {
		text := row[at[i+1]]
		x, e := strconv.ParseInt(text, 10, 64)
		if e != nil {
			return q, mistake("", "%s is %s, not a whole number of tokens", name, quoted(text))
		}
		n[i] = x
	}
	q.input, q.output = int(n[0]), int(n[1])
	return q, lengthsOf(n[0], n[1], c.input, c.output)
}

// seconds reads a number of seconds, whole or with a fraction.
func seconds(text string) (time.Duration, *Error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || strings.ContainsAny(text, "xXpP_") {
		return 0, mistake("Timestamp is seconds since the trace's beginning", "Timestamp is %s, not a number of seconds", quoted(text))
	}
	if x < 0 || x > latest.Seconds() {
		return 0, mistake("Timestamp is seconds since the trace's beginning", "Timestamp %s is out of range", quoted(text))
	}
	return time.Duration(math.Round(x * float64(time.Second))), nil
}

// latest bounds times, in any format: about 290 years, what a duration can say.
const latest = time.Duration(math.MaxInt64 / 2)

// dateTime reads 2023-11-16 18:15:46.6805900, with or without a zone.
func dateTime(text string) (time.Duration, *Error) {
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		at, err = time.Parse(time.DateTime+"Z07:00", text)
	}
	if err != nil || at.Year() < 1970 || at.Year() > 2100 {
		return 0, mistake("TIMESTAMP is written 2023-11-16 18:15:46.6805900", "TIMESTAMP is %s, not a date and time", quoted(text))
	}
	return at.Sub(time.Unix(0, 0)), nil
}
