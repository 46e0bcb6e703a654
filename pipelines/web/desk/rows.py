"""Rows that a program adds to a table by its key: kept before the answer, so that none is lost, and once,
however often the call is made; what came between two runs is handed in as one file, with one receipt."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.archive.appends import AppendBatch, AppendCall, Appends, Form
from catalog.archive.audit import Act
from catalog.archive.release import Damaged, UnknownRelease
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.agency.submit import hand_in
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.dataset.text import label_key
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.identity import Person
from pipelines.web.desk.upload import Refused

PAUSE = 2.0
"""Seconds to wait for more rows before what came is handed in."""
MOST_ROWS = 10_000
"""Of one call."""
MOST_BATCH = 100_000_000
"""Characters of a batch."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RowsAtDesk:
    """Takes rows for tables that are declared `append`; `note` notes who handed how many in, under which
    receipt."""

    deliveries: Deliveries
    note: Callable[[Act, Person, str, int], None] = lambda _act, _person, _of, _rows: None
    gatherings: dict[str, threading.Timer] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    gathering: threading.Lock = field(default_factory=threading.Lock)

    def take(self, person: Person | None, table: str, kind: str, body: bytes, key: str) -> AppendCall:
        """Keeps the rows of a call, JSON or CSV as `kind` says, under its `key`; raises Refused: another's
        table, one that is not `append`, no key, one that stood for other rows, rows that are none."""
        dataset, resource = self._require_table(person, table)
        assert person is not None
        if not 1 <= len(key) <= 200:
            raise Refused(400, _("Name the call by an Idempotency-Key, so that it counts once."))
        form, columns, rows, content = read_rows(kind, body, resource)
        at = self.deliveries.clock().isoformat(timespec="microseconds")
        digest = hashlib.sha256(body).hexdigest()
        token = self._token(dataset, resource, key)
        call = AppendCall(token, resource.name, form, columns, rows, content, digest, person.name, at)
        kept = self._appends(dataset).add(call)
        if kept.body != digest:
            raise Refused(422, _("Under this Idempotency-Key other rows came. Name another call otherwise."))
        self.gather_soon(dataset)
        return kept

    def find(self, person: Person | None, table: str, token: str) -> dict[str, Any]:
        """How a call stands, as JSON; raises Refused."""
        dataset, resource = self._require_table(person, table)
        appends = self._appends(dataset)
        call = appends.find(token) if token.isalnum() else None
        if call is None or call.resource != resource.name:
            raise Refused(404, _("There is no such call."))
        told: dict[str, Any] = {"dataset": table, "call": token, "rows": call.rows, "at": call.at}
        batch = appends.batch_of(token)
        outcomes = self.deliveries.outcomes_of(dataset)[1] if batch else []
        given = self._batch_token(dataset, batch) if batch else ""
        mine = [each for each in outcomes if each.receipt.token == given]
        if not mine:
            return {**told, "state": "waiting", "receipt": None, "version": None, "because": None}
        known = mine[0].to_json()
        outcome = {key: known[key] for key in ("state", "version", "because")}
        return {**told, **outcome, "receipt": known["number"]}

    def gather_soon(self, dataset: Dataset) -> None:
        """Has what waits handed in after a pause, in which more may come."""
        with self.lock:
            if dataset.id in self.gatherings:
                return
            timer = threading.Timer(PAUSE, self._gather_quietly, [dataset])
            timer.daemon = True
            self.gatherings[dataset.id] = timer
            timer.start()

    def close(self) -> None:
        """What waits is handed in when the desk opens again."""
        with self.lock:
            for timer in self.gatherings.values():
                timer.cancel()

    def gather_all(self, datasets: Sequence[str]) -> None:
        """What waited when the desk ended is handed in."""
        for id in datasets:
            dataset = self.deliveries.load(id)
            if dataset and any(each.pipeline.extract.mode == "append" for each in dataset.resources):
                self._gather_quietly(dataset)

    def _gather_quietly(self, dataset: Dataset) -> None:
        with self.lock:
            self.gatherings.pop(dataset.id, None)
        try:
            with self.gathering:
                done = self.gather(dataset)
            if not done:
                self.gather_soon(dataset)
        except (ArchiveError, Damaged, UnknownRelease, ValueError) as error:
            log.warning("the desk: rows of %s wait: %s", dataset.id, error)

    def gather(self, dataset: Dataset) -> bool:
        """Hands in all that waits, also a batch whose receipt was not written when the desk was killed; False
        where an earlier batch still waits for its run: until that, more may come. A busy hour would else make
        a version every few seconds."""
        appends = self._appends(dataset)
        given = {self._batch_token(dataset, batch) for batch in appends.batches()}
        outcomes = self.deliveries.outcomes_of(dataset)[1]
        if any(each.state == "waiting" and each.receipt.token in given for each in outcomes):
            return not appends.waiting(appends.batches())
        there = {call.token for call in appends.waiting(appends.batches())}
        while self._take_batch(appends, there):  # what comes meanwhile goes with the next ones
            pass
        known = {each.token for each in self.deliveries.archive.receipts(dataset.id, dataset.demo).all()}
        for batch in appends.batches():
            token = self._batch_token(dataset, batch)
            if token not in known:
                self._hand_in(dataset, batch, token)
        return True

    def _take_batch(self, appends: Appends, there: Set[str]) -> AppendBatch | None:
        def choose(known: Sequence[AppendCall], number: int) -> AppendBatch | None:
            waiting = [call for call in known if call.token in there]
            if not waiting:
                return None
            first, size = waiting[0], 0
            calls: list[AppendCall] = []
            for call in waiting:
                same = (call.resource, call.form, call.columns) == (first.resource, first.form, first.columns)
                size += len(call.content)
                if same and (size <= MOST_BATCH or not calls):
                    calls.append(call)
            sha256 = self.deliveries.archive.put(write_batch(calls).encode())
            name = f"filas-{first.at[:10]}-{number}.{first.form}"
            tokens = tuple(call.token for call in calls)
            return AppendBatch(number, first.resource, name, sha256, tokens, first.at)

        return appends.take(choose)

    def _hand_in(self, dataset: Dataset, batch: AppendBatch, token: str) -> None:
        desk = self.deliveries
        with tempfile.TemporaryDirectory(prefix="vereda-desk-") as folder:
            file = Path(folder) / batch.name
            desk.archive.save(batch.sha256, file)
            handed = hand_in(
                *(desk.datasets, desk.archive, desk.inbox, f"{dataset.id}/{batch.resource}", file, None),
                desk.clock(),
                limits=desk.limits,
                token=token,
            )
        if handed.again:
            return
        desk.start(dataset.id, handed.receipt.number)
        rows: Counter[str] = Counter()
        for call in filter(None, map(self._appends(dataset).find, batch.tokens)):
            rows[call.by] += call.rows
        for by, count in rows.items():
            person = Person(by, dataset.pipeline.publisher.id, team=False, by="token")
            self.note("hand-in", person, f"{dataset.id}/{handed.receipt.number}", count)

    def _require_table(self, person: Person | None, table: str) -> tuple[Dataset, Resource]:
        dataset = self.deliveries.require_own(person, table)
        name = table.partition("/")[2]
        resource = next((each for each in dataset.resources if each.name == name), None)
        if resource is None:
            raise Refused(404, _("There is no such table."))
        if resource.pipeline.extract.mode != "append":
            raise Refused(
                422, _("Rows are added to tables that are declared `append` alone: hand in the whole file.")
            )
        return dataset, resource

    def _appends(self, dataset: Dataset) -> Appends:
        return self.deliveries.archive.receipts(dataset.id, dataset.demo).appends

    def _token(self, dataset: Dataset, resource: Resource, key: str) -> str:
        return self.deliveries.make_token(f"filas\n{dataset.id}\n{resource.name}\n{key}")

    def _batch_token(self, dataset: Dataset, batch: AppendBatch) -> str:
        return self.deliveries.make_token(f"lote\n{dataset.id}\n{batch.number}")


