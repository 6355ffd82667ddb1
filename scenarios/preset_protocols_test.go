package scenarios

import (
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
