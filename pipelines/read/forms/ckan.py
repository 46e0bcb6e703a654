"""Answers of a CKAN become a grid: the rows of a table of its DataStore, or its datasets, or their files. A
data.json's datasets and files become the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.dataset.sources import CkanSource, DataJsonSource
from pipelines.read.forms.consul import parse_answer, read_answers, value_text
from pipelines.read.grid import Grid, Rows, Unreadable

DATASETS = (
    "id",
    "name",
    "title",
    "description",
    "organization",
    "organizationTitle",
    "license",
    "frequency",
    "tags",
    "created",
    "modified",
    "url",
    "files",
)
FILES = (
    "dataset",
    "id",
    "name",
    "description",
    "format",
    "mimetype",
    "url",
    "bytes",
    "hash",
    "created",
    "modified",
    "inDatastore",
)
Thing = Mapping[str, Any]


def is_answer(path: Path) -> bool:
    """Whether the file is a JSON text sequence, as answers are kept; else it is a resource's own file."""
    with path.open("rb") as file:
        return file.read(1) == b"\x1e"


def read_ckan(path: Path, source: CkanSource) -> Grid:
    """The answers at `path`: of a table its columns without `_id`; else datasets or files, once each. Raises
    Unreadable where they are none."""
    if source.resource is not None:
        labels = _table_labels(path)
        return Grid(labels, partial(_number_rows, partial(_table_rows, path, labels)))
    packages = partial(_packages, path)
    if source.list == "files":
        return Grid(FILES, partial(_number_rows, partial(_file_rows, packages)))
    return Grid(DATASETS, partial(_number_rows, partial(_dataset_rows, packages)))


def read_data_json(path: Path, source: DataJsonSource) -> Grid:
    """The data.json at `path`; raises Unreadable where it is none."""
    whole = parse_answer(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    listed = whole.get("dataset") if isinstance(whole, dict) else None
    if not isinstance(listed, list):
        raise Unreadable("source-error", _("the file is no data.json: it has no list called dataset"))
    datasets = [_as_package(each) for each in listed if isinstance(each, dict)]
    rows = _file_rows if source.list == "files" else _dataset_rows
    return Grid(
        FILES if source.list == "files" else DATASETS,
        partial(_number_rows, partial(rows, partial(iter, datasets))),
    )


def _number_rows(rows: Callable[[], Iterator[list[str]]]) -> Rows:
    yield from enumerate(rows(), 2)


def _results(path: Path) -> Iterator[tuple[int, Thing]]:
    found = False
    for line, answer in read_answers(path):
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            raise Unreadable("source-error", _("line {line} is no answer of a CKAN", line=line))
        found = True
        yield line, result
    if not found:
        raise Unreadable("source-error", _("the file holds no answer of a CKAN"))


def _table_labels(path: Path) -> tuple[str, ...]:
    """The columns, in the table's order; `_id` is the installation's own number of a row."""
    for line, result in _results(path):
        fields = result.get("fields")
        names = (
            [each.get("id") for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []
        )
        known = [name for name in names if isinstance(name, str)]
        if not known or known != names:
            raise Unreadable("source-error", _("line {line} does not name the table's columns", line=line))
        return tuple(name for name in known if name != "_id")
    raise AssertionError("there is an answer, or it was refused")


def _table_rows(path: Path, labels: tuple[str, ...]) -> Iterator[list[str]]:
    for line, result in _results(path):
        for record in _members(result, "records", line):
            yield [value_text(record.get(label)) for label in labels]


def _members(result: Thing, key: str, line: int) -> Iterator[Thing]:
    members = result.get(key)
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        raise Unreadable("source-error", _("line {line} has no list called {key}", line=line, key=key))
    yield from members


def _packages(path: Path) -> Iterator[Thing]:
    for line, result in _results(path):
        yield from _members(result, "results", line)


def _dataset_rows(packages: Callable[[], Iterator[Thing]]) -> Iterator[list[str]]:
    for each in packages():
        organization = _mapping(each.get("organization"))
        yield [
            value_text(value)
            for value in (
                each.get("id"),
                each.get("name"),
                each.get("title"),
                each.get("notes"),
                organization.get("name"),
                organization.get("title"),
                each.get("license_id"),
                _frequency(each),
                ", ".join(sorted(_tag_names(each))),
                each.get("metadata_created"),
                each.get("metadata_modified"),
                each.get("url"),
                len(_resources(each)),
            )
        ]


def _file_rows(packages: Callable[[], Iterator[Thing]]) -> Iterator[list[str]]:
    for package in packages():
        for each in _resources(package):
            yield [
                value_text(value)
                for value in (
                    package.get("name") or package.get("id"),
                    each.get("id"),
                    each.get("name"),
                    each.get("description"),
                    each.get("format"),
                    each.get("mimetype"),
                    each.get("url"),
                    each.get("size"),
                    each.get("hash"),
                    each.get("created"),
                    each.get("last_modified"),
                    each.get("datastore_active"),
                )
            ]


def _resources(package: Thing) -> list[Thing]:
    listed = package.get("resources")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _mapping(value: Any) -> Thing:
    return value if isinstance(value, dict) else {}


def _tag_names(package: Thing) -> Iterator[str]:
    listed = package.get("tags")
    for tag in listed if isinstance(listed, list) else ():
        name = tag.get("display_name") or tag.get("name") if isinstance(tag, dict) else tag
        if name:
            yield value_text(name)


def _frequency(package: Thing) -> Any:
    """Where CKANs of this country and others keep it: a field of a scheme, or an extra."""
    extras = package.get("extras")
    known = {
        value_text(each.get("key")): each.get("value")
        for each in (extras if isinstance(extras, list) else ())
        if isinstance(each, dict)
    }
    names = ("accrualPeriodicity", "accrual_periodicity", "update_frequency", "frequency")
    return next((found for name in names if (found := package.get(name) or known.get(name))), None)


def _as_package(dataset: Thing) -> Thing:
    """A dataset of a data.json, under CKAN's names."""
    publisher = _mapping(dataset.get("publisher"))
    files = dataset.get("distribution")
    return {
        "id": dataset.get("identifier"),
        "name": dataset.get("identifier"),
        "title": dataset.get("title"),
        "notes": dataset.get("description"),
        "organization": {"title": publisher.get("name")},
        "license_id": dataset.get("license"),
        "accrualPeriodicity": dataset.get("accrualPeriodicity"),
        "tags": dataset.get("keyword"),
        "metadata_created": dataset.get("issued"),
        "metadata_modified": dataset.get("modified"),
        "url": dataset.get("landingPage"),
        "resources": [
            {
                "id": each.get("identifier"),
                "name": each.get("title"),
                "description": each.get("description"),
                "format": each.get("format"),
                "mimetype": each.get("mediaType"),
                "url": each.get("downloadURL") or each.get("accessURL"),
                "size": each.get("byteSize"),
                "created": each.get("issued"),
                "last_modified": each.get("modified"),
            }
            for each in (files if isinstance(files, list) else ())
            if isinstance(each, dict)
        ],
    }
