"""From a raw file to a table: its cells under published names, after the declared repairs; nothing is
guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from frictionless import system

from isolation.nursery import call_apart
from isolation.process import Bounds, Stopped
from isolation.spill import spilling
from messages import LANGUAGES, language, speaking, translations
from messages import gettext as _
from messages.formats import quote, spell_unseen
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.personal import hidden_fields
from pipelines.dataset.sources import DerivedSource
from pipelines.read.batches import read_batches
from pipelines.read.cell_file import CellFile
from pipelines.read.characters import CharacterWatch, declared_labels
from pipelines.read.detect.evidence import NO_EVIDENCE, Evidence
from pipelines.read.detect.foot import Tail
from pipelines.read.detect.header import has_familiar_label, propose_labels
from pipelines.read.detect.lacking_header import explain_two_rows, explain_unknown_header
from pipelines.read.detect.settle import RawTable, SettledTable, settle
from pipelines.read.digits import DigitWatch
from pipelines.read.finding import Finding
from pipelines.read.forms import open_grids
from pipelines.read.forms.blocks import PlainBlocks
from pipelines.read.grid import Certain, Grid, Grids, NamesApart, Remark, Unreadable, unpivot_grid
from pipelines.read.hide import Hide, hider
from pipelines.read.no_data import NoDataWatch
from pipelines.read.odd_texts import OddTextWatch
from pipelines.read.parts import Passage, read_by_parts
from pipelines.read.places import Places
from pipelines.read.treatment import CellTreatment
from pipelines.read.units import UnitWatch
from pipelines.settings import DEFAULT_LIMITS, Limits
from pipelines.workers import count_parts, find_workers, sharing
from validation.patterns import PatternTooSlow
from validation.problems.registry import find_kind
from validation.report import Problem
from validation.table import Table, leave_pandas_out


def relabel(labels: Sequence[str], layout: Layout, resource: Resource) -> tuple[list[str], list[int]]:
    """The names of the columns that are kept, and their places in the raw rows, in the file's order (a row
    that is too short lacks its last cells, whichever they are): published names, and for columns that nobody
    declared names of their own."""
    names: list[str] = []
    columns: list[int] = []
    fields, ignored, used = set(resource.fields), set(layout.ignore), set[str]()
    apart = NamesApart(fields)
    dropped = _dropped_fields(resource)
    for place, label in enumerate(labels):
        name = layout.labels.get(label, label)
        if {name, label} & dropped:
            continue
        if label in ignored and (
            name not in fields or name in used or _has_other_label(name, label, labels, layout)
        ):
            continue  # of a label that a field comes under, `ignore` means the repetitions
        if name not in fields or name in used:
            name = apart.name(label or _("column {number}", number=place + 1))
        used.add(name)
        names.append(name)
        columns.append(place)
    return names, columns


def _dropped_fields(resource: Resource) -> set[str]:
    return {name for name, meant in hidden_fields(resource.pipeline.personal_data).items() if meant == "drop"}


def left_out_columns(labels: Sequence[str], layout: Layout, resource: Resource) -> dict[str, int]:
    """How many columns of the file each dropped name leaves out."""
    return {
        gone: sum(gone in (label, layout.labels.get(label)) for label in labels)
        for gone in _dropped_fields(resource)
    }


def _has_other_label(name: str, label: str, labels: Sequence[str], layout: Layout) -> bool:
    """Whether a column under another label is declared to be this field."""
    return any(field == name and other != label and other in labels for other, field in layout.labels.items())


SLOWEST = 1_000_000
"""Bytes of a file that are read in a second at least, on a machine that has other things to do."""
SMALL = 1_000_000
"""Bytes up to which a file is read where others were read before."""
WRITTEN = 4
"""How many times as large as a file may be its cells are when they are written down."""


@dataclass(frozen=True)
class Reading:
    """What was read of one resource: the table (None where the file is unreadable), what was found out, what
    is wrong.

    `layout` is the place of the layout in the declaration, None where none is declared; `repairs` has, for
    each rule that changed cells, its field, its place, its reason and the number of cells. `hidden` has, by
    name, the cells that were hashed or masked, or the columns that were dropped. `places` leads back from the
    table to the file; `findings` has what nobody declared. `faults` are what is wrong with single rows as the
    file writes them, which may be held back for it. `parts` counts those on which others worked.
    """

    table: Table | None
    problems: tuple[Problem, ...]
    encoding: str | None = None
    delimiter: str | None = None
    layout: int | None = None
    repairs: tuple[dict[str, Any], ...] = field(default=())
    sheet: str | None = None
    hidden: Mapping[str, int] = field(default_factory=dict)
    places: Places | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()
    faults: tuple[Problem, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)


def read(
    path: Path,
    resource: Resource,
    into: Path,
    as_of: str | None = None,
    *,
    hide: Hide | None = None,
    limits: Limits = DEFAULT_LIMITS,
    ahead: Sequence[str] = (),
    evidence: Evidence = NO_EVIDENCE,
) -> Reading:
    """Reads the raw file at `path` by the resource's layouts, in a process of its own: what crashes or fills
    that one is the file's problem. `into` is a new file for the cells, so that they can be read again, and
    beside it, where the file has to be unpacked, a folder.

    `as_of` is the day of which the file tells, as far as it is known; `hide` gives what becomes of the cells
    of a hidden column; `limits` what reading may cost; `ahead` names modules that are loaded meanwhile;
    `evidence` is what else is known of how the file is written.
    """
    way = hide or hider("", None)
    try:
        return call_apart(
            _read_file,
            path,
            resource,
            into,
            as_of,
            way,
            limits,
            language(),
            evidence,
            bounds=_bounds(path, limits),
            ahead=ahead,
            small=_is_small(path),
        )
    except Stopped as stopped:
        note = _explain_stop(stopped, _bounds(path, limits))
        return Reading(None, (_unreadable_problem(resource, Unreadable("source-error", note)),))


def warm_up() -> None:
    """Loads what every reading needs (isolation/nursery.py asks for it)."""
    for each in LANGUAGES:
        translations(each)
    leave_pandas_out()
    system.methods  # noqa: B018 (frictionless's plugins: each process would look for them anew)


def _is_small(path: Path) -> bool:
    return path.stat().st_size <= SMALL


def _bounds(path: Path, limits: Limits) -> Bounds:
    """What reading a file may cost: a large one takes its time."""
    seconds = limits.seconds + path.stat().st_size // SLOWEST
    return Bounds(limits.memory, seconds, WRITTEN * limits.unpacked)


def _explain_stop(stopped: Stopped, bounds: Bounds) -> str:
    match stopped.why:
        case "memory":
            return _memory_sentence()
        case "time":
            return _("reading the file takes more than {n} s; hand it in in smaller parts", n=bounds.seconds)
    return _(
        "the file ended the program that reads it; save it anew, or as CSV, and tell whoever looks after "
        "Vereda"
    )


def _memory_sentence() -> str:
    return _(
        "the file takes more memory to read than there is, or is nested too deeply; hand it in in smaller "
        "parts, or as CSV"
    )


def _read_file(
    path: Path,
    resource: Resource,
    into: Path,
    as_of: str | None,
    hide: Hide,
    limits: Limits,
    words: str,
    evidence: Evidence,
) -> Reading:
    """Reads, in the process that is for it."""
    with speaking(words), spilling(), sharing(limits.dask, into.parent):
        try:
            raw = open_grids(path, resource, into.with_name(f"{into.name}.unpacked"), as_of, limits)
            return _read_grids(raw, resource, into, hide, evidence)
        except Unreadable as error:
            return Reading(None, (_unreadable_problem(resource, error),), findings=error.findings)
        except (MemoryError, RecursionError):
            note = _memory_sentence()
            return Reading(None, (_unreadable_problem(resource, Unreadable("source-error", note)),))


def share_of_fields(path: Path, resource: Resource, room: Path, limits: Limits = DEFAULT_LIMITS) -> float:
    """Which share of the resource's fields has a column in the file, which may be unpacked in `room`; 0 where
    it cannot be read."""
    bounds, small = _bounds(path, limits), _is_small(path)
    try:
        return call_apart(_share_here, path, resource, room, limits, bounds=bounds, small=small)
    except Stopped:
        return 0.0


def _share_here(path: Path, resource: Resource, room: Path, limits: Limits) -> float:
    layouts = resource.pipeline.layouts or (Layout(),)
    try:
        index, _raw, grid = _choose_layout(open_grids(path, resource, room, limits=limits), resource, layouts)
    except (Unreadable, PatternTooSlow, MemoryError, RecursionError):
        return 0.0
    names, _columns = relabel(grid.labels, layouts[index], resource)
    return len(set(names) & set(resource.fields)) / len(resource.fields)


def read_labels(path: Path, resource: Resource, room: Path, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """The labels of a file's header, as it writes them; it may be unpacked in `room`. Raises Unreadable."""
    return list(open_grids(path, resource, room, limits=limits)(Layout()).labels)


