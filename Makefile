# Everything a contributor runs. `make help` lists it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
SOURCES := $(shell find cmd eval report results scenarios targets -name '*.go' -not -name '*_test.go' -o -name '*.yaml' -o -name '*.jsonl') go.mod go.sum

# The race detector needs cgo, cgo needs a C compiler.
CC_FOUND := $(shell command -v $(CC) 2>/dev/null)
RACE     := $(if $(CC_FOUND),-race)

.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: bin/switchover ## build bin/switchover, one static binary

bin/switchover: $(SOURCES)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/switchover

build-nvml: ## build bin/switchover with NVML for GPU figures (needs a C compiler)
	CGO_ENABLED=1 CGO_CFLAGS='-O2 -Wno-deprecated-declarations' $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/switchover ./cmd/switchover

demo: build ## run scenarios/outage.yaml on simulated servers: no key, no GPU
	@bin/switchover run scenarios/outage.yaml || test $$? = 4 # 4: this machine was too busy to measure; the run says so

test: lint ## vet, staticcheck and every test, under the race detector where a C compiler is
	CGO_CFLAGS='-O2 -Wno-deprecated-declarations' $(GO) test $(RACE) -timeout 20m ./...

lint: ## gofmt, vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	CGO_CFLAGS='-O2 -Wno-deprecated-declarations' $(GO) vet ./...
	CGO_CFLAGS='-O2 -Wno-deprecated-declarations' $(GO) tool staticcheck ./...

bench: ## benchmarks: ratios within one run, not timings to compare across machines
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-peers: build ## hold it beside GuideLLM, AIPerf and Locust, installed for that into a temporary folder
	$(GO) build -o bin/bench-peers ./bench/peers
	@bin/bench-peers -switchover bin/switchover $(if $(PEERS_STREAMS),-streams $(PEERS_STREAMS))

fuzz: ## every fuzz target for 10 seconds each
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$pkg || exit 1; \
		done; \
	done

clean: ## remove what was built; runs under results/ stay
	rm -rf bin

.PHONY: help build build-nvml demo test lint bench bench-peers fuzz clean
