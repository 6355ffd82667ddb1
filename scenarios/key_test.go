package scenarios

import (
	"strings"
	"testing"
)

// A path of a key that is missing is named, for a path is no secret; what may be a
// key pasted in its place is not.
func TestMissingFileOfAKey(t *testing.T) {
	for file, shown := range map[string]bool{
		"/run/secrets/openai":   true,
		"./openai":              true,
		"keys/openai.txt":       true,
		"sk-proj-abcdef0123456": false,
		"AbCd/efgh+0123456789=": false,
	} {
		src := "name: k\ntargets: [{name: a, url: 'http://h/v1', model: m, key: {file: '" + file + "'}}]\n" +
			"workload: {conversations: bundled}\nload: [{mode: users, users: 1, conversations: 1}]\n"
		_, err := Parse("k.yaml", []byte(src), testEnv)
		if err == nil || !strings.Contains(err.Error(), "cannot read the file of the key") || strings.Contains(err.Error(), file) != shown {
			t.Errorf("%s: %v", file, err)
		}
	}
}
