"""What a package is, against what it should be: one revision that makes it so, and its steps in words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.archive.release import File
from catalog.ckan.documents import file_of
from catalog.ckan.ownership import choose_value, dataset_path, owner_of
from catalog.ckan.package import Derived, Package, Resource, is_loaded
from catalog.port import Change, Step
from messages import gettext as _
from messages import ngettext

# Of a version, or of us: what another version of ours left there means nothing.
PASSING = frozenset(["vereda_tags", "versionDate", "versionNotes", "asOf", "demo", "formerPublishers"])
# Extras that are ours where `vereda` marks a package; others were added by hand, and stay.
EXTRAS = frozenset(
    [
        "vereda",
        "vereda_archive",
        "vereda_tags",
        "accrualPeriodicity",
        "issued",
        "modified",
        "source",
        "superTheme",
        "language",
        "spatial",
        "spatial_text",
        *("frequency", "theme", "publisher_name", "publisher_email", "contact_name", "contact_email"),
        *("temporal_start", "temporal_end", "version_notes"),
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


# bytes of versions' files that go in one call with the switch; what is more goes before it, file by file
TOGETHER = 512_000_000


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
    """Length and sha256 of a resource's file; one that is made of others is made for that."""
    content = resource.content
    if isinstance(content, Derived):
        content = content.content
    return file_of(content) if isinstance(content, bytes) else content


@dataclass(frozen=True)
class Rest:
    """What is left to say of a package when its files are there: values of its own, and of resources by
    their id. None where more is left than that."""

    fields: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]


def find_rest(revision: Revision, actual: Mapping[str, Any]) -> Rest | None:
    """What was held back until the tables are there: that the package can be seen, and that a file which
    took the place of another is a CSV."""
    now, wanted = actual["resources"], revision.update.get("resources", actual["resources"])
    if revision.uploads or not revision.update.keys() <= {"state", "resources"}:
        return None
    if [each["id"] for each in now] != [each["id"] for each in wanted]:
        return None
    resources = {}
    for before, after in zip(now, wanted, strict=True):
        changed = {key: value for key, value in after.items() if (before.get(key) or "") != (value or "")}
        if not changed.keys() <= {"format"}:
            return None
        if changed:
            resources[str(before["id"])] = changed
    return Rest({key: revision.update[key] for key in revision.update if key != "resources"}, resources)


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
    named = {f"latest/{file}" for file in package.adopted.resources}
    resources, uploads, changed, gone = _resources(matches, now, site, named)
    if resources != now["resources"] or uploads:
        update["resources"] = resources
    uploaded = [matches[place].wanted for place in uploads]
    changes = tuple(_changes(now, update)) if actual is not None else ()
    steps = _steps(package, actual, update, changed, uploaded, gone, changes)
    return Revision(update, uploads, tuple(steps))


def _changes(now: Mapping[str, Any], update: Mapping[str, Any]) -> Iterator[Change]:
    """Every value that the revision makes another, with the one that is there."""
    for key, value in update.items():
        if key == "resources":
            yield from _resource_changes(now["resources"], value)
        elif key == "extras":
            had = {each["key"]: each["value"] for each in now["extras"]}
            wanted = {each["key"]: each["value"] for each in value}
            for name in {**had, **wanted}:
                if had.get(name) != wanted.get(name):
                    yield Change(f"extras.{name}", had.get(name), wanted.get(name))
        elif key in ("tags", "groups"):
            yield Change(key, sorted(each["name"] for each in now[key]), [each["name"] for each in value])
        elif key == "owner_org":
            yield Change("organization", (now.get("organization") or {}).get("name"), value)
        else:
            yield Change(key, now.get(key), value)


def _resource_changes(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Change]:
    """Of the resources that stay, each value that becomes another; those that go, whole. New ones are no
    change of anything that is there."""
    wanted = {each["id"]: each for each in after}
    for found in before:
        name = found.get("name") or found["id"]
        if found["id"] not in wanted:
            yield Change(f"resources[{name}]", found.get("url"), None)
            continue
        for key, value in wanted[found["id"]].items():
            if (found.get(key) or "") != (value or ""):
                yield Change(f"resources[{name}].{key}", found.get(key), value)


def _fields(package: Package, now: Mapping[str, Any]) -> dict[str, Any]:
    adopted = package.adopted
    update = {}
    for key, value in package.fields.items():
        there = now.get(key) or ""
        wanted = choose_value(key, value, there, adopted)
        if key == "license_id" and there and str(there).casefold() == package.licence.casefold():
            continue  # a licence of this CKAN's own list, which says it more exactly than ours would
        if not _is_same(wanted, there):
            update[key] = wanted
    assert package.organization is not None
    owner = now.get("organization") or {}
    if package.organization[0] not in (owner.get("name"), owner.get("id")):
        update["owner_org"] = package.organization[0]
    had = {extra["key"]: extra["value"] for extra in now["extras"]}
    extras = _wanted_extras(package, had)
    if extras != had:
        update["extras"] = [{"key": key, "value": value} for key, value in extras.items()]
    # Of the tags and groups that stand there, ours are those that the package says we set last.
    tags = {tag["name"] for tag in now["tags"]}
    kept = tags - set(_read_list(had.get("vereda_tags")))
    if owner_of("tags", adopted) == "ours" and tags != kept | set(package.tags):
        update["tags"] = [{"name": name} for name in sorted(kept | set(package.tags))]
    groups = {group["name"] for group in now["groups"]}
    if wanted_groups(package, now) != groups:
        update["groups"] = [{"name": name} for name in sorted(wanted_groups(package, now))]
    return update


