"""A package as it should be, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.archive.release import File


@dataclass(frozen=True)
class Adoption:
    """What stands in the CKAN already, to be taken over: names or ids. `resources` is by our file's name, as
    in obras.csv. `fields` says of a field or extra whose it is (ours, theirs, first: ours where there is
    nothing); `accept` what else is taken over as it is: deleted, private, organization, given-back."""

    package: str | None = None
    organization: str | None = None
    resources: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    accept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resource:
    """A resource as it should be. `key` names its part in the package and stays with it as its field
    `vereda`.

    It holds `content` (a file of the archive, or bytes) under `filename`; or, without content, it is a link:
    to the file of the resource `to`, or to the url among its `fields`.
    """

    key: str
    id: str
    fields: Mapping[str, Any]
    content: File | bytes | None = None
    filename: str = ""
    to: str | None = None


@dataclass(frozen=True)
class Table:
    """What the DataStore table of a latest CSV (the resource `key`) should hold: the rows of `parquet`, of
    this version.

    `changed` of its `rows` are other than in the version before; `changes` is the file that tells which.
    """

    key: str
    name: str
    version: str
    schema: Mapping[str, Any]
    parquet: File
    rows: int
    changed: int
    changes: File | None


@dataclass(frozen=True)
class Package:
    """A package as it should be. `fields` are CKAN's own; `extras`, `tags` and `groups` are the ones that are
    ours."""

    name: str
    path: str
    demo: bool
    organization: tuple[str, str] | None
    adopted: Adoption
    fields: Mapping[str, Any]
    extras: Mapping[str, str]
    tags: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[Resource, ...]
    tables: tuple[Table, ...]
    former_names: tuple[str, ...] = ()
    licence: str = ""


def _as_it_is(package: Package) -> Package:
    return package


@dataclass(frozen=True)
class CkanSite:
    """Where the projection is shown: CKAN's public address, the portal's if there is one, how many versions a
    package lists; `mark` is the archive's, `shape` puts a
    package into the shape that this CKAN takes."""

    url: str
    portal: str | None = None
    versions: int = 12
    mark: str = ""
    shape: Callable[[Package], Package] = _as_it_is
