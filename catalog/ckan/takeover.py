"""A package that others made: kept whole in the archive before it is taken over, its tables and files told"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.takeovers import Takeovers
from catalog.ckan.ownership import describe_upload, foreign_uploads
from catalog.ckan.package import Package
from catalog.ckan.remote import Missing, Refused, Remote, save_served
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


@dataclass(frozen=True)
class Takeover:
    """The acts on a foreign package before it is taken over: it is exported, and told what would change."""

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
        kept: dict[str, Any] = {"views": self.views(resource["id"])}
        if resource.get("url_type") == "upload":
            kept["file"] = self._export_file(actual, resource)
        if resource.get("datastore_active") and (table := self._export_table(resource["id"])):
            kept["table"] = table
        return kept

    def plan_uploads(self, package: Package, actual: Mapping[str, Any]) -> Iterator[Step]:
        """The files of others that would be replaced."""
        for resource in foreign_uploads(actual):
            name, file = resource.get("name") or resource["id"], str(resource["vereda"]).partition("/")[2]
            wanted = next((each.fields for each in package.resources if each.key == resource["vereda"]), {})
            ours = {"url": file, "size": wanted.get("size"), "last_modified": wanted.get("last_modified")}
            change = Change(f"resources[{name}].file", describe_upload(resource), describe_upload(ours))
            detail = _("a file that others uploaded is replaced; the archive keeps it")
            yield Step("replace", f"{package.name}/{name}", detail, changes=(change,))

    def keep_uploads(self, takeovers: Takeovers, actual: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Keeps what others uploaded into resources of ours, before it is replaced; gives those resources."""
        uploads = foreign_uploads(actual)
        for resource in uploads:
            file = self._export_file(actual, resource)
            record = {"kind": "upload", "site": self.remote.address, "resource": resource, "file": file}
            if not any({**each, "at": ""} == {**record, "at": ""} for each in takeovers.all()):
                takeovers.add({**record, "at": self._now()})
        return uploads

    def views(self, resource: str) -> list[Any]:
        """The views of a resource, as CKAN has them."""
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
                for record in self.rows(resource):
                    count += 1
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
            return {"fields": info["fields"], "rows": self.archive.put(into), "count": count}

    def rows(self, resource: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a table in their order, without their numbers."""
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
            for view in self.views(resource["id"]) if vanished else ():
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

    def _now(self) -> str:
        at: datetime = self.archive.clock()
        return at.isoformat(timespec="seconds")


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
