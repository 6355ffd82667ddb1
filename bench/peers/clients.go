package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchover/results"
)

// job is one client's run against the server.
type job struct {
	streams int
	url     string        // the API's base, ending in /v1
	dir     string        // the client's own, empty
	run     time.Duration // how long requests are begun
}

// root is the server's address without the API's path.
func (j *job) root() string { return strings.TrimSuffix(j.url, "/v1") }

func (j *job) file(name string) string { return filepath.Join(j.dir, name) }

// client is one of the tools that are compared.
type client struct {
	name string
	own  bool // it is the tool that the others are held beside
	// pypi is its name in the Python package index; empty for a binary.
	pypi    string
	program string // path, once it is there
	version string
	missing string // why it is not there
	chosen  string // what was chosen of its settings, and why
	// prepare writes the client's input and returns its arguments and environment.
	prepare func(j *job) (args, env []string, err error)
	// read returns what it saw, and anything it says of its own run.
	read func(j *job) ([]seen, string, error)
}

// The load: each stream is asked again as soon as it has ended. The times vary, so
// that streams do not stay in step and a client that smooths gaps is found out.
const (
	model    = "truth"
	tokens   = 64
	ttft     = 400 * time.Millisecond
	tpot     = 20 * time.Millisecond
	jitter   = 0.3
	warm     = 4 * time.Second // before the part that counts
	measured = 8 * time.Second // requests that arrive in it count
	tail     = 3 * time.Second // for them to end
)

// stream is how long an answer takes on average.
const stream = ttft + (tokens-1)*tpot

// ours leads: the others are shown in its multiples.
func ours(program, version string) *client {
	return &client{name: "switchover", own: true, program: program, version: version,
		chosen: "one stage of load, {mode: concurrency}; its report and charts are part of its CPU as a whole and its memory",
		prepare: func(j *job) ([]string, []string, error) {
			err := os.WriteFile(j.file("scenario.yaml"), fmt.Appendf(nil, `name: peers
targets:
  - {name: truth, url: %q, model: %s, params: {max_tokens: %d}}
workload: {conversations: {file: prompts.jsonl, format: prompts}, salt: off}
load: [{name: steady, mode: concurrency, users: %d, duration: %s}]
`, j.url, model, tokens, j.streams, j.run), 0o600)
			if err == nil {
				err = writePrompts(j.file("prompts.jsonl"), j, nil)
			}
			return []string{"run", j.file("scenario.yaml"), "--results", j.file("results"), "--quiet"}, nil, err
		},
		read: func(j *job) ([]seen, string, error) {
			runs, err := results.List(j.file("results"))
			if err != nil {
				return nil, "", err
			}
			if len(runs) != 1 {
				return nil, "", fmt.Errorf("%d runs in %s, want 1", len(runs), j.file("results"))
			}
			d, err := results.Read(runs[0].Dir)
			if err != nil {
				return nil, "", err
			}
			said := ""
			if summary, _ := results.Summarise(d); !summary.Valid {
				said = "called itself invalid: " + strings.Join(summary.Reasons, "; ")
			}
			return fromJournal(d), said, nil
		}}
}

func locust() *client {
	return &client{name: "Locust", pypi: "locust",
		chosen: "one process, as for one core; FastHttpUser, the faster of its two clients; " +
			"events stamped in a locustfile as its users write them, since Locust knows no tokens",
		prepare: func(j *job) ([]string, []string, error) {
			if err := os.WriteFile(j.file("locustfile.py"), locustfile, 0o600); err != nil {
				return nil, nil, err
			}
			err := writePrompts(j.file("prompts.jsonl"), j, nil)
			return []string{"-f", j.file("locustfile.py"), "--headless", "--users", strconv.Itoa(j.streams),
					"--spawn-rate", strconv.Itoa(j.streams), "--run-time", seconds0(j.run), "--stop-timeout", "5s",
					"--host", j.url, "--only-summary", "--loglevel", "ERROR", "--exit-code-on-error", "0"},
				[]string{"PEER_PROMPTS=" + j.file("prompts.jsonl"), "PEER_OUT=" + j.file("out.jsonl"),
					"PEER_MODEL=" + model, "PEER_TOKENS=" + strconv.Itoa(tokens)}, err
		},
		read: fromFile("out.jsonl", readLocust)}
}

