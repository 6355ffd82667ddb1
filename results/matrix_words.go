package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number writes four significant digits at most, plainly.
func number(v float64) string { return digits(v, 4) }

// digits writes v with at most n significant digits, without an exponent and
// without trailing zeros.
func digits(v float64, n int) string {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', n, 64), 64)
	if err != nil {
		r = v
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}

// amount writes a value of a unit as people say it, to three significant digits.
func amount(unit string, v float64) string { return inUnit(unit, v, 3) }

// exact writes a value in full (eight digits), for numbers that are compared.
func exact(unit string, v float64) string { return inUnit(unit, v, 8) }

func inUnit(unit string, v float64, n int) string {
	switch unit {
	case "s":
		if math.Abs(v) < 1 {
			return digits(1000*v, n) + " ms"
		}
		return digits(v, n) + " s"
	case "share":
		return digits(100*v, n) + " %"
	case "USD":
		if math.Abs(v) >= 0.1 && n == 3 {
			return "$" + strconv.FormatFloat(v, 'f', 2, 64)
		}
		return "$" + digits(v, n)
	case "1/s":
		return digits(v, n) + "/s"
	case "points":
		if n == 3 {
			return strconv.FormatFloat(v, 'f', 2, 64)
		}
		return digits(v, n)
	case "":
		return digits(v, n)
	}
	return digits(v, n) + " " + unit
}

// signed writes a difference in points with its sign; what rounds to zero has none.
func signed(v float64) string {
	switch s := strconv.FormatFloat(math.Abs(v), 'f', 2, 64); {
	case s == "0.00":
		return s
	case v < 0:
		return "-" + s
	default:
		return "+" + s
	}
}

// utilityText writes a utility, 0 to 1.
func utilityText(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// list joins words as a sentence does: a, b and c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// figureLabel is a figure in the middle of a sentence.
func figureLabel(key string) string {
	if key == "usd_per_1k_conversations" {
		return "cost"
	}
	info, ok := LookupFigure(key)
	if !ok {
		return key
	}
	// Acronyms keep their capitals: TTFT p50, but error rate.
	if l := info.Label; len(l) > 1 && l[1] >= 'a' && l[1] <= 'z' {
		return strings.ToLower(l[:1]) + l[1:]
	}
	return info.Label
}

// checkText is a requirement in the middle of a sentence.
func checkText(c Check) string {
	if c.Name == NonInferiorCheck {
		return c.Want
	}
	if _, ok := LookupFigure(c.Name); !ok {
		return factText(c.Name, c.Want)
	}
	return figureLabel(c.Name) + " " + c.Want
}

// factText is a requirement of a fact: a value, or a comparison.
func factText(name, want string) string {
	if strings.HasPrefix(want, "<") || strings.HasPrefix(want, ">") || strings.HasPrefix(want, "=") {
		return name + " " + want
	}
	return name + " = " + want
}

// failText says why a requirement puts a target out.
func failText(c Check) string {
	if c.Name == NonInferiorCheck {
		return fmt.Sprintf("its answers are worse (%s); wanted are %s", c.Detail, c.Want)
	}
	return fmt.Sprintf("fails %s (%s)", checkText(c), c.Detail)
}

// phrase says a figure's value so that it needs no heading.
func phrase(key string, v float64) string {
	info, _ := LookupFigure(key)
	switch a := amount(info.Unit, v); key {
	case "quality", "coherence", "understanding", "usefulness":
		return key + " " + a + " of 5"
	case "ttft_p50":
		return "first token after " + a + " at the median"
	case "tpot_p50":
		return a + " a token"
	case "usd_per_1k_conversations":
		return a + " per 1,000 conversations"
	case "error_rate":
		return a + " of requests failed"
	default:
		return figureLabel(key) + " " + a
	}
}

// figures are the weighted figures of a target in words, each beside the
// incumbent's where that one is known.
func (c *contender) figures(ws []weighing, inc *contender) string {
	var out []string
	seen := map[string]bool{}
	for i, w := range ws {
		if c.values[i] == nil || seen[w.Figure] {
			continue
		}
		seen[w.Figure] = true
		s := phrase(w.Figure, *c.values[i])
		if inc != nil && inc != c && inc.values[i] != nil {
			info, _ := LookupFigure(w.Figure)
			s += fmt.Sprintf(" (%s %s)", inc.Target, amount(info.Unit, *inc.values[i]))
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// tradeOffs say where a target differs from the incumbent by a tenth or more, as
// ratios; quality as a difference in points.
func (c *contender) tradeOffs(ws []weighing, inc *contender) []string {
	var out []string
	seen := map[string]bool{}
	for i, w := range ws {
		if c.values[i] == nil || inc.values[i] == nil || seen[w.Figure] {
			continue
		}
		seen[w.Figure] = true
		if s := tradeOff(w.Figure, *c.values[i], *inc.values[i]); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func tradeOff(key string, v, was float64) string {
	info, _ := LookupFigure(key)
	if info.Unit == "points" {
		if math.Abs(v-was) < 0.05 {
			return ""
		}
		return fmt.Sprintf("%s %s points %s", figureLabel(key), amount("points", math.Abs(v-was)), pick(v < was, "lower", "higher"))
	}
	if v <= 0 || was <= 0 {
		return ""
	}
	times := max(v/was, was/v)
	if times < 1.1 {
		return ""
	}
	less, more := "less", "more"
	switch {
	case key == "usd_per_1k_conversations":
		return digits(times, 2) + "x " + pick(v < was, "cheaper", "dearer") + " per conversation"
	case key == "ttft_p50":
		return digits(times, 2) + "x " + pick(v < was, "faster", "slower") + " to the first token"
	case key == "tpot_p50":
		return digits(times, 2) + "x " + pick(v < was, "faster", "slower") + " a token"
	case info.Unit == "s":
		less, more = "faster", "slower"
	}
	return digits(times, 2) + "x " + pick(v < was, less, more) + " in " + figureLabel(key)
}

func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
