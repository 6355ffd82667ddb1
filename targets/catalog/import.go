package catalog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"switchover/targets/price"
)

// Import is what was made of somebody else's list of prices.
type Import struct {
	Catalog *Catalog
	Taken   int // prices
	// Skipped counts prices and parts of prices that were left out, by the reason.
	Skipped map[string]int
}

// Formats are the lists that can be imported.
var Formats = []string{"genai-prices", "models.dev"}

// ImportFrom reads a list of prices in one of Formats. checked is the day that is
// recorded with them: the lists say of few entries when these were read. The reader is
// read to MaxBytes; a list of another shape is refused with the place.
func ImportFrom(format string, r io.Reader, checked time.Time) (*Import, error) {
	return importFrom(format, r, checked, MaxBytes)
}

func importFrom(format string, r io.Reader, checked time.Time, most int) (*Import, error) {
	in := &Import{Catalog: &Catalog{}, Skipped: map[string]int{}}
	day := price.Moment{Time: checked.UTC().Truncate(24 * time.Hour)}
	limited := &limited{r: r, left: most}
	text := bufio.NewReader(limited)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" { // what some editors put first
		_, _ = text.Discard(3) // was peeked at
	}
	dec := json.NewDecoder(text)
	var err error
	switch format {
	case "genai-prices":
		err = in.genai(dec, day)
	case "models.dev":
		err = in.modelsDev(dec, day)
	default:
		return nil, fmt.Errorf("the format %.60q is not known: %s", format, strings.Join(Formats, ", "))
	}
	if err == nil {
		if _, end := dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the list")
		}
	}
	if limited.over {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	if err != nil {
		return nil, fmt.Errorf("this is no list of %s: byte %d: %w", format, dec.InputOffset(), err)
	}
	if in.Taken == 0 {
		return nil, fmt.Errorf("this list of %s has no price in it", format)
	}
	if err := in.Catalog.Check(); err != nil {
		return nil, fmt.Errorf("what is in this list of %s: %w", format, err)
	}
	return in, nil
}

// limited ends a reader that is longer than it may be.
type limited struct {
	r    io.Reader
	left int
	over bool
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		l.over = true
		return 0, io.ErrUnexpectedEOF
	}
	n, err := l.r.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

func (in *Import) skip(reason string, n int) {
	if n > 0 {
		in.Skipped[reason] += n
	}
}

// unknownPart is why a price is left out that has a part nobody here knows: without
// it, what a request costs would be a guess.
func unknownPart(name string) string {
	return fmt.Sprintf("models with a part of the price that is not known: %.60q", name)
}

// open reads an opening bracket or brace.
func open(dec *json.Decoder, want json.Delim, what string) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%s begins with %v, not with %v", what, t, want)
	}
	return nil
}

// strictly decodes what has no fields but those known.
func strictly(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// add takes a price, unless there are too many.
func (in *Import) add(p Price) error {
	if len(in.Catalog.Prices) >= maxEntries {
		return fmt.Errorf("more than %d prices", maxEntries)
	}
	in.Catalog.Prices = append(in.Catalog.Prices, p)
	in.Taken++
	return nil
}

// Text says what was taken and what was not, in a fixed order.
func (in *Import) Text() string {
	text := fmt.Sprintf("%d prices of %d providers taken", in.Taken, in.providers())
	for _, reason := range slices.Sorted(maps.Keys(in.Skipped)) {
		text += fmt.Sprintf("\n  left out: %d %s", in.Skipped[reason], reason)
	}
	return text
}

func (in *Import) providers() int {
	seen := map[string]bool{}
	for _, p := range in.Catalog.Prices {
		seen[p.Provider] = true
	}
	return len(seen)
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
