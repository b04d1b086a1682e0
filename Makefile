# Wukong Studio. `make run` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
export DJANGO_SETTINGS_MODULE ?= wukongsite.settings
# So many processes share the tests out; each keeps to one thread, or they would take the cores from
# each other.
WORKERS ?= 2
PYTEST := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(PY) -m pytest -n $(WORKERS)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-all test-production check messages link clean

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 …"; exit 1; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing packages (a few minutes the first time)"
	@$(PY) -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-wukong.txt requirements-postgresql.txt $(VENV)/.runtime
	@echo "Installing packages for tests and checks"
	@$(PY) -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@

run: $(VENV)/.runtime  ## Start the studio; the first start prepares everything. Ctrl-C stops it.
	@$(PY) manage.py studio

demo: $(VENV)/.runtime  ## The main job without a browser: upload, fine-tune, compare replies.
	@$(PY) manage.py demo

link: $(VENV)/.runtime  ## Print a one-time sign-in link for the administrator.
	@$(PY) manage.py sign_in_link

test: $(VENV)/.dev  ## Run the tests with real parts (Valkey, workers, trainer, browser, SmolLM2).
	@$(PY) -m tests.prepare
	@$(PYTEST) -m "not slow"

test-all: $(VENV)/.dev  ## Run all tests, those marked slow as well; twice as long.
	@$(PY) -m tests.prepare
	@$(PYTEST)

# Folders whose tests stand on the database and on Valkey, and start no model.
PRODUCTION := tests/test_postgresql.py tests/finetune/test_sent_twice.py tests/wukongsite/http \
  tests/wukongsite/metrics tests/chat/conversations tests/chat/finding tests/chat/pins \
  tests/chat/policy tests/chat/privacy tests/chat/ratings tests/chat/handovers \
  tests/finetune/alerts tests/finetune/explorer tests/finetune/hardware tests/finetune/runs/compare \
  tests/finetune/runs/listing tests/finetune/runs/queue tests/finetune/runs/worker \
  tests/finetune/teams
DATABASE_URL ?= postgresql://wukong:wukong@127.0.0.1:5432/wukong
VALKEY_URL ?= redis://127.0.0.1:6379

test-production: $(VENV)/.dev  ## Run the tests of services on the servers of DATABASE_URL and VALKEY_URL.
	@WUKONG_TEST_DATABASE_URL=$(DATABASE_URL) WUKONG_TEST_VALKEY_URL=$(VALKEY_URL) \
	  $(PYTEST) -m "not slow and not real_model and not browser" $(PRODUCTION)

check: $(VENV)/.dev  ## Lint and type-check.
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/djlint templates --lint --quiet

# GNU gettext is needed here (`apt install gettext`), and only here: what it makes is in git.
MESSAGES := manage.py makemessages -l zh_Hans --no-wrap --no-obsolete --add-location file \
  -i .venv -i var -i tests -i benchmarks -i "*.txt"
messages: $(VENV)/.dev  ## Collect the words of the pages for translators, and compile what they wrote.
	@$(PY) $(MESSAGES)
	@$(PY) $(MESSAGES) -d djangojs
	@$(PY) manage.py compilemessages -l zh_Hans -i .venv -i var

clean:  ## Remove the virtual environment and caches; data under var/ stays.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
