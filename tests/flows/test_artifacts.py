"""What Prefect shows of a night, where a city has more datasets than a browser shows in one table."""

from __future__ import annotations

from messages import speaking
from pipelines.release.outcome import Outcome
from pipelines.settings import Settings


def test_of_very_many_datasets_those_that_are_unchanged_are_one_row():
    from pipelines.nightly.artifacts import MOST_ROWS, night_rows  # imports Prefect

    quiet = [Outcome(f"d{n}", "unchanged", rows={"rows": 2}) for n in range(MOST_ROWS)]
    loud = [Outcome("malo", "rejected", "so"), Outcome("bueno", "published")]
    loud.append(Outcome("c", "unchanged", "odd"))
    with speaking("en"):
        all_shown = list(night_rows(quiet, Settings()))
        folded = list(night_rows([*quiet, *loud], Settings()))
    assert [row["dataset"] for row in all_shown] == [each.dataset for each in quiet]
    assert [(row["dataset"], row["outcome"], row["rows"]) for row in folded] == [
        ("malo", "rejected", ""),
        ("bueno", "published", 0),
        ("c", "unchanged", 0),
        (f"{MOST_ROWS} more datasets", "unchanged", 2 * MOST_ROWS),
    ]


def test_a_night_in_which_nothing_could_be_reached_has_a_sentence_and_a_table_that_can_be_read():
    from pipelines.nightly.artifacts import FIRST, MOST_ROWS, night_markdown, night_rows, night_sentence

    well = [Outcome(f"well{n}", "published", rows={"rows": 2}) for n in range(MOST_ROWS)]
    down = [Outcome(f"down{n}", "failed", "no answer") for n in range(MOST_ROWS + 5)]
    outcomes = [*well, *down]
    with speaking("en"):
        sentence = night_sentence(outcomes)
        page = night_markdown(
            outcomes, sentence, 0, {each.dataset: "vereda run" for each in down}, Settings()
        )
        rows = list(night_rows(outcomes, Settings()))
    assert sentence.startswith(f"{MOST_ROWS + 5} outcomes need a look: down0 (failed), down1 (failed), ")
    assert sentence.endswith(f"down{FIRST - 1} (failed), and {MOST_ROWS + 5 - FIRST} more")
    assert page.count("Next: `vereda run`") == MOST_ROWS
    assert "and 5 more" in page
    assert [row["dataset"] for row in rows[:MOST_ROWS]] == [each.dataset for each in down[:MOST_ROWS]]
    assert [(row["dataset"], row["outcome"], row["rows"]) for row in rows[MOST_ROWS:]] == [
        (f"{MOST_ROWS} more datasets", "published", 2 * MOST_ROWS),
        ("5 more datasets", "failed", ""),
    ]


def test_what_stays_what_waits_and_what_is_late_are_told_as_such():
    from pipelines.nightly.artifacts import night_markdown, night_rows, night_sentence, outcomes_sentence

    down = Outcome("caida", "failed", "no answer", version="1.2.0", previous="1.2.0")
    held = Outcome("parte", "quarantined", "2 rows", version="2.0.0", previous="1.0.0")
    empty = Outcome("turnos", "unchanged", "nothing was handed in", awaiting=True)
    outcomes = [down, held, empty, Outcome("bien", "unchanged", version="1.0.0", rows={"rows": 3})]
    late = [{"dataset": "aire", "fresh": "late", "dataOf": "2026-06-01"}]
    settings = Settings(portal_url="https://datos.example/")
    with speaking("en"):
        sentence = night_sentence(outcomes, awaiting=1)
        nexts = {"caida": "vereda run caida", "parte": "vereda show parte --held"}
        page = night_markdown(
            *(outcomes, sentence, 4, nexts, settings), awaiting=["defunciones"], late=late
        ).splitlines()
        rows = {row["dataset"]: row for row in night_rows(outcomes, settings)}
        said = [outcomes_sentence([each]) for each in outcomes]
        quiet = [night_sentence([], 2), night_sentence([], 2, 5), night_sentence([empty])]
    assert sentence == (
        "2 outcomes need a look: caida (failed), parte (in quarantine); 2 wait for their first file"
    )
    assert quiet == [
        "2 wait for their first file",
        "nothing was due: 5 datasets wait for their time; 2 wait for their first file",
        "1 waits for its first file",
    ]
    assert "### [caida](https://datos.example/datasets/caida/): failed (1.2.0 stays)" in page
    assert "### [parte](https://datos.example/datasets/parte/): in quarantine 2.0.0" in page
    assert page[-5:] == [
        "1 failed, 1 in quarantine, 1 unchanged, 2 wait for their first file, 4 not due",
        "",
        "2 datasets wait for their first file (defunciones, turnos): `vereda list` says whom to ask.",
        "",
        "1 dataset is late, its newest data of: aire (June 1, 2026)",
    ]
    assert [rows["caida"][each] for each in ("outcome", "version", "rows")] == [
        "failed (1.2.0 stays)",
        "1.2.0",
        "",
    ]
    assert rows["caida"]["page"] == "https://datos.example/datasets/caida/"
    assert (rows["turnos"]["outcome"], rows["turnos"]["page"]) == ("waits for its first file", "")
    assert said[0] == "failed (1.2.0 stays): no answer"
