package targets

import "testing"

// The advice about /v1 is for addresses of OpenAI's form that were not found, not for
// those that are right without it, nor where the model was not found.
func TestAdviceAboutTheVersion(t *testing.T) {
	for _, tc := range []struct {
		path, said string
		want       bool
	}{
		{"/chat/completions", "404 Not Found: 404 page not found", true},
		{"/api/completions", "404 Not Found", true},
		{"/responses", `404 Not Found: {"detail":"Not Found"}`, true},
		{"/v1/chat/completions", "404 Not Found", false},
		{"/chat/completions", "404 Not Found: The model `gpt-1` has been deprecated (model_not_found)", false},
		{"/chat/completions", "400 Bad Request: Model Not Exist", false},
		{"/openai/deployments/m/chat/completions", "404 Not Found: The API deployment for this resource does not exist.", false},
		{"/model/m/converse-stream", "404 Not Found", false},
		{"/api/chat", "404 Not Found", false},
		{"/generate_stream", "404 Not Found", false},
	} {
		if got := lacksVersion(tc.path, tc.said); got != tc.want {
			t.Errorf("%s, %q: %v", tc.path, tc.said, got)
		}
	}
}
