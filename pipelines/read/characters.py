"""What nobody sees in a file's texts: accents apart from their letters are joined, and characters that are
invisible, or were lost, are told with their places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from messages.formats import UNSEEN, UNWRITABLE, spell_unseen
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import label_key, normalize_text
from pipelines.read.finding import Finding
from pipelines.read.grid import Grid
from validation.report import Problem
from validation.table import ROW

SUSPECT = UNSEEN.pattern.replace("\ufffc", "\ufffd")
"""As a set of characters, which Arrow's expressions understand as well: those that nobody sees, and U+FFFD,
which stands where one was lost."""
CONTROL = re.compile("[\u007f-\u009f\ufffd]")
"""What a wrong encoding leaves. What XML cannot hold at all, the check tells (validation/characters.py)."""
PRINTABLE = bytes(range(0x20, 0x7F))
QUOTED = 60
TOLD = 10


def declared_labels(grid: Grid, layout: Layout, resource: Resource) -> Grid:
    """The grid with its labels as they are declared, where they differ from that in spaces, case and the way
    in which accents are stored; what differs is told."""
    declared = dict.fromkeys([*layout.labels, *layout.ignore, *layout.header, *resource.fields])
    by_key: dict[str, list[str]] = {}
    for label in declared:
        by_key.setdefault(label_key(label), []).append(label)
    keys = Counter(map(label_key, grid.labels))
    labels, findings = [], []
    for label in grid.labels:
        key = label_key(label)
        meant = {layout.labels.get(each, each): each for each in reversed(by_key.get(key, ()))}
        if label in declared or not key or keys[key] > 1 or len(meant) != 1:
            labels.append(label if label in declared else normalize_text(label))
            continue
        (known,) = meant.values()
        labels.append(known)
        if known in resource.fields or known in layout.labels:
            name = layout.labels.get(known, known)
            findings.append(Finding("same-label", spell_unseen(label), 0.99, field=name, example=known))
    if tuple(labels) == grid.labels:
        return grid
    return replace(grid, labels=tuple(labels), findings=(*grid.findings, *findings))


@dataclass
class _Unseen:
    cells: int = 0
    rows: list[int] = field(default_factory=list)
    characters: set[str] = field(default_factory=set)


class CharacterWatch:
    """Looks at blocks of cells as they pass: numbers, the columns called `names`, what stands beyond the
    last. Of columns of text that are not `hidden`, what nobody sees is noted."""

    def __init__(self, resource: Resource, names: Sequence[str], hidden: Collection[str]):
        kinds = {each["name"]: each.get("type", "any") for each in resource.schema["fields"]}
        self.resource, self.hidden = resource.name, hidden
        self.watched = {
            place: name.strip()
            for place, name in enumerate(names)
            if kinds.get(name.strip()) in ("string", "any") and name.strip() not in hidden
        }
        self.width, self.composed = len(names), 0
        self.unseen: dict[str, _Unseen] = {}
        self.faults: list[Problem] = []

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = list(batch.columns)
        for place in range(self.width):
            column = columns[place + 1]
            if _is_plain(column):
                continue
            if place in self.watched:
                self._watch(self.watched[place], batch.column(ROW), column)
            composed = pc.utf8_normalize(column, form="NFC")
            changed = pc.sum(pc.not_equal(composed, column)).as_py() or 0
            if changed:
                self.composed += changed
                columns[place + 1] = composed
        columns[-1] = _compose_lists(columns[-1])
        return pa.record_batch(columns, schema=batch.schema)

    def add(self, later: CharacterWatch) -> None:
        """Adds what another one saw in the rows that follow."""
        self.composed += later.composed
        self.faults += later.faults
        for name, seen in later.unseen.items():
            found = self.unseen.setdefault(name, _Unseen())
            found.cells += seen.cells
            found.characters |= seen.characters
            found.rows += seen.rows[: TOLD - len(found.rows)]

    def findings(self) -> tuple[Finding, ...]:
        return (Finding("composed", str(self.composed), 1.0),) if self.composed else ()

    def problems(self) -> Iterator[Problem]:
        """One for each column that has what nobody sees, and one for each cell with a control or with what
        was lost."""
        yield from self.faults
        for name, found in self.unseen.items():
            note = ngettext(
                "{n} cell has characters that nobody sees ({characters}), in row {rows}",
                "{n} cells have characters that nobody sees ({characters}), in rows {rows}",
                found.cells,
                characters=", ".join(sorted(f"U+{ord(each):04X}" for each in found.characters)),
                rows=", ".join(map(str, found.rows)) + (" …" if found.cells > len(found.rows) else ""),
            )
            yield Problem(
                "table-error",
                self.resource,
                note,
                code="unseen-character",
                row=found.rows[0],
                field=name,
                severity="warning",
            )

    def _watch(self, name: str, numbers: pa.Array, column: pa.Array) -> None:
        suspect = pc.fill_null(pc.match_substring_regex(column, SUSPECT), False)
        rows, texts = numbers.filter(suspect).to_pylist(), column.filter(suspect).to_pylist()
        for row, text in zip(rows, texts, strict=True):
            if UNWRITABLE.search(text):
                continue
            if CONTROL.search(text):
                self.faults.append(self._fault(name, row, text))
                continue
            found = self.unseen.setdefault(name, _Unseen())
            found.cells += 1
            found.characters.update(UNSEEN.findall(text))
            if len(found.rows) < TOLD:
                found.rows.append(row)

    def _fault(self, name: str, row: int, text: str) -> Problem:
        odd = CONTROL.search(text)
        shown = spell_unseen(_quote_around(text, odd.start() if odd else 0))
        if "\ufffd" in text:
            code = "lost-character"
            note = _("“{text}”: where � stands, a character was lost when the file was made", text=shown)
        else:
            code = "control-character"
            note = _("“{text}” has a control character, which nobody sees", text=shown)
        return Problem(
            "cell-error", self.resource, note, code=code, row=row, field=name, cell=text, severity="warning"
        )


def _quote_around(text: str, place: int) -> str:
    """The beginning of a text, or, where `place` lies behind it, what stands around that."""
    first = max(0, place - QUOTED // 2) if place >= QUOTED else 0
    last = first + QUOTED
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")


def _is_plain(column: pa.Array) -> bool:
    """Whether the texts of a column are printable ASCII alone; what their bytes say in a moment."""
    data = column.buffers()[2]
    if data is None or not len(column):
        return True
    offsets = memoryview(column.buffers()[1]).cast("i")
    found = data.slice(offsets[column.offset], offsets[column.offset + len(column)] - offsets[column.offset])
    return not found.to_pybytes().translate(None, PRINTABLE)


def _compose_lists(lists: pa.Array) -> pa.Array:
    """What stands beyond the last column, composed as the cells are."""
    if lists.null_count == len(lists):
        return lists
    composed = [
        None if each is None else [normalize("NFC", text) for text in each] for each in lists.to_pylist()
    ]
    return pa.array(composed, lists.type)
