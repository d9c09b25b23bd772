# The one command surface: people, CI and the documentation use these targets. `make help` is made from the ## comments.

PYTHON ?= python3
BIN := .venv/bin
# HOST and PORT reach the service from the environment, from `make run PORT=9000`, or from .env.
export HOST PORT

# What `make replay` sends, and how much of it; what `make train` learns from, and where the model goes.
FILE ?= ../shared/data/handbook.parquet
FROM ?= 2018-09-01
LIMIT ?= 90000
OUT ?= artifacts/models/new
# For `make bench`: where the load harness is, and how much is measured.
BENCH ?= ../shared/bench
ROUNDS ?= 3
SECONDS ?= 5
# For `make test`: e.g. ARGS="tests/unit -k fold", in one process. Without it everything runs, in a process a core (at
# least 2, at most 8; each brings its own servers), and coverage is measured. PYTEST_XDIST_AUTO_NUM_WORKERS= says how many.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test check lint format types imports replay train psql lock clean bench bench-check bench-scale profile simulate-faults security sbom attacks fuzz timing schemathesis faults soak backup restore month trials reproduce ship bench-backtest bench-hot alerts-live

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Start everything and serve on HOST:PORT (127.0.0.1:8000); Ctrl-C stops it
	@$(BIN)/upi-risk run

setup: ## Make the environment alone; .venv/bin/upi-risk is then the command
	@$(PYTHON) tools/setup_env.py embedded

setup-dev:
	@$(PYTHON) tools/setup_env.py dev

test: setup-dev ## Every test, against a PostgreSQL and a Valkey that it brings itself (ARGS= for some)
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest -n auto --dist worksteal --durations=10 --cov --cov-report=term-missing:skip-covered
	@$(BIN)/coverage report --include='src/upi_risk/domain/*,src/upi_risk/application/*' --fail-under=100
else
	@$(BIN)/python -m pytest $(ARGS)
endif

check: lint types imports security ## Everything that reads the code without running it

lint: setup-dev ## Style and banned calls (ruff)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

format: setup-dev ## Write the code as ruff would have it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

SECURITY := .venv-security/bin
.venv-security/installed: requirements/security.lock | setup-dev
	@$(BIN)/python -m venv --without-pip --clear .venv-security
	@echo "Installing what looks for weaknesses into .venv-security (the first time takes a minute) ..."
	@$(BIN)/python -m pip --python $(SECURITY)/python --disable-pip-version-check --no-input install -q --no-deps --require-hashes --only-binary :all: -r $<
	@touch $@

security: .venv-security/installed ## Known weaknesses in the code (bandit; semgrep with the rules of tools/semgrep)
	@$(SECURITY)/bandit -q -c pyproject.toml -r src
	@PATH="$(CURDIR)/$(SECURITY):$$PATH" $(SECURITY)/semgrep scan --quiet --error --metrics=off --disable-version-check --no-git-ignore --config tools/semgrep src

sbom: .venv-security/installed ## What the service is made of (CycloneDX: names, versions, hashes), in dist/sbom.json
	@mkdir -p dist
	@$(SECURITY)/cyclonedx-py requirements --output-reproducible --short-PURLs --pyproject pyproject.toml --of JSON -o dist/sbom.json requirements/run.lock
	@$(BIN)/python tools/sbom.py dist/sbom.json

URL ?=
attacks: setup-dev ## The list of attacks against a service of its own, or one that runs without limits (URL=)
	@$(BIN)/python -m tests.attacks "$(URL)"

REQUESTS ?= 1000000
SEED ?= 1
fuzz: setup-dev ## Damaged requests against a service of its own, or one without limits (URL=, REQUESTS=, SEED= to go on)
	@$(BIN)/python -m tests.attacks.fuzz "$(URL)" $(REQUESTS) $(SEED)

TIMES ?= 10000
timing: setup-dev ## Whether answers, or how long they take, tell known phones from unknown ones (TIMES= of each)
	@$(BIN)/python -m tests.attacks.timing $(TIMES)

EXAMPLES ?= 100
PATIENCE ?= 10
schemathesis: .venv-security/installed ## The OpenAPI document, as payer, analyst, admin and service, against a service of its own (EXAMPLES=, SEED=)
	@SEED=$(SEED) PATIENCE=$(PATIENCE) $(BIN)/python -m tests.attacks.documented $(SECURITY)/schemathesis $(EXAMPLES)

types: setup-dev ## Types (mypy, strict)
	@$(BIN)/mypy src tests migrations tools benchmarks

imports: setup-dev ## Who may import whom (import-linter)
	@$(BIN)/lint-imports --no-logo

replay: setup ## Send nine days that the model has not seen through the checks (FILE=, FROM=, LIMIT=)
	@$(BIN)/upi-risk replay "$(FILE)" --from $(FROM) --limit $(LIMIT) --fresh

train: setup ## Train a model (FILE=, OUT=)
	@$(BIN)/upi-risk train --transactions "$(FILE)" --out "$(OUT)"

