"""What the data team does at the desk: lets through what guards stopped, and answers readers; each act is
what the page showed, or is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from catalog.archive.archive import Archive, Conflict, find_history
from catalog.archive.audit import Act, Audit, AuditEntry, Result
from catalog.archive.release import Damaged, History, NeverReleased, UnknownRelease, find_release
from catalog.archive.reports import ReportEntry, ReportKind
from catalog.archive.runs import new_run_id
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.release.guards.accept import accept, find_stopped
from pipelines.release.receipt_outcomes import find_whole_tables
from pipelines.web.desk.overview import Overview, fingerprint
from pipelines.web.desk.upload import Refused
from pipelines.web.forms import Pace
from pipelines.web.pace import SharedPace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AuditDesk:
    """Notes who did what. What nobody signed in for is refused as often as anybody likes to ask: of that no
    more is noted than `pace` lets in, and then that there was more."""

    audit: Audit
    clock: Callable[[], datetime]
    pace: Pace | SharedPace

    def note(
        self,
        act: Act,
        result: Result,
        by: str = "",
        agency: str = "",
        of: str = "",
        because: str = "",
        rows: int = 0,
    ) -> None:
        """Where it cannot be noted, that stands in the server's log, and the act goes on: of what was handed
        in or let through, the archive has a record besides."""
        if not by and not self.pace.allows("nobody"):
            return
        try:
            self.audit.add(AuditEntry(0, self._now(), act, result, by, agency, of, because, rows=rows))
            if not by and not self.pace.is_free("nobody"):
                self.audit.add(AuditEntry(0, self._now(), "overflow", "denied"))
        except (ArchiveError, Damaged) as error:
            log.error("the desk cannot note who did what: %s", error)

    def _now(self) -> str:
        return self.clock().isoformat(timespec="seconds")


@dataclass(frozen=True)
class Acts:
    """`start` has a dataset run soon, for a receipt if it is one's; `show` brings the portal up, soon."""

    overview: Overview
    clock: Callable[[], datetime]
    start: Callable[[str, int | None], None]
    show: Callable[[], None]

    @property
    def archive(self) -> Archive:
        return self.overview.archive

    def accept(self, id: str, by: str, fields: Mapping[str, str]) -> str:
        """Lets through exactly the extracts that the page showed (`visto`), of the receipt `recibo`; gives
        what was done. Raises Refused."""
        because, receipt = fields.get("motivo", "").strip(), fields.get("recibo", "")
        if len(because) < 5:
            raise Refused(422, _("Write why it is right, so that whoever reads the record understands."))
        number = int(receipt) if receipt.isdecimal() and len(receipt) < 9 else None
        history = self._history(id)
        kept = find_stopped(self.archive, history, number)
        if kept is None or fingerprint(kept) != fields.get("visto"):
            raise Refused(
                409,
                _("What this page showed was let through, replaced or judged anew meanwhile. Look again."),
            )
        try:
            entry, _notes = accept(
                self.archive,
                history,
                because=because[:1000],
                by=by,
                run=new_run_id(self.clock()),
                at=self.clock().isoformat(timespec="seconds"),
                whole=find_whole_tables(self.overview.datasets, id),
                receipt=number,
                extracts=kept["stopped"],
            )
        except Conflict as error:
            raise Refused(409, _("Somebody else was faster. Look again.")) from error
        except (UnknownRelease, ValueError) as error:
            raise Refused(409, str(error)) from error
        numbers = entry.provenance["receipts"]
        self.start(id, numbers[-1] if numbers else None)
        named = ", ".join(f"{id}/{each}" for each in numbers) or id
        return _("{names}: let through. Its run publishes it in a moment.", names=named)

    def answer(self, id: str | None, fields: Mapping[str, str]) -> str:
        """Answers a report on a dataset, or a request where `id` is None; gives what was done. Raises
        Refused."""
        number, kind = fields.get("numero", ""), fields.get("que", "")
        kinds: dict[str, ReportKind] = {"answer": "answer", "fixed": "fixed", "closed": "closed"}
        if kind not in kinds or not (number.isdecimal() and len(number) < 9):
            raise Refused(422, _("Choose what the answer says."))
        version = self._named(id, fields.get("version", "").strip()) if kind == "fixed" else None
        entry = ReportEntry(
            *(0, int(number), kinds[kind], self.clock().isoformat(timespec="seconds")),
            *(fields.get("texto", ""), version, "oculto" not in fields, uuid4().hex),
        )
        try:
            if id is None:
                self.archive.requests.add(entry)
            else:
                self.archive.problems(id, self._history(id).demo).add(entry)
        except ValueError as error:
            raise Refused(422, str(error)) from error
        self.show()
        return _("The answer is kept; the portal shows it in some minutes.")

    def _named(self, id: str | None, text: str) -> str:
        """The version of a dataset that has the correction, or the dataset that came of a request."""
        try:
            if id is None:
                return find_history(self.archive, text).dataset
            return str(find_release(self._history(id), text).version)
        except (UnknownRelease, NeverReleased, ValueError) as error:
            raise Refused(422, str(error)) from error

    def _history(self, id: str) -> History:
        try:
            return find_history(self.archive, id)
        except (UnknownRelease, NeverReleased, ValueError) as error:
            raise Refused(404, str(error)) from error
