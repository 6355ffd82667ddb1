package scenarios

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"switchover/results"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

// maxSystemBytes bounds a system prompt from a file.
const maxSystemBytes = 256 << 10

// longest bounds every duration of a scenario: longer ones are mistyped units.
const longest = Duration(7 * 24 * time.Hour)

// targets checks every target, and that there is something to compare.
func (c *checker) targets(s *Scenario) {
	first := map[string]bool{}
	candidates := 0
	for i := range s.Targets {
		t, at := &s.Targets[i], fmt.Sprintf("targets[%d]", i)
		if t.Role != results.RoleJudge {
			candidates++
		}
		if c.bad[at] {
			continue
		}
		c.name(at+".name", t.Name)
		if c.has(at+".name") && first[t.Name] {
			c.wrong(at+".name", "", "two targets are named %q", clip(t.Name))
		}
		first[t.Name] = true
		c.target(at, t)
	}
	if candidates == 0 && c.has("targets") {
		c.wrong("targets", "", "every target is a judge; there is nothing to compare")
	}
}

// target checks one target.
func (c *checker) target(at string, t *Target) {
	switch hasURL, sim := c.given(at+".url"), c.given(at+".simulate"); {
	case hasURL && sim:
		c.misplaced(at+".simulate", "remove one of the two", "a target is asked at its url or simulated, not both")
	case !hasURL && !sim && !c.bad[at+".url"] && !c.bad[at+".simulate"]:
		c.wrong(at, "give url: for a server, or simulate: for a simulated one", "the target has neither url nor simulate")
	case sim && c.given(at+".key"):
		c.misplaced(at+".key", "remove it", "a simulated target takes no key")
	case sim && c.given(at+".resource"):
		c.misplaced(at+".resource", "remove it", "a simulated target has no address that it could be part of")
	}
	before, regional := len(c.problems), false
	if c.has(at + ".url") {
		var whole bool
		if whole, regional = c.preset(at, t); whole {
			c.url(at, t)
		}
	}
	if c.given(at+".url") && !c.given(at+".model") && !c.bad[at+".model"] {
		c.wrong(at, "add model: NAME, as the server knows it", "the target has a url but no model")
	}
	if c.has(at+".model") && strings.TrimSpace(t.Model) == "" {
		c.wrong(at+".model", "", "the model's name is empty")
	}
	if c.has(at + ".protocol") {
		if _, ok := wire.Lookup(t.Protocol); !ok {
			c.wrong(at+".protocol", meant(t.Protocol, wire.Names(), "protocols"), "the protocol %q is not known", clip(t.Protocol))
		} else if c.given(at+".simulate") && !slices.Contains(SimProtocols, t.Protocol) {
			c.wrong(at+".protocol", "the simulator speaks "+strings.Join(SimProtocols, ", "), "the simulator does not speak %s", t.Protocol)
		}
	}
	if c.has(at + ".simulate") {
		c.simulate(at+".simulate", t.Simulate)
	}
	if c.has(at + ".key") {
		c.key(at+".key", t.Key)
	}
	c.http(at, t)
	c.api(at, t)
	c.untaken(at, t, regional)
	if len(c.problems) == before {
		c.askable(at, t)
	}
	if c.has(at + ".system") {
		c.system(at+".system", t.System)
	}
	if c.given(at+".price") && c.given(at+".cost") {
		c.misplaced(at+".cost", "keep price for tokens that are billed, cost for your own machines", "a target is priced by token or by the hour, not both")
	}
	if c.has(at + ".price") {
		c.price(at+".price", t.Price)
	}
	c.factSources(at, t)
	c.limits(at, t)
}

// url checks an address, and hides what of it may be a password.
func (c *checker) url(at string, t *Target) {
	path := at + ".url"
	if scheme := strings.Index(t.URL, "://"); scheme >= 0 {
		if end := strings.LastIndex(t.URL, "@"); end > scheme {
			c.hideText(t.URL[scheme+3 : end])
			c.wrong(path, "give the key as key: {env: NAME}", "an address holds no user name or password")
			return
		}
	}
	if _, query, found := strings.Cut(t.URL, "?"); found {
		c.hideText(query)
		c.wrong(path, "give a key as key: {env: NAME}", "an address has no query: what follows ? would be lost or leak a key")
		return
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Contains(t.URL, "#") {
		c.wrong(path, "write it as https://host/v1", "%q is not an http or https address", clip(t.URL))
		return
	}
	if port, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || port < 1 || port > 65535) {
		c.wrong(path, "", "port %s does not exist: ports are 1 to 65535", clip(u.Port()))
	}
}

// limits checks timeouts and retries; numbers carry their own bounds.
func (c *checker) limits(at string, t *Target) {
	if t.Timeouts != nil {
		c.span(at+".timeouts.connect", t.Timeouts.Connect)
		c.span(at+".timeouts.first_byte", t.Timeouts.FirstByte)
		c.span(at+".timeouts.idle", t.Timeouts.Idle)
		c.span(at+".timeouts.total", t.Timeouts.Total)
	}
	if t.Retry != nil {
		c.span(at+".retry.backoff", t.Retry.Backoff)
	}
	if t.Params != nil && slices.Contains(t.Params.Stop, "") {
		c.wrong(at+".params.stop", "", "a stop sequence is empty: the answer would end before it begins")
	}
}

// span checks a duration that must be positive when it is given.
func (c *checker) span(path string, d Duration) {
	switch {
	case !c.has(path):
	case d <= 0:
		c.wrong(path, "leave it out for the default", "the duration is zero")
	case d > longest:
		c.wrong(path, "look at the unit: m is minutes, ms is milliseconds", "the duration is longer than a week")
	}
}

