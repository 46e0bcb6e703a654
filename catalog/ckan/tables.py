"""The DataStore tables of the latest CSVs: typed, with their dictionary and a preview, and brought from
version to version by what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from catalog.archive import published
from catalog.archive.archive import Archive
from catalog.archive.published import read_parquet
from catalog.archive.release import History, Version
from catalog.ckan.database import replace_table
from catalog.ckan.datastore import (
    BATCH,
    ChangedRows,
    RowWriter,
    Sums,
    changed_rows,
    find_differences,
)
from catalog.ckan.package import Package, Table
from catalog.ckan.remote import AnswerLost, CkanError, Invalid, Missing, Remote
from catalog.port import Step
from messages import gettext as _
from messages import ngettext, speaking

PREVIEW = "datatables_view"  # the kind of preview that CKAN brings
MENDS = 3  # times that a table is put right before it is given up
# By type of PostgreSQL: what the dictionary tells xloader to make of a column; text where it is not here.
OVERRIDES = {
    "int8": "numeric",
    "float8": "numeric",
    "numeric": "numeric",
    "date": "timestamp",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
}


NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Brought:
    """The versions that tables hold, by their resources' ids, and why one does not hold its own."""

    versions: Mapping[str, str]
    failure: CkanError | None = None


@dataclass(frozen=True)
class Tables:
    """The tables of packages in a CKAN, and what the archive says that they hold. `database` is the
    DataStore's write URL, if it is known: then rows that are many go in by one COPY.
    """

    remote: Remote
    archive: Archive
    database: str | None = field(default=None, repr=False)

    def steps(self, package: Package, actual: Mapping[str, Any] | None) -> Iterator[Step]:
        """What `bring` would do, as far as the package tells."""
        for table in package.tables:
            have, target = table_version(find_resource(table, actual)), f"{package.name}/{table.name}"
            if have is None:
                detail = _("DataStore table, version {version}", version=table.version)
                yield Step("load", target, detail, 0, table.rows)
            elif have != table.version:
                detail = _("DataStore table, {have} → {version}", have=have, version=table.version)
                rows = table.changed if have == self._base(package, table) else table.rows
                yield Step("change", target, detail, 0, rows)
        for resource in self._leftover_tables(package, actual):
            yield Step(
                "empty", f"{package.name}/{resource['name']}", _("DataStore table: no version of it is left")
            )

    def count(self, standing: Sequence[tuple[Package, Mapping[str, Any] | None]]) -> Iterator[Step]:
        """Where a table that says that it holds its version has another number of rows: a question for a
        hundred tables."""
        current: dict[str, tuple[str, Table]] = {}
        for package, actual in standing:
            for table in package.tables:
                resource = find_resource(table, actual)
                if resource is not None and table_version(resource) == table.version:
                    current[str(resource["id"])] = (f"{package.name}/{table.name}", table)
        counts = Sums(self.remote, self.database).counts(list(current))
        for id, (target, table) in current.items():
            have, rows = counts.get(id), table.rows
            if have is None:
                yield Step("mend", target, _("its DataStore table is gone"), 0, rows)
            elif have != rows:
                detail = ngettext(
                    "its DataStore table has {n} row instead of {rows}",
                    "its DataStore table has {n} rows instead of {rows}",
                    have,
                    rows=rows,
                )
                yield Step("mend", target, detail, 0, abs(have - rows))

    def check(self, package: Package, actual: Mapping[str, Any]) -> Iterator[Step]:
        """Where a table that says that it holds its version does not, found by reading all of it."""
        for table in package.tables:
            resource = find_resource(table, actual)
            if resource is None or table_version(resource) != table.version:
                continue
            target, rows, id = f"{package.name}/{table.name}", self._rows(table), str(resource["id"])
            try:
                columns = self.remote.ask("datastore_info", id=id)["fields"]
                theirs = self._their_dictionary(package, id)
                wrong = compare_columns(columns, datastore_columns(table.schema, rows.schema, theirs))
                missing, surplus = rows, list[int]()
                if wrong in ("", "described"):
                    missing, surplus = find_differences(self.remote, id, rows, key_of(table.schema))
            except Missing:
                yield Step("mend", target, _("its DataStore table is gone"), 0, rows.num_rows)
                continue
            if wrong:
                detail = _("its columns or their dictionary are not those of the schema")
                yield Step("mend", target, detail, 0, missing.num_rows)
            elif missing.num_rows or surplus:
                counts = {"missing": missing.num_rows, "surplus": len(surplus)}
                detail = _("rows missing or other: {missing}; too many: {surplus}", **counts)
                yield Step("mend", target, detail, 0, missing.num_rows + len(surplus))

    def bring(
        self,
        package: Package,
        actual: Mapping[str, Any],
        had: Mapping[str, str | None],
        doubtful: bool = False,
        views: Mapping[str, Collection[str]] = NOTHING,
    ) -> Brought:
        """Makes each table hold its version, and proves it row by row; only then may its resource say so,
        which is left to whoever called.

        `had` is what the tables held before the package was revised, by resource key: a resource that is not
        among them is new. `doubtful` looks at all rows in any case. What one table does not take keeps no
        other from being brought. `views` are the kinds of views that are known of resources, by their ids.
        """
        versions: dict[str, str] = {}
        failure: CkanError | None = None
        for table in package.tables:
            resource = find_resource(table, actual)
            if resource is None or not (doubtful or table_version(resource) != table.version):
                continue
            id, new = str(resource["id"]), table.key not in had
            try:
                self._bring(
                    package, table, id, had.get(table.key, table_version(resource)), new, views.get(id)
                )
            except AnswerLost:
                raise
            except CkanError as error:
                failure = failure or error
            else:
                versions[id] = table.version
        for resource in self._leftover_tables(package, actual):
            self._drop(str(resource["id"]))
        return Brought(versions, failure)

    def _bring(
        self,
        package: Package,
        table: Table,
        resource: str,
        have: str | None,
        new: bool,
        views: Collection[str] | None,
    ) -> None:
        rows = self._rows(table)
        theirs = self._their_dictionary(package, resource)
        wanted = datastore_columns(table.schema, rows.schema, theirs)
        found = ""
        if new:
            self._create(table, resource, rows, wanted)
        elif have is not None or not self._fill(table, resource, rows, wanted):
            found = self._shape(table, resource, rows, wanted, have)
        if found == "fresh":
            self._load(table, resource, rows, wanted)
        elif found == "intact" and have == self._base(package, table):
            changes = self._changes(table)
            if changes is not None:
                RowWriter(self.remote, resource, key_of(table.schema)).change(changes)
            elif key_of(table.schema) and rows.num_rows <= BATCH:
                RowWriter(self.remote, resource, key_of(table.schema)).put(rows)
        self._prove(table, resource, rows, wanted)
        if have is None or ".." in have:
            ensure_preview(self.remote, resource, PREVIEW, () if new else views)

    def _fill(self, table: Table, resource: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]) -> bool:
        """A table in a resource of others that says that it has none; False where it has one all the same."""
        try:
            self._create(table, resource, rows, wanted)
        except Invalid:
            return False
        return True

    def _create(
        self, table: Table, resource: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]
    ) -> None:
        """A table in a resource that is new: with its first rows in one call. Where another publisher was
        there, or the rows are many and the database known, it is filled as any other."""
        keys = {"primary_key": key_of(table.schema), "indexes": join_fields(table.schema)}
        shape = {"resource_id": resource, "force": True, "fields": wanted, **keys}
        whole = self.database and rows.num_rows > BATCH
        first = rows.slice(0, 0 if whole else BATCH)
        records = published.text_table(first, first.column_names).to_pylist()
        try:
            self.remote.act("datastore_create", {**shape, "records": records})
        except Invalid:
            self.remote.act("datastore_create", shape)
            self._load(table, resource, rows, wanted)
            return
        if whole:
            self._load(table, resource, rows, wanted)
        elif rows.num_rows > BATCH:
            RowWriter(self.remote, resource, key_of(table.schema)).put(rows.slice(BATCH), fresh=True)

    def _their_dictionary(self, package: Package, resource: str) -> Mapping[str, Mapping[str, Any]]:
        """What others wrote of the columns of a table that was taken over, by column: it stays where the
        declaration says nothing."""
        if not package.adopted.package:
            return {}
        records = self.archive.takeovers(package.path.rpartition("/")[2], package.demo)
        kept = ((records.last_export or {}).get("resources") or {}).get(resource) or {}
        fields = (kept.get("table") or {}).get("fields") or ()
        return {str(each["id"]): each["info"] for each in fields if each.get("info")}

    def _load(self, table: Table, resource: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]) -> None:
        """Puts all rows into a table that has none."""
        if self.database and rows.num_rows > BATCH:
            replace_table(self.database, resource, rows, wanted)
        else:
            RowWriter(self.remote, resource, key_of(table.schema)).put(rows, fresh=True)

    def _prove(
        self, table: Table, resource: str, rows: pa.Table, wanted: Sequence[Mapping[str, Any]]
    ) -> None:
        """Puts in what is missing and takes out what is too much, until the rows are the version's, by
        checksum or one by one."""
        key = key_of(table.schema)
        writer, sums = RowWriter(self.remote, resource, key), Sums(self.remote, self.database)
        for _mend in range(MENDS):
            if sums.holds(resource, rows):
                return
            missing, surplus = find_differences(self.remote, resource, rows, key)
            if not missing.num_rows and not surplus:
                return
            if self.database and missing.num_rows + len(surplus) > BATCH:
                replace_table(self.database, resource, rows, wanted)
            else:
                writer.put(missing)
                writer.drop(surplus)
        missing, surplus = find_differences(self.remote, resource, rows, key)
        if missing.num_rows or surplus:
            message = _(
                "The DataStore table of {table} is not as this version has it, after putting that right "
                "(rows missing: {missing}; too many: {surplus}). Something else writes there: stop it, and "
                "publish again.",
                table=table.name,
                missing=missing.num_rows,
                surplus=len(surplus),
            )
            raise CkanError(message)

    def _shape(
        self,
        table: Table,
        resource: str,
        rows: pa.Table,
        wanted: Sequence[Mapping[str, Any]],
        have: str | None,
    ) -> str:
        """Gives the table its columns, key, indexes and dictionary; says whether its rows are still those
        that it had ("intact"), it has none ("fresh"), or neither ("").

        Other columns come with their rows in one transaction where the database is known. Over the API a
        column of another type costs the table: until the new rows are in, readers see fewer.
        """
        try:
            info = self.remote.ask("datastore_info", id=resource)
        except Missing:
            info = None
        keys = {"primary_key": key_of(table.schema), "indexes": join_fields(table.schema)}
        shape = {"resource_id": resource, "force": True, "fields": wanted, **keys}
        if info is not None:
            difference = compare_columns(info["fields"], wanted) or _compare_indexes(info["fields"], keys)
            if not difference and have is not None:
                return "intact"
        if info is not None and self.database and difference in ("retyped", "columns"):
            replace_table(self.database, resource, rows, wanted)
        elif info is not None and difference == "retyped":
            self._drop(resource)
            info = None
        try:
            self.remote.act("datastore_create", {**shape, "delete_fields": True})
        except Invalid:
            if info is None:
                raise
            self._drop(resource)
            self.remote.act("datastore_create", shape)
            return "fresh"
        if info is None:
            return "fresh"
        return "intact" if difference == "described" else ""

    def _drop(self, resource: str) -> None:
        self.remote.act("datastore_delete", {"resource_id": resource, "force": True})

    def _rows(self, table: Table) -> pa.Table:
        if table.make is not None:
            return table.make()
        assert table.parquet is not None
        return read_parquet(self.archive.get(table.parquet.sha256))

    def _base(self, package: Package, table: Table) -> str | None:
        return changes_base(
            self.archive.history(package.path.rpartition("/")[2], package.demo), table.version
        )

    def _changes(self, table: Table) -> ChangedRows | None:
        """The version's changes of this table, where they are to be done by key and fewer than half of the
        rows; else None."""
        if not key_of(table.schema) or table.changes is None or table.changed * 2 > table.rows:
            return None
        return changed_rows(read_parquet(self.archive.get(table.changes.sha256)), table.name)

    def _leftover_tables(self, package: Package, actual: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
        """The resources whose DataStore table no version fills any more."""
        wanted = {table.key for table in package.tables} | {r.key for r in package.resources if r.to}
        resources = (actual or {}).get("resources", ())
        ours = [each for each in resources if str(each.get("vereda")).startswith("latest/")]
        return [each for each in ours if each["vereda"] not in wanted and each.get("datastore_active")]


def find_resource(table: Table, actual: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The resource that carries a table."""
    return next((r for r in (actual or {}).get("resources", ()) if r.get("vereda") == table.key), None)


def table_version(resource: Mapping[str, Any] | None) -> str | None:
    """The version that a resource says its table holds; "1.0.0..1.1.0" while it is on its way; None without a
    table."""
    if resource is None or not resource.get("datastore_active"):
        return None
    return str(resource.get("table_version") or "..")


def mark_on_its_way(package: Package, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """A latest CSV's resource says from which version to which its table is on its way, until it holds the
    new one."""
    version = next((table.version for table in package.tables if table.key == resource.get("vereda")), None)
    have = table_version(resource)
    if version is None or have in (None, version):
        return resource
    return {**resource, "table_version": f"{have.partition('..')[0]}..{version}"}


def changes_base(history: History, version: str) -> str | None:
    """The version against which a version's changes file was written: the current one before it."""
    release = history.release(Version.parse(version))
    before = History(history.dataset, history.demo, history.entries[: release.number - 1]).current
    return str(before.version) if before else None


def datastore_columns(
    schema: Mapping[str, Any], rows: pa.Schema, theirs: Mapping[str, Mapping[str, Any]] = NOTHING
) -> list[dict[str, Any]]:
    """Each column with its type and dictionary; `theirs` is what others wrote of it. `type_override` tells
    its type to whoever would load the CSV again."""
    return [
        _column(field, postgres_type(rows.field(field["name"]).type), theirs.get(field["name"], {}))
        for field in schema["fields"]
    ]


def _column(field: Mapping[str, Any], kind: str, theirs: Mapping[str, Any]) -> dict[str, Any]:
    info = {
        "label": field.get("title", ""),
        "notes": field.get("description", ""),
        "unit": field.get("unit", ""),
    }
    override = OVERRIDES.get(kind, "text")
    return {
        "id": field["name"],
        "type": kind,
        "info": {
            **theirs,
            **{key: value for key, value in info.items() if value},
            "type_override": override,
        },
    }


def postgres_type(kind: pa.DataType) -> str:
    tests = {
        "int8": pa.types.is_integer,
        "float8": pa.types.is_floating,
        "numeric": pa.types.is_decimal,
        "bool": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "timestamptz": lambda each: pa.types.is_timestamp(each) and each.tz is not None,
        "timestamp": pa.types.is_timestamp,
    }
    return next((name for name, is_one in tests.items() if is_one(kind)), "text")


def key_of(schema: Mapping[str, Any]) -> list[str]:
    key = schema.get("primaryKey") or []
    return [key] if isinstance(key, str) else list(key)


def join_fields(schema: Mapping[str, Any]) -> list[str]:
    """The fields by which tables are joined, the key's apart."""
    found: set[str] = set()
    for key in (*schema.get("foreignKeys", ()), *schema.get("references", ())):
        fields = key["fields"]
        found |= {fields} if isinstance(fields, str) else set(fields)
    return sorted(found - set(key_of(schema)))


def compare_columns(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> str:
    """How the columns that stand there differ: "retyped", "columns" (some more or fewer), "described" (their
    dictionary), or "" for not."""
    there = {column["id"]: column for column in found if not column["id"].startswith("_")}
    here = {column["id"]: column for column in wanted}
    if any(there[name]["type"] != column["type"] for name, column in here.items() if name in there):
        return "retyped"
    if there.keys() != here.keys():
        return "columns"
    if any((there[name].get("info") or {}) != column["info"] for name, column in here.items()):
        return "described"
    return ""


def _compare_indexes(found: Sequence[Mapping[str, Any]], keys: Mapping[str, Sequence[str]]) -> str:
    """ "columns" where a field of the key, or one by which tables are joined, has no index; else ""."""
    indexed = {column["id"] for column in found if column.get("schema", {}).get("is_index")}
    return "" if indexed >= {*keys["primary_key"], *keys["indexes"]} else "columns"


def ensure_preview(remote: Remote, resource: str, kind: str, views: Collection[str] | None = None) -> None:
    """Makes the preview of a resource unless it has one of this kind, whatever others made of it; `views` are
    the kinds that it has, where they are known. A CKAN whose plugins bring none goes without."""
    if views is None:
        views = [view["view_type"] for view in remote.ask("resource_view_list", id=resource)]
    if kind in views:
        return
    view = {"resource_id": resource, "view_type": kind}
    with speaking("es"):
        view["title"] = _("Preview")
        if kind == PREVIEW:
            view["description"] = _("The current version, row by row: look through it, sort it, search it.")
    try:
        remote.act("resource_view_create", view)
    except Invalid as error:
        if "view_type" not in error.errors:
            raise
