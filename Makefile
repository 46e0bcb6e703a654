# make          formats, lints, type-checks and tests
# make docs     writes what the docs take from the code: help, settings, kinds of problems, the map of the rooms
# make run      the main job over every dataset; sets up first whatever is missing
# make test     all tests; where CI is set and it runs as root, it also installs the Debian packages that they use
# make prefect  the server of the schedules, at http://127.0.0.1:4200 (PREFECT_PORT=…), in SQLite under var/; in PostgreSQL where PREFECT_SERVER_DATABASE_CONNECTION_URL has its address
# make ckan     a whole CKAN on this machine, to publish to; CKAN_PORT=… chooses its port; `make ckan-down` ends it
# make test-long  asks the API whatever its description allows, compares 50,000 random tables with frictionless, has 200 races and 100 kills of publishers to a CKAN, publishes to CKAN 2.10, stops and kills what runs the nights, has a file of 500 MB cut while it is handed in, has two workers on S3 and PostgreSQL, and puts Vereda into service in a bare Debian (which takes root and debootstrap): hours, for the night
# make chaos    1,000 kills of runs, rollbacks, withdrawals and repairs, 500 meetings of two processes on one archive, nights of two machines, copies of a night at work, and the whole city damaged in many places: half an hour
# make fuzz     files, declarations, damaged archives and answers of sources, changed at random, for a quarter of an hour; TEST_FUZZ=… says how many seconds
# make bench    measures validation against frictionless and bare pyarrow, then a night of 435 datasets and the API under load: some twenty-five minutes; ROWS=100000 NIGHT=40 for a first look
# make bench-ckan  measures publishing to a CKAN against xloader, its calls and its memory: half an hour; ROWS=20000 for a first look
# make bench-adoption  moves into BAData's catalogue as it was, made on this machine, and compares it before and after, then publishes a night of 435 datasets for the first time: two hours; EVERY=20 NIGHT=20 for a first look
# make train    trains what hears personal data in cells and columns, from benchmarks/personal/corpus/: some five minutes
# make vendor   for maintainers: renews the programs of others that the portal's pages run (needs npm)
# make lock     locks the newest versions that pyproject.toml allows: requirements.txt for work on Vereda, requirements-run.txt for a service

PYTHON ?= python3
CKAN_DEBIAN = default-jdk-headless libmagic1 maven postgresql redis-server
# chromium, with libatomic1 for playwright's driver, shows the pages; curl and R run the lines that they print; LibreOffice is what agencies
# open and save workbooks with, poppler makes pictures of them; GDAL is what QGIS reads with; systemd-analyze reads the units of deploy/.
DEBIAN = chromium curl fonts-dejavu-core gdal-bin libatomic1 libreoffice-calc-nogui nginx-light openssl poppler-utils r-base-core systemd $(CKAN_DEBIAN)

bin = .venv/bin
uv = UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=var/uv $(bin)/uv
lock = pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

# Where it is set, every one of the processes that tests and runs start would compile all that it imports again: seconds each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all run prefect test test-long chaos fuzz train bench bench-ckan bench-adoption ckan ckan-down docs vendor format lint types lock debian
all: format lint types test

run: .venv/ready
	@$(bin)/vereda run

# Not the database of runs without a server (var/prefect/prefect.db): two servers on one SQLite wait for each other.
prefect: export PREFECT_SERVER_DATABASE_CONNECTION_URL ?= sqlite+aiosqlite:///$(CURDIR)/var/prefect/server.db
prefect: export PREFECT_HOME ?= $(CURDIR)/var/prefect
prefect: export PREFECT_SERVER_DATABASE_TIMEOUT ?= 60
# Its pages ask whoever served them, whichever port that was.
prefect: export PREFECT_SERVER_UI_API_URL ?= /api
prefect: export PREFECT_SERVER_ANALYTICS_ENABLED = false
prefect: export DO_NOT_TRACK = 1
prefect: PREFECT_PORT ?= 4200
prefect: .venv/ready
	@mkdir -p var/prefect "$$PREFECT_HOME"
	@echo "Then, elsewhere: PREFECT_API_URL=http://127.0.0.1:$(PREFECT_PORT)/api $(bin)/vereda deploy"
	@exec $(bin)/prefect server start --host 127.0.0.1 --port $(PREFECT_PORT)

# One more than there are processors: many tests wait for servers of their own.
test: .venv/ready $(if $(CI),debian)
	@$(bin)/python -m pytest -n $$(($$(nproc) + 1)) --dist worksteal

test-long: .venv/ready var/long/ready
	@$(bin)/python -m pytest tests/web/openapi.py tests/portal/foreign_lines.py tests/metadata/croissant.py
	@TEST_EXAMPLES=50000 $(bin)/python -m pytest tests/validation/test_validate.py tests/validation/test_validate_differential.py
	@TEST_EXAMPLES=20000 $(bin)/python -m pytest tests/hostile/test_fuzz.py
	@TEST_RACES=200 TEST_KILLS=100 $(bin)/python -m pytest tests/ckan/test_faults.py -k 'two_publishers or is_killed'
	@CKAN_RELEASE=2.10 $(bin)/python -m pytest tests/ckan/test_catalogue.py tests/ckan/test_takeover.py tests/ckan/test_strangers.py tests/ckan/test_profiles.py
	@TEST_NIGHTS=200 $(bin)/python -m pytest tests/flows tests/flows/pools.py
	@TEST_UPLOAD=500 $(bin)/python -m pytest tests/web/test_uploads.py
	@$(bin)/python -m pytest tests/installation.py

