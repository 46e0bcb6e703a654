"""Whose what is: which packages are ours, which fields of a package that was taken over, and what is refused
until it is declared"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.ckan.package import Adoption, Package
from messages import gettext as _
from messages import ngettext

Owner = Literal["ours", "theirs", "first"]
# Of a package that was taken over: what was there stays, where it says anything. All else is ours where the
# declaration says it, and theirs where it is silent.
FIRST = (
    *("url", "author", "author_email", "maintainer", "maintainer_email", "groups"),
    *("issued", "language", "country"),
)


def owner_of(key: str, adopted: Adoption) -> Owner:
    """Whose a field, an extra, or `tags` and `groups`, of a package is."""
    declared = adopted.fields.get(key)
    if declared in ("ours", "theirs", "first"):
        return declared  # type: ignore[return-value]
    return "first" if adopted.package and key in FIRST else "ours"


def choose_value(key: str, ours: Any, theirs: Any, adopted: Adoption) -> Any:
    """The value that a field should have. Nothing of ours takes the place of something of theirs in a package
    that was taken over: silence keeps what is there."""
    owner = owner_of(key, adopted)
    if owner == "theirs" or (owner == "first" and theirs):
        return theirs
    if not ours and adopted.package:
        return theirs
    return ours


def extra_of(package: Mapping[str, Any], key: str) -> str | None:
    """The value of an extra; a field of that name, where a schema makes one of it."""
    value = next((each["value"] for each in package.get("extras", ()) if each["key"] == key), None)
    return package.get(key) if value is None else value


MARKS = ("vereda", "vereda_archive")
"""The extras by which a package is known: the dataset's path, and its archive."""


def dataset_path(package: Mapping[str, Any]) -> str | None:
    """The archive's path of the dataset whose projection a package is; None for a package that is none."""
    return extra_of(package, "vereda")


def is_ours(package: Mapping[str, Any], mark: str) -> bool:
    """Whether this archive made a package, or took it over. Those that were published before archives had
    marks count by their path."""
    return dataset_path(package) is not None and extra_of(package, "vereda_archive") in (None, "", mark)


@dataclass(frozen=True)
class Past:
    """What the archive knows of a package that was there before: whether it was taken over, and given back
    since."""

    taken: bool = False
    given_back: bool = False


def refusal(
    package: Package, actual: Mapping[str, Any] | None, mark: str, past: Past, takes_over: bool = True
) -> str | None:
    """Why a package that stands there is not touched, and what to declare or to type; None where it may be.
    Where nobody `takes_over`, what others made waits for a person who has seen the plan."""
    if actual is None:  # a CKAN that was lost gets back what was taken over once
        return None if past.taken else _missing_sentence(package)
    name = actual["name"]
    if path := dataset_path(actual):
        if not is_ours(actual, mark):
            return _(
                "{name} is published from another archive. Give this dataset another name, or have the "
                "package renamed there.",
                name=name,
            )
        if path != package.path:
            return _("{name} is made from {path}; two datasets cannot share a package.", name=name, path=path)
        return _upload_sentence(package, actual)
    if package.adopted.package is None:
        return _foreign_sentence(package, actual)
    why = _condition_sentence(package, actual, past.given_back)
    return why or (None if takes_over else _waiting_sentence(package, actual))


