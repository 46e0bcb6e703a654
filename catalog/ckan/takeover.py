"""A package that others made, before it is taken over: kept whole in the archive, and given back as it was"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.ckan.ownership import dataset_path
from catalog.ckan.package import Adoption, Package
from catalog.ckan.remote import CkanError, Missing, Refused, Remote, save_served
from catalog.port import Change, Step
from messages import gettext as _

PAGE = 32_000
# What CKAN says of a package by itself, or of another thing: no value of it.
DERIVED = frozenset(
    [
        *("metadata_modified", "metadata_created", "num_resources", "num_tags", "revision_id"),
        *("isopen", "license_title", "license_url", "creator_user_id", "organization"),
        *("relationships_as_object", "relationships_as_subject", "tracking_summary", "total_downloads"),
    ]
)


BADGES = ("error", "pending", "running", "submitting")
"""What a loader's badge says of a table that it will not bring any more."""
CLEARED = ("url_type", "size", "hash", "mimetype")


@dataclass(frozen=True)
class Takeover:
    """The acts on a foreign package: it is exported before it is taken over, and given back."""

    remote: Remote
    archive: Archive

    def export(self, package: Package, actual: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        """Keeps a package whole: its fields, the files that were uploaded, tables with their dictionary and
        rows, and views; gives the kinds of views that each resource has, by its id."""
        resources = {each["id"]: self._export_resource(actual, each) for each in actual["resources"]}
        record = {
            "kind": "export",
            "at": self._now(),
            "site": self.remote.address,
            "package": actual,
            "resources": resources,
        }
        self.archive.takeovers(package.path.rpartition("/")[2], package.demo).add(record)
        return {id: frozenset(view["view_type"] for view in kept["views"]) for id, kept in resources.items()}

    def _export_resource(self, actual: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {"views": self._views(resource["id"])}
        if resource.get("url_type") == "upload":
            kept["file"] = self._export_file(actual, resource)
        if resource.get("datastore_active") and (table := self._export_table(resource["id"])):
            kept["table"] = table
        return kept

    def _views(self, resource: str) -> list[Any]:
        return list(self.remote.ask("resource_view_list", id=resource))

    def _export_file(self, actual: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any] | None:
        """The file's name and where the archive has it; None where CKAN serves none."""
        name = str(resource.get("url") or "").rpartition("/")[2] or "file"
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            into = Path(folder) / "file"
            if not save_served(
                self.remote, f"dataset/{actual['id']}/resource/{resource['id']}/download/{name}", into
            ):
                return None
            return {"name": name, "sha256": self.archive.put(into), "bytes": into.stat().st_size}

    def _export_table(self, resource: str) -> dict[str, Any] | None:
        """The columns with their dictionary, the key, and the rows as lines of JSON."""
        try:
            info = self.remote.ask("datastore_info", id=resource)
        except Missing:
            return None
        count = 0
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            into = Path(folder) / "rows"
            with into.open("w", encoding="utf-8") as file:
                for record in self._rows(resource):
                    count += 1
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
            return {"fields": info["fields"], "rows": self.archive.put(into), "count": count}

    def _rows(self, resource: str) -> Iterator[Mapping[str, Any]]:
        last = 0
        while True:
            page = self.remote.ask(
                "datastore_search",
                resource_id=resource,
                filters={},
                sort="_id",
                limit=PAGE,
                offset=last,
                include_total=False,
            )["records"]
            for record in page:
                yield {key: value for key, value in record.items() if key != "_id"}
            last += len(page)
            if len(page) < PAGE:
                return

    def clear_badges(self, resources: Iterable[str], loaders: Iterable[str]) -> None:
        """Takes away the badge by which an earlier loader says that it failed with a resource whose table is
        ours now. A CKAN that does not let us leaves it to its administrators."""
        asked = [(resource, loader) for resource in resources for loader in loaders]
        for resource, loader in asked:
            task = {"entity_id": resource, "task_type": loader, "key": loader}
            try:
                if self.remote.ask("task_status_show", **task)["state"] in BADGES:
                    done = {"metadata": {"resource_id": resource}, "status": "complete"}
                    self.remote.act(f"{loader}_hook", done)
            except (Missing, Refused):
                continue

    def plan_tables(self, package: Package, actual: Mapping[str, Any]) -> Iterator[Step]:
        """What becomes of tables that others made, and of the views that show them: of a package that is not
        ours yet."""
        named = {each: file for file, each in package.adopted.resources.items()}
        tables = [each for each in package.tables if each.key.startswith("latest/")]
        schemas = {table.key.partition("/")[2]: table for table in tables}
        for resource in actual["resources"]:
            file = named.get(resource["id"]) or named.get(resource.get("name"))
            table = schemas.get(file or "")
            if table is None:
                continue
            target = f"{package.name}/{table.name}"
            changes, vanished = self._table_changes(resource, [f["name"] for f in table.schema["fields"]])
            if changes:
                detail = _(
                    "the DataStore table of “{name}”, made by others, is replaced", name=resource.get("name")
                )
                yield Step("replace", target, detail, rows=table.rows, changes=tuple(changes))
            for view in self._views(resource["id"]) if vanished else ():
                if broken := sorted(vanished & set(_words(view))):
                    detail = _(
                        "shows {columns}, which the new table does not have", columns=", ".join(broken)
                    )
                    yield Step("break", f"{target}/{view.get('title') or view['view_type']}", detail)

    def _table_changes(self, resource: Mapping[str, Any], wanted: list[str]) -> tuple[list[Change], set[str]]:
        """What of a table's columns, dictionary and rows becomes another, and the columns that go."""
        if not resource.get("datastore_active"):
            return [], set()
        try:
            found = self.remote.ask("datastore_search", resource_id=resource["id"], limit=0)
        except Missing:
            return [], set()
        columns = {each["id"]: each for each in found["fields"] if each["id"] != "_id"}
        changes = [Change("rows", found.get("total"), None)]
        for name, column in columns.items():
            if name not in wanted:
                changes.append(Change(f"columns.{name}", column.get("type"), None))
            if column.get("info"):
                changes.append(Change(f"dictionary.{name}", column["info"], None))
        changes += [Change(f"columns.{name}", None, "new") for name in wanted if name not in columns]
        return changes, set(columns) - set(wanted)

    def give_back(self, dataset: str, demo: bool, adopted: Adoption) -> list[Change]:
        """Puts the package back as it was before it was taken over; gives what could not be made the same.

        Raises CkanError where it was never taken over, or is not ours now.
        """
        takeovers = self.archive.takeovers(dataset, demo)
        record = takeovers.last_export
        if record is None:
            raise CkanError(_("{id} took over no package, so that there is none to give back.", id=dataset))
        before = record["package"]
        now = self.remote.ask("package_show", id=before["id"])
        if dataset_path(now) is None:
            raise CkanError(_("{name} is not ours any more; nothing was done.", name=now["name"]))
        for id, kept in record["resources"].items():
            self._give_table_back(id, kept, now)
            if file := kept.get("file"):
                self._give_file_back(id, file)
        owner = {"owner_org": before.get("owner_org")}
        values = {key: value for key, value in before.items() if key not in DERIVED} | owner
        # What was empty is said so: CKAN leaves what is not said as it is.
        values["resources"] = [
            {**_fields_of_ours(now, each), **{key: _or_empty(value) for key, value in each.items()}}
            for each in before["resources"]
        ]
        after = self.remote.act("package_update", values)
        for id, kept in record["resources"].items():
            self._give_views_back(id, kept["views"])
        adoption = asdict(adopted) | {"accept": sorted(adopted.accept)}
        takeovers.add({"kind": "given-back", "at": self._now(), "adoption": adoption})
        return list(_left_over(before, after))

    def _give_file_back(self, resource: str, file: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            path = Path(folder) / "file"
            self.archive.save(file["sha256"], path)
            self.remote.act("resource_patch", {"id": resource}, {"upload": (file["name"], path)})

    def _give_table_back(self, resource: str, kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Its columns, dictionary and rows; or none, where it had none. A table of others' is left alone."""
        there = next((each for each in now["resources"] if each["id"] == resource), None)
        if there is None or not there.get("vereda"):
            return
        if there.get("datastore_active"):
            self.remote.act("datastore_delete", {"resource_id": resource, "force": True})
        if not (table := kept.get("table")):
            return
        fields = [
            {key: each[key] for key in ("id", "type", "info") if each.get(key)}
            for each in table["fields"]
            if each["id"] != "_id"
        ]
        rows = [json.loads(line) for line in self.archive.get(table["rows"]).splitlines()]
        keys = _keys(table["fields"], rows)
        made = {"resource_id": resource, "force": True, "fields": fields, **keys}
        self.remote.act("datastore_create", made)
        for start in range(0, len(rows), 5_000):
            sent = {
                "resource_id": resource,
                "force": True,
                "method": "insert",
                "records": rows[start : start + 5_000],
            }
            self.remote.act("datastore_upsert", sent)

    def _give_views_back(self, resource: str, views: list[Mapping[str, Any]]) -> None:
        """The views that were there; those that came since go."""
        try:
            there = {each["id"] for each in self._views(resource)}
        except Missing:
            return
        known = {each["id"] for each in views}
        for id in there - known:
            self.remote.act("resource_view_delete", {"id": id})
        for view in views:
            if view["id"] not in there:
                made = {key: value for key, value in view.items() if key not in ("id", "package_id")}
                self.remote.act("resource_view_create", made)

    def _now(self) -> str:
        at: datetime = self.archive.clock()
        return at.isoformat(timespec="seconds")


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _fields_of_ours(now: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource has since it was taken over, and had not: to be emptied."""
    there: Mapping[str, Any] = next((each for each in now["resources"] if each["id"] == resource["id"]), {})
    return {key: "" for key in there if key not in resource and key in CLEARED}


def _keys(fields: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The key and the indexes of a table, as CKAN takes them: it does not say which index is the key's, so
    the first by which every row is one of its own."""
    by_name: dict[str, list[str]] = {}
    for each in fields:
        schema = each.get("schema") or {}
        if schema.get("is_index") and each["id"] != "_id":
            by_name.setdefault(str(schema.get("index_name")), []).append(each["id"])
    keys: dict[str, list[str]] = {}
    for columns in by_name.values():
        values = {json.dumps([row.get(name) for name in columns]) for row in rows}
        if "primary_key" not in keys and len(values) == len(rows):
            keys["primary_key"] = columns
        else:
            keys.setdefault("indexes", []).extend(columns)
    return keys


def _words(value: Any) -> Iterator[str]:
    """Every text in a view's settings."""
    if isinstance(value, str):
        yield value
        yield from (part.strip() for part in value.split(",") if "," in value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key not in ("title", "description", "id", "resource_id", "package_id", "view_type"):
                yield from _words(each)
                yield str(key)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)


def _left_over(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """What differs between a package before and after, but for what CKAN writes by itself."""
    for key in {**before, **after}:
        if key in DERIVED or key == "resources":
            continue
        one, other = _plain(before.get(key)), _plain(after.get(key))
        if (one or "") != (other or ""):
            yield Change(key, before.get(key), after.get(key))
    there = {each["id"]: each for each in after["resources"]}
    for each in before["resources"]:
        own = ("metadata_modified", "last_modified", "position", "revision_id", "cache_last_updated")
        for key, value in each.items():
            found = there.get(each["id"], {}).get(key)
            if key not in own and (value or "") != (found or ""):
                yield Change(f"resources[{each.get('name') or each['id']}].{key}", value, found)


def _plain(value: Any) -> Any:
    """Tags and groups by their names: CKAN gives them other ids and counts."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        if "key" in value[0]:
            return sorted((each["key"], each["value"]) for each in value)
        return sorted(str(each.get("name")) for each in value)
    return value
