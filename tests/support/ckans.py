"""A small city whose releases go to the CKAN of a test, and what strangers read there."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from catalog.archive.archive import Archive
from catalog.archive.release import Version
from catalog.port import Step
from tests.support.cities import FIELDS, City, csv, declaration
from tests.support.ckan.programs import HOME
from tests.support.ckan_stack import TLS
from tests.support.lazy import ckan_catalogue, ckan_remote

if TYPE_CHECKING:
    from catalog.ckan.catalogue import Ckan
    from catalog.ckan.package import Adoption

FIRST = csv("1,Plaza Irlanda,1.5", "2,Escuela 24,200", "3,Ñandú,")
SECOND = csv("1,Plaza Irlanda,1.5", "2,Escuela 24,250.25", "4,Polideportivo,7")


@dataclass
class Town:
    """A city with one dataset, `obras` under the test's prefix, and the CKAN that it publishes to."""

    city: City
    site: Any
    prefix: str

    @classmethod
    def at(cls, folder: Path, site: Any, content: str = FIRST, **pipeline: Any) -> Town:
        town = cls(City(folder), site, site.prefix)
        town.declare(content, **pipeline)
        town.city.run(town.name)
        return town

    @property
    def name(self) -> str:
        return f"{self.prefix}obras"

    def declare(
        self,
        content: str,
        *,
        fields: list[dict] | None = None,
        key: str | None = "id",
        about: Mapping[str, Any] | None = None,
        **pipeline: Any,
    ) -> None:
        """Declares the dataset; `pipeline` are keys of the package's `pipeline:`, `about` of the package."""
        made = declaration(self.name, fields=fields or FIELDS, key=key) | dict(about or {})
        made["pipeline"] |= {
            "publisher": {"id": f"{self.prefix}area", "name": f"Área {self.prefix}"},
            "superTheme": ["GOVE"],
            **pipeline,
        }
        self.city.declare(made, datos=content)

    def release(self, content: str) -> str | None:
        """The next version."""
        self.city.send(self.name, content)
        return self.city.outcome(self.name).version

    def say(self, kind: Any, version: str, because: str = "estaba mal") -> None:
        self.city.say(self.name, kind, version, because)

    def ckan(
        self, url: str | None = None, token: str | None = None, adopted: Adoption | None = None, **told: Any
    ) -> Ckan:
        remote = ckan_remote.Remote(
            url or self.site.url,
            token or self.site.token,
            timeout=told.pop("timeout", 60.0),
            delay=0.05,
            tries=told.pop("tries", 4),
        )
        return ckan_catalogue.Ckan(remote, adopted={self.name: adopted} if adopted else {}, **told)

    def plan(self, **told: Any) -> list[Step]:
        return self.ckan(**told).plan(self.city.archive)

    def publish(self, **told: Any) -> list[Step]:
        ckan = self.ckan(**told)
        steps = ckan.plan(self.city.archive)
        ckan.apply(self.city.archive, steps)
        return steps

    def start_publishing(self, **told: Any) -> Any:
        """Publishes in a process of its own, which is given back: to be joined, or killed."""
        apart = multiprocessing.get_context(
            "forkserver"
        )  # a fork of this process might inherit locks that threads hold
        apart.set_forkserver_preload(["catalog.ckan.catalogue"])
        process = apart.Process(
            target=_publish, args=(self.site.url, self.site.token, self.city.folder / "archive", told)
        )
        process.start()
        return process

    def package(self, name: str | None = None) -> dict[str, Any]:
        return self.site.call("package_show", id=name or self.name)

    def resource(self, key: str, name: str | None = None) -> dict[str, Any]:
        """A resource by its part (`latest/….csv`), or by the beginning of it where its end is a hash."""
        return next(r for r in self.package(name)["resources"] if r.get("vereda", "").startswith(key))

    @property
    def latest(self) -> dict[str, Any]:
        return self.resource(f"latest/{self.name}.csv")

    def rows(self) -> list[dict[str, Any]]:
        """The DataStore table of the latest CSV, without its row numbers."""
        records = self.site.call("datastore_search", resource_id=self.latest["id"], sort="_id")["records"]
        return [{key: value for key, value in record.items() if key != "_id"} for record in records]

    def file(self, version: str, suffix: str = "csv") -> bytes:
        """What the archive has of a version."""
        release = self.city.history(self.name).release(Version.parse(version))
        return self.city.archive.get(release.files[f"{self.name}.{suffix}"].sha256)


def _publish(url: str, token: str, archive: Path, told: Mapping[str, Any]) -> None:
    ckan, opened = (
        ckan_catalogue.Ckan(ckan_remote.Remote(url, token, delay=0.05, tries=8), **told),
        Archive.open(archive),
    )
    ckan.apply(opened, ckan.plan(opened))


def download(url: str) -> bytes:
    """What a stranger gets, who loads a page again that CKAN broke at: its own page of a package did so
    once in a whole suite, beside other tests. Where it breaks each time, CKAN's log says why."""
    for patience in (1, 2, 4, 0):
        answer = httpx.get(url, follow_redirects=True, timeout=60, verify=TLS)
        if answer.status_code < 500:
            answer.raise_for_status()
            return answer.content
        time.sleep(patience)
    log = (HOME / "log" / "ckan.log").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"{url}: {answer.status_code} four times; CKAN's log ends with\n{log[-8000:]}")


def whole(town: Town, version: str) -> None:
    """Asserts that what CKAN shows as latest is this version and nothing else: metadata, files, rows."""
    package = town.package()
    assert (package["version"], package["state"]) == (version, "active")
    for suffix in ("csv", "parquet"):
        latest = town.resource(f"latest/{town.name}.{suffix}")
        got = download(latest["url"])
        assert (latest["version"], latest["hash"], latest["size"]) == (
            version,
            hashlib.sha256(got).hexdigest(),
            len(got),
        )
        assert got == town.file(version, suffix)
    assert town.latest["table_version"] == version
    keys = [r["vereda"] for r in package["resources"] if r.get("vereda")]
    assert len(keys) == len(set(keys))


def actions(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.action, step.target) for step in steps]
