"""What programs may ask of the desk, as an OpenAPI 3.1 description: hand in a file, whole or in pieces; add
rows; ask what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Plain = dict[str, Any]

TEXT: Plain = {"type": "string"}
NUMBER: Plain = {"type": "integer", "minimum": 0}
MAYBE: Plain = {"type": ["string", "null"]}
STATES = ("waiting", "published", "unchanged", "quarantined", "rejected", "failed", "accepted", "superseded")
ERRORS = {
    400: "Something is missing in the call, or it broke off.",
    401: "No valid key.",
    403: "The key is not for this dataset, or there is no such dataset.",
    404: "There is nothing of that name.",
    409: "The upload stands elsewhere, or is whole already.",
    412: "Another version of tus was named.",
    413: "Too large.",
    415: "Another kind of content.",
    421: "The desk is not at this address.",
    422: "It cannot be taken as it is; the sentence says why.",
    423: "Another call is writing to this upload.",
    429: "Too many uploads are open, or too many keys were wrong just now.",
    460: "The piece is not what its checksum says.",
    503: "It could not be kept just now.",
}


def describe_api(most: int, rows: int) -> Plain:
    """The description; `most` are the bytes of a file, `rows` those of the rows of one call."""
    info = {
        "title": "Vereda: the desk",
        "version": "1",
        "description": (
            "Each call carries an agency's key, `Authorization: Bearer vereda_…`, which `vereda token new` "
            "gives. What is kept has a receipt before anything looks at it."
        ),
    }
    key = {"type": "http", "scheme": "bearer", "description": "An agency's key."}
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": "/mesa"}],
        "security": [{"key": []}],
        "paths": {**_deliveries(most), **_rows(rows), **_uploads(most)},
        "components": {"securitySchemes": {"key": key}, "schemas": _schemas()},
    }


def _deliveries(most: int) -> Plain:
    period = {"name": "periodo", "in": "query", "schema": TEXT, "description": "As in 2026-03."}
    name = {
        "name": "nombre",
        "in": "query",
        "schema": TEXT,
        "description": "The file's name, as in mayo.csv.",
    }
    again = _header("Idempotency-Key", "Names the call: however often it is made, it counts once.")
    octets = {"schema": {"type": "string", "format": "binary"}}
    body = {"required": True, "description": f"The file: up to {most} bytes.", "content": {"*/*": octets}}
    hand_in = {
        "operationId": "handIn",
        "summary": "Hand a file in",
        "parameters": [_path("dataset"), _path("resource"), name, period, again],
        "requestBody": body,
        "responses": {
            "201": _answer("Kept; this is its receipt.", "Receipt"),
            "200": _answer("This call was made before; this is its receipt.", "Receipt"),
            **_errors(400, 401, 403, 413, 422, 503),
        },
    }
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    listing = {"receipts": {"type": "array", "items": _ref("Outcome")}}
    every = {
        "operationId": "listReceipts",
        "summary": "What was handed in for a dataset, and what became of each file",
        "parameters": [_path("dataset")],
        "responses": {
            "200": {"description": "Oldest first.", "content": _json(_object(listing))},
            **_errors(401, 403, 503),
        },
    }
    one = {
        "operationId": "showReceipt",
        "summary": "What became of a file",
        "parameters": [_path("dataset"), number],
        "responses": {"200": _answer("As it stands now.", "Outcome"), **_errors(401, 403, 404, 503)},
    }
    return {
        "/api/entregas/{dataset}/{resource}": {"post": hand_in},
        "/api/recibos/{dataset}": {"get": every},
        "/api/recibos/{dataset}/{number}": {"get": one},
    }


def _rows(most: int) -> Plain:
    row = {"type": "object", "minProperties": 1, "additionalProperties": True}
    content = {
        "application/json": {"schema": {"type": "array", "items": row, "minItems": 1, "maxItems": 10_000}},
        "text/csv": {"schema": TEXT},
    }
    key = _header("Idempotency-Key", "Names the call: however often it is made, its rows count once.", True)
    add = {
        "operationId": "addRows",
        "summary": "Add rows to a table that is declared `append`",
        "parameters": [_path("dataset"), _path("resource"), key],
        "requestBody": {
            "required": True,
            "description": f"Rows with a value for each column, up to {most} bytes.",
            "content": content,
        },
        "responses": {
            "202": _answer("Kept; `status` is where it is told what becomes of them.", "Rows"),
            **_errors(400, 401, 403, 404, 413, 415, 422, 503),
        },
    }
    show = {
        "operationId": "showRows",
        "summary": "What became of the rows of a call",
        "parameters": [_path("dataset"), _path("resource"), _path("call")],
        "responses": {
            "200": _answer("As it stands now.", "RowsOutcome"),
            **_errors(401, 403, 404, 422, 503),
        },
    }
    return {
        "/api/filas/{dataset}/{resource}": {"post": add},
        "/api/filas/{dataset}/{resource}/{call}": {"get": show},
    }


def _uploads(most: int) -> Plain:
    tus = _header("Tus-Resumable", "1.0.0", True)
    metadata = "Pairs of a name and its value in base64: dataset (dataset/resource), filename, period."
    begin = {
        "operationId": "beginUpload",
        "summary": "Begin a file that comes in pieces (tus 1.0: creation)",
        "parameters": [
            tus,
            _header("Upload-Length", f"The bytes of the file, up to {most}.", True),
            _header("Upload-Metadata", metadata, True),
        ],
        "responses": {
            "201": {"description": "Begun, at `Location`."},
            **_errors(400, 401, 403, 412, 413, 422, 429, 503),
        },
    }
    add = {
        "operationId": "addPiece",
        "summary": "Add a piece; with the last one the file is handed in (`Vereda-Receipt` says where)",
        "parameters": [
            tus,
            _header("Upload-Offset", "Where the upload stands.", True),
            _header("Upload-Checksum", "sha256, sha1 or md5, and the digest in base64."),
        ],
        "requestBody": {"required": True, "content": {"application/offset+octet-stream": {"schema": {}}}},
        "responses": {
            "204": {"description": "Added; `Upload-Offset` is where it stands."},
            **_errors(400, 401, 404, 409, 412, 413, 415, 422, 423, 460, 503),
        },
    }
    told = {"200": {"description": "`Upload-Offset` and `Upload-Length` say how it stands."}}
    head = {
        "operationId": "askUpload",
        "summary": "How much of it is here",
        "parameters": [tus],
        "responses": {**told, **_errors(401, 404, 412, 423, 503)},
    }
    show = {
        "operationId": "showUpload",
        "summary": "How it stands, as JSON",
        "responses": {"200": _answer("As it stands now.", "Upload"), **_errors(401, 404, 423, 503)},
    }
    end = {
        "operationId": "endUpload",
        "summary": "End it (tus 1.0: termination)",
        "parameters": [tus],
        "responses": {"204": {"description": "It is gone."}, **_errors(401, 404, 412, 423, 503)},
    }
    able = {
        "operationId": "describeUploads",
        "summary": "Which extensions of tus there are",
        "security": [],
        "responses": {"204": {"description": "In `Tus-Extension` and `Tus-Max-Size`."}},
    }
    one: Plain = {"parameters": [_path("link")], "head": head, "get": show, "patch": add, "delete": end}
    return {"/api/cargas": {"options": able, "post": begin}, "/api/cargas/{link}": one}


def _schemas() -> Plain:
    state = {"type": "string", "enum": list(STATES)}
    receipt = {"number": NUMBER, "resource": TEXT, "name": TEXT, "sha256": TEXT, "at": TEXT, "period": MAYBE}
    maybe_number = {"type": ["integer", "null"]}
    became = {"state": state, "version": MAYBE, "because": MAYBE}
    sometimes: Plain = {"takenBack": {"const": True}, "replacedBy": NUMBER}
    call = {"dataset": TEXT, "call": TEXT, "rows": NUMBER, "at": TEXT}
    upload = {"dataset": TEXT, "name": TEXT, "length": NUMBER, "offset": NUMBER}
    upload |= {"state": {"type": "string", "enum": ["open", "received", "refused"]}}
    return {
        "Error": _object({"error": TEXT}),
        "Receipt": _object(
            {**receipt, "bytes": NUMBER, "sameAs": maybe_number, "dataset": TEXT, "status": TEXT}
        ),
        "Outcome": _object({"dataset": TEXT, **receipt, **became}, sometimes),
        "Rows": _object({**call, "status": TEXT}),
        "RowsOutcome": _object({**call, **became, "receipt": maybe_number}),
        "Upload": _object({**upload, "receipt": maybe_number, "error": MAYBE}),
    }


def _object(properties: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Plain:
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
    }


def _path(name: str) -> Plain:
    pattern = "^[A-Za-z0-9_-]{1,64}$" if name in ("link", "call") else "^[a-z0-9][a-z0-9._-]{0,60}$"
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _header(name: str, description: str, required: bool = False) -> Plain:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": TEXT}


def _answer(description: str, schema: str) -> Plain:
    return {"description": description, "content": _json(_ref(schema))}


def _json(schema: Plain) -> Plain:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Plain:
    return {"$ref": f"#/components/schemas/{name}"}


def _errors(*statuses: int) -> Plain:
    every = sorted({*statuses, 421, 429})
    return {str(status): _answer(ERRORS[status], "Error") for status in every}
