"""The table of a night in Prefect, where a city has more datasets than a browser shows in one."""

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
        ("malo", "rejected", 0),
        ("bueno", "published", 0),
        ("c", "unchanged", 0),
        (f"{MOST_ROWS} more datasets", "unchanged", 2 * MOST_ROWS),
    ]
