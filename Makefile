# phiward: what a developer does; what an operator does is `npx phiward`.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
TS := node -r ts-node/register/transpile-only

.DEFAULT_GOAL := help
.PHONY: help sandbox sandbox-down test check unit mutants mutants-of-pack golden format bench docs

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22
	@echo "  npx phiward help    deploy, verify, back up, restore and look after hosts"

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

test/mutants/node_modules/.package-lock.json: test/mutants/package.json test/mutants/package-lock.json
	npm --prefix test/mutants ci --no-audit --no-fund --loglevel=error
	@touch $@

sandbox: node_modules/.package-lock.json ## hardened, verified Debian servers with an API on this machine (Linux, root)
	@node sandbox/start.cjs sandbox

sandbox-down: node_modules/.package-lock.json ## remove it, and all it made
	@node sandbox/start.cjs sandbox-down

test: node_modules/.package-lock.json ## everything: types, lint, unit, policy and host suites
	@$(TS) test/gate.ts

check: node_modules/.package-lock.json ## the same without hosts
	@$(TS) test/gate.ts --no-hosts

unit: node_modules/.package-lock.json ## unit tests alone
	@npm run --silent unit

FILES =
PACK =
mutants: node_modules/.package-lock.json test/mutants/node_modules/.package-lock.json ## change the plan layer in small ways, or with PACK=1 the policies, and see which changes no test notices; FILES=path for some
	@test/mutants/node_modules/.bin/stryker run test/mutants/$(if $(PACK),policies,stryker).config.mjs $(if $(FILES),--mutate "$(FILES)")

mutants-of-pack: node_modules/.package-lock.json test/mutants/node_modules/.package-lock.json ## change the policies in small ways in one process, and see which changes no kept finding notices; FILES=policies/rules/ssh for some
	@node test/mutants/instrument.mjs $(FILES)
	@cd .mutants/findings && $(TS) test/mutants/asked.ts

golden: node_modules/.package-lock.json ## write the golden files anew; look at the difference before you commit it
	@npm run --silent golden

format: node_modules/.package-lock.json ## format, and sort imports
	@npm run --silent format

ONLY =
bench: node_modules/.package-lock.json ## measure first apply, no-change run, verify, nginx, columns and preview; ONLY=preview for that alone
	@$(TS) sandbox/bench.ts $(ONLY)

docs: node_modules/.package-lock.json ## generate docs/configuration.md, controls.md, law.md and rules/
	@$(TS) ops/commands/docs.ts
