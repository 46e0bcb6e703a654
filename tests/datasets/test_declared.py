"""Every dataset folder loads, describes all that it publishes, and accounts for every column of every file
that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dataset.dataset import Dataset, Resource, load_dataset
from pipelines.dataset.sources import FolderSource, InboxSource
from pipelines.read.read import read
from tests.support.paths import DATASETS

FOLDERS = sorted(path for path in DATASETS.iterdir() if path.is_dir())


def names(path: Path) -> str:
    return path.name


def extracts(dataset: Dataset) -> list[tuple[Resource, Path]]:
    """Every file in the folder that a source names."""
    found = []
    for resource in dataset.resources:
        source = resource.pipeline.source
        if isinstance(source, FolderSource):
            paths = [vintage.path for vintage in source.vintages] or ([source.path] if source.path else [])
            found += [(resource, dataset.folder / path) for path in paths]
        elif isinstance(source, InboxSource) and source.path:
            found.append((resource, dataset.folder / source.path))
    return found


def day(resource: Resource, path: Path) -> str | None:
    """The day of which a dated extract tells."""
    vintages = getattr(resource.pipeline.source, "vintages", ())
    return next(
        (vintage.as_of.isoformat() for vintage in vintages if path.as_posix().endswith("/" + vintage.path)),
        None,
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_a_declaration_loads_and_says_what_it_is(folder):
    dataset = load_dataset(folder)
    described = dataset.descriptor
    assert [
        key
        for key in ("$schema", "title", "description", "licenses", "sources", "keywords")
        if not described.get(key)
    ] == []
    assert [resource.name for resource in dataset.resources if not resource.descriptor.get("title")] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_every_field_has_a_type_and_a_description(folder):
    fields = [(r.name, field) for r in load_dataset(folder).resources for field in r.schema["fields"]]
    assert [
        (resource, field["name"])
        for resource, field in fields
        if not field.get("description") or not field.get("type")
    ] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_every_column_of_every_file_is_mapped_or_ignored(folder, tmp_path):
    for resource, path in extracts(load_dataset(folder)):
        found = read(path, resource, tmp_path / f"{path.stem}.arrow", day(resource, path))
        assert found.problems == (), path
        assert found.table is not None
        assert sorted(found.table.labels) == sorted(resource.fields), path


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_every_layout_and_every_ignored_column_is_of_some_file(folder, tmp_path):
    """What no file needs is a leftover, or a slip that nobody would notice."""
    dataset = load_dataset(folder)
    for resource in dataset.resources:
        files = [
            read(path, each, tmp_path / f"{path.stem}.arrow", day(each, path))
            for each, path in extracts(dataset)
            if each is resource
        ]
        assert {found.layout for found in files if found.layout is not None} == (
            set(range(len(resource.pipeline.layouts))) if files else set()
        )


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_every_repair_says_why(folder):
    rules = [
        (r.name, field, rule)
        for r in load_dataset(folder).resources
        for field, rules in r.pipeline.values.items()
        for rule in rules
    ]
    assert [(resource, field, rule) for resource, field, rule in rules if not rule.because] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_a_folder_holds_data_and_declarations_only(folder):
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes <= {".yaml", ".csv", ".xlsx", ".json", ".jsonl", ".md"}
    dataset = load_dataset(folder)
    named = {folder / name for name in dataset.declaration} | {path for _resource, path in extracts(dataset)}
    assert {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"} == named


@pytest.mark.parametrize("folder", FOLDERS, ids=names)
def test_an_invented_extract_makes_a_demonstration_and_nothing_else_does(folder):
    dataset = load_dataset(folder)
    places = {path.relative_to(folder).parts[0] for _resource, path in extracts(dataset)}
    assert places <= {"source", "sample"}
    made_from = [load_dataset(folder.parent / need) for need in dataset.needs] if not places else []
    assert dataset.demo == ("sample" in places or any(need.demo for need in made_from))
