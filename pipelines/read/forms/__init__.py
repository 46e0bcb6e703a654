"""The forms in which raw data arrives (CSV, workbook, JSON, answers of an API): one module makes a grid of
each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.sources import (
    CkanSource,
    ConsulSource,
    DataJsonSource,
    DecidimSource,
    InboxSource,
    OcdsSource,
    SqlSource,
    TrelloSource,
)
from pipelines.read.finding import Finding
from pipelines.read.forms.ckan import is_answer, read_ckan, read_data_json
from pipelines.read.forms.consul import read_consul
from pipelines.read.forms.delimited import (
    copy_beginning,
    read_delimited,
    read_plain,
    refuse_long_lines,
    size_before_end_mark,
)
from pipelines.read.forms.json import read_json
from pipelines.read.forms.kind import refused_kind_error
from pipelines.read.forms.ocds import read_ocds
from pipelines.read.forms.packed import kind_of_file, unpack
from pipelines.read.forms.trello import read_export, read_trello
from pipelines.read.forms.workbook import read_workbook
from pipelines.read.grid import Grid, Grids
from pipelines.settings import DEFAULT_LIMITS, Limits


def open_grids(
    path: Path, resource: Resource, room: Path, as_of: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Grids:
    """The raw file at `path`, to be read by a layout of the resource; raises Unreadable, saying what the file
    is instead.

    The kind of source decides where it fixes the form; of files, their content does, never their name. `room`
    is a folder, made where it is needed, for what is unpacked: the grids read there.
    """
    source = resource.pipeline.source
    if isinstance(source, ConsulSource):
        return lambda layout: read_consul(path, source.query)
    if isinstance(source, TrelloSource):
        return lambda layout: read_trello(path, source, as_of)
    if isinstance(source, CkanSource) and is_answer(path):
        return lambda layout: read_ckan(path, source)
    if isinstance(source, SqlSource):
        rows = Finding("database-rows", source.table or "", 1.0)
        return lambda layout: replace(read_plain(path, limits), findings=(rows,))
    kind = kind_of_file(path, limits)
    if kind not in ("zip", "gzip"):
        return _open_unpacked(path, kind, resource, room, limits)
    member = source.table if isinstance(source, DecidimSource) else None
    inner, name, file = unpack(path, kind, room, limits, member)
    within = _open_unpacked(file, inner, resource, room, limits)
    packing = Finding("packing", "gzip" if kind == "gzip" else f"ZIP: {name}", 1.0)

    def grid(layout: Layout) -> Grid:
        made = within(layout)
        return replace(made, findings=(packing, *made.findings))

    return grid


def _open_unpacked(path: Path, kind: str, resource: Resource, room: Path, limits: Limits) -> Grids:
    if kind in ("xlsx", "xlsb", "ods", "xls"):
        return read_workbook(path, kind, resource, room, limits)
    source = resource.pipeline.source
    if kind == "json" and isinstance(source, DataJsonSource):
        return lambda layout: read_data_json(path, source)
    if kind == "json" and isinstance(source, OcdsSource):
        return lambda layout: read_ocds(path, source.table)
    if kind == "json" and isinstance(source, InboxSource) and source.trello is not None:
        table = source.trello
        return lambda layout: read_export(path, table)
    if kind == "json":
        return read_json(path, limits)
    if kind != "text":
        raise refused_kind_error(kind)
    refuse_long_lines(path, limits)
    size = size_before_end_mark(path)
    if size is None:
        return read_delimited(path, resource, limits)
    room.mkdir(exist_ok=True)
    rows = read_delimited(copy_beginning(path, size, room / "without-end-mark"), resource, limits)
    mark = Finding("end-mark", "0x1A", 1.0)

    def grid(layout: Layout) -> Grid:
        made = rows(layout)
        return replace(made, findings=(*made.findings, mark))

    return grid