// envName is what an environment variable's name can be; shownName what is
// certainly no key pasted into the wrong place.
var (
	envName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	shownName = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
)

// key checks that a key can be found. A value that may be the key itself is not
// shown.
func (c *checker) key(path string, k *Key) {
	env, file := c.given(path+".env"), c.given(path+".file")
	switch {
	case env && file:
		c.wrong(path, "", "a key is in a variable or in a file, not both")
		return
	case !env && !file:
		c.wrong(path, "write key: {env: NAME} or key: {file: PATH}", "nothing says where the key is")
		return
	case env && !c.has(path+".env"), file && !c.has(path+".file"), c.env.KeysUnread:
		return
	case env && envName.MatchString(k.Env) && !shownName.MatchString(k.Env):
		if _, set := c.env.lookup(k.Env); !set {
			c.hideText(k.Env)
			c.wrong(path+".env", "the name is not shown, because it may be a key", "the environment variable named here is not set")
			return
		}
	case env && !shownName.MatchString(k.Env):
		c.hideText(k.Env)
	}
	if _, err := k.read(c.env, c.beside); err != nil {
		if file {
			if !pathForm.MatchString(k.File) {
				c.hideText(k.File) // perhaps the key itself
			}
			path += ".file"
		} else {
			path += ".env"
		}
		hint := ""
		if h, ok := err.(*hinted); ok {
			hint = h.hint
		}
		c.wrong(path, hint, "%v", err)
		return
	}
	if file {
		k.File = c.anywhere(k.File)
	}
}

// Value reads the key. Its errors do not contain it.
func (k *Key) Value(env Env) (secret.Value, error) {
	if k == nil {
		return secret.Value{}, nil
	}
	return k.read(env, func(path string) string { return path })
}

// pathForm is what can be nothing but a path: it may be shown where a name that may
// be a key pasted in its place may not.
var pathForm = regexp.MustCompile(`^(/|\.{1,2}/|~/|[A-Za-z]:\\)|\.(txt|key|pem|token|secret|env|json|ya?ml|conf)$`)

func (k *Key) read(env Env, resolve func(string) string) (secret.Value, error) {
	var text, from string
	if k.Env != "" || k.File == "" {
		if !envName.MatchString(k.Env) {
			return secret.Value{}, &hinted{"this is not the name of an environment variable", "name the variable that holds the key, for instance OPENAI_API_KEY; never the key itself"}
		}
		from = "the environment variable " + k.Env
		value, set := env.lookup(k.Env)
		if !set || strings.TrimSpace(value) == "" {
			return secret.Value{}, &hinted{from + " is not set", fmt.Sprintf("export %s=... before the run", k.Env)}
		}
		text = value
	} else {
		b, err := env.read(resolve(k.File))
		if err != nil {
			which := ""
			if pathForm.MatchString(k.File) {
				which = ", " + clip(k.File)
			}
			return secret.Value{}, &hinted{fmt.Sprintf("cannot read the file of the key%s: %v", which, cause(err)), "paths are relative to the scenario file"}
		}
		text, from = string(b), "the file of the key"
	}
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 8192 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.Value{}, &hinted{from + " holds no key: it is empty, very long, or has spaces or unprintable characters", ""}
	}
	return secret.New(text), nil
}

// system checks a system prompt and reads it from its file.
func (c *checker) system(path string, s *System) {
	text, file := s.Text != "" || c.given(path+".text"), c.given(path+".file")
	switch {
	case text && file:
		c.wrong(path, "", "a system prompt is given as text or as a file, not both")
	case !text && !file:
		c.wrong(path, "write the prompt itself, or {file: PATH}", "the system prompt is empty")
	case file && c.has(path+".file"):
		b, ok := c.readable(path+".file", s.File)
		switch {
		case !ok:
		case len(b) > maxSystemBytes:
			c.wrong(path+".file", "", "the system prompt has %d bytes; at most %d", len(b), maxSystemBytes)
		case !utf8.Valid(b):
			c.wrong(path+".file", "", "the system prompt is not UTF-8 text")
		case strings.TrimSpace(string(b)) == "":
			c.wrong(path+".file", "", "the system prompt's file is empty")
		default:
			*s = System{Text: string(b)}
		}
	}
}

// simulate checks a simulated server.
func (c *checker) simulate(path string, s *Simulate) {
	for _, f := range []struct {
		name string
		d    Duration
	}{{"ttft", s.TTFT}, {"tpot", s.TPOT}} {
		if c.has(path+"."+f.name) && f.d > longest {
			c.span(path+"."+f.name, f.d)
		}
	}
	total := Share(0)
	for i, f := range s.Faults {
		at := fmt.Sprintf("%s.faults[%d]", path, i)
		if c.has(at+".kind") && !slices.Contains(FaultKinds, f.Kind) {
			c.wrong(at+".kind", meant(f.Kind, FaultKinds, "faults"), "the fault %q is not known", clip(f.Kind))
		}
		if c.has(at) && !c.given(at+".share") && !c.given(at+".from") && !c.given(at+".until") {
			c.wrong(at, "give share: 1%, or a window: from: 10s, until: 20s", "nothing says when this fault happens")
		}
		if c.has(at+".share") && f.Share == 0 {
			c.wrong(at+".share", "remove the fault instead", "a share of 0%% never happens")
		}
		if c.has(at+".until") && f.Until <= f.From {
			c.wrong(at+".until", "", "the window ends before it begins")
		}
		c.span(at+".for", f.For)
		total += f.Share
		if c.has(at+".share") && total > 1 && total-f.Share <= 1 {
			c.wrong(at+".share", "", "the shares of the faults add up to more than 100%%")
		}
	}
}
