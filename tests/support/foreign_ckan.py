"""Another city's CKAN on this machine: its Action API as far as we read it, with its rules and its faults.

After ckan/ckan 2.10 (`ckanext/datastore/logic/action.py`, `ckan/logic/action/get.py`): `datastore_search`
gives at most `ckan.datastore.search.rows_max` rows whatever is asked, `offset` is a place in the order asked
for; `package_search` gives 1,000 at most; what is private or deleted answers 403 or 404.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


class ForeignCkan:
    """Change `tables` (id → fields and rows), `resources` and `packages` between two runs as its people
    would. `faults` answer in place of the next requests; `before_each` is called with the number of each."""

    def __init__(self, server: HTTPServer, rows_max: int = 32_000):
        self.server, self.rows_max = server, rows_max
        self.url = server.url_for("").rstrip("/")
        self.tables: dict[str, tuple[list[str], list[dict[str, Any]]]] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.packages: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.faults: list[Callable[[], Response] | None] = []
        self.before_each: Callable[[int], None] = lambda number: None
        for action in ("resource_show", "datastore_search", "package_search"):
            server.expect_request(f"/api/3/action/{action}").respond_with_handler(self._answer)

    def add_table(self, id: str, fields: list[str], rows: list[list[Any]]) -> None:
        self.resources[id] = {"id": id, "datastore_active": True, "url": f"{self.url}/dump/{id}"}
        numbered = [{"_id": n, **dict(zip(fields, row, strict=True))} for n, row in enumerate(rows, 1)]
        self.tables[id] = (fields, numbered)

    def _answer(self, request: Request) -> Response:
        action = request.path.rpartition("/")[2]
        self.asked.append(action)
        self.before_each(len(self.asked))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            return fault()
        return getattr(self, f"_{action}")(request.args)

    def _resource_show(self, asked: Any) -> Response:
        found = self.resources.get(asked["id"])
        return _result(found) if found else _error(404, "Not found")

    def _datastore_search(self, asked: Any) -> Response:
        if asked["resource_id"] not in self.tables:
            return _error(404, "Not found: Resource was not found.")
        fields, rows = self.tables[asked["resource_id"]]
        start, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 100)), self.rows_max)
        ordered = sorted(rows, key=lambda row: row["_id"]) if asked.get("sort") == "_id" else rows
        columns = [{"id": "_id", "type": "int"}, *({"id": name, "type": "text"} for name in fields)]
        return _result({"fields": columns, "records": ordered[start : start + limit], "total": len(rows)})

    def _package_search(self, asked: Any) -> Response:
        found = sorted(self.packages, key=lambda each: each["name"])
        if wanted := asked.get("fq"):
            found = [each for each in found if f'organization:"{each["organization"]["name"]}"' == wanted]
        start, rows = int(asked.get("start", 0)), min(int(asked.get("rows", 10)), 1000)
        return _result({"count": len(found), "results": found[start : start + rows]})


def _result(result: Any) -> Response:
    return Response(json.dumps({"success": True, "result": result}), content_type="application/json")


def _error(status: int, message: str) -> Response:
    body = {"success": False, "error": {"message": message, "__type": "Not Found Error"}}
    return Response(json.dumps(body), status, content_type="application/json")


def package(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "title": name.title(),
        "notes": f"Sobre {name}",
        "organization": {"name": "hacienda", "title": "Hacienda"},
        "license_id": "cc-by",
        "extras": [{"key": "update_frequency", "value": "mensual"}],
        "tags": [{"name": "b"}, {"name": "a"}],
        "metadata_created": "2020-01-01T00:00:00",
        "metadata_modified": "2026-01-01T00:00:00",
        "resources": [{"id": f"r-{name}", "name": "2024", "format": "CSV", "url": f"http://x/{name}.csv"}],
        **more,
    }
