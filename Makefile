# One verb a command. Everything is installed into .venv in this folder; nothing global.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Many processes are started, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
# The JupyterLab extension is built by `make lab` and `make test-lab` alone.
export SKIP_JUPYTER_BUILDER := 1

.PHONY: demo lab extension test test-lab test-lab-lowest test-all test-sql test-lowest test-unit test-every-case test-notebooks lint types bench docs pictures notebooks clean help

help:
	@echo "make demo      run the quickstart notebook on a local platform, write build/quickstart.html"
	@echo "make lab       open JupyterLab with all notebooks on a local platform"
	@echo "make test      run the tests and check the notebooks' outputs, in about three minutes"
	@echo "make test-all  the same with all cases of the exhaustive matrices, before a release"
	@echo "make test-lowest  a selection of the tests on the lowest versions that are supported"
	@echo "make test-lab  build the JupyterLab extension and try it, tables and runs in a real JupyterLab"
	@echo "make test-lab-lowest  try it in the oldest JupyterLab and Notebook that are supported"
	@echo "make lint      ruff: lint and format"
	@echo "make types     mypy --strict on the package"
	@echo "make bench     compare speed with the PyPI package civis"
	@echo "make docs      run the cells of the documentation and build it into build/docs"
	@echo "make pictures  take its pictures of tables, runs and workflows again"

# The stamp holds what was installed: a change of the dependencies installs again.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "civis_nb needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 …")'
	@echo "Setting up $(VENV) (once; a minute or two) …"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/civis-nb local run -- $(BIN)/python notebooks/execute.py notebooks/quickstart.ipynb --html build/quickstart.html

# What you change on the platform is gone when JupyterLab ends. More options: make lab LAB_OPTIONS=--no-browser
lab: $(VENV)/.installed extension
	@$(BIN)/civis-nb local run -- $(BIN)/jupyter lab --ServerApp.root_dir=notebooks \
	  --LabApp.default_url=/lab/tree/quickstart.ipynb $(LAB_OPTIONS)

# The bundle is linked to where JupyterLab finds it: what is built next is there after a reload.
BUNDLE := civis_nb/labextension/package.json
LABEXTENSIONS := $(VENV)/share/jupyter/labextensions
SERVER_CONFIG := $(VENV)/etc/jupyter/jupyter_server_config.d

