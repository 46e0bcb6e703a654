"""A participatory budget with its ballots, as Pabulib's `.pb`: META, PROJECTS and VOTES in one text, by which
researchers compare the rules of counting."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from messages import gettext as _

SECTIONS = ("META", "PROJECTS", "VOTES")
NEEDED = {
    "META": ("description", "country", "unit", "num_projects", "num_votes", "budget", "vote_type", "rule"),
    "PROJECTS": ("project_id", "cost"),
    "VOTES": ("voter_id", "vote"),
}
"""What Pabulib asks of each section."""
Row = Mapping[str, str]


@dataclass(frozen=True)
class Ballots:
    """`meta` is what is said of the whole; a project and a vote are rows. A vote names its projects in
    `vote`, separated by commas."""

    meta: Mapping[str, str]
    projects: tuple[Row, ...]
    votes: tuple[Row, ...]

    @property
    def counted_meta(self) -> dict[str, str]:
        """The whole's description, its numbers of projects and votes counted."""
        counts = {"num_projects": str(len(self.projects)), "num_votes": str(len(self.votes))}
        return {**self.meta, **counts}


def find_faults(ballots: Ballots) -> list[str]:
    """What keeps it from being a `.pb`, in sentences: fields that are missing, projects that are there twice,
    votes for projects that are not there."""
    found = [
        _("META lacks {name}", name=name) for name in NEEDED["META"] if not ballots.counted_meta.get(name)
    ]
    for section, rows in (("PROJECTS", ballots.projects), ("VOTES", ballots.votes)):
        for number, row in enumerate(rows, 1):
            found += [
                _("{section}, row {number} lacks {name}", section=section, number=number, name=name)
                for name in NEEDED[section]
                if not row.get(name)
            ]
    known: set[str] = set()
    for row in ballots.projects:
        if row.get("project_id", "") in known:
            found.append(_("the project {id} stands twice", id=row["project_id"]))
        known.add(row.get("project_id", ""))
    for row in ballots.votes:
        lost = [each for each in row.get("vote", "").split(",") if each and each not in known]
        if lost:
            told = {"voter": row.get("voter_id", ""), "ids": ", ".join(lost)}
            found.append(_("the vote of {voter} is for projects that are not there: {ids}", **told))
    return found


def write_pabulib(ballots: Ballots) -> str:
    """The text of the `.pb`; see find_faults for what it must have."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    out.write("META\n")
    writer.writerow(("key", "value"))
    writer.writerows(ballots.counted_meta.items())
    for section, rows in (("PROJECTS", ballots.projects), ("VOTES", ballots.votes)):
        labels = _labels(rows, NEEDED[section])
        out.write(f"{section}\n")
        writer.writerow(labels)
        writer.writerows([row.get(label, "") for label in labels] for row in rows)
    return out.getvalue()


def _labels(rows: Iterable[Row], needed: Sequence[str]) -> list[str]:
    """The columns of the rows, those that Pabulib needs first."""
    return list(dict.fromkeys((*needed, *(label for row in rows for label in row))))


def read_pabulib(text: str) -> Ballots:
    """Raises ValueError, in a sentence, where it is no `.pb`."""
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] | None = None
    for cells in csv.reader(io.StringIO(text), delimiter=";"):
        title = cells[0].strip().upper() if len(cells) == 1 else ""
        if title in SECTIONS and title not in sections:
            current = sections.setdefault(title, [])
        elif cells and current is None:
            raise ValueError(_("this is no .pb: it does not begin with META"))
        elif cells and current is not None:
            current.append(cells)
    if missing := [name for name in SECTIONS if name not in sections]:
        raise ValueError(_("this is no .pb: it lacks {names}", names=", ".join(missing)))
    meta = {cells[0]: cells[1] if len(cells) > 1 else "" for cells in sections["META"][1:]}
    return Ballots(meta, _rows(sections["PROJECTS"]), _rows(sections["VOTES"]))


def _rows(lines: Sequence[Sequence[str]]) -> tuple[Row, ...]:
    if not lines:
        return ()
    labels = lines[0]
    return tuple(
        {label: cell for label, cell in zip(labels, cells, strict=False) if cell} for cells in lines[1:]
    )
