package price

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Moment is a date, at its first instant, or a date with a time, in UTC.
type Moment struct{ time.Time }

const (
	dateForm   = "2006-01-02"
	momentForm = "2006-01-02T15:04Z"
)

// UnmarshalText reads 2026-09-01, 2026-09-01T16:00Z or RFC 3339.
func (m *Moment) UnmarshalText(b []byte) error {
	for _, form := range []string{dateForm, momentForm, time.RFC3339} {
		if t, err := time.Parse(form, string(b)); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.40q is no date: write 2026-09-01, or 2026-09-01T16:00Z", b)
}

// MarshalText writes the shortest form that UnmarshalText reads.
func (m Moment) MarshalText() ([]byte, error) {
	form := time.RFC3339Nano
	switch t := m.UTC(); {
	case t.Equal(t.Truncate(24 * time.Hour)):
		form = dateForm
	case t.Equal(t.Truncate(time.Minute)):
		form = momentForm
	}
	return m.UTC().AppendFormat(nil, form), nil
}

// UnmarshalJSON reads a text; the embedded time's own way takes RFC 3339 alone.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a date: %w", err)
	}
	return m.UnmarshalText([]byte(s))
}

// MarshalJSON writes a text.
func (m Moment) MarshalJSON() ([]byte, error) {
	b, err := m.MarshalText()
	if err != nil {
		return nil, err
	}
	return json.Marshal(string(b))
}

// Hours are a stretch of each day in UTC, from the first minute to the last, which
// is excluded; it may run past midnight. The zero value is all day.
type Hours struct{ from, to int } // minutes; to is 1 to 1440 unless both are 0

// UnmarshalText reads 16:30-00:30.
func (h *Hours) UnmarshalText(b []byte) error {
	from, to, ok := strings.Cut(string(b), "-")
	first, okFirst := minute(from)
	last, okLast := minute(to)
	if last == 0 {
		last = minutesOfDay
	}
	if !ok || !okFirst || !okLast || first == minutesOfDay || first == last {
		return fmt.Errorf("%.40q is no stretch of a day: write 16:30-00:30, in UTC", b)
	}
	*h = Hours{first, last}
	return nil
}

const minutesOfDay = 24 * 60

// minute reads 09:05, up to 24:00.
func minute(s string) (int, bool) {
	hours, minutes, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.ParseUint(hours, 10, 8)
	m, err2 := strconv.ParseUint(minutes, 10, 8)
	if !ok || err != nil || err2 != nil || len(minutes) != 2 || m > 59 || h*60+m > minutesOfDay {
		return 0, false
	}
	return int(h*60 + m), true
}

// MarshalText writes what UnmarshalText reads.
func (h Hours) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%02d:%02d-%02d:%02d", h.from/60, h.from%60, h.to/60%24, h.to%60), nil
}

// Day is a day of the week, written mon to sun.
type Day time.Weekday

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// DayNames are the days as they are written, sunday first.
func DayNames() []string { return slices.Clone(dayNames) }

// UnmarshalText reads mon to sun.
func (d *Day) UnmarshalText(b []byte) error {
	i := slices.Index(dayNames, string(b))
	if i < 0 {
		return fmt.Errorf("%.40q is no day: write one of %s", b, strings.Join(dayNames, ", "))
	}
	*d = Day(i)
	return nil
}

// MarshalText writes mon to sun.
func (d Day) MarshalText() ([]byte, error) {
	if d < 0 || int(d) >= len(dayNames) {
		return nil, fmt.Errorf("day %d of a week", int(d))
	}
	return []byte(dayNames[d]), nil
}

// holds reports whether the window's price is that of a time.
func (w *Window) holds(at time.Time) bool {
	at = at.UTC()
	if !w.From.IsZero() && at.Before(w.From.Time) || !w.Until.IsZero() && !at.Before(w.Until.Time) {
		return false
	}
	day, now := at.Weekday(), at.Hour()*60+at.Minute()
	switch h := w.Daily; {
	case h == Hours{}:
	case h.from < h.to:
		if now < h.from || now >= h.to {
			return false
		}
	case now < h.to:
		day = (day + 6) % 7 // it began yesterday
	case now < h.from:
		return false
	}
	return len(w.Days) == 0 || slices.Contains(w.Days, Day(day))
}

// over reports whether the window cannot hold between two moments.
func (w *Window) over(from, until time.Time) bool {
	return !from.IsZero() && !w.Until.IsZero() && !w.Until.After(from) ||
		!until.IsZero() && !w.From.IsZero() && !w.From.Before(until)
}

// covers reports whether the window holds all the time between two moments.
func (w *Window) covers(from, until time.Time) bool {
	begun := w.From.IsZero() || !from.IsZero() && !w.From.After(from)
	lasts := w.Until.IsZero() || !until.IsZero() && !w.Until.Before(until)
	return begun && lasts && w.Daily == Hours{} && len(w.Days) == 0
}

// always reports whether the window holds at every time.
func (w *Window) always() bool { return w.covers(time.Time{}, time.Time{}) }

// maxParts bounds the windows of a price, and the tiers of each.
const maxParts = 64

// Check refuses a price that no sum survives: rates below 0 or without bound, tiers
// that begin below 0 or together, windows that never hold, and too many of either.
// most is the highest rate.
func (l *List) Check(most float64) error {
	if len(l.Windows) > maxParts {
		return fmt.Errorf("it has %d windows; at most %d can be", len(l.Windows), maxParts)
	}
	if err := check(l.Base(), l.Tiers, most); err != nil {
		return err
	}
	for i := range l.Windows {
		w := &l.Windows[i]
		if !w.From.IsZero() && !w.Until.IsZero() && !w.Until.After(w.From.Time) {
			return fmt.Errorf("window %d ends before it begins", i+1)
		}
		if err := check(w.Rates, w.Tiers, most); err != nil {
			return fmt.Errorf("window %d: %w", i+1, err)
		}
	}
	return nil
}

func check(r Rates, tiers []Tier, most float64) error {
	if len(tiers) > maxParts {
		return fmt.Errorf("it has %d tiers; at most %d can be", len(tiers), maxParts)
	}
	begin := map[int]bool{}
	all := []Rates{r}
	for _, t := range tiers {
		if t.Above < 0 || begin[t.Above] {
			return fmt.Errorf("a tier above %d input tokens: two begin there, or it is below 0", t.Above)
		}
		begin[t.Above] = true
		all = append(all, t.Rates)
	}
	for _, r := range all {
		for _, x := range r.Each() {
			if *x != nil && !(**x >= 0 && **x <= most) {
				return fmt.Errorf("a price is %v, want 0 to %v", **x, most)
			}
		}
	}
	return nil
}
