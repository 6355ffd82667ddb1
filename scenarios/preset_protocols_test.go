package scenarios

import (
	"strings"
	"testing"

	"switchover/targets/catalog"
	"switchover/targets/wire"
)

// What a preset speaks is spoken.
func TestPresetsSpeakProtocols(t *testing.T) {
	for _, p := range catalog.Presets() {
		for _, name := range p.Protocols() {
			if _, ok := wire.Lookup(name); !ok {
				t.Errorf("%s: protocol %q is not known", p.Name, name)
			}
		}
	}
}

// Each of an API's words is a whole target in every protocol it says it speaks, with
// the resource and the region its address has.
func TestEveryPresetIsATarget(t *testing.T) {
	for _, p := range catalog.Presets() {
		for _, protocol := range p.Protocols() {
			address, err := p.Address(protocol)
			if err != nil {
				t.Fatal(err)
			}
			target := "name: a, model: m, url: " + p.Name + ", protocol: " + protocol
			for _, part := range []string{"resource", "region"} {
				if strings.Contains(address, "{"+part+"}") || part == "region" && protocol == "tencent-tc3" {
					target += ", " + part + ": eu-central-1"
				}
			}
			switch {
			case protocol == "tencent-tc3":
				target += ", key: {env: K}, key_id: {env: I}"
			case !p.Local:
				target += ", key: {env: K}"
			}
			_, err = Parse("api.yaml", []byte("name: x\ntargets:\n  - {"+target+"}\nworkload: {conversations: bundled}\nload: [{mode: users, users: 1, conversations: 1}]\n"), Env{LookupEnv: keys})
			if err != nil {
				t.Errorf("%s: %v", target, err)
			}
		}
	}
}
