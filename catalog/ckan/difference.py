"""What a package is, against what it should be: one revision that makes it so, and its steps in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.archive.release import File
from catalog.ckan.package import Package, Resource
from catalog.ckan.projection import file_of
from catalog.port import Step
from messages import gettext as _
from messages import ngettext

# Extras that are ours where `vereda` marks a package; others were added by hand, and stay.
EXTRAS = frozenset(
    [
        "vereda",
        "vereda_tags",
        "accrualPeriodicity",
        "issued",
        "modified",
        "source",
        "superTheme",
        "language",
        "spatial",
        "temporal",
        "country",
        "license",
        "licenseURL",
        "formerPublishers",
        "versionDate",
        "versionNotes",
        "asOf",
        "demo",
    ]
)


@dataclass(frozen=True)
class Revision:
    """What one `package_revise` sends: `update`, the changed fields of the package, with `uploads` by place
    in its resources."""

    update: Mapping[str, Any]
    uploads: Mapping[int, Resource]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Placed:
    """A resource with what stands in its place."""

    wanted: Resource
    found: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        return str(self.found["id"]) if self.found else self.wanted.id


def file_in(resource: Resource) -> File | None:
    return file_of(resource.content) if isinstance(resource.content, bytes) else resource.content


def mark(package: Mapping[str, Any]) -> str | None:
    """The archive's path of the dataset whose projection a package is; None for a package that is not
    ours."""
    return next((extra["value"] for extra in package.get("extras", ()) if extra["key"] == "vereda"), None)


def difference(package: Package, actual: Mapping[str, Any] | None, site: str) -> Revision:
    """What is to be revised of `actual` (a whole package as CKAN shows it; None where there is none). No
    steps: it is as it should be."""
    if actual is None and package.organization is None:
        return Revision({}, {}, ())
    now = actual or {"id": "", "resources": [], "extras": [], "tags": [], "groups": []}
    update: dict[str, Any] = (
        _fields(package, now) if package.organization else {"version": ""} if now.get("version") else {}
    )
    placed = _place(package, now["resources"])
    resources, uploads, changed, gone = _resources(placed, now, site)
    if resources != now["resources"] or uploads:
        update["resources"] = resources
    return Revision(
        update,
        uploads,
        tuple(_steps(package, actual, update, changed, [placed[i].wanted for i in uploads], gone)),
    )


def _fields(package: Package, now: Mapping[str, Any]) -> dict[str, Any]:
    update = {key: value for key, value in package.shown.items() if (now.get(key) or "") != value}
    assert package.organization is not None
    owner = now.get("organization") or {}
    if package.organization[0] not in (owner.get("name"), owner.get("id")):
        update["owner_org"] = package.organization[0]
    had = {extra["key"]: extra["value"] for extra in now["extras"]}
    extras = {key: value for key, value in had.items() if key not in EXTRAS} | dict(package.extras)
    if extras != had:
        update["extras"] = [{"key": key, "value": value} for key, value in extras.items()]
    # Of the tags and groups that stand there, ours are those that the package says we set last.
    tags = {tag["name"] for tag in now["tags"]}
    kept = tags - set(json.loads(had.get("vereda_tags", "[]")))
    if tags != kept | set(package.tags):
        update["tags"] = [{"name": name} for name in sorted(kept | set(package.tags))]
    groups = {group["name"] for group in now["groups"]}
    others = (
        groups - {code.lower() for code in json.loads(had.get("superTheme", "[]"))} if mark(now) else groups
    )
    if groups != others | set(package.groups):
        update["groups"] = [{"name": name} for name in sorted(others | set(package.groups))]
    return update


def _place(package: Package, resources: Sequence[Mapping[str, Any]]) -> list[_Placed]:
    """Each wanted resource with the one that it takes over: named by the declaration, of the same part, or of
    the same id."""
    named = {f"latest/{file}": name for file, name in package.adopted.resources.items()}
    placed = []
    for wanted in package.resources:
        by_name = [
            r for r in resources if named.get(wanted.key) in (r["id"], r.get("name")) and not r.get("vereda")
        ]
        same = [
            r
            for r in resources
            if r.get("vereda") == wanted.key or (r["id"] == wanted.id and not r.get("vereda"))
        ]
        placed.append(_Placed(wanted, next(iter([*by_name, *same]), None)))
    return placed


def _resources(
    placed: Sequence[_Placed], now: Mapping[str, Any], site: str
) -> tuple[list[Mapping[str, Any]], dict[int, Resource], list[str], list[Mapping[str, Any]]]:
    """The resources as they should be, which of them need an upload, the names of those that change, and
    those that go."""
    base = f"{site.rstrip('/')}/dataset/{now['id']}/resource"
    addresses = {each.wanted.key: f"{base}/{each.id}/download/{each.wanted.filename}" for each in placed}
    resources: list[Mapping[str, Any]] = []
    uploads: dict[int, Resource] = {}
    changed = []
    for each in placed:
        wanted, found = each.wanted, each.found
        shown = dict(wanted.shown) | ({"url": addresses[wanted.to]} if wanted.to else {})
        if wanted.content is not None and not _holds(found, wanted):
            uploads[len(resources)] = wanted
            shown["url"] = wanted.filename
            if (
                found is not None and shown["format"] == "CSV"
            ):  # coming in place of another, xloader would load it: the format follows
                shown["format"] = ""
        differs = found is None or any(
            (found.get(key) or "") != (value or "") for key, value in shown.items()
        )
        if differs and found is not None:
            changed.append(str(found.get("name")))
        emptied = (
            {"clear_upload": True}
            if found and found.get("url_type") == "upload" and "withdrawn" in _state(wanted)
            else {}
        )
        resources.append({**(found or {"id": wanted.id}), **shown, **emptied} if differs else found or {})
    taken = {each.id for each in placed}
    left = [r for r in now["resources"] if r["id"] not in taken]
    ours = [r["id"] for r in now["resources"] if r["id"] in taken]
    if (
        not changed
        and not uploads
        and ours == [each.id for each in placed]
        and not any(r.get("vereda") for r in left)
    ):
        return list(now["resources"]), {}, [], []
    return (
        [*resources, *(r for r in left if not r.get("vereda"))],
        uploads,
        changed,
        [r for r in left if r.get("vereda")],
    )


def _state(wanted: Resource) -> str:
    return "withdrawn" if wanted.content is None and wanted.to is None else ""


def _holds(found: Mapping[str, Any] | None, wanted: Resource) -> bool:
    file = file_in(wanted)
    assert file is not None
    return (
        found is not None
        and found.get("url_type") == "upload"
        and found.get("hash") == file.sha256
        and found.get("size") == file.bytes
        and str(found.get("url")).rpartition("/")[2] == wanted.filename
    )


def _steps(
    package: Package,
    actual: Mapping[str, Any] | None,
    update: Mapping[str, Any],
    changed: Sequence[str],
    uploaded: Iterable[Resource],
    gone: Sequence[Mapping[str, Any]],
) -> Iterable[Step]:
    if actual is not None and mark(actual) is None:
        yield Step(
            "adopt",
            package.name,
            _(
                "takes over the package “{title}”, with its id and address",
                title=actual.get("title") or package.name,
            ),
        )
    if actual is None:
        yield Step("create", package.name, str(package.shown.get("title", "")))
    elif update:
        yield Step(
            "update",
            package.name,
            "; ".join(filter(None, [", ".join(sorted(update)), ", ".join(changed), _kept(package, actual)])),
        )
    for resource in uploaded:
        file = file_in(resource)
        yield Step(
            "upload",
            f"{package.name}/{resource.filename}",
            str(resource.shown["name"]),
            file.bytes if file else 0,
        )
    for resource_gone in gone:
        yield Step(
            "remove",
            f"{package.name}/{resource_gone.get('name')}",
            _("no longer listed; “Versions” says where it is"),
        )


def _kept(package: Package, actual: Mapping[str, Any]) -> str:
    """What others added, which stays."""
    named = set(package.adopted.resources.values())
    resources = [
        r for r in actual["resources"] if not r.get("vereda") and not {r["id"], r.get("name")} & named
    ]
    ours: list[str] = next(
        (json.loads(e["value"]) for e in actual["extras"] if e["key"] == "vereda_tags"), []
    )
    tags = {tag["name"] for tag in actual["tags"]} - set(ours) - set(package.tags)
    told = []
    if resources:
        names = ", ".join(str(r.get("name") or r["id"]) for r in resources)
        told.append(
            ngettext(
                "keeps {n} resource added by hand ({names})",
                "keeps {n} resources added by hand ({names})",
                len(resources),
                names=names,
            )
        )
    if tags:
        told.append(
            ngettext(
                "keeps {n} tag added by hand ({names})",
                "keeps {n} tags added by hand ({names})",
                len(tags),
                names=", ".join(sorted(tags)),
            )
        )
    return "; ".join(told)
