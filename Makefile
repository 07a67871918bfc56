# Everything that is made here goes to build/. What a target does in more than one line stands in scripts/.

PYTHON ?= python3
RUN = $(PYTHON) scripts/run.py
SERVER = $(PYTHON) tests/support/airflow_server.py --
VAULT = $(PYTHON) tests/support/vault_server.py --
SERVER_OF = $(PYTHON) tests/support/airflow_server.py --version
# The targets of ansible-test that run on older versions of Airflow too, and these versions.
TWELVE_STEPS = airflow_connection airflow_variable airflow_pool airflow_settings
OLDER = 3.0.6 2.11.2
# Only these targets of ansible-test, e.g. make integration TARGETS=airflow_pool
TARGETS ?=
# Only these cases of the bench, e.g. make bench CASE=noop
CASE ?=
# The system tests on these versions of Airflow, e.g. make system AIRFLOW=2.11.2,3.0.6
AIRFLOW ?= 2.11.2,3.0.6,3.3.2

.PHONY: help setup sync lint sanity unit page integration system matrix leaks demo bench docs dist test-dist test lock \
	clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## make the environments in build/env that the other targets need
	@$(PYTHON) scripts/environment.py dev airflow-2.11.2 airflow-3.0.6 airflow-3.3.2

sync: ## copy the checkout to where Ansible looks for collections
	@$(PYTHON) scripts/sync_collection.py

lint: dist ## all linters, ansible-test sanity and the documentation's checks
	@sh scripts/lint.sh

sanity: ## only ansible-test sanity
	@sh scripts/lint.sh sanity

unit: ## unit tests, without a server
	@$(RUN) dev pytest tests/unit

page: ## the report's page in a real Chromium
	@sh scripts/packages.sh browser && $(RUN) dev pytest -n 2 tests/page

integration: ## the ansible-test targets against a real Airflow
	@$(RUN) dev $(VAULT) $(SERVER) sh scripts/integration.sh $(TARGETS)
	@for version in $(OLDER); do \
		$(RUN) dev $(VAULT) $(SERVER_OF) $$version -- sh scripts/integration.sh $(or $(TARGETS),$(TWELVE_STEPS)) || exit 1; done

system: ## what only a real Airflow behind a proxy of ours can show
	@sh scripts/packages.sh bastion && $(RUN) dev pytest -n 2 --dist loadfile tests/system --airflow $(AIRFLOW)

matrix: ## the same on every version of Airflow that is promised, with more cases of the truth test
	@WINDSOCK_TRUTH_FACTOR=5 $(MAKE) --no-print-directory system AIRFLOW=2.10.5,2.11.2,3.0.6,3.1.8,3.3.2

leaks: ## all that is written anywhere under each ansible-core, searched for secrets
	@$(RUN) dev python scripts/leaks.py $(CORES)

demo: ## see a real Airflow being configured
	@$(PYTHON) demo/run

bench: ## measure against what it could cost at best; CASE=... for one
	@$(RUN) dev python bench/run $(CASE)

docs: ## the HTML pages, in build/docs/html
	@$(RUN) docs --in-collection sh scripts/docs.sh

dist: ## the tarball, in build/dist
	@$(RUN) dev sh scripts/dist.sh

test-dist: dist ## install the tarball elsewhere and run playbooks from it
	@$(RUN) dev $(SERVER) sh tests/dist/run.sh

test: ## all that must pass before a change goes in
	@$(PYTHON) scripts/test.py

lock: ## write requirements/*.txt anew
	@$(PYTHON) scripts/environment.py --lock

clean: ## remove all that was made
	rm -rf build .pytest_cache .ruff_cache .hypothesis
