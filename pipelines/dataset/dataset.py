"""A dataset folder, read and checked as a whole; a fault names the file, the key and what to write
instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from catalog.archive.mappings import ColumnMapping
from catalog.archive.release import twin
from messages import gettext as _
from messages.system import describe_os_error
from pipelines.dataset.declaration import FieldPipeline, PackagePipeline, ResourcePipeline
from pipelines.dataset.faults import choose, parse_section, pipeline_faults
from pipelines.dataset.loading import loading_fault
from pipelines.dataset.personal import schema_without_dropped
from pipelines.dataset.plain_file import read_plain
from pipelines.dataset.sources import ArchiveSource, DerivedSource, InboxSource
from pipelines.dataset.standard import (
    id_fault,
    is_table,
    plain_file_faults,
    standard_faults,
)
from pipelines.dataset.yaml_text import (
    MOST_BYTES,
    DeclarationLoader,
    SuiteLoader,
    YamlFault,
    parse_yaml,
)

DECLARATION = "datapackage.yaml"
Fault = Callable[[str, str], Exception]


# The keys and severities of an expectation in a Great Expectations suite
EXPECTATION = (
    "type",
    "kwargs",
    "severity",
    "meta",
    "id",
    "notes",
    "description",
    "rendered_content",
    "windows",
)
SEVERITIES = ["critical", "warning", "info"]


class DatasetError(Exception):
    """A declaration cannot be used: correct the file and key that the message names."""

    def __init__(self, dataset: str, file: str, key: str, problem: str):
        self.dataset, self.file, self.key, self.problem = dataset, file, key, problem
        super().__init__(f"{file}: {key} {problem}" if key else f"{file}: {problem}")

    def __reduce__(self) -> tuple[type[DatasetError], tuple[str, str, str, str]]:
        return DatasetError, (self.dataset, self.file, self.key, self.problem)


@dataclass(frozen=True)
class Resource:
    """One table of a dataset: its published descriptor (no `pipeline:`), how it is made, and its suite if it
    has one."""

    name: str
    path: str
    descriptor: Mapping[str, Any]
    pipeline: ResourcePipeline
    suite: Mapping[str, Any] | None

    @property
    def twin(self) -> str:
        """The name of the Parquet beside the CSV."""
        return twin(self.path)

    @property
    def schema(self) -> Mapping[str, Any]:
        return self.descriptor["schema"]  # type: ignore[no-any-return]

    @property
    def fields(self) -> list[str]:
        return [field["name"] for field in self.schema["fields"]]

    @property
    def primary_key(self) -> list[str]:
        key = self.schema.get("primaryKey", [])
        return [key] if isinstance(key, str) else list(key)


@dataclass(frozen=True)
class Dataset:
    """A dataset folder. `resources` are its tables, `files` what is published as it comes and never opened (a
    PDF, a map); `declaration` holds the bytes of its files by name: with them, the folder can be made
    again. `mappings` are the renamed columns that a person mapped, which its layouts know then."""

    id: str
    folder: Path
    descriptor: Mapping[str, Any]
    pipeline: PackagePipeline
    resources: tuple[Resource, ...]
    declaration: Mapping[str, bytes]
    files: tuple[Resource, ...] = ()
    mappings: tuple[ColumnMapping, ...] = ()

    @property
    def everything(self) -> tuple[Resource, ...]:
        """The tables, then the files that are none."""
        return (*self.resources, *self.files)

    @property
    def title(self) -> str:
        return self.descriptor.get("title") or self.id

    @property
    def publisher(self) -> str:
        return self.pipeline.publisher.name

    @property
    def demo(self) -> bool:
        return self.pipeline.demo

    @property
    def needs(self) -> tuple[str, ...]:
        return self.pipeline.needs

    @property
    def tells_of_all(self) -> bool:
        """Whether it is made from what the archive has of all others, so that it runs after them."""
        return any(isinstance(each.pipeline.source, ArchiveSource) for each in self.everything)

    @property
    def schedule(self) -> str:
        """When it is due, as cron in the city's zone. Where none is declared: every day, or on Mondays for
        what is due less often than monthly, or every hour, from its first minute on."""
        if self.pipeline.schedule:
            return self.pipeline.schedule
        period = self.pipeline.accrual_periodicity
        if period.startswith("R/PT"):
            return "0 * * * *"
        rare = period == "eventual" or re.fullmatch(r"R/P(10|4|3|2|1)Y|R/P[6432]M", period)
        return "0 0 * * 1" if rare else "0 0 * * *"

    def resource(self, name: str) -> Resource:
        """The table or file called `name`; raises KeyError."""
        for resource in self.everything:
            if resource.name == name:
                return resource
        raise KeyError(name)


def load_dataset(folder: Path) -> Dataset:
    """Reads `folder/datapackage.yaml` and its suites; raises DatasetError naming file, key and fix."""
    folder = folder.absolute()
    label = f"{folder.parent.name}/{folder.name}/{DECLARATION}"
    declaration = {DECLARATION: _read_bytes(folder, DECLARATION, label)}
    descriptor = _parse_yaml(folder.name, declaration[DECLARATION], label, DeclarationLoader)

    def fault(key: str, problem: str) -> DatasetError:
        return DatasetError(folder.name, label, key, problem)

    name = descriptor.get("name")
    if name != folder.name:
        problem = _("is {value!r}; use {expected!r}, the folder's name", value=name, expected=folder.name)
        raise fault("name", problem)
    if wrong := id_fault(folder.name):
        raise fault("name", wrong)
    if asked := _first_question(descriptor):
        raise fault(*asked)
    for key, problem in standard_faults(descriptor):
        raise fault(key, problem)
    pipeline = parse_section(PackagePipeline, descriptor.get("pipeline"), "pipeline", fault)
    resources, files = list[Resource](), list[Resource]()
    for index, raw in enumerate(descriptor["resources"]):
        read = _read_table if is_table(raw) else _read_plain_file
        resource = read(folder, raw, f"resources[{index}]", declaration, fault)
        if isinstance(resource.pipeline.source, DerivedSource) and not pipeline.needs:
            problem = _("is missing; a derived table is made from the datasets that it names")
            raise fault("pipeline.needs", problem)
        (resources if is_table(raw) else files).append(resource)
    if pipeline.pending and not any(_may_wait(each) for each in resources):
        problem = _(
            "goes with a table that is handed in (source: {kind}, without a path), or that is derived of one",
            kind="{kind: inbox}",
        )
        raise fault("pipeline.pending", problem)
    why = loading_fault(descriptor)
    if why:
        raise fault("", why)
    return Dataset(folder.name, folder, descriptor, pipeline, tuple(resources), declaration, tuple(files))


def _may_wait(resource: Resource) -> bool:
    """Whether nothing can be read of it before an agency hands a file in, or another dataset is released."""
    source = resource.pipeline.source
    return isinstance(source, DerivedSource) or (isinstance(source, InboxSource) and source.path is None)


def _read_table(
    folder: Path, raw: Mapping[str, Any], where: str, declaration: dict[str, bytes], fault: Fault
) -> Resource:
    """A table of a declaration; the bytes of its suite go into `declaration`."""
    made = parse_section(ResourcePipeline, raw.get("pipeline"), f"{where}.pipeline", fault)
    for key, problem in pipeline_faults(raw["schema"], made):
        raise fault(f"{where}.{key}", problem)
    suite = None
    if name := made.expectations:
        label = f"{folder.parent.name}/{folder.name}/{DECLARATION}"
        declaration[name] = _read_bytes(folder, name, label, f"{where}.pipeline.expectations")
        suite = _load_suite(folder, name, declaration[name])
    published = _with_english(raw) | {"schema": _published_schema(raw, made, where, fault)}
    return Resource(raw["name"], raw["path"], published, made, suite)


def _read_plain_file(
    _folder: Path, raw: Mapping[str, Any], where: str, _declaration: dict[str, bytes], fault: Fault
) -> Resource:
    """A file of a declaration that is no table."""
    made = parse_section(ResourcePipeline, raw.get("pipeline"), f"{where}.pipeline", fault)
    for key, problem in plain_file_faults(made):
        raise fault(f"{where}.{key}", problem)
    return Resource(raw["name"], raw["path"], _with_english(raw), made, None)


def _first_question(descriptor: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first thing that a declaration made from a catalogue still asks: its key, and a sentence."""
    pipeline = descriptor.get("pipeline")
    asked = pipeline.get("questions") if isinstance(pipeline, Mapping) else None
    first = asked[0] if isinstance(asked, list) and asked else None
    if not isinstance(first, Mapping):
        return None
    return "pipeline.questions[0]", _(
        "still asks about {about}: {question} Answer it there, and take the question out.",
        about=first.get("about"),
        question=first.get("question"),
    )