# What lies in artifacts/models, by the commands of artifacts/README.md.
MADE := var/reproduce
reproduce: setup ## Make the shipped models anew and compare them bit for bit, for an hour or two (FILE= the handbook's stream)
	@mkdir -p $(MADE)
	@test -s $(MADE)/sim.json || $(BIN)/upi-risk simulate --users 12000 --days 150 --out $(MADE)/sim.parquet
	@test -s $(MADE)/v1.1/report.html || $(BIN)/upi-risk train --transactions $(MADE)/sim.parquet --truth $(MADE)/sim.truth.parquet \
	  --features baseline --iterations 200 --depth 4 --folds 5 --out $(MADE)/v1.1
	@test -s $(MADE)/v2.0/report.html || $(BIN)/upi-risk train --transactions $(MADE)/sim.parquet --truth $(MADE)/sim.truth.parquet \
	  --features extended --folds 5 --against $(MADE)/v1.1 --out $(MADE)/v2.0
	@test -s $(MADE)/v1.0/report.html || $(BIN)/upi-risk train --transactions "$(FILE)" --iterations 200 --depth 4 --units 1,25 \
	  --no-monotone --no-scale --out $(MADE)/v1.0
	@same=0; for version in v2.0 v1.0; do \
	  cmp $(MADE)/$$version/fraud_classifier.cbm artifacts/models/$$version/fraud_classifier.cbm && echo "$$version is the same to the bit." || same=1; \
	done; exit $$same

ship: setup ## Take what `make reproduce` made as the shipped v2.0, with every figure of artifacts/README.md
	@$(BIN)/python -m benchmarks.shipped $(MADE) artifacts

psql: setup ## A psql on the database of the `make run` in another terminal
	@test -f var/dev.env || { echo "Nothing runs here: start \`make run\` in another terminal first." >&2; exit 1; }
	@. ./var/dev.env && exec "$$($(BIN)/python -c 'from upi_risk.adapters.embedded import find_postgres as f; print(f().path.with_name("psql"))')" "$$DATABASE_OWNER_URL"

bench: setup ## Measure the service, an echo of its server and the guide's stack side by side (BENCH=, ROUNDS=, SECONDS=)
	@$(BIN)/python -m benchmarks bench --harness "$(BENCH)" --rounds $(ROUNDS) --seconds $(SECONDS)

bench-check: setup ## Fail when the service has fallen by a fifth beside the echo (BENCH=, ROUNDS=, SECONDS=)
	@$(BIN)/python -m benchmarks check --harness "$(BENCH)" --rounds $(ROUNDS) --seconds $(SECONDS)

SEEDS ?= 10000
simulate-faults: setup-dev ## The core under faults that seeds draw, on made-up time (SEEDS=)
	@$(BIN)/python -m tests.simulation $(SEEDS)

BACKUP ?= var/backup.dump
backup: setup ## Write the whole database to a file, while everything runs (BACKUP=)
	@$(BIN)/upi-risk backup "$(BACKUP)"

restore: setup ## Put a backup in the place of the database; stop the service first (BACKUP=, REPLACE=1 if it holds users)
	@$(BIN)/upi-risk restore "$(BACKUP)" $(if $(REPLACE),--replace)

PART ?= all
NUMBER ?=
faults: setup-dev ## Long tests under real faults, a result for docs/reliability.md each (PART= as there, NUMBER=)
	@$(BIN)/python -m tests.faults $(PART) $(NUMBER)

soak: setup-dev ## A million checks, and what of the process grows by them (NUMBER=)
	@$(BIN)/python -m tests.faults soak $(NUMBER)

month: setup ## A model's life on made-up time: drift, retraining, shadow, A/B, promotion, rollback (into var/month)
	@rm -rf var/month && mkdir -p var/month
	@$(BIN)/upi-risk simulate --users 1200 --prevalence 0.01 --days 109 --out var/month/stream.parquet || test -s var/month/stream.parquet # a target missed at this size is told, and no reason to stop
	@$(BIN)/python -m benchmarks.month var/month/stream.parquet var/month/life

REPETITIONS ?= 1000
CLEAN ?= 180
ALERT ?=
alerts-live: setup-dev ## Real faults on a running stack, and when a real Prometheus tells (CLEAN= seconds without, ALERT= one)
	@$(BIN)/python -m tests.alarms $(CLEAN) $(ALERT)

trials: setup-dev ## How often experiments call a winner: simulated ones (REPETITIONS=)
	@$(BIN)/python -m tests.trials $(REPETITIONS)

ROWS ?= 1000000
bench-backtest: setup ## How long a backtest of a million decisions takes (ROWS=)
	@$(BIN)/python -m benchmarks.backtest $(ROWS)

profile: setup ## Microseconds a payment by stage
	@$(BIN)/python -m benchmarks profile

bench-scale: setup ## How a check's cost grows with users and with history
	@$(BIN)/python -m benchmarks scale --write

bench-hot: setup ## Whether a receiver that very many pay keeps the others waiting
	@$(BIN)/python -m benchmarks hot --write

lock: ## Write requirements/*.lock anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: install it (pipx install uv), then try again." >&2; exit 1; }
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  pyproject.toml --extra traces -o requirements/run.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  -c requirements/run.lock pyproject.toml --extra traces --extra embedded --group build -o requirements/embedded.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  -c requirements/embedded.lock pyproject.toml --extra traces --extra embedded --group build --group dev -o requirements/dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  requirements/security.in -o requirements/security.lock

clean: ## Remove the environment and every cache; the data in var/ stays
	rm -rf .venv .venv-security .schemathesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* coverage.xml dist
