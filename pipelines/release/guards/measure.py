"""What a measure of an extract should be, learnt from the releases before it, and how far from that it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from messages.formats import quote, write_decimal
from pipelines.release.guards.profile import ColumnProfile, Profile
from validation.report import Problem


@dataclass(frozen=True)
class Expected:
    """From `low` to `high`, learnt from `releases`; `width` is how far each lies beyond what was seen."""

    low: float
    high: float
    width: float
    releases: int

    def times(self, value: float) -> float:
        """How far a value lies from what was seen, in widths: more than 1 is unusual, 0 is where others
        were."""
        return max(self.low + self.width - value, value - (self.high - self.width), 0.0) / self.width


def expected_range(
    values: Sequence[float], floor: float, noise: float = 0.0, *, moving: bool = False
) -> Expected:
    """The range for the value after `values` (oldest first, at least one): theirs, widened by how much they
    differ one from the next.

    `floor` is the least difference worth a word, `noise` what chance alone does to so few rows. Twice the
    median step from one value to the next, beyond all that were seen, is still usual; `moving` values go on
    from the last one alone, four steps far. With few values all is wider: fourfold after one, twofold after
    three.
    """
    steps = [abs(after - before) for before, after in itertools.pairwise(values)]
    width = max(floor, (4 if moving else 2) * median(steps) if steps else 0.0) * (1 + 3 / len(values)) + noise
    seen = values[-1:] if moving else values
    return Expected(min(seen) - width, max(seen) + width, width, len(values))


COLUMN = "\ue000"
"""Stands in a note for the column: the data team calls it by its field, the sender by its label."""
EXTREME = 3.0
"""Widths beyond what was seen at which one measure alone stops the run."""


@dataclass(frozen=True)
class Unusual:
    """`measured` against `low` to `high`, learnt from `releases`, in the measure's own unit (a share, a
    count, a number of the column); `times` is how far it lies out, in widths of the expected range; `stops`:
    it stops the run by itself. `note` may quote the agency's file: it is never published; `for_sender` is
    the same for whoever wrote that file, where they call the column otherwise."""

    code: str
    resource: str
    field: str | None
    note: str
    measured: float
    low: float
    high: float
    releases: int
    times: float
    stops: bool
    for_sender: str | None = None

    @property
    def problem(self) -> Problem:
        return Problem(
            *("table-error", self.resource, self.note),
            code=self.code,
            field=self.field,
            severity="warning",
            for_sender=self.for_sender,
        )

    def to_json(self) -> dict[str, Any]:
        rounded = {name: float(f"{getattr(self, name):.6g}") for name in ("measured", "low", "high", "times")}
        return asdict(self) | rounded


Level = tuple[str, str | None]
"""A measure of a table: a code, and the field where it is one column's."""


@dataclass(frozen=True)
class Past:
    """The last releases of one table, oldest first; `accepted` has, for each, the measures whose new level
    someone accepted with it. Those are learnt anew from there."""

    profiles: tuple[Profile, ...]
    accepted: tuple[frozenset[Level], ...]

    @property
    def last(self) -> Profile:
        return self.profiles[-1]

    def since(self, code: str, field: str | None = None) -> tuple[Profile, ...]:
        starts = [place for place, levels in enumerate(self.accepted) if (code, field) in levels]
        return self.profiles[starts[-1] if starts else 0 :]

    def series(self, code: str, field: str | None, measure: Callable[[Profile], float | None]) -> list[float]:
        return [value for profile in self.since(code, field) if (value := measure(profile)) is not None]


@dataclass(frozen=True)
class Case:
    """One table on the bench: its name, key and way of delivery, the extract's profile, and the past.
    `marks`: rows that the source gives no more stay, and say so; those count as gone. `labels` are those of
    the columns in the file, by field."""

    resource: str
    key: tuple[str, ...]
    mode: str
    now: Profile
    past: Past
    marks: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def noise(share: float, rows: int) -> float:
    """Three standard errors of a share among so many rows, never taken for surely 0 or 1."""
    likely = (share * rows + 1) / (rows + 2)
    return float(3 * (likely * (1 - likely) / max(rows, 1)) ** 0.5)


def figure(number: float) -> str:
    """A number to read: whole where it is large, four figures where it is small."""
    is_round = abs(number) >= 1000 or number == int(number)
    return f"{number:.0f}" if is_round else write_decimal(f"{number:.4g}")


def levels_of(levels: list[Mapping[str, Any]]) -> frozenset[Level]:
    """The measures that an entry of kind `accept` names, of one table."""
    return frozenset((level["code"], level["field"]) for level in levels)


def column_of(profile: Profile, name: str, kind: str) -> ColumnProfile | None:
    """A profile's column, where it has one of that type with a value in it."""
    column = profile.columns.get(name)
    return column if column and column.kind == kind and column.nulls < profile.rows else None


def filled_count(profile: Profile, name: str) -> int:
    return profile.rows - profile.columns[name].nulls


def unusual_column(
    code: str, case: Case, name: str, note: str, measured: float, range_: Expected, times: float, stops: bool
) -> Unusual:
    """What is unusual in a column, which the note calls COLUMN."""
    label, releases = case.labels.get(name, name), range_.releases
    for_sender = note.replace(COLUMN, quote(label)) if label != name else None
    note = note.replace(COLUMN, name)
    told = (measured, range_.low, range_.high, releases, times, stops)
    return Unusual(code, case.resource, name, note, *told, for_sender=for_sender)
