# Nothing but Go 1.26 and make is needed. GOAMD64=v1 keeps every float the same
# on every amd64 machine (v3 lets the compiler fuse x*y+z).
export GOAMD64 := v1

PROFILE ?= quick
ARGS    ?=
DATA_DIR ?=
BIN     := bin/longtail
DATA    := $(if $(DATA_DIR),--data-dir '$(DATA_DIR)')
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
EMULATORS ?= .ci/avx512 .ci/arm64

.PHONY: reproduce theory report build install test race lint bench soak fuzz cross clean

reproduce: build ## compute what is missing, write out/report.html
	$(BIN) reproduce --profile $(PROFILE) $(DATA) $(ARGS)

theory: build ## the theory chapter alone
	$(BIN) reproduce --profile $(PROFILE) --only theory $(ARGS)

report: build ## write out/ again from what is stored
	$(BIN) report --profile $(PROFILE) $(DATA) $(ARGS)

HEAD = $(shell git rev-parse HEAD 2>/dev/null)
REVISION = $(if $(HEAD),$(HEAD)$(if $(shell git status --porcelain 2>/dev/null), (modified)))

STAMP = -X 'longtail/internal/build.revision=$(REVISION)'

build:
	go build -ldflags "$(STAMP)" -o $(BIN) ./cmd/longtail

install: ## longtail on the PATH, where go install puts programs
	go install -ldflags "$(STAMP)" ./cmd/longtail

test: ## everything is checked, 4 to 9 minutes on two cores
	go vet ./...
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go test -timeout 30m ./...

race: ## where goroutines meet; needs a C compiler
	CGO_ENABLED=1 go test -race -short -timeout 30m ./nn ./nn/objective ./nn/train ./setup ./tasks ./runner ./own ./bench ./internal/lock ./internal/parallel ./internal/progress
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'Ahead|Pure|Cache|Embedded|Images|SkipBroken|Unpacked' ./dataset ./dataset/batches
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'Run|Extends|Stop|Shard' ./simulate
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'WriteAll|ManyResults' ./figures ./results
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'Workers|Nearest|Mesh|Cancel' ./internal/tsne ./internal/neighbors
	CGO_ENABLED=1 go test -race -short -timeout 30m -run 'TheoryRows|TheoryStops|KeepRendering' ./cmd/longtail

lint:
	go run $(STATICCHECK) ./...

bench: ## PYTHON=... names a python with numpy
	go test -run '^$$' -bench . ./...
	bench/theory.sh

soak: SHELL := bash
soak: .SHELLFLAGS := -o pipefail -c
soak: export LONGTAIL_SOAK := 1
soak: ## hours: AVX-512 and arm64 in emulators (EMULATORS= leaves them out), 100 kills of the quick profile, the slow statistical tests, what a training step costs, long fuzzing, the samplers' speed; LONGTAIL_PYTHON=... names a python with torch and numpy
	for e in $(EMULATORS); do $$e || exit 1; done 2>&1 | tee soak.log
	if [ -d ../shared/data ]; then \
	  export LONGTAIL_TESTDATA="$${LONGTAIL_TESTDATA:-/var/tmp/longtail-testdata}" LONGTAIL_REQUIRE_DATA=1; \
	  .ci/data "$$LONGTAIL_TESTDATA" || exit 1; \
	fi; \
	go test -timeout 6h -v ./... 2>&1 | tee -a soak.log
	FUZZTIME=20m .ci/fuzz all
	bench/theory.sh 2>&1 | tee -a soak.log

fuzz: ## one fuzz target, another each minute; FUZZTIME=5m for longer
	.ci/fuzz

cross: ## every platform builds and vets
	.ci/cross

clean: ## what is rendered; the store (runs/) stays
	rm -rf bin out