def find_labels(path: Path, resource: Resource, room: Path, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """The same, read in a process of its own; none where the file cannot be read."""
    bounds, small = _bounds(path, limits), _is_small(path)
    try:
        return call_apart(_labels_here, path, resource, room, limits, bounds=bounds, small=small)
    except Stopped:
        return []


def _labels_here(path: Path, resource: Resource, room: Path, limits: Limits) -> list[str]:
    try:
        return read_labels(path, resource, room, limits)
    except (Unreadable, PatternTooSlow, MemoryError, RecursionError):
        return []


def _read_grids(raws: Grids, resource: Resource, into: Path, hide: Hide, evidence: Evidence) -> Reading:
    layouts = resource.pipeline.layouts or (Layout(),)
    index, raw, grid = _choose_layout(raws, resource, layouts)
    layout = layouts[index]
    names, columns = relabel(grid.labels, layout, resource)
    absent = [name for name in _absent_fields(resource, layout) if name not in names]
    if two := explain_two_rows(raw, (*names, *absent), resource, layout):
        raise two
    problems = [_remark_warning(resource, remark) for remark in grid.remarks]
    tail = Tail()
    cells = CellFile(into, (*names, *absent))
    broken: list[Unreadable] = []
    certain = {} if layout.unpivot else grid.certain_by_name(names, columns)
    make = partial(_make_passage, resource, layout, names, len(absent), hide, certain)
    parts = _read_by_parts(grid, columns, cells, tail, make, resource)
    if parts is None:
        passage = make()
        cells.write(passage(read_batches(grid, columns, broken, tail), ahead=True))
    else:
        cells, passage = parts
    treatment, watch, signs = passage.treatment, passage.characters, passage.signs
    assert isinstance(treatment, CellTreatment)
    problems += [_unreadable_problem(resource, error) for error in broken]
    raw_table = RawTable(
        cells.table(resource.name, grid.header_row),
        [*columns, *(None for _name in absent)],
        grid.labels,
        tail.foot(len(grid.labels), layout),
        resource,
        layout,
        hidden_fields(resource.pipeline.personal_data),
        grid.epoch,
        evidence,
        grid.certain,
        grid.shown,
    )
    settled, findings = _settle_if_written_by_people(raw_table, grid, into)
    untouched = passage.untouched.among(columns if grid is raw and settled.table is raw_table.table else ())
    renamed, proposals = propose_labels(grid.labels, names, columns, resource)
    return Reading(
        settled.table,
        (
            *problems,
            *watch.problems(),
            *signs.problems(),
            *passage.spoilt.problems(),
            *settled.problems,
            *proposals,
        ),
        grid.encoding,
        grid.delimiter,
        index if resource.pipeline.layouts else None,
        treatment.repairs(),
        grid.sheet,
        left_out_columns(grid.labels, layout, resource) | treatment.hidden_cells(),
        Places(raw, grid, settled.columns, settled.table, raw_table.hidden, untouched),
        (*findings, *watch.findings(), *renamed),
        (
            *_row_problems(resource, grid, names, columns),
            *passage.units.problems(),
            *passage.digits.problems(),
            *signs.faults(),
            *settled.faults,
        ),
        count_parts(),
    )


def _make_passage(
    resource: Resource,
    layout: Layout,
    names: Sequence[str],
    absent: int,
    hide: Hide,
    certain: Mapping[str, Certain],
) -> Passage:
    hidden = hidden_fields(resource.pipeline.personal_data)
    return Passage(
        UnitWatch(resource, names),
        CharacterWatch(resource, names, hidden),
        CellTreatment(resource, layout, names, absent, hide, certain),
        DigitWatch(resource, names, hidden),
        NoDataWatch(resource, names, hidden),
        OddTextWatch(resource, names, hidden),
    )


def _read_by_parts(
    grid: Grid,
    columns: Sequence[int],
    cells: CellFile,
    tail: Tail,
    make: Callable[[], Passage],
    resource: Resource,
) -> tuple[CellFile, Passage] | None:
    """What several workers read, where there are some, and the file is large and plain. The key of hashes
    stays on this machine."""
    plain = grid.blocks
    if not isinstance(plain, PlainBlocks):
        return None
    if "hash" in hidden_fields(resource.pipeline.personal_data).values():
        return None
    workers = find_workers(plain.path.stat().st_size)
    return read_by_parts(workers, grid, columns, cells, tail, make) if workers else None


def _absent_fields(resource: Resource, layout: Layout) -> Iterator[str]:
    """The fields that no file of the layout has: those that it declares, and the one that we fill in."""
    yield from (name for name in layout.absent if name not in _dropped_fields(resource))
    if (vanished := resource.pipeline.extract.vanished) and vanished not in layout.absent:
        yield vanished


def _settle_if_written_by_people(
    read: RawTable, grid: Grid, into: Path
) -> tuple[SettledTable, tuple[Finding, ...]]:
    """The table with what was found out, where people wrote it: what programs give (JSON, answers, releases)
    is as it says."""
    if isinstance(read.resource.pipeline.source, DerivedSource):
        return SettledTable(read.table, tuple(read.columns)), ()
    if not (grid.delimiter or grid.sheet):
        return SettledTable(read.table, tuple(read.columns)), grid.findings
    settled = settle(read, into.with_name(f"{into.name}.settled"))
    return settled, (*grid.findings, *grid.late(), *settled.findings)


def _choose_layout(grids: Grids, resource: Resource, layouts: Sequence[Layout]) -> tuple[int, Grid, Grid]:
    """The first layout whose header the file has, else the nearest one: what it lacks is then told column by
    column. Gives the layout's place, the file's grid by it, and that grid unpivoted."""
    tried: list[tuple[int, int, Grid, Grid]] = []
    refused: Unreadable | None = None
    for index, layout in enumerate(layouts):
        try:
            raw = declared_labels(grids(layout), layout, resource)
            grid = unpivot_grid(raw, layout)
        except Unreadable as error:
            refused = refused or error
            continue
        if not has_familiar_label(grid.labels, layout, resource):
            refused = refused or explain_unknown_header(raw, resource, layout)
            continue
        found = sum(label in raw.labels for label in layout.header)
        if found == len(layout.header):
            return index, raw, grid
        tried.append((found, -index, raw, grid))
    if not tried:
        assert refused is not None
        raise refused
    found, index, raw, grid = max(tried, key=lambda item: item[:2])
    return -index, raw, grid


def _unreadable_problem(resource: Resource, error: Unreadable) -> Problem:
    return Problem(
        error.type, resource.name, error.note, code=error.code, row=error.row, for_sender=error.for_sender
    )


QUOTED = 100
"""Characters of a cell that a sentence quotes."""


def _row_problems(
    resource: Resource, grid: Grid, names: Sequence[str], columns: Sequence[int]
) -> Iterator[Problem]:
    """What was wrong with rows of the file, under the field's name where it is one's cell; where columns are
    hidden, only what stands in another field is quoted."""
    hidden = hidden_fields(resource.pipeline.personal_data)
    fields = {
        place: name for name, place in zip(names, columns, strict=True) if name.strip() in resource.fields
    }
    for fault in grid.faults():
        kind = find_kind(fault.code)
        assert kind is not None, fault.code
        name = fields.get(fault.place) if fault.place is not None else None
        text = fault.text if not hidden or (name and name.strip() not in hidden) else None
        quoted = spell_unseen(text[:QUOTED] + ("…" if len(text) > QUOTED else "")) if text else ""
        yield Problem(
            "table-error" if fault.row is None else "row-error" if kind.level == "row" else "cell-error",
            resource.name,
            f"{fault.note}: {quote(quoted)}" if quoted else fault.note,
            code=fault.code,
            row=fault.row,
            field=name,
            cell=text,
            severity=kind.severity or "critical",
        )


def _remark_warning(resource: Resource, remark: Remark) -> Problem:
    return Problem(
        type="table-error", code=remark.code, resource=resource.name, note=remark.note, severity="warning"
    )
