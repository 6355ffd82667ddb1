package scenarios

import (
	"cmp"
	"regexp"
	"strings"

	"switchover/targets/catalog"
)

// word is what may be a preset's name, and cannot be an address.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// resourceName is what can be part of an address: a name of an account's own.
var resourceName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$`)

// preset puts an API's address in place of one word, its protocol (also where the address
// itself is written) and the variable of its key where the file says nothing of them, and names in place of {region} and
// {resource}. It reports whether there is an address to look at, and whether a region
// is part of it.
func (c *checker) preset(at string, t *Target) (whole, regional bool) {
	if word.MatchString(t.URL) && !c.named(at, t) {
		return false, true // which parts it has is not known
	}
	if t.Protocol == "" && !c.bad[at+".protocol"] && !c.has(at+".http") {
		t.Protocol = catalog.SpokenAt(t.URL) // an API's own address, written out
	}
	regional = strings.Contains(t.URL, "{region}")
	return c.fillIn(at, t), regional
}

// named looks the word up.
func (c *checker) named(at string, t *Target) bool {
	p, ok := catalog.LookupPreset(strings.ToLower(t.URL))
	if !ok {
		var names []string
		for _, p := range catalog.Presets() {
			names = append(names, p.Name)
		}
		hint := "write https://host/v1, or one of " + strings.Join(names, ", ")
		if near := nearest(t.URL, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.wrong(at+".url", hint, "%q is no address, and no API that goes by one word", clip(t.URL))
		return false
	}
	if c.bad[at+".protocol"] {
		return false
	}
	address, err := p.Address(t.Protocol)
	if err != nil {
		c.wrong(at+".protocol", "leave it out for "+p.Protocol, "%v; not %q", err, clip(t.Protocol))
		return false
	}
	t.URL, t.Protocol = address, cmp.Or(t.Protocol, p.Protocol)
	c.presetKey(at, t, &p)
	return true
}

// presetKey takes the key from the vendor's own variable where no other is named.
func (c *checker) presetKey(at string, t *Target, p *catalog.Preset) {
	switch {
	case p.Local || c.given(at+".key") || c.given(at+".key_id"):
		return
	case p.KeyEnv == "":
		c.wrong(at+".url", "add key: {env: NAME}: "+p.Note, "%s needs a key, and no variable is known for it", p.Name)
		return
	}
	t.Key = &Key{Env: p.KeyEnv}
	if c.env.KeysUnread {
		return
	}
	if _, err := t.Key.read(c.env, c.beside); err != nil {
		c.wrong(at+".url", "export "+p.KeyEnv+"=... before the run, or name another variable: key: {env: NAME}", "%s: %v", p.Name, err)
	}
}

// fillIn puts names in place of {region} and {resource}. The resource is then part of
// the address, and nowhere else.
func (c *checker) fillIn(at string, t *Target) bool {
	whole := true
	if strings.Contains(t.URL, "{region}") {
		switch {
		case !c.given(at + ".region"):
			c.wrong(at+".url", "add region: NAME, for instance eu-central-1", "the address %s needs a region", clip(t.URL))
			whole = false // and what else it needs is said as well
		case !c.has(at+".region") || t.Region == "" || strings.ContainsFunc(t.Region, notRegion):
			return false // said by others
		}
		if t.Region == "global" { // Google's address for all regions names none
			t.URL = strings.Replace(t.URL, "://{region}-", "://", 1)
		}
		if whole {
			t.URL = strings.ReplaceAll(t.URL, "{region}", t.Region)
		}
	}
	switch inURL := strings.Contains(t.URL, "{resource}"); {
	case inURL && !c.given(at+".resource"):
		c.wrong(at+".url", "add resource: NAME", "the address %s needs a resource", clip(t.URL))
		return false
	case inURL && !c.has(at+".resource"):
		return false
	case inURL && !resourceName.MatchString(t.Resource):
		c.wrong(at+".resource", "letters, digits and . _ - only", "%q cannot be part of an address", clip(t.Resource))
		return false
	case !inURL && c.given(at+".resource"):
		c.misplaced(at+".resource", "remove it, or put {resource} where it belongs in the url", "the address has no {resource} in it")
		return whole
	}
	if !whole {
		return false
	}
	t.URL, t.Resource = strings.ReplaceAll(t.URL, "{resource}", t.Resource), ""
	return true
}
