package scenarios

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed *.yaml
var bundled embed.FS

// Bundled returns a scenario file that comes with the program, such as
// outage.yaml.
func Bundled(name string) ([]byte, bool) {
	if !slices.Contains(BundledNames(), name) {
		return nil, false
	}
	b, err := bundled.ReadFile(name)
	return b, err == nil
}

// BundledNames lists the scenario files that come with the program.
func BundledNames() []string {
	names, _ := fs.Glob(bundled, "*.yaml")
	return names
}
