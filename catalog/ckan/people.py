"""Organizations (the agencies) and groups (the themes) of packages: made where they are missing, an agency's
new name taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.ckan.difference import wanted_groups
from catalog.ckan.package import Package
from catalog.ckan.remote import CkanError, Invalid, Missing, Refused, Remote
from catalog.port import Step
from catalog.words import themes
from messages import gettext as _
from messages import speaking


def targets(package: Package) -> set[str]:
    """What steps call the organization and groups of a package."""
    groups = {f"group/{each}" for each in package.groups}
    return groups | ({f"organization/{package.organization[0]}"} if package.organization else set())


def steps(
    remote: Remote, packages: Iterable[Package], standing: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Step]:
    """What `ensure` would do; organizations and groups that stand in a package need no question. `standing`
    are the packages that are there, by path."""
    there = [each for each in standing.values() if each]
    owners = {owner["name"]: owner for each in there if (owner := each.get("organization"))}
    owners |= {owner["id"]: owner for owner in owners.values()}
    groups = {group["name"] for each in there for group in each.get("groups", ())}
    asked: set[str] = set()
    for package in packages:
        wanted = wanted_groups(package, standing.get(package.path) or {})
        for name in sorted(wanted - groups - asked):
            asked.add(name)
            if _show(remote, "group", name) is None:
                yield Step("create", f"group/{name}", theme_title(name))
        if package.organization is None or package.organization[0] in asked:
            continue
        name, title = package.organization
        asked.add(name)
        owner = owners.get(name) or _show(remote, "organization", name)
        if owner is None:
            yield Step("create", f"organization/{name}", title)
        elif _is_renamed(package, owner):
            detail = _("“{former}” is now “{title}”", former=owner["title"], title=title)
            yield Step("update", f"organization/{name}", detail)


def ensure(remote: Remote, package: Package, actual: Mapping[str, Any]) -> None:
    """Makes the organization and groups of a package, if they are missing; `actual` is the package, which may
    show that they are not."""
    standing = {group["name"] for group in actual.get("groups", ())}
    for group in wanted_groups(package, actual) - standing:
        if _show(remote, "group", group) is None:
            _make(remote, "group", group, theme_title(group))
    if package.organization is None:
        return
    name, title = package.organization
    owner = actual.get("organization") or {}
    if name not in (owner.get("name"), owner.get("id")):
        owner = _show(remote, "organization", name) or {}
    if not owner and package.adopted.organization:
        message = _(
            "There is no organization {name}, which pipeline.ckan.organization of {dataset} names. "
            "Correct it.",
            name=name,
            dataset=package.name,
        )
        raise CkanError(message)
    if not owner:
        _make(remote, "organization", name, title)
    elif _is_renamed(package, owner):
        remote.act("organization_patch", {"id": owner["id"], "title": title})


def _is_renamed(package: Package, owner: Mapping[str, Any]) -> bool:
    """Whether an organization has a name that its agency had before: another one is not ours to change."""
    if package.organization is None or package.adopted.organization:
        return False
    return owner["title"] != package.organization[1] and owner["title"] in ("", *package.former_names)


def find_namesake(remote: Remote, package: Package) -> str | None:
    """The name of an organization that has the title of a package's agency, which has none of its own."""
    if package.organization is None or package.adopted.organization:
        return None
    name, title = package.organization
    if _show(remote, "organization", name) is not None:
        return None
    for each in remote.ask("organization_autocomplete", q=title, limit=50):
        if str(each.get("title", "")).strip().casefold() == title.strip().casefold():
            return str(each["name"])
    return None


def explain_refusal(remote: Remote, package: Package, error: Refused) -> Refused:
    """The refusal of a package; it names the right that is missing where that is to put packages into
    groups."""
    if "edit these groups" not in str(error):
        return error
    message = _(
        "{url} does not let this token put packages into the groups {groups}. Have an administrator "
        "make its user an editor of them, and publish again.",
        url=remote.address,
        groups=", ".join(f"{group} (“{theme_title(group)}”)" for group in package.groups),
    )
    return Refused(message)


def theme_title(group: str) -> str:
    with speaking("es"):
        return themes().get(group, group)


def _show(remote: Remote, kind: str, name: str) -> Mapping[str, Any] | None:
    less = {
        "include_users": False,
        "include_groups": False,
        "include_tags": False,
        "include_followers": False,
        "include_extras": False,
    }
    try:
        found: Mapping[str, Any] = remote.ask(
            f"{kind}_show", id=name, include_datasets=False, include_dataset_count=False, **less
        )
    except Missing:
        return None
    return found


def _make(remote: Remote, kind: str, name: str, title: str) -> None:
    try:
        remote.act(f"{kind}_create", {"name": name, "title": title})
    except Invalid as error:
        if ("name" not in error.errors and "id" not in error.errors) or _show(remote, kind, name) is None:
            raise  # else another publisher made it meanwhile
    except Refused as error:
        values = {"url": remote.address, "name": name, "title": title}
        if kind == "group":
            message = _(
                "{url} has no group {name} (“{title}”), and this token may not make it. Have an "
                "administrator make it, and publish again.",
                **values,
            )
        else:
            message = _(
                "{url} has no organization {name} (“{title}”), and this token may not make it. Have an "
                "administrator make it, or name one that exists in pipeline.ckan.organization, and publish "
                "again.",
                **values,
            )
        raise Refused(message) from error
