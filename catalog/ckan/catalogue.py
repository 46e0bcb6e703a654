"""Makes a CKAN look like the archive's public part: what would change, and the change, package by package."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid5

from catalog.archive.archive import Archive
from catalog.ckan import people
from catalog.ckan.contents import IDS
from catalog.ckan.difference import Rest, Revision, difference, find_rest, first_portion, without_files
from catalog.ckan.ownership import MARKS, Past, dataset_path, extra_of, is_ours, refusal
from catalog.ckan.package import Adoption, CkanSite, Derived, Package
from catalog.ckan.profiles import find_profile
from catalog.ckan.projection import project
from catalog.ckan.remote import (
    AnswerLost,
    CkanError,
    Invalid,
    Refused,
    Remote,
    explain_stop,
    find_damage,
    show_package,
)
from catalog.ckan.restoration import Restoration
from catalog.ckan.tables import (
    Tables,
    ensure_preview,
    find_resource,
    mark_on_its_way,
    table_version,
)
from catalog.ckan.takeover import Takeover
from catalog.port import Change, Step
from catalog.public import listing_of, listings
from messages import gettext as _

PAGE = 100
LOADERS = ("xloader", "datapusher")
# Of a new resource: CKAN makes a revision of its own of it where a table is made of one that does not say so.
COMING = {"datastore_active": True, "table_version": ".."}


@dataclass
class Memory:
    """What a plan saw, so that its steps need not look again: packages as `package_show` gave them (None:
    there was none), by path. Each is used once: it is guarded by the moment at which the package was last
    changed, and whoever is refused by that looks for himself."""

    packages: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    site: CkanSite | None = None
    directory: people.Directory | None = None


def _watch_nothing(number: int, of: int, name: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Ckan:
    """A CKAN as a catalogue. `adopted` is by dataset; `chosen` names the datasets it is about (None: all);
    demo ones only with `demo`; `prune` removes packages of ours whose dataset left the archive. `database` is
    the DataStore's write URL, where it is known; `profile` names the extensions to write for (none: those
    that the CKAN says it has); without `takes_over` no package of others is adopted. `watch` hears of each
    package that is done: its number, of how many, its name.

    Errors: CkanError. A dataset that is refused does not keep the others from being published.
    """

    remote: Remote
    portal: str | None = None
    versions: int = 12
    adopted: Mapping[str, Adoption] = field(default_factory=dict)
    chosen: frozenset[str] | None = None
    demo: bool = False
    prune: bool = False
    database: str | None = field(default=None, repr=False)
    profile: frozenset[str] = frozenset()
    takes_over: bool = True
    watch: Callable[[int, int, str], None] = field(default=_watch_nothing, repr=False, compare=False)
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    def plan(self, archive: Archive) -> list[Step]:
        """What `apply` would change."""
        self.memory.site = self.memory.directory = None
        self.memory.packages.clear()
        site, ours = self._site(archive), self._ours(archive)
        wanted, standing, refused = self._look(archive, site, ours)
        steps = [*refused, *people.steps(self._directory, wanted, standing)]
        for package in wanted:
            steps += self._plan_package(package, standing[package.path], archive, site)
        if self.chosen is None:
            tables = Tables(self.remote, archive, self.database)
            steps += tables.count([(package, standing[package.path]) for package in wanted])
        if self.prune:
            if not archive.datasets():
                message = _(
                    "The archive {where} is empty: --prune would remove every package. Correct "
                    "VEREDA_ARCHIVE.",
                    where=archive.where,
                )
                raise CkanError(message)
            why = _("its dataset is no longer in the archive")
            steps += [Step("delete", name, why) for name in self.strays(archive, ours)]
        return steps

    def _plan_package(
        self, package: Package, there: Mapping[str, Any] | None, archive: Archive, site: CkanSite
    ) -> list[Step]:
        """What is to be done of one package; that it is refused, where the token may not do it."""
        steps, takeover = [*difference(package, there, site.url).steps], Takeover(self.remote, archive)
        if there is not None and dataset_path(there) is None:
            steps += takeover.plan_tables(package, there)
        steps += takeover.plan_uploads(package, there or {"resources": ()})
        steps += Tables(self.remote, archive, self.database).steps(package, there)
        if self.chosen is not None and there:
            steps += self._inspect(package, archive, there, steps)
        if steps and (why := people.describe_missing_rights(self._directory, package, there or {})):
            return [Step("refuse", package.name, why)]
        return steps

    def _look(
        self, archive: Archive, site: CkanSite, ours: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Package], dict[str, Mapping[str, Any] | None], list[Step]]:
        """The packages that may be brought, what stands there of each by its path, and a step for each that
        is refused."""
        wanted, standing, refused = [], dict[str, Mapping[str, Any] | None](), []
        for package in self._wanted(archive, site):
            try:
                there = self._find_standing(package, archive, ours, site)
                why = self._refusal(package, there, archive)
            except Refused as error:
                why = str(error)
            if why is not None:
                refused.append(Step("refuse", package.name, why))
                continue
            standing[package.path] = there
            self._directory.learn(there or {})
            wanted.append(package)
        return wanted, standing, refused

    def _refusal(self, package: Package, there: Mapping[str, Any] | None, archive: Archive) -> str | None:
        """Why a package is left as it is; None where it may be brought."""
        past = Past()
        if package.adopted.package is not None and (there is None or dataset_path(there) is None):
            records = archive.takeovers(package.path.rpartition("/")[2], package.demo)
            past = Past(records.last_export is not None, records.given_back is not None)
        if why := refusal(package, there, archive.mark, past, self.takes_over):
            return why
        if there is None and (other := people.find_namesake(self._directory, package)):
            assert package.organization is not None
            return _(
                "there is an organization {other} with the title “{title}” already. To publish into it, "
                "declare "
                "pipeline.ckan.organization: {other}; else give the agency another name.",
                other=other,
                title=package.organization[1],
            )
        return None

    def give_back(self, archive: Archive, dataset: str, demo: bool = False) -> list[Change]:
        """Puts the package that a dataset took over back as it was; gives what could not be made the same."""
        adopted = self.adopted.get(dataset, Adoption())
        loaders = self._site(archive).loaders
        return Restoration(self.remote, archive, loaders).give_back(dataset, demo, adopted)

    def apply(self, archive: Archive, steps: Sequence[Step]) -> None:
        """Does what the steps speak of, each package with all its files in one act. What is refused stays as
        it is, and the others go on."""
        if not steps:
            return
        site, failed = self._site(archive), []
        targets = {step.target for step in steps} | {step.target.partition("/")[0] for step in steps}
        failures: tuple[type[Exception], ...] = (CkanError, *archive.failures_of_one)
        doubtful = {step.target.partition("/")[0] for step in steps if step.action == "mend"}
        wanted = [
            each for each in self._wanted(archive, site) if targets & {each.name, *people.targets(each)}
        ]
        for number, package in enumerate(wanted, 1):
            try:
                self._bring(package, archive, site, self.chosen is not None or package.name in doubtful)
            except AnswerLost as error:
                raise explain_stop(error, number - 1, len(wanted)) from error
            except failures as error:
                failed.append(f"{package.name}: {error}")
            self.watch(number, len(wanted), package.name)
        for step in steps:
            if step.action == "delete":
                self.remote.act("package_delete", {"id": step.target})
        if failed:
            raise CkanError("\n".join(failed))

    def strays(self, archive: Archive, ours: Sequence[Mapping[str, Any]] | None = None) -> list[str]:
        """The names of packages that Vereda made from datasets (chosen ones) that are no longer in the
        archive."""
        known = {f"{'demo' if demo else 'datasets'}/{dataset}" for dataset, demo in archive.datasets()}
        found = ours if ours is not None else self._ours(archive)
        names = []
        for each in found:
            path = dataset_path(each) or ""
            chosen = self.chosen is None or path.rpartition("/")[2] in self.chosen
            if extra_of(each, "vereda_archive") != archive.mark:
                continue  # another archive's, or of the time before archives had marks
            if path not in known and each["state"] == "active" and chosen:
                names.append(each["name"])
        return sorted(names)

    def _inspect(
        self, package: Package, archive: Archive, actual: Mapping[str, Any], known: Sequence[Step]
    ) -> list[Step]:
        """What only shows when every file and row is read: done for the datasets that were asked for by
        name."""
        why = _("its file is not the one that was published")
        damage = sorted(find_damage(self.remote, package, actual))
        steps = [Step("mend", f"{package.name}/{key}", why) for key in damage]
        targets = {step.target for step in known}
        tables = Tables(self.remote, archive, self.database).check(package, actual)
        return steps + [step for step in tables if step.target not in targets]

    @property
    def _directory(self) -> people.Directory:
        if self.memory.directory is None:
            self.memory.directory = people.Directory(self.remote)
        return self.memory.directory

    def _site(self, archive: Archive) -> CkanSite:
        if self.memory.site is not None:
            return self.memory.site
        status = self.remote.ask("status_show")
        url = str(status.get("site_url") or self.remote.url)
        profile = find_profile(self.remote, status, self.profile)
        loaders = tuple(name for name in LOADERS if name in (status.get("extensions") or ()))
        site = CkanSite(url.rstrip("/"), self.portal, self.versions, archive.mark, profile.shape, loaders)
        self.memory.site = site
        return site

    def _wanted(self, archive: Archive, site: CkanSite) -> list[Package]:
        chosen = [each for each in listings(archive) if self.chosen is None or each.dataset in self.chosen]
        wanted = [each for each in chosen if self.demo or not each.demo]
        return [project(each, site, self.adopted.get(each.dataset), archive.get) for each in wanted]

    def _ours(self, archive: Archive) -> list[Mapping[str, Any]]:
        """All packages of this archive that the search finds: a call for a hundred."""
        found: list[Mapping[str, Any]] = []
        start = 0
        while True:
            query = {"fq": "extras_vereda:[* TO *]", "rows": PAGE, "start": start, "sort": "name asc"}
            answer = self.remote.ask("package_search", **query, include_private=True, include_drafts=True)
            page = answer["results"]
            found += [each for each in page if is_ours(each, archive.mark)]
            start += len(page)
            if len(page) < PAGE:
                return found

    def _find_standing(
        self, package: Package, archive: Archive, ours: Sequence[Mapping[str, Any]], site: CkanSite
    ) -> Mapping[str, Any] | None:
        """What stands for a package. The search may lag behind: where it shows a difference, of the package
        or of what its tables hold, the package itself is looked at."""
        name = package.adopted.package
        same = [each for each in ours if dataset_path(each) == package.path]
        found = next((each for each in same if name in (None, each["name"], each["id"])), None)
        tables = Tables(self.remote, archive, self.database)
        if found is not None and not (
            difference(package, found, site.url).steps or list(tables.steps(package, found))
        ):
            return found
        there = show_package(self.remote, found["id"] if found else package.name)
        self.memory.packages[package.path] = there
        return there

    def _bring(self, package: Package, archive: Archive, site: CkanSite, doubtful: bool) -> None:
        """Settles a package, and looks again where the answer was lost or another publisher was first: what
        was done stays done."""
        for tried in range(1, self.remote.tries + 1):
            try:
                return self._settle(package, archive, site, doubtful)
            except (AnswerLost, Invalid) as error:
                errors = error.errors.keys() if isinstance(error, Invalid) else {"match"}
                if tried == self.remote.tries or not {"match", "name"} & errors:
                    raise
                doubtful = doubtful or (isinstance(error, Invalid) and "match" in errors)
                self.remote.pause(tried)
        raise AssertionError("no try")

    def _settle(self, package: Package, archive: Archive, site: CkanSite, doubtful: bool) -> None:
        actual, views = self._find(package, archive), dict[str, frozenset[str]]()
        if why := self._refusal(package, actual, archive):
            raise CkanError(why)
        if actual is not None and dataset_path(actual) is None:
            views = Takeover(self.remote, archive).export(package, actual)
        takeovers = archive.takeovers(package.path.rpartition("/")[2], package.demo)
        if actual is not None and Takeover(self.remote, archive).keep_uploads(takeovers, actual):
            doubtful = True  # a loader may have made a table of it
        people.ensure(self._directory, package, actual or {})
        # The archive is read after CKAN: whoever knows an older state of it meets a package that was revised
        # since.
        history = archive.history(package.path.rpartition("/")[2], package.demo)
        package = project(listing_of(archive, history), site, package.adopted, archive.get)
        had = {
            resource["vereda"]: table_version(resource)
            for resource in (actual or {}).get("resources", ())
            if resource.get("vereda")
        }
        adopted = {
            each["id"]: table_version(each)
            for each in (actual or {}).get("resources", ())
            if not each.get("vereda")
        }
        broken = find_damage(self.remote, package, actual) if actual and doubtful else frozenset()
        actual = self._revise_files(package, actual, archive, site, broken)
        if actual is None:
            return
        for table in package.tables:
            resource = find_resource(table, actual)
            if resource is not None and resource["id"] in adopted:
                had[table.key] = adopted[resource["id"]]
        brought = Tables(self.remote, archive, self.database).bring(package, actual, had, doubtful, views)
        self._make_previews(package, actual, had)
        Takeover(self.remote, archive).clear_badges(
            sorted(adopted.keys() & brought.versions.keys()), site.loaders
        )
        actual = self._finish(package, actual, brought.versions, site)
        self._revise_files(package, actual, archive, site, frozenset())
        if brought.failure:
            raise brought.failure

    def _revise_files(
        self,
        package: Package,
        actual: Mapping[str, Any] | None,
        archive: Archive,
        site: CkanSite,
        broken: Collection[str],
    ) -> Mapping[str, Any] | None:
        """Revises a package until it is as it should be, but for what is said when the tables are there."""
        if actual is None and package.organization is not None:
            actual = self._create(package)
        for _round in range(len(package.resources) + 3):
            revision = difference(package, without_files(actual, broken), site.url)
            if actual is None or not revision.update or (not broken and find_rest(revision, actual)):
                return actual
            actual = self._revise(package, revision, actual, archive)
            uploaded = {upload.key for upload in revision.uploads.values()}
            broken = find_damage(self.remote, package, actual, uploaded)
        message = _(
            "{url} takes the values of {names} and shows others: an extension changes them. Find "
            "it in ckan.plugins.",
            url=self.remote.address,
            names=", ".join([*revision.update, *broken]),
        )
        raise CkanError(message)

    def _make_previews(
        self, package: Package, actual: Mapping[str, Any], had: Mapping[str, str | None]
    ) -> None:
        """The previews that need no table, of new resources, and of a package that was never complete."""
        ids = {each.get("vereda"): str(each["id"]) for each in actual["resources"]}
        for resource in package.resources:
            new = resource.key not in had
            if resource.preview and resource.key in ids and (new or actual["state"] == "draft"):
                ensure_preview(self.remote, ids[resource.key], resource.preview, () if new else None)

    def _finish(
        self, package: Package, actual: Mapping[str, Any], versions: Mapping[str, str], site: CkanSite
    ) -> Mapping[str, Any]:
        """Says in one act which versions the tables hold, and all that waited for them; gives the package as
        it is then."""
        rest = find_rest(difference(package, actual, site.url), actual) or Rest({}, {})
        says: dict[str, dict[str, Any]] = {id: dict(values) for id, values in rest.resources.items()}
        for id, version in versions.items():
            says.setdefault(id, {})["table_version"] = version
        for each in actual["resources"]:
            if each.get("table_version") == COMING["table_version"] and each["id"] not in versions:
                says.setdefault(each["id"], {}).update(datastore_active=False, table_version="")
        if not says and not rest.fields:
            return actual
        hashes = {each["id"]: each.get("hash") for each in actual["resources"]}
        match = {f"match__resources__{id}__hash": hashes[id] for id in versions}
        sent = {"match__id": actual["id"], **match, "update": dict(rest.fields)}
        sent |= {f"update__resources__{id}": values for id, values in says.items()}
        revised: Mapping[str, Any] = self.remote.act("package_revise", sent)["package"]
        return revised

    def _find(self, package: Package, archive: Archive) -> Mapping[str, Any] | None:
        """The package as it stands: as the plan saw it, by its name, or by its mark if it was given
        another."""
        if package.path in self.memory.packages:
            return self.memory.packages.pop(package.path)
        if (found := show_package(self.remote, package.name)) is not None or package.adopted.package:
            return found
        query = {"fq": f'extras_vereda:"{package.path}"', "include_private": True, "include_drafts": True}
        found = self.remote.ask("package_search", **query)["results"]
        marked = [each for each in found if is_ours(each, archive.mark)]
        return show_package(self.remote, marked[0]["id"]) if marked else None

    def _create(self, package: Package) -> Mapping[str, Any]:
        """An empty package, which readers do not see before it is whole. Its id is chosen where the token
        may, so that a CKAN that was lost gets its addresses back. It bears our marks from the start: where
        the answer is lost, it is known again.
        """
        assert package.organization is not None
        draft = {
            **package.fields,
            "name": package.name,
            "state": "draft",
            "owner_org": package.organization[0],
            "extras": [{"key": key, "value": package.extras[key]} for key in MARKS if key in package.extras],
        }
        id = str(uuid5(IDS, package.name))
        try:
            created: Mapping[str, Any] = self.remote.act("package_create", {**draft, "id": id})
        except Invalid as error:
            if "id" not in error.errors:
                raise
            created = self.remote.act("package_create", draft)
        return created

    def _revise(
        self, package: Package, revision: Revision, actual: Mapping[str, Any], archive: Archive
    ) -> Mapping[str, Any]:
        """One `package_revise`, which is refused where the package is no longer as it was seen; gives the
        package as it is then."""
        revision = first_portion(revision, actual)
        update = dict(revision.update)
        if actual["state"] == "draft" and package.tables:
            update.pop("state", None)  # readers see it when its tables are there
        if "resources" in update:
            new = {table.key for table in package.tables} - {
                each.get("vereda") for each in actual["resources"]
            }
            update["resources"] = [
                {**mark_on_its_way(package, each), **(COMING if each.get("vereda") in new else {})}
                for each in update["resources"]
            ]
        # A list is taken out before it is set: `update` alone would merge the new one into the old, place by
        # place.
        lists = [f"-{key}" for key, value in update.items() if isinstance(value, list)]
        match = {"id": actual["id"], "metadata_modified": actual["metadata_modified"]}
        sent = {"match": match, "filter": lists, "update": update}
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            files = {}
            for place, resource in revision.uploads.items():
                path = Path(folder) / f"{place}"
                content = resource.content
                if isinstance(content, Derived):
                    content = content.content
                if isinstance(content, bytes):
                    path.write_bytes(content)
                elif content is not None:
                    archive.save(content.sha256, path)
                files[f"update__resources__{place}__upload"] = (resource.filename, path)
            try:
                revised: Mapping[str, Any] = self.remote.act("package_revise", sent, files or None)["package"]
            except Refused as error:
                raise people.explain_refusal(self._directory, package, actual, error) from error
        return revised
