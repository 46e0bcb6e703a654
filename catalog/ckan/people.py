"""Organizations (the agencies) and groups (the themes) of packages: made where they are missing, an agency's
new name taken over. Each is asked for once, however many packages are its."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.ckan.difference import wanted_groups
from catalog.ckan.package import Package
from catalog.ckan.remote import AnswerLost, CkanError, Invalid, Missing, Refused, Remote
from catalog.port import Step
from catalog.words import themes
from messages import gettext as _
from messages import speaking
from messages.formats import quote


@dataclass(frozen=True)
class Directory:
    """The organizations and groups of a CKAN, as far as they were asked for."""

    remote: Remote
    known: dict[tuple[str, str], Mapping[str, Any] | None] = field(default_factory=dict)
    titles: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    rights: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def show(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """An `organization` or `group`; None where there is none."""
        if (kind, name) not in self.known:
            self.known[kind, name] = _show(self.remote, kind, name)
        return self.known[kind, name]

    def find_titles(self, title: str) -> list[tuple[str, str]]:
        """The organizations that CKAN finds by a title, each with its name and title."""
        if title not in self.titles:
            found = self.remote.ask("organization_autocomplete", q=title, limit=50)
            self.titles[title] = [(str(each["name"]), str(each.get("title", ""))) for each in found]
        return self.titles[title]

    def editable(self, kind: str) -> frozenset[str] | None:
        """The names and ids of the organizations or groups whose packages the token may edit; None where the
        CKAN does not say."""
        if kind not in self.rights:
            actions = {
                "organization": ("organization_list_for_user", {"permission": "update_dataset"}),
                "group": ("group_list_authz", {}),
            }
            action, asked = actions[kind]
            try:
                found = self.remote.ask(action, **asked)
                self.rights[kind] = frozenset(str(each[key]) for each in found for key in ("name", "id"))
            except AnswerLost:
                raise
            except CkanError:
                self.rights[kind] = None
        return self.rights[kind]

    def learn(self, package: Mapping[str, Any]) -> None:
        """What a package shows of its organization and groups needs no question."""
        owner = package.get("organization") or {}
        for key in ("name", "id"):
            if owner.get(key) and owner.get("title") is not None:
                self.known["organization", str(owner[key])] = owner
        for group in package.get("groups", ()):
            self.known["group", str(group["name"])] = group

    def make(self, kind: str, name: str, title: str) -> None:
        _make(self.remote, kind, name, title)
        self.known.pop((kind, name), None)
        self.titles.pop(title, None)

    def forget(self, kind: str, name: str) -> None:
        self.known.pop((kind, name), None)
        self.titles.clear()


def targets(package: Package) -> set[str]:
    """What steps call the organization and groups of a package."""
    groups = {f"group/{each}" for each in package.groups}
    return groups | ({f"organization/{package.organization[0]}"} if package.organization else set())


def steps(
    directory: Directory, packages: Iterable[Package], standing: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Step]:
    """What `ensure` would do. `standing` are the packages that are there, by path."""
    asked: set[str] = set()
    for package in packages:
        there = standing.get(package.path) or {}
        missing = wanted_groups(package, there) - {each["name"] for each in there.get("groups", ())}
        for name in sorted(missing - asked):
            asked.add(name)
            if directory.show("group", name) is None:
                yield Step("create", f"group/{name}", theme_title(name))
        if package.organization is None or package.organization[0] in asked:
            continue
        name, title = package.organization
        asked.add(name)
        owner = directory.show("organization", name)
        if owner is None:
            yield Step("create", f"organization/{name}", title)
        elif _is_renamed(package, owner):
            detail = _("“{former}” is now “{title}”", former=owner["title"], title=title)
            yield Step("update", f"organization/{name}", detail)


def ensure(directory: Directory, package: Package, actual: Mapping[str, Any]) -> None:
    """Makes the organization and groups of a package, if they are missing; `actual` is the package, which may
    show that they are not."""
    standing = {group["name"] for group in actual.get("groups", ())}
    for group in sorted(wanted_groups(package, actual) - standing):
        if directory.show("group", group) is None:
            directory.make("group", group, theme_title(group))
    if package.organization is None:
        return
    name, title = package.organization
    owner = directory.show("organization", name)
    if not owner and package.adopted.organization:
        message = _(
            "There is no organization {name}, which pipeline.ckan.organization of {dataset} names. "
            "Correct it.",
            name=name,
            dataset=package.name,
        )
        raise CkanError(message)
    if not owner:
        directory.make("organization", name, title)
    elif _is_renamed(package, owner):
        directory.remote.act("organization_patch", {"id": owner["id"], "title": title})
        directory.forget("organization", name)


def _is_renamed(package: Package, owner: Mapping[str, Any]) -> bool:
    """Whether an organization has a name that its agency had before: another one is not ours to change."""
    if package.organization is None or package.adopted.organization:
        return False
    return owner["title"] != package.organization[1] and owner["title"] in ("", *package.former_names)


def find_namesake(directory: Directory, package: Package) -> str | None:
    """The name of an organization that has the title of a package's agency, which has none of its own."""
    if package.organization is None or package.adopted.organization:
        return None
    name, title = package.organization
    if directory.show("organization", name) is not None:
        return None
    for other, theirs in directory.find_titles(title):
        if theirs.strip().casefold() == title.strip().casefold():
            return other
    return None


