package scenarios

import (
	"strings"
	"testing"

	"switchover/targets/wire"
)

// What would fail every request, and what would be ignored, is said before a run, at
// its place.
func TestTargetsThatCannotBeAskedAsWritten(t *testing.T) {
	for _, tc := range []struct{ target, say string }{
		{`url: http://127.0.0.1:8000, protocol: bedrock, key: {env: K}, key_id: {env: I}`, "api.yaml:3:30: the name of host 127.0.0.1 does not tell the region to sign for: set the target's region"},
		{`url: https://r.openai.azure.com/openai/deployments/d, protocol: azure, key: {env: K}`, "api.yaml:3:30: the url names a deployment, which is asked with a dated version of the API: give api_version"},
		{`url: openai, key: {env: K}, key_id: {env: I}`, "protocol openai does not sign its requests: its key has no id"},
		{`url: http://h/v1, protocol: mistral, region: eu-west-1`, "protocol mistral needs no region"},
		{`url: openai, api_version: 2024-10-21`, "protocol openai has no version that is named beside its address"},
		{`url: "https://{region}-aiplatform.googleapis.com/v1/projects/p/locations/{region}", protocol: vertex, region: europe-west1, api_version: v1beta1`, "protocol vertex has no version that is named beside its address"},
		{`url: https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1, protocol: vertex, region: us-east1`, "protocol vertex needs no region, and there is no {region} in the address"},
		{`url: https://generativelanguage.googleapis.com/v1beta, protocol: gemini, api_version: v1`, "api.yaml:3:30: the url ends in /v1beta and api_version is v1: give one of the two"},
		{`url: "https://{region}-aiplatform.googleapis.com/v1/projects/p/locations/{region}", protocol: vertex, region: europe-west1`, ""},
		{`url: https://generativelanguage.googleapis.com, protocol: gemini, api_version: v1`, ""},
		{`url: openai, key_id: {value: sk-canary-9999999999}, key: {env: K}`, `unknown field "value"`},
		{`url: https://bedrock-runtime.eu-west-1.amazonaws.com, protocol: bedrock, key: {env: K}, key_id: {env: I}, session: {env: S}`, ""},
		{`url: http://127.0.0.1:8000, protocol: bedrock, key: {env: K}, key_id: {env: I}, region: eu-west-1`, ""},
		{`url: http://127.0.0.1:8000, protocol: bedrock, key: {env: K}`, ""},
		{`url: "https://{region}.example.com/v1", region: eu-west-1`, ""},
		{`url: azure, resource: r, api_version: 2024-10-21`, ""},
		{`url: http://127.0.0.1:8000, protocol: tencent-tc3, key: {env: K}, key_id: {env: I}, session: {env: S}, region: ap-guangzhou`, ""},
	} {
		_, err := Parse("api.yaml", []byte("name: x\ntargets:\n  - {name: a, model: m, "+tc.target+"}\nworkload: {conversations: bundled}\nload: [{mode: users, users: 1, conversations: 1}]\n"), Env{LookupEnv: keys})
		switch {
		case tc.say == "" && err != nil:
			t.Errorf("%s: %v", tc.target, err)
		case tc.say != "" && (err == nil || !strings.Contains(err.Error(), tc.say) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%s: %v, want %q", tc.target, err, tc.say)
		}
	}
}

// Where only the address is a server's own, every protocol can be asked.
func TestEveryProtocolBuildsARequest(t *testing.T) {
	for _, protocol := range wire.Names() {
		if protocol == "http" || protocol == "tencent-tc3" { // they need more
			continue
		}
		_, err := Parse("api.yaml", []byte("name: x\ntargets:\n  - {name: a, model: m, url: http://127.0.0.1:8000/v1, protocol: "+protocol+"}\nworkload: {conversations: bundled}\nload: [{mode: users, users: 1, conversations: 1}]\n"), Env{LookupEnv: keys})
		if err != nil {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}