def read_rows(kind: str, body: bytes, resource: Resource) -> tuple[Form, tuple[str, ...], int, str]:
    """The rows of a call: their form, columns, number, and text: lines of CSV, or JSON objects with commas
    between. Raises Refused, with the row and the column, where they are no rows of the table."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(422, _("The rows are not UTF-8.")) from error
    if kind.partition(";")[0].strip() == "application/json":
        form, columns, rows, content = _read_json(text)
    elif kind.partition(";")[0].strip() == "text/csv":
        form, columns, rows, content = _read_csv(text)
    else:
        raise Refused(415, _("Rows come as application/json or text/csv."))
    if not 1 <= rows <= MOST_ROWS:
        raise Refused(422, _("Send 1 to {most} rows.", most=MOST_ROWS))
    known = {label_key(name) for name in resource.fields}
    for layout in resource.pipeline.layouts:
        known |= {label_key(label) for label in (*layout.labels, *layout.ignore)}
    for column in columns:
        if label_key(column) not in known:
            fields = ", ".join(resource.fields)
            raise Refused(
                422, _("The table has no column {column}; it has {fields}.", column=column, fields=fields)
            )
    return form, columns, rows, content


def _read_json(text: str) -> tuple[Form, tuple[str, ...], int, str]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(422, _("The rows are no JSON.")) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row for row in rows):
        raise Refused(422, _("Send a list of rows, each an object: a value for each column."))
    for number, row in enumerate(rows, 1):
        for column, value in row.items():
            if isinstance(value, dict | list) or (isinstance(value, float) and value != value):
                raise Refused(422, _("Row {row}, {column}: this is no value.", row=number, column=column))
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    content = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return "json", columns, len(rows), content


def _read_csv(text: str) -> tuple[Form, tuple[str, ...], int, str]:
    try:
        header, *rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except (csv.Error, ValueError) as error:
        raise Refused(422, _("The rows are no CSV: a header, and a row a line, with commas.")) from error
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            told = _(
                "Row {row}: its values are {n}, and the labels {m}.", row=number, n=len(row), m=len(header)
            )
            raise Refused(422, told)
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return "csv", tuple(each.strip() for each in header), len(rows), lines.getvalue()


def write_batch(calls: Sequence[AppendCall]) -> str:
    """The rows of calls of one form and header as one file."""
    if calls[0].form == "json":
        return "[" + ",\n".join(call.content for call in calls) + "]\n"
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(calls[0].columns)
    return header.getvalue() + "".join(call.content for call in calls)
