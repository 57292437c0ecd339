# What CI runs is `make ci`; everything else here is a part of it or a help.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# SQLite is pure Go here: nothing needs a C compiler but the race detector.
export CGO_ENABLED := 0

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

BIN     := $(CURDIR)/.bin
TESTENV := go run ./internal/testenv/run
MODULES := .ci/each-module

# ARGS is handed to go test, as in: make test ARGS='-run TestX ./migrate'. Unless it
# ends in ./... only the root module is tested.
ARGS ?= ./...
EACH := $(if $(filter ./...,$(lastword $(ARGS))),$(MODULES))

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## the command, as ./schemactl
	go build -trimpath -o schemactl ./cmd/schemactl

.PHONY: fmt
fmt: golangci ## format all Go files
	$(MODULES) $(BIN)/golangci-lint fmt

.PHONY: lint
lint: golangci ## go vet and golangci-lint, in every module
	$(MODULES) go vet ./...
	$(MODULES) $(BIN)/golangci-lint run

.PHONY: generate
generate: ## write generated code anew
	go generate ./...
	cd bench && go generate ./...

.PHONY: test
test: ## all tests, on real servers where they can be had
	$(TESTENV) -- env -u SOAK $(EACH) go test -timeout 10m $(ARGS)

.PHONY: race
race: ## the tests of the root module under the race detector (needs a C compiler)
	$(TESTENV) -- env CGO_ENABLED=1 go test -race -skip '/sqlite' -timeout 30m $(ARGS)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each (default 20s)
	.ci/fuzz

.PHONY: bench
bench: ## the codecs beside other libraries, then all benchmarks once; see bench/
	cd bench && go run ./codec/cmd/codecbench
	$(EACH) go test -short -timeout 40m -run '^$$' -bench . -benchmem $(ARGS)

.PHONY: soak
soak: ## kill rounds and fuzzing as in CI; SOAK=full for hours of it
	.ci/soak

.PHONY: vuln
vuln: govulncheck ## known vulnerabilities in what we link
	.ci/vuln $(BIN)/govulncheck

.PHONY: ci
ci: ## what CI runs
	.ci/run

.PHONY: tools golangci govulncheck
tools: golangci govulncheck ## the pinned tools, into .bin

golangci:
	@.ci/tool $(BIN) github.com/golangci/golangci-lint/v2/cmd/golangci-lint $(GOLANGCI_VERSION)

govulncheck:
	@.ci/tool $(BIN) golang.org/x/vuln/cmd/govulncheck $(GOVULNCHECK_VERSION)

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf .bin schemactl
