"""The addresses of the API and their answers, described by OpenAPI 3.1."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import duckdb
import pyarrow as pa
from fastapi import FastAPI, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from catalog.archive.geometry import find_places, pack_geojson
from catalog.archive.published import pack_csv, text, write_parquet
from catalog.archive.release import Damaged, Version
from catalog.archive.store import ArchiveError
from catalog.portal.render import render
from catalog.question import Asked, BadQuestion, Question, Refusal, read_question
from messages import gettext as _
from messages import language, speaking
from pipelines.web.api.answers import Answers, choose_part
from pipelines.web.api.news import FollowedRows, list_news, news_as_json, news_feed
from pipelines.web.api.shelf import LATEST, Shelf, find_table, is_moving, list_changes
from pipelines.web.api.tables import Rows, Tables

MOST_ROWS = {"json": 10_000, "csv": 1_000_000, "parquet": 1_000_000, "geojson": 10_000}
"""In one answer; the next ones by its cursor."""
GEOJSON = "application/geo+json"
KINDS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "geojson": GEOJSON}
FOREVER = "public, max-age=31536000, immutable"
ANSWERS = 1
"""Goes up by one whenever the same question is answered with other bytes."""


class Problem(BaseModel):
    """What is wrong with a request (RFC 9457): `detail` says what to write instead; `parameter` where."""

    title: str
    status: int
    detail: str
    parameter: str | None = None


def _titles() -> dict[int, str]:
    """What each status means, in the language that is spoken."""
    return {
        404: _("Not there"),
        405: _("This address is only read"),
        410: _("Withdrawn"),
        413: _("Too large an answer"),
        422: _("A parameter that cannot be understood"),
        500: _("Damaged"),
        503: _("Busy, or the archive out of reach; try again"),
        504: _("Too long an answer"),
    }


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    schema = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    with speaking("en"):
        titles = _titles()
    return {status: {"description": titles[status], "content": schema} for status in statuses}


Id = Annotated[str, InPath(description="A dataset's id", examples=["ba-obras"])]
Wanted = Annotated[
    str,
    InPath(
        description="A version (1.2.0), `latest`, or a major number (1): the newest with the same fields",
        examples=[LATEST],
    ),
]
TableName = Annotated[str, InPath(description="A table's name in the descriptor", examples=["obras"])]
Filters = Annotated[
    list[str],
    Query(
        description="A column, one of `= != > >= < <= ~` (`~`: contains, whatever the case and accents) and "
        "a value: `comuna=4`. Nothing after `=` is a missing value. All must hold; several `=` of one column "
        "are alternatives.",
    ),
]
Columns = Annotated[str, Query(description="Columns, with commas between; all where none is named")]
Order = Annotated[str, Query(description="Columns, `-` before one that goes down: `-monto,nombre`")]
Group = Annotated[str, Query(description="Columns whose values are counted together")]
Aggregates = Annotated[
    list[str],
    Query(
        description="`count()`, or `count`, `sum`, `avg`, `min`, `max`, `median` of a column: `sum(monto)`"
    ),
]
Limit = Annotated[
    int,
    Query(
        ge=1,
        le=MOST_ROWS["csv"],
        description=f"Rows of one answer; as JSON and GeoJSON at most {MOST_ROWS['json']} come, "
        "and `next` leads on",
    ),
]
Cursor = Annotated[str, Query(description="Where the answer goes on, from the one before (`next`)")]
Format = Annotated[
    Literal["json", "csv", "parquet", "geojson"],
    Query(description="`geojson` where the rows have coordinates or shapes"),
]


class PlainParts:
    """Parts of an answer are of the answer as it is, never of what a compression makes of it."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "range" in Headers(scope=scope):
            kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        await self.app(scope, receive, send)


