package scenarios

import "testing"

func TestNearestGuessesOnlyWhatWasProbablyMeant(t *testing.T) {
	known := []string{"name", "load", "targets", "objectives", "model", "users", "url"}
	for typed, want := range map[string]string{
		"modle":   "model",
		"laod":    "load",
		"target":  "targets",
		"api_key": "", // known elsewhere, not here
		"rps":     "",
		"gate":    "", // two of four letters are no misspelling of name
		"xyz":     "",
		"uri":     "url",
	} {
		if got := nearest(typed, known); got != want {
			t.Errorf("%q: guessed %q, want %q", typed, got, want)
		}
	}
}
