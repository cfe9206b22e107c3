# phiward: one line a command; what each does is in ops/ and sandbox/.
SHELL := /bin/sh
STACK ?= prod
export STACK
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
TS := node -r ts-node/register/transpile-only

.DEFAULT_GOAL := help
.PHONY: help sandbox sandbox-down test check preview up adopt verify backup restore release policy bench docs

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

sandbox: node_modules/.package-lock.json ## hardened, verified Debian servers with an API on this machine (Linux, root)
	@$(TS) sandbox/main.ts

sandbox-down: node_modules/.package-lock.json ## remove it, and all it made
	@$(TS) sandbox/down.ts

test: node_modules/.package-lock.json ## everything: types, lint, unit, policy and host suites
	@$(TS) test/gate.ts

check: node_modules/.package-lock.json ## the same without hosts
	@$(TS) test/gate.ts --no-hosts

preview: node_modules/.package-lock.json policies/bin/policies/index.js ## what `make up` would change, STACK=prod
	@$(TS) ops/commands/up.ts preview

up: node_modules/.package-lock.json policies/bin/policies/index.js ## deploy, STACK=prod; applies again what drifted or was rolled back
	@$(TS) ops/commands/up.ts up

adopt: node_modules/.package-lock.json ## prepare an existing server, STACK=prod HOST=name
	@$(TS) ops/commands/adopt.ts

verify: node_modules/.package-lock.json ## ask the running hosts every check, STACK=prod [FORMAT=json]
	@$(TS) ops/commands/verify.ts

backup: node_modules/.package-lock.json ## back a host up now, STACK=prod HOST=name
	@$(TS) ops/commands/backup.ts

restore: node_modules/.package-lock.json ## STACK=prod HOST=name WHAT=all|database:name|file:/path FROM=local|offsite WHY="..." [RECOVERY_KEY=file]
	@$(TS) ops/commands/restore.ts

release: node_modules/.package-lock.json ## let a host go: it stays as it is, STACK=prod HOST=name CONFIRM=name
	@$(TS) ops/commands/release.ts

policy: node_modules/.package-lock.json policies/bin/policies/index.js ## judge a stack's configuration by the policies, STACK=prod
	@node policies/bin/ops/commands/policy.js

bench: node_modules/.package-lock.json policies/bin/policies/index.js ## measure first apply, no-change run, verify, preview and nginx
	@$(TS) sandbox/bench.ts

docs: node_modules/.package-lock.json ## generate docs/configuration.md and docs/controls.md
	@$(TS) ops/commands/docs.ts

policies/bin/policies/index.js: node_modules/.package-lock.json $(shell find policies components ops \( -name '*.ts' -o -path '*/phiward_host/*.py' \) -not -path '*/bin/*') policies/tsconfig.build.json
	@tsc -p policies/tsconfig.build.json
	@for file in $$(find components/host/phiward_host -name '*.py'); do mkdir -p policies/bin/$$(dirname $$file) && cp $$file policies/bin/$$file; done
