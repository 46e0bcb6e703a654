"""Whatever the descriptions of the API and of the desk allow is asked of them by schemathesis: no answer may
be other than described. For the long target, since schemathesis has an environment of its own:
`make test-long`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from catalog.archive.archive import Archive
from pipelines.web.api.api import api_application
from pipelines.web.api.shelf import Shelf
from pipelines.web.api.tables import Tables
from pipelines.web.pace import SharedPace
from tests.support.cities import City
from tests.support.portals import NOW, Publisher
from tests.support.sites import serve_application
from tests.support.teams import declare_agencies, open_desk

PROGRAM = Path(os.environ.get("SCHEMATHESIS", "var/long/bin/st"))
EXAMPLES = os.environ.get("TEST_EXAMPLES", "100")


def test_the_api_is_as_it_describes_itself(tmp_path: Path) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    tables = Tables(publisher.archive)
    with serve_application(api_application(Shelf(publisher.archive, lambda: NOW), tables)) as address:
        # A text that names no column of the table is allowed, being a text, and refused with what to write.
        words = [PROGRAM.absolute(), "run", f"{address}openapi.json", "--url", address.rstrip("/")]
        words += ["--exclude-checks", "positive_data_acceptance", "--max-examples", EXAMPLES]
        asked = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    tables.close()
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_the_desk_is_as_it_describes_itself(tmp_path: Path) -> None:
    """With a key that opens one agency's datasets: what is theirs, what is another's, what is nobody's."""
    city = City(tmp_path)
    declare_agencies(city)
    # Which version of tus is spoken is asked before anything else (its section “Tus-Resumable”).
    (tmp_path / "schemathesis.toml").write_text(
        "[checks]\n"
        "negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 415, 422, 429]\n"
        "missing_required_header.expected-statuses = [400, 401, 403, 412, 422]\n"
    )
    hooks = tmp_path / "hooks.py"
    hooks.write_text(
        "import schemathesis\n"
        "schemathesis.serializer.alias('application/offset+octet-stream', 'application/octet-stream')\n"
    )
    with open_desk(city, guesses=SharedPace(tmp_path / "pace.sqlite", "guesses", 10**6, 10**6)) as place:
        described = f"{place.address}mesa/api/openapi.json"
        words = [PROGRAM.absolute(), "run", described, "--url", f"{place.address}mesa"]
        words += ["--header", f"Authorization: Bearer {place.keys['obras-publicas']}"]
        words += ["--exclude-checks", "positive_data_acceptance", "--max-examples", EXAMPLES]
        known = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)}
        asked = subprocess.run(words, cwd=tmp_path, env=known, capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert city.archive.receipts("salud").all() == []