func guideLLM() *client {
	return &client{name: "GuideLLM", pypi: "guidellm",
		chosen: "one worker process instead of ten, as for one core; its extras for speed installed (uvloop, orjson, msgspec)",
		prepare: func(j *job) ([]string, []string, error) {
			err := writePrompts(j.file("prompts.jsonl"), j, nil)
			return []string{"run",
				"--backend", fmt.Sprintf("kind=openai_http,target=%s,model=%s,max_tokens=%d", j.root(), model, tokens),
				"--profile", fmt.Sprintf("kind=concurrent,streams=%d", j.streams),
				"--constraint", fmt.Sprintf("kind=max_duration,seconds=%d", int(j.run.Seconds())),
				"--data", "kind=json_file,path=" + j.file("prompts.jsonl"),
				"--output", "kind=json,path=" + j.file("out.json"),
				"--disable-console-interactive"}, []string{"GUIDELLM__MAX_WORKER_PROCESSES=1"}, err
		},
		read: fromFile("out.json", readGuideLLM)}
}

func aiPerf() *client {
	return &client{name: "AIPerf", pypi: "aiperf",
		chosen: "one worker and one record processor, as for one core; the server's token counts, which spares it tokenizing; no GPU or server metrics",
		prepare: func(j *job) ([]string, []string, error) {
			err := writePrompts(j.file("prompts.jsonl"), j, func(prompt string) any {
				return map[string]any{"text": prompt, "output_length": tokens}
			})
			return []string{"profile", "--model", model, "--url", j.root(), "--endpoint-type", "chat", "--streaming",
				"--use-server-token-count", "--tokenizer", tokenizer,
				"--input-file", j.file("prompts.jsonl"), "--custom-dataset-type", "single_turn",
				"--concurrency", strconv.Itoa(j.streams),
				"--benchmark-duration", strconv.Itoa(int(j.run.Seconds())), "--benchmark-grace-period", "5",
				"--workers-max", "1", "--record-processors", "1", "--no-gpu-telemetry", "--no-server-metrics",
				"--ui", "none", "--output-artifact-dir", j.file("artifacts")}, nil, err
		},
		read: fromFile("artifacts/profile_export.jsonl", readAIPerf)}
}

// vllmBench is vLLM's client in Rust, whose binary the user names. It takes a count of
// requests, not a time.
//
// Its arguments and its result are as its source has them; no run of it has been seen.
func vllmBench(program string) *client {
	return &client{name: "vllm-bench", program: program,
		chosen: "the arguments follow its documentation and were not tried against the binary",
		prepare: func(j *job) ([]string, []string, error) {
			type turn struct {
				From  string `json:"from"`
				Value string `json:"value"`
			}
			err := writeArray(j.file("prompts.json"), j, func(prompt string) any {
				return map[string]any{"conversations": []turn{{"human", prompt}, {"gpt", "An answer of some words."}}}
			})
			return []string{"--backend", "openai-chat", "--base-url", j.root(), "--endpoint", "/v1/chat/completions",
				"--model", model, "--tokenizer", "gpt2", "--dataset-name", "sharegpt", "--dataset-path", j.file("prompts.json"),
				"--sharegpt-output-len", strconv.Itoa(tokens), "--disable-shuffle", "--request-id-prefix", "",
				"--num-prompts", strconv.Itoa(j.streams * int(j.run/stream)), "--max-concurrency", strconv.Itoa(j.streams),
				"--save-result", "--save-detailed", "--result-dir", j.dir, "--result-filename", "out.json", "--disable-tqdm"}, nil, err
		},
		read: fromFile("out.json", func(b []byte) ([]seen, error) { return readVLLMBench(b, tokens) })}
}

func fromFile(name string, read func([]byte) ([]seen, error)) func(*job) ([]seen, string, error) {
	return func(j *job) ([]seen, string, error) {
		b, err := readFile(j.file(name))
		if err != nil {
			return nil, "", err
		}
		out, err := read(b)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		return out, "", nil
	}
}

// seconds0 is a whole number of seconds as Locust takes it.
func seconds0(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

// prompts are as many as a run can ask, no two alike and all as long.
func prompts(j *job) []string {
	out := make([]string, j.streams*(2+int(j.run/stream)))
	for i := range out {
		out[i] = fmt.Sprintf("Question %06d: what happens between a request and the first token of its answer, in plain words?", i)
	}
	return out
}

// writePrompts writes a line of JSON a prompt: what shape makes of it, or {"prompt": ...}.
func writePrompts(path string, j *job, shape func(string) any) error {
	if shape == nil {
		shape = func(prompt string) any { return map[string]string{"prompt": prompt} }
	}
	var out []byte
	for _, p := range prompts(j) {
		line, err := json.Marshal(shape(p))
		if err != nil {
			return err
		}
		out = append(append(out, line...), '\n')
	}
	return os.WriteFile(path, out, 0o600)
}

func writeArray(path string, j *job, shape func(string) any) error {
	var all []any
	for _, p := range prompts(j) {
		all = append(all, shape(p))
	}
	out, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, out, 0o600)
}