def read_descriptor(folder: Path) -> dict[str, Any]:
    """The declaration in a folder as it is written, whether it can be run or not; raises DatasetError where
    it is no YAML."""
    label = f"{folder.parent.name}/{folder.name}/{DECLARATION}"
    content = _read_bytes(folder, DECLARATION, label)
    return _parse_yaml(folder.name, content, label, DeclarationLoader)


def dataset_folders(folder: Path) -> list[Path]:
    """The folders in `folder` that declare a dataset, well or not, by name; none where it is missing."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.is_dir() and not path.name.startswith((".", "_"))]


def describe_unknown(folder: Path, id: str) -> str:
    """What to say of an id that is none of the datasets in `folder`, with the nearest that is one."""
    near = get_close_matches(id, [path.name for path in dataset_folders(folder)], n=1)
    if not near:
        return _("{id} is not among the datasets in {folder}; `vereda list` shows them", id=id, folder=folder)
    return _(
        "{id} is not among the datasets in {folder}; did you mean {near}? `vereda list` shows all",
        id=id,
        folder=folder,
        near=near[0],
    )


def load_datasets(folder: Path, names: Collection[str] | None = None) -> list[Dataset | DatasetError]:
    """Every dataset folder in `folder`, or those of these names, in the order of their names; a broken one is
    given as its error."""
    return list(iterate_datasets(folder, names))


def iterate_datasets(folder: Path, names: Collection[str] | None = None) -> Iterator[Dataset | DatasetError]:
    """The same, one after another: whoever keeps none of them needs memory for one."""
    for path in dataset_folders(folder):
        if names and path.name not in names:
            continue
        try:
            yield load_dataset(path)
        except DatasetError as error:
            yield error


def _read_bytes(folder: Path, name: str, label: str, key: str = "") -> bytes:
    try:
        return read_plain(folder / name, MOST_BYTES)
    except OSError as error:
        why = describe_os_error(error)
        problem = (
            _("names {name}, which cannot be read ({why})", name=name, why=why)
            if key
            else _("cannot be read ({why})", why=why)
        )
        raise DatasetError(folder.name, label, key, problem) from error


def _load_suite(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    """A Great Expectations suite; what its expectations are called and take is judged when they are run."""
    label = f"{folder.parent.name}/{folder.name}/{name}"
    suite = _parse_yaml(folder.name, content, label, SuiteLoader)
    expectations = suite.get("expectations")
    if not isinstance(expectations, list):
        raise DatasetError(
            folder.name, label, "expectations", _("must be a list of expectations, each with its type")
        )
    for index, expectation in enumerate(expectations):
        where = f"expectations[{index}]"
        if not isinstance(expectation, dict) or not isinstance(expectation.get("type"), str):
            raise DatasetError(folder.name, label, f"{where}.type", _("is missing; add it"))
        for key in expectation:
            if key not in EXPECTATION:
                problem = _("is not a known key; {choice}", choice=choose(key, list(EXPECTATION)))
                raise DatasetError(folder.name, label, f"{where}.{key}", problem)
        severity = expectation.get("severity", "critical")
        if severity not in SEVERITIES:
            problem = _("is {value!r}; {choice}", value=severity, choice=choose(severity, SEVERITIES))
            raise DatasetError(folder.name, label, f"{where}.severity", problem)
    return suite


def _parse_yaml(dataset: str, content: bytes, label: str, loader: type[SuiteLoader]) -> dict[str, Any]:
    try:
        return parse_yaml(content, loader)
    except YamlFault as fault:
        raise DatasetError(dataset, label, fault.place, fault.problem) from fault


def _published_schema(
    raw: Mapping[str, Any], made: ResourcePipeline, where: str, fault: Fault
) -> dict[str, Any]:
    """The schema as it is published; raises what `fault` makes of a field's own `pipeline:` that is wrong."""
    for place, field in enumerate(raw["schema"]["fields"]):
        if "pipeline" in field:
            key = f"{where}.schema.fields[{place}].pipeline"
            parse_section(FieldPipeline, field["pipeline"], key, fault)
    schema = schema_without_dropped(raw["schema"], made.personal_data)
    return {**schema, "fields": [_with_english(each) for each in schema["fields"]]}


def _with_english(thing: Mapping[str, Any]) -> dict[str, Any]:
    """A table or a field as it is published: without how it is made, with its words in English."""
    english = (thing.get("pipeline") or {}).get("en")
    published = {key: value for key, value in thing.items() if key != "pipeline"}
    return published | ({"en": dict(english)} if english else {})
