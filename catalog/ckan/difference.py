"""What a package is, against what it should be: one revision that makes it so, and its steps in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.archive.release import File
from catalog.ckan.documents import file_of
from catalog.ckan.package import Package, Resource
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
class _Match:
    """A resource with what stands in its place."""

    wanted: Resource
    found: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        return str(self.found["id"]) if self.found else self.wanted.id


def file_in(resource: Resource) -> File | None:
    return file_of(resource.content) if isinstance(resource.content, bytes) else resource.content


def dataset_path(package: Mapping[str, Any]) -> str | None:
    """The archive's path of the dataset whose projection a package is; None for a package that is not
    ours."""
    return next((extra["value"] for extra in package.get("extras", ()) if extra["key"] == "vereda"), None)


def difference(package: Package, actual: Mapping[str, Any] | None, site: str) -> Revision:
    """What is to be revised of `actual` (a whole package as CKAN shows it; None where there is none). No
    steps: it is as it should be."""
    if actual is None and package.organization is None:
        return Revision({}, {}, ())
    now = actual or {"id": "", "resources": [], "extras": [], "tags": [], "groups": []}
    update: dict[str, Any] = {}
    if package.organization:
        update = _fields(package, now)
    elif now.get("version"):
        update = {"version": ""}
    matches = _match(package, now["resources"])
    resources, uploads, changed, gone = _resources(matches, now, site)
    if resources != now["resources"] or uploads:
        update["resources"] = resources
    uploaded = [matches[place].wanted for place in uploads]
    return Revision(update, uploads, tuple(_steps(package, actual, update, changed, uploaded, gone)))


def _fields(package: Package, now: Mapping[str, Any]) -> dict[str, Any]:
    update = {key: value for key, value in package.fields.items() if (now.get(key) or "") != value}
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
    others = groups
    if dataset_path(now):
        others = groups - {code.lower() for code in json.loads(had.get("superTheme", "[]"))}
    if groups != others | set(package.groups):
        update["groups"] = [{"name": name} for name in sorted(others | set(package.groups))]
    return update


def _match(package: Package, resources: Sequence[Mapping[str, Any]]) -> list[_Match]:
    """Each wanted resource with the one that it takes over: named by the declaration, of the same part, or of
    the same id."""
    names = {f"latest/{file}": name for file, name in package.adopted.resources.items()}
    others = [each for each in resources if not each.get("vereda")]
    matches = []
    for wanted in package.resources:
        name = names.get(wanted.key)
        by_name = [each for each in others if name in (each["id"], each.get("name"))]
        same = [
            each
            for each in resources
            if each.get("vereda") == wanted.key or (each["id"] == wanted.id and not each.get("vereda"))
        ]
        matches.append(_Match(wanted, next(iter([*by_name, *same]), None)))
    return matches


def _resources(
    matches: Sequence[_Match], now: Mapping[str, Any], site: str
) -> tuple[list[Mapping[str, Any]], dict[int, Resource], list[str], list[Mapping[str, Any]]]:
    """The resources as they should be, which of them need an upload, the names of those that change, and
    those that go."""
    base = f"{site.rstrip('/')}/dataset/{now['id']}/resource"
    addresses = {each.wanted.key: f"{base}/{each.id}/download/{each.wanted.filename}" for each in matches}
    resources: list[Mapping[str, Any]] = []
    uploads: dict[int, Resource] = {}
    changed = []
    for each in matches:
        wanted, found = each.wanted, each.found
        fields = dict(wanted.fields) | ({"url": addresses[wanted.to]} if wanted.to else {})
        if wanted.content is not None and not _holds(found, wanted):
            uploads[len(resources)] = wanted
            fields["url"] = wanted.filename
            if found is not None and fields["format"] == "CSV":
                fields["format"] = ""  # coming in place of another, xloader would load it: the format follows
        if found is None:
            resources.append({"id": wanted.id, **fields})
        elif all((found.get(key) or "") == (value or "") for key, value in fields.items()):
            resources.append(found)
        else:
            changed.append(str(found.get("name")))
            if found.get("url_type") == "upload" and _is_withdrawn(wanted):
                fields["clear_upload"] = True
            resources.append({**found, **fields})
    taken = {each.id for each in matches}
    others = [each for each in now["resources"] if each["id"] not in taken]
    gone = [each for each in others if each.get("vereda")]
    in_order = [each["id"] for each in now["resources"] if each["id"] in taken] == [
        each.id for each in matches
    ]
    if not changed and not uploads and in_order and not gone:
        return list(now["resources"]), {}, [], []
    return [*resources, *(each for each in others if not each.get("vereda"))], uploads, changed, gone


def _is_withdrawn(wanted: Resource) -> bool:
    return wanted.content is None and wanted.to is None


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
    if actual is not None and dataset_path(actual) is None:
        title = actual.get("title") or package.name
        detail = _("takes over the package “{title}”, with its id and address", title=title)
        yield Step("adopt", package.name, detail)
    if actual is None:
        yield Step("create", package.name, str(package.fields.get("title", "")))
    elif update:
        details = (", ".join(sorted(update)), ", ".join(changed), _describe_additions(package, actual))
        yield Step("update", package.name, "; ".join(filter(None, details)))
    for each in uploaded:
        file = file_in(each)
        size = file.bytes if file else 0
        yield Step("upload", f"{package.name}/{each.filename}", str(each.fields["name"]), size)
    for former in gone:
        detail = _("no longer listed; “Versions” says where it is")
        yield Step("remove", f"{package.name}/{former.get('name')}", detail)


def _describe_additions(package: Package, actual: Mapping[str, Any]) -> str:
    """What others added, which stays."""
    adopted = set(package.adopted.resources.values())
    others = [each for each in actual["resources"] if not each.get("vereda")]
    resources = [each for each in others if not {each["id"], each.get("name")} & adopted]
    ours: list[str] = next(
        (json.loads(each["value"]) for each in actual["extras"] if each["key"] == "vereda_tags"), []
    )
    tags = {tag["name"] for tag in actual["tags"]} - set(ours) - set(package.tags)
    additions = []
    if resources:
        message = ngettext(
            "keeps {n} resource added by hand ({names})",
            "keeps {n} resources added by hand ({names})",
            len(resources),
            names=", ".join(str(each.get("name") or each["id"]) for each in resources),
        )
        additions.append(message)
    if tags:
        message = ngettext(
            "keeps {n} tag added by hand ({names})",
            "keeps {n} tags added by hand ({names})",
            len(tags),
            names=", ".join(sorted(tags)),
        )
        additions.append(message)
    return "; ".join(additions)
