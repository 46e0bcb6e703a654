"""A package that was taken over, given back as it was: its fields, files, tables and views, beside programs
that load tables by themselves"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.ckan.ownership import dataset_path, describe_upload
from catalog.ckan.package import Adoption
from catalog.ckan.remote import CkanError, Missing, Refused, Remote, read_served
from catalog.ckan.takeover import DERIVED, Takeover
from catalog.port import Change
from messages import gettext as _

CLEARED = ("url_type", "size", "hash", "mimetype")
UNDER_WAY = ("pending", "running", "running_but_viewable", "submitting")
"""What a loader's task says that may still write."""
STALE = timedelta(hours=1)  # after which xloader itself takes a task for dead
WAITS = 30  # looks at a loader's task, a few seconds apart
MENDS = 3  # times that a table is put back before it is given up
BATCH = 5_000


@dataclass(frozen=True)
class Restoration:
    """Gives back what was taken over. `loaders` are the site's programs that load tables by themselves: none
    of them is to start for what is put back."""

    remote: Remote
    archive: Archive
    loaders: Sequence[str] = ()

    @property
    def takeover(self) -> Takeover:
        return Takeover(self.remote, self.archive)

    def give_back(self, dataset: str, demo: bool, adopted: Adoption) -> list[Change]:
        """Puts the package back as it was before it was taken over; gives what could not be made the same.
        Where that broke off, it begins again.

        Raises CkanError where it was never taken over, or is not ours now, or something else writes there.
        """
        takeovers = self.archive.takeovers(dataset, demo)
        record = takeovers.last_export
        if record is None:
            raise CkanError(_("{id} took over no package, so that there is none to give back.", id=dataset))
        before = record["package"]
        now = self.remote.ask("package_show", id=before["id"])
        if dataset_path(now) is None and not takeovers.is_giving_back:
            raise CkanError(_("{name} is not ours any more; nothing was done.", name=now["name"]))
        dropped = self.takeover.keep_uploads(takeovers, now)
        if not takeovers.is_giving_back:
            takeovers.add({"kind": "giving-back", "at": self._now()})
        ours = {each["id"] for each in now["resources"] if each.get("vereda") or dataset_path(now) is None}
        for id, kept in record["resources"].items():
            if file := kept.get("file"):
                self._give_file_back(id, file)
        self._give_fields_back(before, now)
        # The tables come when nothing loads them any more.
        self._await_loaders(sorted(record["resources"]))
        for id in sorted(ours & record["resources"].keys()):
            self._give_table_back(id, record["resources"][id].get("table"))
        for id, kept in record["resources"].items():
            self._give_views_back(id, kept["views"])
        self._prove(before, {id: record["resources"][id] for id in ours & record["resources"].keys()})
        adoption = asdict(adopted) | {"accept": sorted(adopted.accept)}
        takeovers.add({"kind": "given-back", "at": self._now(), "adoption": adoption})
        return [*_describe_dropped(dropped, record), *self._find_left_over(record)]

    def _give_file_back(self, resource: str, file: Mapping[str, Any]) -> None:
        """Without a format, which comes back later: a loader leaves alone what has none."""
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            path = Path(folder) / "file"
            self.archive.save(file["sha256"], path)
            sent = {"id": resource, "format": ""}
            self.remote.act("resource_patch", sent, {"upload": (file["name"], path)})

    def _give_fields_back(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """All values but the formats, then those: a loader starts where an address or a moment changes and
        the format is one of its own, and not where the format comes alone."""
        owner = {"owner_org": before.get("owner_org")}
        values = {key: value for key, value in before.items() if key not in DERIVED} | owner
        # What was empty is said so: CKAN leaves what is not said as it is.
        values["resources"] = [
            {
                **_fields_of_ours(now, each),
                **{key: _or_empty(value) for key, value in each.items()},
                "format": "",
            }
            for each in before["resources"]
        ]
        self.remote.act("package_update", values)
        formats = {each["id"]: each["format"] for each in before["resources"] if each.get("format")}
        if formats:
            sent: dict[str, Any] = {"match__id": before["id"]}
            sent |= {f"update__resources__{id}": {"format": format} for id, format in formats.items()}
            self.remote.act("package_revise", sent)

    def _give_table_back(self, resource: str, table: Mapping[str, Any] | None) -> None:
        """Its columns, dictionary and rows; or none, where it had none."""
        try:
            self.remote.ask("datastore_info", id=resource)
            self.remote.act("datastore_delete", {"resource_id": resource, "force": True})
        except Missing:
            pass
        if table is None:
            return
        fields = [
            {key: each[key] for key in ("id", "type", "info") if each.get(key)}
            for each in table["fields"]
            if each["id"] != "_id"
        ]
        rows = self._kept_rows(table)
        keys = _keys(table["fields"], rows)
        self.remote.act(
            "datastore_create", {"resource_id": resource, "force": True, "fields": fields, **keys}
        )
        for start in range(0, len(rows), BATCH):
            records = rows[start : start + BATCH]
            sent = {"resource_id": resource, "force": True, "method": "insert", "records": records}
            self.remote.act("datastore_upsert", sent)

    def _kept_rows(self, table: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.archive.get(table["rows"]).splitlines()]

    def _await_loaders(self, resources: Sequence[str]) -> None:
        """Waits for what a loader has begun, perhaps before this: it would put its own table over ours."""
        waiting = [(resource, loader) for resource in resources for loader in self.loaders]
        for _look in range(WAITS):
            waiting = [each for each in waiting if self._is_loading(*each)]
            if not waiting:
                return
            self.remote.sleep(min(self.remote.delay, 5.0))

    def _is_loading(self, resource: str, loader: str) -> bool:
        task = {"entity_id": resource, "task_type": loader, "key": loader}
        try:
            found = self.remote.ask("task_status_show", **task)
        except (Missing, Refused):
            return False
        if found["state"] not in UNDER_WAY:
            return False
        try:
            since = datetime.fromisoformat(str(found.get("last_updated"))).replace(tzinfo=UTC)
        except ValueError:
            return False
        return datetime.now(UTC) - since < STALE

    def _prove(self, before: Mapping[str, Any], kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Looks at every table again, and puts back what is not as it was kept; raises CkanError where that
        does not last."""
        wrong = sorted(kept)
        for _mend in range(MENDS):
            wrong = [id for id in wrong if not self._is_table_back(id, kept[id].get("table"))]
            if not wrong:
                return
            self._await_loaders(wrong)
            for id in wrong:
                self._give_table_back(id, kept[id].get("table"))
        if wrong := [id for id in wrong if not self._is_table_back(id, kept[id].get("table"))]:
            names = {each["id"]: each.get("name") or each["id"] for each in before["resources"]}
            message = _(
                "{name} is not as it was: something else writes into the DataStore table of {resources}. "
                "Stop it, and give the package back again: what was kept of it stays in the archive.",
                name=before["name"],
                resources=", ".join(f"“{names.get(id, id)}”" for id in wrong),
            )
            raise CkanError(message)

    def _is_table_back(self, resource: str, table: Mapping[str, Any] | None) -> bool:
        try:
            found = self.remote.ask("datastore_info", id=resource)["fields"]
        except Missing:
            return table is None
        if table is None or _shapes(found) != _shapes(table["fields"]):
            return False
        rows = zip_longest(self.takeover.rows(resource), self._kept_rows(table))
        return all(one == other for one, other in rows)

    def _give_views_back(self, resource: str, views: list[Mapping[str, Any]]) -> None:
        """The views that were there; those that came since go."""
        try:
            there = {each["id"] for each in self.takeover.views(resource)}
        except Missing:
            return
        known = {each["id"] for each in views}
        for id in there - known:
            self.remote.act("resource_view_delete", {"id": id})
        for view in views:
            if view["id"] not in there:
                made = {key: value for key, value in view.items() if key not in ("id", "package_id")}
                self.remote.act("resource_view_create", made)

    def _find_left_over(self, record: Mapping[str, Any]) -> Iterator[Change]:
        """What is not as it was, of fields and of the files that are served."""
        before = record["package"]
        after = self.remote.ask("package_show", id=before["id"])
        yield from _left_over(before, after)
        names = {each["id"]: each.get("name") or each["id"] for each in before["resources"]}
        for id, kept in record["resources"].items():
            if not (file := kept.get("file")):
                continue
            place = f"dataset/{before['id']}/resource/{id}/download/{file['name']}"
            found = read_served(self.remote, place)[1]
            if found != file["sha256"]:
                yield Change(f"resources[{names.get(id, id)}].sha256", file["sha256"], found or None)

    def _now(self) -> str:
        at: datetime = self.archive.clock()
        return at.isoformat(timespec="seconds")


def _describe_dropped(uploads: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> Iterator[Change]:
    """What others uploaded since it was taken over, and the file that is there instead."""
    for each in uploads:
        file = (record["resources"].get(each["id"]) or {}).get("file") or {}
        name = each.get("name") or each["id"]
        yield Change(f"resources[{name}].file", describe_upload(each), file.get("name"))


def _shapes(fields: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """The columns as they are put back: name, type, dictionary."""
    return [(each["id"], each["type"], each.get("info") or {}) for each in fields if each["id"] != "_id"]


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
