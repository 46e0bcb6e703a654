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
