"""Older releases, whose files today's rules would refuse or read otherwise: `verify` still says the truth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.archive.published import WRITER
from catalog.archive.release import Entry
from pipelines.release.verify import Reproduction, verify
from tests.support.cities import City, declaration

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "monto", "type": "number", "description": "Monto", "unit": "ARS"},
]
MEANT = "id;monto\n1;1234,5\n2;20,5\n3;7,25\n" + "".join(f"{n};{n},5\n" for n in range(4, 31))
SENT = MEANT.replace("1234,5", "U$S 1.234,50")
"""As earlier rules read it: today an amount in another unit is a problem."""
pytestmark = pytest.mark.usefixtures("english")


def released(city: City, content: str = MEANT, **more) -> Entry:
    city.declare(declaration("gastos", fields=FIELDS, **more), datos=content)
    assert city.outcome("gastos").outcome in ("published", "quarantined")
    return city.history("gastos").current


def as_made_then(city: City, entry: Entry, sent: str) -> Reproduction:
    """The release verified as one that writer 1 made of other bytes."""
    snapshot = {**entry.provenance["snapshots"]["gastos"], "sha256": city.archive.put(sent.encode())}
    provenance = {key: value for key, value in entry.provenance.items() if key != "writer"}
    then = replace(entry, provenance={**provenance, "snapshots": {"gastos": snapshot}})
    return verify(city.archive, then, city.history("gastos"))


def test_what_the_checks_of_now_refuse_has_the_same_rows(city):
    found = as_made_then(city, released(city), SENT)
    assert (found.bytes_same, found.rows_same, found.right) == (False, True, True)
    assert found.note.startswith(f"written by writer 1, and now there is writer {WRITER}; the checks of now")
    assert "U$S 1.234,50" in found.note
    assert found.note.endswith("its rows come out the same")


def test_rows_that_come_out_otherwise_are_told_as_such(city):
    entry = released(city)
    found = as_made_then(city, entry, SENT.replace("2;20,5", "2;20,75"))
    assert (found.rows_same, found.right) == (False, False)
    assert "by the rules of now its files would be read otherwise; the checks of now would not" in found.note
    found = as_made_then(city, entry, MEANT.replace("2;20,5", "2;20,75"))
    assert (found.rows_same, found.right) == (False, False)
    assert found.note.endswith("by the rules of now its files would be read otherwise")


def test_a_row_that_would_be_held_back_now_was_let_through_then(city):
    found = as_made_then(city, released(city, quarantine={"maxShare": 0.5}), SENT)
    assert (found.rows_same, found.right) == (True, True)
    assert "the checks of now would hold back 1 row of its file; its rows come out the same" in found.note


def test_what_was_held_back_then_stays_so_whatever_holds_now(city):
    entry = released(city, MEANT.replace("7,25", "nada"), quarantine={"maxShare": 0.04})
    assert entry.rows == {"gastos": 29}
    assert verify(city.archive, entry, city.history("gastos")).bytes_same
    found = as_made_then(city, entry, SENT.replace("7,25", "nada"))  # two of thirty are too many
    assert (found.rows_same, found.right) == (True, True)
    assert "the checks of now would not let it through" in found.note


def test_what_cannot_be_read_any_more_is_no_proof(city):
    found = as_made_then(city, released(city), "\x89PNG\r\n no es una tabla")
    assert (found.bytes_same, found.rows_same, found.right) == (False, False, False)
