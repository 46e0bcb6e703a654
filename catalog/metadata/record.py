"""A dataset's metadata, read once from its listing; every standard's file is written from this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import File, twin
from catalog.public import Edition, Listing
from catalog.words import file_title
from messages import gettext as _

# A dataset of a city's government is at least about its government: the national profile asks for one theme
# or more.
ANYWAY = ("GOVE",)
# So many versions are offered to other catalogues: a dataset of every night would bring them a thousand
# files a year. All of them stand on its page.
VERSIONS = 12


@dataclass(frozen=True)
class Masthead:
    """What is said of the catalogue as a whole. `base` is the portal's address and ends in a slash; `email`
    is never guessed. `form` is the address of a form for questions and problems, in which {dataset},
    {version} and {page} are filled in; it may be missing. `api` is the API's address, which ends in
    a slash; "" where nobody answers."""

    base: str
    publisher: str
    email: str | None
    form: str | None = None
    api: str = ""

    @classmethod
    def of(cls, base: str, publisher: str | None, form: str | None = None, api: str = "") -> Masthead:
        """`publisher` is "Name <address>", or a name alone; without one, the portal speaks for itself."""
        match = re.fullmatch(r"\s*([^<>]*?)\s*(?:<([^<>\s]+)>)?\s*", publisher or "")
        name, email = match.groups() if match else (publisher, None)
        return cls(quote(base, safe=":/?#[]@!$&'()*+,;=%~"), name or "Vereda", email, form, api)

    @property
    def is_public(self) -> bool:
        """Whether its addresses lead anywhere but on the machine that wrote them."""
        return self.base.startswith(("http://", "https://"))

    def form_address(self, dataset: str = "", version: str = "", page: str = "") -> str | None:
        """The form with what it is about filled in."""
        if not self.form:
            return None
        values = {"{dataset}": dataset, "{version}": version, "{page}": page}
        address = self.form
        for name, value in values.items():
            address = address.replace(name, quote(value, safe=""))
        return address

    @property
    def title(self) -> str:
        return _("Vereda: open data of Buenos Aires")

    @property
    def description(self) -> str:
        return _("Open data of Buenos Aires, checked and documented, in stable versions.")

    @property
    def page(self) -> str:
        return f"{self.base}index.html"


@dataclass(frozen=True)
class Distribution:
    """A file that is offered: a table's CSV or Parquet (with its `fields`, in the current version), or the
    descriptor.

    `place` tells it from all others of the dataset, as in latest/obras.csv; `issued` and `modified` are ISO
    8601 moments.
    """

    place: str
    title: str
    url: str
    file: File
    issued: str
    modified: str
    description: str = ""
    fields: Sequence[Mapping[str, Any]] = ()
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return PurePosixPath(self.place).name

    @property
    def kind(self) -> str:
        """csv, parquet or json."""
        return PurePosixPath(self.place).suffix[1:]


@dataclass(frozen=True)
class OfferedVersion:
    """A version that can be had, with what it changed, in words."""

    edition: Edition
    notes: str
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True)
class Record:
    """What is known of a dataset that has a current version. `versions` are the newest ones, the newest
    first, and the current one; without withdrawn ones."""

    listing: Listing
    current: Edition
    page: str
    issued: str
    modified: str
    distributions: tuple[Distribution, ...]
    versions: tuple[OfferedVersion, ...]

    @property
    def descriptor(self) -> Mapping[str, Any]:
        return self.listing.descriptor

    @property
    def title(self) -> str:
        """A demo dataset says so, whatever its declaration calls it."""
        return f"DEMO · {self.listing.title}" if self.listing.demo else self.listing.title

    @property
    def description(self) -> str:
        return str(self.descriptor.get("description") or "").strip() or self.title

    @property
    def publisher(self) -> Mapping[str, Any]:
        """`id`, `name`, and `email` where it is known."""
        publisher: Mapping[str, Any] = self.descriptor["publisher"]
        return publisher

    @property
    def contact(self) -> tuple[str, str | None]:
        """Whom to ask, and the address if it was declared."""
        declared = self.descriptor.get("contactPoint") or {}
        email = declared.get("hasEmail") or self.publisher.get("email")
        name = declared.get("fn") or self.publisher["name"]
        return name, email.removeprefix("mailto:") if email else None

    @property
    def license(self) -> Mapping[str, Any]:
        """The first licence, whose `path` is its address; nothing where none was declared."""
        return next(iter(self.descriptor.get("licenses") or ()), {})

    @property
    def periodicity(self) -> str:
        return str(self.descriptor.get("accrualPeriodicity", "eventual"))

    @property
    def themes(self) -> tuple[str, ...]:
        return tuple(self.descriptor.get("superTheme") or ANYWAY)

    @property
    def keywords(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(each) for each in self.descriptor.get("keywords") or ()))

    @property
    def temporal(self) -> str | None:
        """The period as an ISO 8601 interval or date; None where it is not written as one."""
        day = r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)?)?"
        temporal = str(self.descriptor.get("temporal", ""))
        return temporal if re.fullmatch(f"{day}(?:/{day})?", temporal) else None

    @property
    def sources(self) -> str:
        sources = self.descriptor.get("sources") or ()
        return "; ".join(str(each.get("title") or each.get("path")) for each in sources)

    @property
    def all_distributions(self) -> tuple[Distribution, ...]:
        """All distributions: those that always have the newest data, then those of each version."""
        return (*self.distributions, *(each for version in self.versions for each in version.distributions))

    @property
    def notes(self) -> str:
        return next((each.notes for each in self.versions if each.edition is self.current), "")


@dataclass
class Extreme:
    """The first or the last moment of many (`choose` is min or max), the one that came first of equal ones;
    None of none."""

    choose: Callable[..., str]
    moment: str | None = None

    def add(self, moment: str) -> None:
        self.moment = self.choose(self.moment or moment, moment, key=datetime.fromisoformat)


def drop_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what nobody declared."""
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def record_of(listing: Listing, masthead: Masthead) -> Record | None:
    """The record of a dataset; None where no version is left, or none that says what it is."""
    current = listing.current
    if current is None or "publisher" not in listing.descriptor:
        return None
    page = f"{masthead.base}{listing.path}/index.html"
    first = listing.editions[-1].at
    latest = tuple(_distributions(listing, current, "latest", masthead.base, first))
    versions = []
    left = [each for each in listing.editions if not each.withdrawn]
    for place, each in enumerate(left):
        if place < VERSIONS or each is current:
            files = _distributions(listing, each, f"v/{each.version}", masthead.base, each.at)
            versions.append(OfferedVersion(each, _version_notes(each, listing), tuple(files)))
    return Record(listing, current, page, first, listing.changed, latest, tuple(versions))