def find_missing_rights(
    directory: Directory, package: Package, actual: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """The organizations and groups that a package is in, or is to be in, and that the token may not edit:
    kind, name and title. CKAN asks for the right in each of them, whichever field is changed."""
    owner = actual.get("organization") or {}
    named = [str(owner["name"])] if owner.get("name") else []
    named += [package.organization[0]] if package.organization else []
    places = [("organization", name) for name in dict.fromkeys(named)]
    places += [("group", name) for name in sorted(wanted_groups(package, actual))]
    lacking = {}
    for kind, name in places:
        editable, there = directory.editable(kind), directory.show(kind, name)
        if editable is not None and there is not None and there["name"] not in editable:
            title = there.get("title") or (theme_title(name) if kind == "group" else name)
            lacking[kind, str(there["name"])] = str(title)
    return [(kind, name, title) for (kind, name), title in lacking.items()]


def describe_missing_rights(directory: Directory, package: Package, actual: Mapping[str, Any]) -> str | None:
    """Which rights the token lacks for a package, and who gives them; None where it lacks none."""
    lacking = find_missing_rights(directory, package, actual)
    if not lacking:
        return None
    return _(
        "the user of VEREDA_CKAN_TOKEN may not edit what is in {places}. Have an administrator make it an "
        "editor there, and publish again.",
        places=", ".join(_describe_place(*each) for each in lacking),
    )


def _describe_place(kind: str, name: str, title: str) -> str:
    if kind == "organization":
        return _("the organization {name} (“{title}”)", name=name, title=title)
    return _("the group {name} (“{title}”)", name=name, title=title)


def explain_refusal(
    directory: Directory, package: Package, actual: Mapping[str, Any], error: Refused
) -> Refused:
    """The refusal of a package; it names the organization or the groups in which the right is missing."""
    if "edit these groups" not in str(error):
        why = describe_missing_rights(directory, package, actual)
        return Refused(f"{error} {why}") if why else error
    lacking = [each for each in find_missing_rights(directory, package, actual) if each[0] == "group"]
    known = lacking or [("group", name, theme_title(name)) for name in sorted(wanted_groups(package, actual))]
    message = _(
        "{url} does not let this token put packages into the groups {groups}. Have an administrator "
        "make its user an editor of them, and publish again.",
        url=directory.remote.address,
        groups=", ".join(f"{name} ({quote(title)})" for _kind, name, title in known),
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
