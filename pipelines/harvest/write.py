"""A folder per package of a foreign catalogue: written once, never over what stands there"""

from __future__ import annotations

import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from messages import gettext as _
from pipelines.dataset.dataset import DECLARATION, DatasetError, load_dataset
from pipelines.fetch.snapshot import SourceError
from pipelines.harvest.catalogue import Unreadable, read_catalogue
from pipelines.harvest.content import fetch_file, find_format
from pipelines.harvest.declare import Draft, Question, draft_declaration
from pipelines.harvest.infer import infer_table
from pipelines.harvest.package import Column, ForeignPackage, ForeignResource
from pipelines.harvest.tables import sort_contents
from pipelines.harvest.values import is_code, slug
from pipelines.settings import Limits


def import_catalogue(
    place: str, into: Path, limits: Limits, in_ckan: bool = True, read: bool = False
) -> Iterator[Draft]:
    """What became of each package, in the catalogue's order; folders are written into `into` as it goes. With
    `read`, the fields and formats that the catalogue does not say are read from the files."""
    taken: set[str] = set()
    whole = list(read_catalogue(place, limits))
    names = Counter(key for each in whole if isinstance(each, ForeignPackage) for key in _keys(each))
    for found in whole:
        if isinstance(found, Unreadable):
            yield Draft(found.place, "refused", found.why, 0)
            continue
        id = _choose_id(found, taken)
        if read and not found.refusal:
            found = read_files_of(found, limits)
        doubled = next((key[1] for key in _keys(found) if names[key] > 1), "")
        draft = draft_declaration(found, id, in_ckan, doubled)
        yield write_draft(draft, into, place) if draft.declaration else draft


def _keys(package: ForeignPackage) -> set[tuple[str, str]]:
    """By what a package is known in its catalogue: no other one may be called so."""
    said = {("id", package.id), ("name", package.name)}
    return {each for each in said if each[1]} if not package.refusal else set()


def read_files_of(package: ForeignPackage, limits: Limits) -> ForeignPackage:
    """The package, with the format of each file of which nothing says it, and the columns of each table that
    has no dictionary, as its file has them; of one whose columns are the DataStore's, the labels of its file.
    Of a file that does not come, or is no table, why."""
    resources = tuple(
        each if each.format or not each.address else _read_format(each, limits) for each in package.resources
    )
    package = replace(package, resources=resources)
    tables = sort_contents(package).tables
    lacking = {table.lead.id for table in tables if not table.columns}
    stored = {table.lead.id for table in tables if table.lead.has_stored_table}
    resources = tuple(
        _read_columns(each, limits) if each.address and each.id in lacking | stored else each
        for each in package.resources
    )
    return replace(package, resources=resources)


def _read_format(resource: ForeignResource, limits: Limits) -> ForeignResource:
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        path = Path(folder) / "extract"
        try:
            fetch_file(str(resource.address), path, limits)
            return replace(resource, format=find_format(path, resource.address, Path(folder), limits))
        except (SourceError, ValueError) as error:
            return replace(resource, read_fault=str(error))


def _read_columns(resource: ForeignResource, limits: Limits) -> ForeignResource:
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        path = Path(folder) / "extract"
        try:
            fetch_file(str(resource.address), path, limits)
            table = infer_table(path, Path(folder), limits, tidy=False)
        except (SourceError, ValueError) as error:
            return replace(resource, read_fault=str(error))
    if resource.has_stored_table:
        return replace(resource, header=table.header)
    columns = tuple(Column(str(each["name"]), str(each["type"])) for each in table.fields)
    return replace(resource, columns=columns, layout=table.layout, other_sheets=table.other_sheets)


def _choose_id(package: ForeignPackage, taken: set[str]) -> str:
    """A dataset id of a package's name, else of its title, where the name tells nothing; no other package of
    the catalogue has it."""
    said = [slug(each) for each in (package.name, package.title) if each and not is_code(each)]
    wanted = next(filter(None, said), "") or slug(package.name) or slug(package.id) or "paquete"
    id, number = wanted, 1
    while id in taken:
        number += 1
        id = f"{wanted}-{number}"
    taken.add(id)
    return id


def write_draft(draft: Draft, into: Path, place: str, head: str = "") -> Draft:
    """Writes the folder of a draft, its declaration below the comment `head`; refused where another one of
    its name stands there."""
    folder = into / draft.id
    content = declaration_text(draft, place, head)
    path = folder / DECLARATION
    if path.exists() and path.read_text("utf-8") == content:
        return draft
    if folder.exists():
        why = _("there is a folder {folder} already; it is left as it is", folder=folder)
        return replace(draft, state="refused", why=why, declaration={}, questions=())
    folder.mkdir(parents=True)
    path.write_text(content, "utf-8")
    if draft.questions:
        return draft
    try:
        load_dataset(folder)
    except DatasetError as error:
        # The catalogue says something that no declaration of ours can: a person has to look at it.
        asked = Question(error.key or "name", "fault", error.problem)
        made: dict[str, Any] = {**draft.declaration}
        made["pipeline"] = {**made["pipeline"], "questions": [asdict(asked)]}
        draft = replace(draft, state="questions", why=str(error), declaration=made, questions=(asked,))
        path.write_text(declaration_text(draft, place, head), "utf-8")
    return draft


def declaration_text(draft: Draft, place: str, head: str = "") -> str:
    """The declaration as YAML, with where it comes from above it, or the comment `head`."""
    text = yaml.dump(dict(draft.declaration), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    if head:
        return head + text
    place = place if "://" in place else Path(place).name
    imported = _(
        "# Imported from {place}. Nothing here is invented: what the catalogue does not say is a question.",
        place=place,
    )
    lines = [" ".join(imported.split())]
    for note in draft.notes:
        lines += [f"# {line}" for line in textwrap.wrap(note, 106)]
    return "\n".join([*lines, text])


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as such."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
