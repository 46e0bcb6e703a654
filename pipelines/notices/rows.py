"""News of the rows that a program follows (`comuna=4`, one work): each version that changed any of them is
one HTTP POST, signed as other notices are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.changes.duck import open_duckdb
from catalog.archive.changes.rows import RowChanges
from catalog.archive.outbox import LOG_KINDS, Notice, Standing
from catalog.archive.published import Previous
from catalog.archive.release import History, Version, twin
from catalog.followed import TableFile, compare_followed
from catalog.question import Refusal
from messages import gettext as _
from pipelines.notices.deliver import Never, channel_id
from pipelines.notices.webhook import Webhook

MOST_LINES = 1_000
"""Changes in one message; `more` counts the others, and the API has them all."""


@dataclass(frozen=True)
class RowsWebhook:
    """A receiver of what changes in the rows of a table that all `filters` choose, written as the API takes
    them."""

    hook: Webhook
    archive: Archive
    table: str
    filters: tuple[str, ...]
    repeatable = True
    together = False

    @property
    def name(self) -> str:
        return f"{self.hook.name} ({self.table}: {', '.join(self.filters)})"

    @property
    def id(self) -> str:
        return channel_id("rows", json.dumps([self.hook.url, self.table, *self.filters]))

    def wants(self, notice: Notice) -> bool:
        """What the log says may have changed rows; whether it did is seen when it is sent."""
        return notice.kind in LOG_KINDS

    def send(self, notices: Sequence[Notice], now: Standing, page: str | None) -> bool:
        """Whether any of them changed any of the rows."""
        told = [self._tell(notice, page) for notice in notices]
        return any(told)

    def _tell(self, notice: Notice, page: str | None) -> bool:
        history = self.archive.history(notice.dataset)
        before, after = _versions(history, notice.standing.head)
        if before is None or after is None or before == after:
            return False
        facts: dict[str, Any] = {"from": str(before), "to": str(after), "followed": False}
        if before not in history.withdrawn:  # of what was withdrawn nothing is quoted
            try:
                changes = self._compare(history, before, after)
            except Refusal as refusal:
                why = _("{name}: {why} Correct VEREDA_FOLLOWED_ROWS.", name=self.name, why=refusal.sentence)
                raise Never(why) from refusal
            if changes is not None and not changes.table.num_rows:
                return False
            facts |= _facts(changes) if changes else {}
        about = {"dataset": notice.dataset, "title": notice.title, "page": page}
        data = {**about, "table": self.table, "filter": list(self.filters), **facts}
        body = {"type": "dataset.rows-changed", "timestamp": notice.at, "data": data}
        self.hook.post(notice.id, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
        return True

    def _compare(self, history: History, before: Version, after: Version) -> RowChanges | None:
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder, open_duckdb() as duck:
            old, new = (self._table(history, each, Path(folder)) for each in (before, after))
            if old is None or new is None:
                return None
            return compare_followed(duck, old, new, self.filters)

    def _table(self, history: History, version: Version, folder: Path) -> TableFile | None:
        release = Previous(self.archive, history.release(version))
        for each in release.descriptor["resources"]:
            if each["name"] == self.table and "schema" in each:
                path = folder / f"{version}.parquet"
                self.archive.save(release.entry.files[twin(each["path"])].sha256, path)
                return TableFile(path, each)
        return None


def _versions(history: History, number: int) -> tuple[Version | None, Version | None]:
    """Which version was current before an entry of the log, and which after."""
    place = next(place for place, entry in enumerate(history.entries) if entry.number == number)
    before = history.standings[place - 1].current if place else None
    return before, history.standings[place].current


def _facts(changes: RowChanges) -> Mapping[str, Any]:
    lines = changes.table.slice(0, MOST_LINES).to_pylist()
    return {
        "followed": True,
        "rows": changes.counts,
        "changes": lines,
        "more": changes.table.num_rows - len(lines),
    }
