"""A package as it should be, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from catalog.archive.release import File

LOADED = (".csv", ".tsv", ".xlsx", ".xls", ".ods")


def is_loaded(filename: str) -> bool:
    """Whether xloader and datapusher, left alone, make a table of such a file and write their own hash."""
    return filename.endswith(LOADED)


@dataclass(frozen=True)
class Adoption:
    """What stands in the CKAN already, to be taken over: names or ids. `resources` is by our file's name, as
    in obras.csv. `fields` says of a field or extra whose it is (ours, theirs, first: ours where there is
    nothing); `accept` what else is taken over as it is: deleted, private, organization, given-back;
    and upload: a file that others put into a resource of ours is replaced."""

    package: str | None = None
    organization: str | None = None
    resources: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    accept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Derived:
    """A file that is made of a version's files when it is needed. `stamp` says of which and how: it stays
    with the resource, so that no plan reads tables only to find that nothing changed."""

    stamp: str
    make: Callable[[], bytes] = field(repr=False, compare=False)

    @cached_property
    def content(self) -> bytes:
        return self.make()


@dataclass(frozen=True)
class Resource:
    """A resource as it should be. `key` names its part in the package and stays with it as its field
    `vereda`.

    It holds `content` (a file of the archive, bytes, or one to be made) under `filename`; or, without
    content, it is a link: to the file of the resource `to`, or to the url among its `fields`. `preview` is
    the kind of view that shows it, where that takes no table.
    """

    key: str
    id: str
    fields: Mapping[str, Any]
    content: File | bytes | Derived | None = None
    filename: str = ""
    to: str | None = None
    preview: str = ""


@dataclass(frozen=True)
class Table:
    """What the DataStore table of a resource (`key`: a latest CSV, or the dictionary) should hold: the rows
    of `parquet`, or those that `make` gives, of this version.

    `changed` of its `rows` are other than in the version before; `changes` is the file that tells which.
    """

    key: str
    name: str
    version: str
    schema: Mapping[str, Any]
    parquet: File | None
    rows: int
    changed: int
    changes: File | None
    make: Callable[[], pa.Table] | None = field(default=None, repr=False, compare=False)


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
    package lists; `mark` is the archive's, `shape` puts a package into the shape that this CKAN takes,
    `loaders` are those of its extensions that fill the DataStore by themselves."""

    url: str
    portal: str | None = None
    versions: int = 12
    mark: str = ""
    shape: Callable[[Package], Package] = _as_it_is
    loaders: tuple[str, ...] = ()

    def in_portal(self, place: str) -> str:
        """Where the portal has what stands at that place; "" without a portal."""
        return f"{self.portal.rstrip('/')}/{place}" if self.portal else ""
