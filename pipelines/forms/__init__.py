"""The forms in which raw data arrives: a module for each makes a grid of the bytes."""

from __future__ import annotations

from pathlib import Path

from pipelines.dataset import Resource
from pipelines.forms.delimited import delimited
from pipelines.forms.workbook import workbook
from pipelines.grid import Grids


def grids(path: Path, resource: Resource) -> Grids:
    """The raw file at `path`, to be read by a layout of the resource; raises Unreadable, saying what the file is instead.

    The kind of source decides where it fixes the form; of files, their content does, never their name.
    """
    return workbook(path, resource) or delimited(path, resource)