class CarefulRequests:
    """Sentences in English for who asks for it first, else in Spanish; HEAD as GET, whose body the server
    leaves out."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = Headers(scope=scope).get("accept-language", "") if scope["type"] == "http" else ""
        with speaking("en" if wanted.lower().startswith("en") else "es"):
            await self.app(
                {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send
            )


def api_application(shelf: Shelf, tables: Tables) -> FastAPI:
    """The API over an archive; it is mounted at `/api/v1`, or served by itself."""
    api = FastAPI(
        title="Vereda",
        version="1",
        description="Datasets, their versions, what changed, and the rows of every version.",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(PlainParts),
            Middleware(GZipMiddleware, minimum_size=1000),
            Middleware(CarefulRequests),
        ],
    )
    _add_errors(api)
    _add_catalogue(api, shelf)
    _add_rows(api, shelf, tables)
    _add_news(api, shelf, tables)
    return api


def _add_catalogue(api: FastAPI, shelf: Shelf) -> None:
    @api.get("/", summary="Where to begin", responses=_problems(500, 503))
    def begin(request: Request) -> JSONResponse:
        root = _root(request)
        return JSONResponse({"datasets": f"{root}datasets", "openapi": f"{root}openapi.json"})

    @api.get("/datasets", summary="Every dataset", responses=_problems(422, 500, 503))
    def list_datasets(request: Request) -> Response:
        return _fresh(request, {"datasets": shelf.datasets()})

    @api.get("/datasets/{id}", summary="A dataset and its versions", responses=_problems(404, 422, 500, 503))
    def show_dataset(request: Request, id: Id) -> Response:
        return _fresh(request, shelf.dataset(id))

    @api.get(
        "/datasets/{id}/changes",
        summary="What changed between two versions",
        responses=_problems(404, 410, 422, 500, 503),
    )
    def show_changes(
        request: Request,
        id: Id,
        start: Annotated[str, Query(alias="from", description="The earlier version")],
        end: Annotated[str, Query(alias="to", description="The later version")] = LATEST,
    ) -> Response:
        old, new = shelf.release(id, start), shelf.release(id, end)
        tag = _tag("changes", id, str(old.entry.version), str(new.entry.version))
        moves = is_moving(start) or is_moving(end)
        return _answer(request, tag, moves, lambda: _json(list_changes(old, new)))

    @api.get(
        "/datasets/{id}/versions/{version}",
        summary="The descriptor of a version (datapackage.json)",
        responses=_problems(404, 410, 422, 500, 503),
    )
    def show_version(request: Request, id: Id, version: Wanted) -> Response:
        release = shelf.release(id, version)
        tag = _tag("descriptor", id, str(release.entry.version))
        return _answer(request, tag, is_moving(version), lambda: _json(release.descriptor))


def _add_rows(api: FastAPI, shelf: Shelf, tables: Tables) -> None:
    answers = Answers()
    kinds = {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("text/csv", KINDS["parquet"])
    }
    objects = {kind: {"schema": {"type": "object"}} for kind in ("application/json", GEOJSON)}
    found = {"description": "Rows", "content": {**objects, **kinds}}

    @api.get(
        "/datasets/{id}/versions/{version}/tables/{table}/rows",
        summary="Rows of a table, filtered, sorted, grouped",
        responses={200: found, **_problems(404, 410, 413, 422, 500, 503, 504)},
        response_class=Response,
    )
    def list_rows(
        request: Request,
        id: Id,
        version: Wanted,
        table: TableName,
        filter: Filters = [],  # noqa: B006 (FastAPI copies it)
        columns: Columns = "",
        order: Order = "",
        group: Group = "",
        aggregate: Aggregates = [],  # noqa: B006
        limit: Limit = 100,
        cursor: Cursor = "",
        format: Format = "json",
    ) -> Response:
        release = shelf.release(id, version)
        stated, file = release.entry.version, find_table(release, table)
        schema = tables.schema(file)
        limit = min(limit, MOST_ROWS[format])
        question = read_question(schema, Asked(filter, columns, order, group, aggregate, limit, cursor))
        tag = _tag(file.sha256, question.digest, str(question.after), str(limit), format, duckdb.__version__)

        def make() -> Response:
            rows = tables.ask(file, question)
            following = _following(request, question, rows, stated)
            head = {"dataset": id, "version": str(stated), "table": table}
            return _write(head, _typed(rows.table, schema, question), format, following)

        address = _rows_address(request, stated)
        asked = f"{address}?{request.url.query}".rstrip("?")
        return _answer(request, tag, is_moving(version), lambda: answers.get((tag, asked), make), asked)


def _add_news(api: FastAPI, shelf: Shelf, tables: Tables) -> None:
    atom = {"application/atom+xml": {"schema": {"type": "string"}}}
    found = {"description": "News", "content": {"application/json": {"schema": {"type": "object"}}, **atom}}

    @api.get(
        "/datasets/{id}/tables/{table}/news",
        summary="What changed in the rows that somebody follows, version by version, the newest first",
        responses={200: found, **_problems(404, 410, 413, 422, 500, 503, 504)},
        response_class=Response,
    )
    def show_news(
        request: Request,
        id: Id,
        table: TableName,
        filter: Filters = [],  # noqa: B006
        format: Annotated[Literal["json", "atom"], Query(description="`atom` for readers of news")] = "json",
    ) -> Response:
        find_table(shelf.release(id, LATEST), table)
        rows = FollowedRows(shelf.listing(id), table, tuple(filter))
        tag = _tag("news", str(rows.listing.head), id, table, *filter, format, language())

        def make() -> Response:
            news = list_news(shelf, tables, rows)
            if format == "json":
                return _json(news_as_json(rows, news))
            portal = f"{_root(request).removesuffix('api/v1/')}{rows.listing.path}/index.html"
            feed = news_feed(rows, news, f"?{request.url.query}", portal)
            text = render("feed.xml", {"feed": feed, "base": str(request.url.replace(query=""))})
            return Response(text, media_type="application/atom+xml")

        return _answer(request, tag, True, make)


def _root(request: Request) -> str:
    """The API's own address, as it was asked at."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/"


def _following(request: Request, question: Question, rows: Rows, version: Version) -> str | None:
    """The address of the next rows, in the version of these."""
    if rows.next is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    address = _rows_address(request, version)
    return f"{address}?{urlencode([*kept, ('cursor', question.cursor(rows.next))])}"


