"""The forms in which raw data arrives: a module for each makes a grid of the bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.bounds import USUAL, Bounds
from pipelines.dataset import Resource
from pipelines.finding import Finding
from pipelines.forms.consul import consul
from pipelines.forms.delimited import delimited
from pipelines.forms.lines import refuse_no_lines
from pipelines.forms.objects import objects
from pipelines.forms.packed import kind_of, unpacked
from pipelines.forms.refused import refused
from pipelines.forms.trello import trello
from pipelines.forms.workbook import workbook
from pipelines.grid import Grid, Grids
from pipelines.layout import Layout
from pipelines.sources import ConsulSource, TrelloSource


def grids(path: Path, resource: Resource, room: Path, as_of: str | None = None, bounds: Bounds = USUAL) -> Grids:
    """The raw file at `path`, to be read by a layout of the resource; raises Unreadable, saying what the file is instead.

    The kind of source decides where it fixes the form; of files, their content does, never their name. `room` is a folder, made
    where it is needed, for what is unpacked: the grids read there.
    """
    source = resource.pipeline.source
    if isinstance(source, ConsulSource):
        return lambda layout: consul(path, source.query)
    if isinstance(source, TrelloSource):
        return lambda layout: trello(path, source, as_of)
    kind = kind_of(path, bounds)
    if kind not in ("zip", "gzip"):
        return _plain(path, kind, resource, room, bounds)
    inner, name, file = unpacked(path, kind, room, bounds)
    within = _plain(file, inner, resource, room, bounds)
    packing = Finding("packing", "gzip" if kind == "gzip" else f"ZIP: {name}", 1.0)

    def grid(layout: Layout) -> Grid:
        made = within(layout)
        return replace(made, findings=(packing, *made.findings))

    return grid


def _plain(path: Path, kind: str, resource: Resource, room: Path, bounds: Bounds) -> Grids:
    if kind in ("xlsx", "xlsb", "ods", "xls"):
        return workbook(path, kind, resource, room, bounds)
    if kind == "json":
        return objects(path, bounds)
    if kind != "text":
        raise refused(kind)
    refuse_no_lines(path, bounds)
    return delimited(path, resource, bounds)
