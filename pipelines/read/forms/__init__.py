"""The forms in which raw data arrives: a module for each makes a grid of the bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.sources import ConsulSource, TrelloSource
from pipelines.read.finding import Finding
from pipelines.read.forms.consul import consul
from pipelines.read.forms.delimited import delimited, refuse_no_lines
from pipelines.read.forms.json import read_objects
from pipelines.read.forms.kind import describe_refused_kind
from pipelines.read.forms.packed import kind_of, unpack
from pipelines.read.forms.trello import trello
from pipelines.read.forms.workbook import workbook
from pipelines.read.grid import Grid, Grids
from pipelines.settings import DEFAULT_LIMITS, Limits


def grids(
    path: Path, resource: Resource, room: Path, as_of: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Grids:
    """The raw file at `path`, to be read by a layout of the resource; raises Unreadable, saying what the file
    is instead.

    The kind of source decides where it fixes the form; of files, their content does, never their name. `room`
    is a folder, made where it is needed, for what is unpacked: the grids read there.
    """
    source = resource.pipeline.source
    if isinstance(source, ConsulSource):
        return lambda layout: consul(path, source.query)
    if isinstance(source, TrelloSource):
        return lambda layout: trello(path, source, as_of)
    kind = kind_of(path, limits)
    if kind not in ("zip", "gzip"):
        return _plain(path, kind, resource, room, limits)
    inner, name, file = unpack(path, kind, room, limits)
    within = _plain(file, inner, resource, room, limits)
    packing = Finding("packing", "gzip" if kind == "gzip" else f"ZIP: {name}", 1.0)

    def grid(layout: Layout) -> Grid:
        made = within(layout)
        return replace(made, findings=(packing, *made.findings))

    return grid


def _plain(path: Path, kind: str, resource: Resource, room: Path, limits: Limits) -> Grids:
    if kind in ("xlsx", "xlsb", "ods", "xls"):
        return workbook(path, kind, resource, room, limits)
    if kind == "json":
        return read_objects(path, limits)
    if kind != "text":
        raise describe_refused_kind(kind)
    refuse_no_lines(path, limits)
    return delimited(path, resource, limits)
