"""An unusual extract that is right after all: a person says so, once, on the record."""

from __future__ import annotations

import json

import pytest

from catalog.archive.release import UnknownRelease
from messages import speaking
from pipelines.cli.tables import receipt_outcome
from pipelines.release.guards.accept import accept
from pipelines.release.verify import verify
from tests.support.months import monthly_csv, monthly_rows, release_months, unusual_codes
from tests.support.terminal import run_vereda


def emptied(months: int) -> str:
    return monthly_csv([[*row[:5], ""] for row in monthly_rows(months)])


def accepted(city, because="el área dejó de relevar la calle"):
    return accept(
        city.archive,
        city.history("reclamos"),
        because=because,
        by="Ana",
        run="aceptar-1",
        at="2026-03-02T10:00:00-03:00",
    )


@pytest.fixture
def stopped(tmp_path):
    """A city after four releases and an extract that was stopped."""
    city = release_months(tmp_path)
    city.send("reclamos", emptied(5))
    assert city.outcome("reclamos").outcome == "rejected"
    return city


def test_what_was_accepted_is_published_by_the_next_run_and_learnt_from(stopped):
    entry, notes = accepted(stopped)
    assert (entry.kind, entry.because, entry.provenance["by"]) == (
        "accept",
        "el área dejó de relevar la calle",
        "Ana",
    )
    assert len(notes) == 1
    assert "calle" in notes[0]
    outcome = stopped.outcome("reclamos")
    assert (outcome.outcome, outcome.version, outcome.problems) == ("published", "1.4.0", 1), (
        "the warning stays in its report"
    )
    release = stopped.history("reclamos").current
    assert verify(stopped.archive, release, stopped.history("reclamos")).bytes_same
    stopped.send("reclamos", emptied(6))
    outcome = stopped.outcome("reclamos")
    assert (outcome.outcome, unusual_codes(outcome)) == ("published", set()), (
        "the new level is the usual one now"
    )


def test_another_extract_is_judged_anew(stopped):
    accepted(stopped)
    stopped.send("reclamos", emptied(6))
    assert stopped.outcome("reclamos").outcome == "rejected"


def test_an_extract_that_was_accepted_and_never_came_again_lets_nothing_else_through(stopped):
    accepted(stopped)
    stopped.send("reclamos", monthly_csv(monthly_rows(5)))
    assert stopped.outcome("reclamos").outcome == "published"
    stopped.send("reclamos", emptied(5))
    assert stopped.outcome("reclamos").outcome == "rejected"


def test_nothing_is_accepted_where_nothing_was_stopped(stopped):
    with pytest.raises(ValueError, match="por qué"):
        accepted(stopped, because=" ")
    accepted(stopped)
    with pytest.raises(UnknownRelease):
        accepted(stopped)
    stopped.run("reclamos")
    with pytest.raises(UnknownRelease):
        accepted(stopped)


def test_the_command_tells_what_was_accepted_and_the_log_keeps_who_and_why(stopped):
    done = run_vereda(stopped, "accept", "reclamos", "--because", "ya no se releva", "--by", "Ana", LANG="es")
    assert (done.returncode, done.stderr) == (0, "")
    assert "aceptado por Ana" in done.stdout
    assert "en calle, el 100\u00a0% de las celdas está vacío" in done.stdout
    told = json.loads(run_vereda(stopped, "history", "reclamos", "--json", LANG="es").stdout)["entries"][-1]
    assert (told["kind"], told["version"], told["because"], told["by"]) == (
        "accept",
        "1.3.0",
        "ya no se releva",
        "Ana",
    )
    history = run_vereda(stopped, "history", "reclamos", LANG="es").stdout
    assert "ya no se releva (Ana)" in " ".join(history.split())
    assert run_vereda(stopped, "accept", "reclamos", "--because", "otra vez", LANG="es").returncode == 2


def test_its_sender_reads_no_command_and_the_data_team_does(stopped):
    stopped.send("reclamos", emptied(6))
    outcome = stopped.outcome("reclamos")
    assert "vereda accept reclamos" in outcome.message
    assert outcome.for_sender
    assert "vereda" not in outcome.for_sender
    with speaking("es"):
        told = [str(line) for line in receipt_outcome(outcome)]
    assert told[0] == "reclamos: rechazado: lo publicado queda como estaba; el informe dice por qué"
    assert "corrija el archivo" not in told[0], "nothing may be wrong with it"


def test_a_refusal_says_what_became_of_the_last_extract(stopped):
    accepted(stopped)
    assert stopped.outcome("reclamos").outcome == "published"
    stopped.send("reclamos", "nada,que,ver\n1,2,3\n")
    rejected = stopped.outcome("reclamos")
    assert rejected.outcome == "rejected"
    with pytest.raises(UnknownRelease) as refused:
        accepted(stopped)
    assert rejected.message in str(refused.value)