def _is_same(wanted: Any, there: Any) -> bool:
    """Whether a field says what it should. A schema's fields may be lists of mappings, to which a CKAN adds
    keys of its own."""
    if isinstance(wanted, str) and isinstance(there, str):
        return wanted.strip() == there.strip()
    if isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        return all(
            {key: each.get(key) for key in one} == one
            if isinstance(one, dict) and isinstance(each, dict)
            else one == each
            for one, each in zip(wanted, there, strict=True)
        )
    return bool(wanted == there)


def wanted_groups(package: Package, now: Mapping[str, Any]) -> set[str]:
    """The groups that a package should be in: those that others put it in, and ours, where they are ours to
    give."""
    groups = {group["name"] for group in now.get("groups", ())}
    owner = owner_of("groups", package.adopted)
    if owner == "theirs" or (owner == "first" and groups):
        return groups
    had = {extra["key"]: extra["value"] for extra in now.get("extras", ())}
    others = groups
    if dataset_path(now) and not package.adopted.package:
        others = groups - {str(code).lower() for code in _read_list(had.get("superTheme"))}
    return others | set(package.groups)


def _wanted_extras(package: Package, had: Mapping[str, str]) -> dict[str, str]:
    """The extras that a package should have. Those of others stay; so do, in a package that was taken over,
    those of which the declaration says nothing."""
    adopted = package.adopted
    silent = PASSING if adopted.package else EXTRAS
    extras = {key: value for key, value in had.items() if key not in silent}
    for key, value in package.extras.items():
        there = had.get(key)
        if there is not None and _parse(there) == _parse(value):
            extras[key] = there
        else:
            extras[key] = choose_value(key, value, there, adopted) or ""
    return extras


def _parse(text: Any) -> Any:
    """A list in JSON, however it is spaced; any other text as it is."""
    return _read_list(text) if isinstance(text, str) and text.startswith("[") else text


def _read_list(text: str | None) -> list[Any]:
    """A list of JSON in an extra, where that is what it holds: others may have written there."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []


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
    matches: Sequence[_Match], now: Mapping[str, Any], site: str, named: Collection[str]
) -> tuple[list[Mapping[str, Any]], dict[int, Resource], list[str], list[Mapping[str, Any]]]:
    """The resources as they should be, which of them need an upload, the names of those that change, and
    those that go. Those that were taken over (`named`, by key) keep the names that they have."""
    base = f"{site.rstrip('/')}/dataset/{now['id']}/resource"
    addresses = {each.wanted.key: f"{base}/{each.id}/download/{each.wanted.filename}" for each in matches}
    resources: list[Mapping[str, Any]] = []
    uploads: dict[int, Resource] = {}
    changed = []
    for each in matches:
        wanted, found = each.wanted, each.found
        fields = dict(wanted.fields) | ({"url": addresses[wanted.to]} if wanted.to else {})
        if found is not None and wanted.key in named and found.get("name"):
            fields["name"] = found["name"]
        if wanted.content is not None and not _holds(found, wanted):
            uploads[len(resources)] = wanted
            fields["url"] = wanted.filename
            if isinstance(wanted.content, Derived) and (file := file_in(wanted)):
                fields |= {"hash": file.sha256, "size": file.bytes}
            if found is not None and is_loaded(wanted.filename):
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
    if found is None or found.get("url_type") != "upload":
        return False
    if str(found.get("url")).rpartition("/")[2] != wanted.filename:
        return False
    if isinstance(wanted.content, Derived):
        return bool(found.get("hash")) and found.get("made_from") == wanted.content.stamp
    file = file_in(wanted)
    return file is not None and found.get("hash") == file.sha256 and found.get("size") == file.bytes


def _steps(
    package: Package,
    actual: Mapping[str, Any] | None,
    update: Mapping[str, Any],
    changed: Sequence[str],
    uploaded: Iterable[Resource],
    gone: Sequence[Mapping[str, Any]],
    changes: tuple[Change, ...],
) -> Iterable[Step]:
    if actual is not None and dataset_path(actual) is None:
        title = actual.get("title") or package.name
        detail = _("takes over the package “{title}”, with its id and address", title=title)
        yield Step("adopt", package.name, detail)
    if actual is None:
        yield Step("create", package.name, str(package.fields.get("title", "")))
    elif update:
        details = (", ".join(sorted(update)), ", ".join(changed), _describe_additions(package, actual))
        yield Step("update", package.name, "; ".join(filter(None, details)), changes=changes)
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
        (_read_list(each["value"]) for each in actual["extras"] if each["key"] == "vereda_tags"), []
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


def without_files(actual: Mapping[str, Any] | None, broken: Collection[str]) -> Mapping[str, Any] | None:
    """The package as if these resources (by key) held nothing that can be relied on."""
    if actual is None or not broken:
        return actual
    resources = [
        {**each, "hash": ""} if each.get("vereda") in broken else each for each in actual["resources"]
    ]
    return {**actual, "resources": resources}


def first_portion(revision: Revision, actual: Mapping[str, Any]) -> Revision:
    """The revision; or, where its files are too much for one call, the first part of it: an old version's
    file, which moves nothing."""
    versions = [place for place, each in revision.uploads.items() if each.key.startswith("v/")]
    sizes = {place: file.bytes for place, each in revision.uploads.items() if (file := file_in(each))}
    if sum(sizes.values()) <= TOGETHER or len(sizes) < 2 or not versions:
        return revision
    place = versions[-1]
    resource = revision.update["resources"][place]
    others = [each for each in actual["resources"] if each["id"] != resource["id"]]
    return Revision({"resources": [*others, resource]}, {len(others): revision.uploads[place]}, ())