@dataclass(frozen=True)
class Records:
    """The records of some datasets, each made when its turn comes, without those that have none."""

    listings: Iterable[Listing]
    masthead: Masthead

    def __iter__(self) -> Iterator[Record]:
        return filter(None, (record_of(each, self.masthead) for each in self.listings))


def _version_notes(edition: Edition, listing: Listing) -> str:
    """What a version changed, in sentences."""
    return (
        _("First version.")
        if edition is listing.editions[-1]
        else " ".join(describe_changes(edition.changes))
    )


def _distributions(
    listing: Listing, edition: Edition, under: str, base: str, issued: str
) -> list[Distribution]:
    """The tables of a version, each as CSV and Parquet, and its descriptor, which lists all other files."""
    resources = {each["path"]: each for each in listing.descriptor.get("resources", ())}
    latest = under == "latest"
    found = []
    for name, file in edition.files.items():
        table = _table_of(name, edition)
        if table is None and name != "datapackage.json":
            continue
        resource = resources.get(table, {}) if table else {}
        title = str(resource.get("title") or table or listing.title)
        distribution = Distribution(
            place=f"{under}/{name}",
            title=file_title(title, name, None if latest else str(edition.version)),
            url=f"{base}{listing.path}/{under}/{quote(name)}",
            file=file,
            issued=issued,
            modified=edition.at,
            description=str(resource.get("description", "")),
            table=resource,
            fields=resource.get("schema", {}).get("fields", ()) if latest else (),
        )
        found.append(distribution)
    return found


def _table_of(name: str, edition: Edition) -> str | None:
    """The CSV of the table that a file holds; None for a file that is not a table's."""
    if name.endswith(".csv"):
        return name
    csvs = (each for each in edition.files if each.endswith(".csv"))
    return next((csv for csv in csvs if twin(csv) == name), None)