chaos: .venv/ready
	@TEST_KILLS=1000 TEST_RACES=500 $(bin)/python -m pytest tests/release/test_kill.py tests/chaos tests/chaos/damaged_city.py tests/chaos/machines.py
	@TEST_KILLS=1 $(bin)/python -m pytest tests/web/test_service.py

# The classifiers of the gate against personal data, from benchmarks/personal/corpus/; tests say what changed.
train: .venv/ready
	@$(bin)/python -m benchmarks.personal.columns train
	@$(bin)/python -m benchmarks.personal.cells train

fuzz: .venv/ready
	@TEST_FUZZ=$${TEST_FUZZ:-900} $(bin)/python -m pytest -s tests/hostile/fuzz.py

# What only the long target runs has an environment of its own; jsonpath-rw, which mlcroissant needs, comes as source alone.
var/long/ready: $(bin)/uv requirements-long.txt
	@$(bin)/python -m venv var/long
	@$(uv) pip sync --quiet --python var/long/bin/python --require-hashes requirements-long.txt
	@touch $@

bench: .venv/ready
	@$(bin)/python -m benchmarks.bench $(ROWS)
	@$(bin)/python -m benchmarks.road $(ROWS)
	@$(bin)/python -m benchmarks.night $(NIGHT)
	@$(bin)/python -m benchmarks.api $(API)

bench-adoption: DEBIAN = $(CKAN_DEBIAN)
bench-adoption: .venv/ready $(if $(CI),debian)
	@$(bin)/python -m benchmarks.adoption $(if $(EVERY),--every $(EVERY))
	@$(bin)/python -m benchmarks.first_publication $(NIGHT)

bench-ckan: DEBIAN = $(CKAN_DEBIAN)
bench-ckan: .venv/ready $(if $(CI),debian)
	@$(bin)/python -m benchmarks.ckan $(if $(ROWS),--rows $(ROWS))

ckan: DEBIAN = $(CKAN_DEBIAN)
ckan: $(bin)/uv $(if $(CI),debian)
	@$(bin)/python -m tests.support.ckan up

ckan-down:
	@test ! -d var/ckan || $(bin)/python -m tests.support.ckan down

docs: .venv/ready
	@$(bin)/python -m tools.reference
	@$(bin)/python -m tools.architecture

vendor: .venv/ready
	@$(bin)/python -m tools.vendor

format: .venv/ready
	@$(bin)/ruff check --quiet --fix-only .
	@$(bin)/ruff format --quiet .

lint: .venv/ready
	@$(bin)/ruff check .
	@$(bin)/lint-imports --no-cache --no-logo

types: .venv/ready
	@$(bin)/mypy

lock: .venv/ready
	@$(uv) $(lock) --extra dev --extra dask --overrides requirements-overrides.txt --output-file requirements.txt pyproject.toml
	@$(uv) $(lock) --overrides requirements-overrides.txt --constraints requirements.txt --output-file requirements-run.txt pyproject.toml
	@echo uv | $(uv) $(lock) --no-annotate --output-file requirements-uv.txt -
	@$(uv) $(lock) --output-file requirements-long.txt requirements-long.in
	@$(uv) $(lock) --overrides tests/support/ckan/overrides.txt --output-file tests/support/ckan/requirements.txt tests/support/ckan/requirements.in
	@$(uv) $(lock) --overrides tests/support/ckan/overrides.txt --output-file tests/support/ckan/requirements-2.10.txt tests/support/ckan/requirements-2.10.in
	@$(uv) $(lock) --constraints tests/support/ckan/requirements.txt --output-file tests/support/ckan/requirements-build.txt tests/support/ckan/requirements-build.in

$(bin)/uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: make PYTHON=python3.11"; exit 1; }
	@test -x $(bin)/python || $(PYTHON) -m venv .venv
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --require-hashes -r requirements-uv.txt
	@touch $@

.venv/ready: $(bin)/uv requirements.txt pyproject.toml
	@echo "Setting up .venv (a minute, once)"
	@$(uv) pip sync --quiet --python $(bin)/python --no-build --require-hashes requirements.txt requirements-uv.txt
	@$(uv) pip install --quiet --python $(bin)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

# Only what is missing is asked for, so that it does nothing when done. No service is started by it, and no cluster of PostgreSQL is made.
debian:
	@test "$$(id -u)" = 0 || exit 0; \
	missing=$$(for p in $(DEBIAN); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	test -z "$$missing" || { mkdir -p /etc/postgresql-common; \
	test -e /etc/postgresql-common/createcluster.conf || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; \
	apt-get -qq update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; }
