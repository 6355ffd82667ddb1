package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"switchover/targets/chat"
)

// Answers vary between conversations, as models do on easy and hard ones.
const (
	difficultySD = 0.35 // of a conversation, the same for every server
	affinitySD   = 0.1  // of one server's luck with one conversation
	lengthSD     = 0.2  // of an answer's length, relative
	straying     = 0.15 // share of sentences one grade off their turn
)

// limits say how long an answer may and must be, in tokens.
type limits struct {
	least int
	most  int  // 0: no limit of the request's
	exact bool // ignore_eos: most tokens, whatever was said by then
	stop  []string
}

// ending says why an answer ends.
type ending struct {
	finish chat.Finish
	stop   string // the stop sequence that ended it; empty otherwise
}

// random is a source of randomness that depends on nothing but its parts.
func random(parts ...any) *rand.Rand {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%v\x00", p)
	}
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))
}

// normal draws from the standard normal distribution, cut at three.
func normal(r *rand.Rand) float64 { return max(-3, min(3, r.NormFloat64())) }

// questions are the user's messages, in order. What makes a prompt unlike others
// to a cache is no part of what is asked.
func questions(messages []chat.Message) []string {
	var out []string
	for _, m := range messages {
		if m.Role == chat.User {
			out = append(out, chat.WithoutSalt(m.Text()))
		}
	}
	return out
}

// answer writes the next turn of a conversation: sentences whose grades average
// to the configured quality, moved by the conversation's difficulty. The same
// seed, model, conversation and turn give the same answer.
func answer(cfg Config, messages []chat.Message, lim limits) (pieces []string, end ending) {
	asked := questions(messages)
	if len(asked) == 0 {
		asked = []string{""}
	}
	w := newWriter(cfg, asked)
	want := max(1, int(math.Round(float64(cfg.Output)*(1+lengthSD*normal(w.rng)))))
	want = max(want, lim.least)
	if lim.exact {
		want = lim.most
	}
	var text strings.Builder
	tokens := 0
	for {
		next := w.sentence()
		if text.Len() > 0 && w.lang == inEnglish {
			next = " " + next
		}
		n := Count(next)
		// A sentence is added while that brings the length nearer to what was
		// drawn, so that the mean is kept without cutting sentences.
		enough := tokens > 0 && tokens >= lim.least && tokens+n/2 > want
		if enough && !lim.exact || tokens >= want && lim.exact || tokens >= maxAnswer {
			break
		}
		text.WriteString(next)
		tokens += n
	}
	return shorten(text.String(), lim)
}

// shorten applies stop sequences and the token limit to what was written.
func shorten(text string, lim limits) (pieces []string, why ending) {
	pieces, why = Split(text), ending{finish: chat.FinishStop}
	from := len(strings.Join(pieces[:min(lim.least, len(pieces))], ""))
	end := len(text)
	for _, s := range lim.stop {
		if at := strings.Index(text[from:], s); s != "" && at >= 0 {
			if from+at < end {
				end, why.stop = from+at, s
			}
		}
	}
	stopped := end < len(text)
	if stopped {
		pieces = Split(text[:end])
	}
	switch most := lim.most; {
	case most > 0 && len(pieces) > most, lim.exact && !stopped:
		return pieces[:min(most, len(pieces))], ending{finish: chat.FinishLength}
	case len(pieces) > maxAnswer:
		return pieces[:maxAnswer], ending{finish: chat.FinishLength}
	}
	return pieces, why
}

// writer holds the state of one answer.
type writer struct {
	lang    language
	rng     *rand.Rand
	quality float64
	owed    float64 // what the grades so far fall short of quality
	now     []string
	earlier []string // nil on the first turn
	order   [6][]sentence
	used    [6]int
}

func newWriter(cfg Config, asked []string) *writer {
	turn := len(asked) - 1
	last, first := asked[turn], asked[0]
	w := &writer{lang: languageOf(last), rng: random("answer", cfg.Seed, cfg.Model, turn, strings.Join(asked, "\x00")), now: keywords(last)}
	for _, q := range asked[:turn] {
		w.earlier = append(w.earlier, keywords(q)...)
	}
	// Near the ends of the scale there is less room to move in.
	room := min(1, cfg.Quality, 5-cfg.Quality)
	luck := difficultySD*normal(random("difficulty", first)) + affinitySD*normal(random("affinity", cfg.Seed, cfg.Model, first))
	w.quality = max(0, min(5, cfg.Quality+room*luck))
	// Turns begin half a step apart, so that the rounding of one to whole grades
	// is made up for by the next.
	phase := random("phase", cfg.Seed, cfg.Model, first).Float64() + float64(turn)/2
	w.owed = phase - math.Floor(phase) - 0.5
	// One order of sentences a conversation, entered further on at each turn:
	// nothing is said twice before the bank is through.
	shuffle := random("order", cfg.Seed, cfg.Model, first)
	for grade, bank := range banks()[w.lang] {
		for _, i := range shuffle.Perm(len(bank)) {
			w.order[grade] = append(w.order[grade], bank[i])
		}
		w.used[grade] = 6 * turn
	}
	return w
}

// sentence writes the next one.
func (w *writer) sentence() string {
	aim := w.quality + w.owed
	if u := w.rng.Float64(); u < straying/2 {
		aim--
	} else if u < straying {
		aim++
	}
	grade := int(max(0, min(5, math.Round(aim))))
	w.owed = max(-1.5, min(1.5, w.owed+w.quality-float64(grade)))
	s := w.next(grade)
	now, earlier := w.now[w.rng.IntN(len(w.now))], ""
	if w.earlier != nil {
		earlier = w.earlier[w.rng.IntN(len(w.earlier))]
	}
	return s.say(now, earlier)
}

// next is the next sentence of a grade that fits the turn. Every bank holds
// sentences that do not look back, so there is one.
func (w *writer) next(grade int) sentence {
	for {
		s := w.order[grade][w.used[grade]%len(w.order[grade])]
		w.used[grade]++
		if w.earlier != nil || !s.looksBack() {
			return s
		}
	}
}