def _rows_address(request: Request, version: Version) -> str:
    """The same table in this very version."""
    asked = request.path_params
    return f"{_root(request)}datasets/{asked['id']}/versions/{version}/tables/{quote(asked['table'])}/rows"


def _typed(rows: pa.Table, schema: pa.Schema, question: Question) -> pa.Table:
    """Columns of the table in its own types: DuckDB names time zones and dictionaries otherwise."""
    if question.measures:
        return rows
    return rows.cast(pa.schema([schema.field(name) for name in question.columns]))


def _write(head: Mapping[str, Any], rows: pa.Table, format: str, following: str | None) -> Response:
    link = {"link": f'<{following}>; rel="next"'} if following else {}
    if format == "json":
        columns = [{"name": field.name, "type": str(field.type)} for field in rows.schema]
        return _json({**head, "columns": columns, "rows": _records(rows), "next": following}, link)
    name = f"{head['dataset']}-{head['version']}-{head['table']}.{format}"
    places = find_places(rows) if format == "geojson" else None
    if format == "geojson" and places is None:
        raise BadQuestion(
            "format", _("These rows say nowhere where they lie: no column of coordinates or shapes.")
        )
    with tempfile.TemporaryDirectory(prefix="vereda-api-") as folder:
        path = Path(folder) / name
        if format == "csv":
            pack_csv(rows, "", path)
        elif places is not None:
            pack_geojson(rows, places, path)
        else:
            write_parquet(rows, path)
        content = path.read_bytes()
    disposition = f'attachment; filename="{name}"'
    return Response(content, 200, {"content-type": KINDS[format], "content-disposition": disposition, **link})


def _records(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON: whole and finite numbers and true/false as such, all else as published text."""
    cells = [_json_cells(column) for column in rows.columns]
    return [dict(zip(rows.column_names, row, strict=True)) for row in zip(*cells, strict=True)]


def _json_cells(column: pa.ChunkedArray) -> Sequence[Any]:
    kind = column.type
    if pa.types.is_nested(kind):
        return [json.loads(value) if value is not None else None for value in text(column).to_pylist()]
    values: list[Any] = column.to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return values
    if pa.types.is_floating(kind):
        written = text(column).to_pylist()
        finite = ("NaN", "INF", "-INF")
        return [each if each in finite else value for each, value in zip(written, values, strict=True)]
    published: list[Any] = text(column).to_pylist()
    return published


def _json(content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, default=str).encode()
    return Response(body, 200, dict(headers or {}), media_type="application/json")


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256(json.dumps([ANSWERS, *parts]).encode()).hexdigest()[:32]}"'


def _answer(
    request: Request, tag: str, moves: bool, make: Callable[[], Response], location: str = ""
) -> Response:
    """What `make` gives, unless who asks has it already. `moves`: the address means another version one
    day."""
    headers = {"etag": tag, "cache-control": "no-cache" if moves else FOREVER}
    if moves and location:
        headers["content-location"] = location
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    response = make()
    response.headers.update(headers)
    return choose_part(response, request.headers, tag)


def _fresh(request: Request, content: Mapping[str, Any]) -> Response:
    response = _json(content)
    return _answer(request, _tag(hashlib.sha256(bytes(response.body)).hexdigest()), True, lambda: response)


def _add_errors(api: FastAPI) -> None:
    def refuse(status: int, detail: str, parameter: str | None = None) -> JSONResponse:
        problem = Problem(
            title=_titles().get(status, _("Error")), status=status, detail=detail, parameter=parameter
        )
        headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == 503 else {})
        content = problem.model_dump(exclude_none=True)
        return JSONResponse(content, status, headers, media_type="application/problem+json")

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        parameter = str(error.errors()[0]["loc"][-1])
        formats = ["json", "atom"] if request.url.path.endswith("/news") else list(MOST_ROWS)
        sentences = {
            "limit": _("Write a whole number from 1 to {most}.", most=MOST_ROWS["csv"]),
            "format": _("Write one of: {names}.", names=", ".join(formats)),
        }
        needed = _("This parameter is needed, once.")
        return refuse(422, sentences.get(parameter, needed), parameter)

    @api.exception_handler(Refusal)
    async def _refused(_request: Request, error: Refusal) -> JSONResponse:
        return refuse(error.status, error.sentence, error.parameter)

    @api.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        sentences = {
            404: _(
                "There is nothing at this address; openapi.json, beside datasets, lists what can be asked."
            ),
            405: _("Ask with GET or HEAD."),
        }
        answer = refuse(error.status_code, sentences.get(error.status_code, str(error.detail)))
        answer.headers.update(error.headers or {})
        return answer

    @api.exception_handler(Damaged)
    async def _damaged(_request: Request, _error: Damaged) -> JSONResponse:
        return refuse(500, _("This is damaged in the archive and is not given out until it is mended."))

    @api.exception_handler(ArchiveError)
    async def _out_of_reach(_request: Request, _error: ArchiveError) -> JSONResponse:
        return refuse(503, _("The archive is out of reach; ask again in a few minutes."))