def foreign_uploads(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources of ours that lead to the newest file of a table, and into which others uploaded one: we
    never do."""
    return [
        each
        for each in package["resources"]
        if str(each.get("vereda")).startswith("latest/") and each.get("url_type") == "upload"
    ]


def describe_upload(resource: Mapping[str, Any]) -> str:
    """A file that was uploaded into a resource: name, bytes and moment (UTC), as CKAN tells them."""
    name = str(resource.get("url") or "").rpartition("/")[2]
    length = int(resource.get("size") or 0)
    size = ngettext("{n} byte", "{n} bytes", length) if length else ""
    return ", ".join(filter(None, (name, size, str(resource.get("last_modified") or "")[:19])))


def _upload_sentence(package: Package, actual: Mapping[str, Any]) -> str | None:
    """What others uploaded is not replaced unasked."""
    uploads = foreign_uploads(actual)
    if not uploads or "upload" in package.adopted.accept:
        return None
    return _(
        "into {resources} of {name} others have uploaded a file ({files}), which publishing would replace. "
        "Have it handed in as the dataset's file if it is right; to replace it (it is kept in the archive "
        "first), add upload to pipeline.ckan.accept.",
        name=actual["name"],
        resources=", ".join(f"“{each.get('name') or each['id']}”" for each in uploads),
        files="; ".join(describe_upload(each) for each in uploads),
    )


def _waiting_sentence(package: Package, actual: Mapping[str, Any]) -> str:
    return _(
        "{name} waits for its first publish, since Vereda did not make it: see `vereda plan {dataset} --to "
        "ckan`, then `vereda publish {dataset} --to ckan`.",
        name=actual["name"],
        dataset=package.path.rpartition("/")[2],
    )


def _missing_sentence(package: Package) -> str | None:
    if package.adopted.package is None:
        return None
    return _(
        "there is no package {name}, which pipeline.ckan.package names. Correct it; or take it out, and a "
        "new "
        "package is made.",
        name=package.adopted.package,
    )


def _foreign_sentence(package: Package, actual: Mapping[str, Any]) -> str:
    values = {"name": actual["name"], "title": actual.get("title") or actual["name"]}
    if actual.get("state") == "deleted":
        return _(
            "the name {name} is that of a deleted package that Vereda did not make. Have it purged; or take "
            "it "
            "over: pipeline.ckan: {{package: {name}, accept: [deleted]}}.",
            **values,
        )
    return _(
        "there is a package {name} already (“{title}”), which Vereda did not make. To take it over, declare "
        "pipeline.ckan: {{package: {name}}}; else give this dataset another name.",
        **values,
    )


def _condition_sentence(package: Package, actual: Mapping[str, Any], given_back: bool) -> str | None:
    """What stands in the way of taking a named package over."""
    adopted, name = package.adopted, actual["name"]
    owner = actual.get("organization") or {}
    theirs = (owner.get("name"), owner.get("id"))
    wanted = adopted.organization or (package.organization[0] if package.organization else None)
    if given_back and "given-back" not in adopted.accept:
        return _(
            "{name} was given back. To take it over again, add given-back to pipeline.ckan.accept; else take "
            "pipeline.ckan out.",
            name=name,
        )
    if actual.get("state") == "deleted" and "deleted" not in adopted.accept:
        return _(
            "{name} is deleted there. To bring it back, add deleted to pipeline.ckan.accept; or have it "
            "purged, and take pipeline.ckan.package out.",
            name=name,
        )
    if actual.get("private") and "private" not in adopted.accept:
        return _(
            "{name} is private there. To publish into it, and leave it private, add private to "
            "pipeline.ckan.accept; or have it made public.",
            name=name,
        )
    if wanted is not None and wanted not in theirs and "organization" not in adopted.accept:
        return _(
            "{name} belongs to the organization {theirs} (“{title}”). To leave it there, declare "
            "pipeline.ckan.organization: {theirs}; to move it to {ours}, add organization to "
            "pipeline.ckan.accept.",
            name=name,
            theirs=owner.get("name") or "–",
            title=owner.get("title") or "",
            ours=wanted,
        )
    names = {each.get("name") for each in actual["resources"]} | {each["id"] for each in actual["resources"]}
    lacking = sorted(file for file, each in adopted.resources.items() if each not in names)
    if lacking:
        return _(
            "{name} has no resource {resource}, which pipeline.ckan.resources names for {file}. Correct it.",
            name=name,
            resource=adopted.resources[lacking[0]],
            file=lacking[0],
        )
    return None