extension: $(VENV)/.installed
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(BUNDLE); \
	  else echo "JupyterLab starts without its extension for Civis Platform, which is built with Node.js 20 or newer: see https://nodejs.org, or conda install nodejs"; fi
	@# Not a link to the folder: pip would write install.json through it, which a second build refuses.
	@if [ -e $(BUNDLE) ]; then rm -rf $(LABEXTENSIONS)/civis-nb civis_nb/labextension/install.json && \
	  mkdir -p $(LABEXTENSIONS)/civis-nb $(SERVER_CONFIG) && \
	  ln -s "$(CURDIR)"/civis_nb/labextension/* $(LABEXTENSIONS)/civis-nb/ && \
	  cp extension/jupyter_server_config.json $(SERVER_CONFIG)/civis_nb.json; fi

$(BUNDLE): extension/package.json extension/package-lock.json extension/tsconfig.json $(wildcard extension/src/*.ts extension/src/*/*.ts extension/schema/*.json extension/style/*)
	@echo "Building the JupyterLab extension (the first time takes a minute or two) …"
	@cd extension && npm ci --no-progress --loglevel=error && npm run --silent build

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile

test: test-unit test-notebooks

test-all: test-every-case test-notebooks

test-unit: $(VENV)/.installed
	$(PYTEST) -m 'not slow and not exhaustive'

# Statements with known answers, which are compared with PostgreSQL's.
test-sql: $(VENV)/.installed
	$(PYTEST) --dist load -q -m 'not slow' tests/local/sql

# The JupyterLab extension has test-lab, which builds it.
test-every-case: $(VENV)/.installed
	$(PYTEST) -m 'not slow' --ignore=tests/lab

# With the live views of tables and runs, which need the same browser; all views are in test-all. Tests
# in a browser wait more than they work: three at a time suit two cores.
test-lab: $(VENV)/.installed
	@$(MAKE) --no-print-directory $(BUNDLE)
	@cd extension && npm test --silent
	$(PYTEST) -n 3 -q -m 'not slow' tests/lab tests/widgets/test_table_in_lab.py tests/widgets/runs_in_lab

# The newest versions of what is named in pyproject.toml are in .venv, the lowest ones in .venv-lowest.
LOWEST := .venv-lowest

$(LOWEST)/.installed: pyproject.toml $(VENV)/.installed
	@$(PYTHON) -m venv $(LOWEST)
	@$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[test]'
	@touch $@

test-lowest: $(LOWEST)/.installed
	$(LOWEST)/bin/civis-nb local run -- $(LOWEST)/bin/python notebooks/execute.py notebooks/quickstart.ipynb --html build/quickstart-lowest.html
	$(LOWEST)/bin/python -m pytest -q -n 2 --dist loadfile -m 'not slow and not exhaustive' \
	  tests/test_readme.py tests/test_requirements.py tests/client/test_completion.py \
	  tests/transport/test_secrets.py tests/futures/test_on_platform.py tests/display/test_tables.py \
	  tests/magics/test_sql.py tests/magics/test_sql_frames.py tests/magics/test_binding.py tests/io/test_walk.py tests/io/test_walk_writing.py tests/io/test_walk_files.py tests/io/test_round_trips.py \
	  tests/io/reading/test_parsing.py tests/io/reading/test_native_types.py \
	  tests/frames tests/display/test_result_data.py tests/local/warehouse/duckdb tests/local/warehouse/redshift

# The oldest JupyterLab that pyproject.toml names for the extension, and the Notebook of its time. That
# of the tests is newer, as they need it for notebooks; the override is stronger.
LAB_LOWEST := .venv-lab-lowest

$(LAB_LOWEST)/.installed: pyproject.toml $(VENV)/.installed
	@$(PYTHON) -m venv $(LAB_LOWEST)
	@printf 'jupyterlab==4.2.*\nnotebook==7.2.*\n' >$(LAB_LOWEST)/overrides.txt
	@$(BIN)/uv pip install --quiet --python $(LAB_LOWEST)/bin/python \
	  --override $(LAB_LOWEST)/overrides.txt --editable '.[test]'
	@touch $@

test-lab-lowest: $(LAB_LOWEST)/.installed
	@$(MAKE) --no-print-directory $(BUNDLE)
	$(LAB_LOWEST)/bin/python -m pytest -q -n 2 --dist loadfile -m 'not slow' tests/lab

# Outputs are compared cell by cell; sanitize.cfg names what may differ (times, durations).
# Each notebook starts on a clean platform, so that two can run at a time.
test-notebooks: $(VENV)/.installed
	CIVIS_NB_DISPLAY=static $(PYTEST) -p no:cacheprovider -c notebooks/pytest.ini \
	  --nbval --civis-notebooks --nbval-sanitize-with notebooks/sanitize.cfg notebooks

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed
	$(BIN)/mypy

bench: $(VENV)/.installed
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Runs the notebooks and keeps their new outputs.
notebooks: $(VENV)/.installed
	CIVIS_NB_DISPLAY=static $(BIN)/civis-nb local run -- $(BIN)/python notebooks/execute.py notebooks/*.ipynb --in-place

docs: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --editable '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -b html docs build/docs

# Pictures of the documentation's first page and of its guides, taken of a real JupyterLab.
pictures: $(VENV)/.installed
	$(BIN)/python -m pytest -q tests/widgets/test_documentation_pictures.py \
	    tests/widgets/runs_in_lab/test_runs.py::test_a_run_is_seen_at_a_glance tests/widgets/test_workflows_in_lab.py
	cp build/screenshots/first-*.png build/screenshots/table-view.png build/screenshots/run-view.png docs/_static/
	cp build/screenshots/workflow-running-light.png docs/_static/workflow-live.png

clean:
	rm -rf build $(VENV) $(LOWEST) $(LAB_LOWEST)
