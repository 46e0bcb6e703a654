"""What a message says of a notice: a subject, what happened, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.outbox import Notice, Standing
from catalog.spoken import say
from messages import LANGUAGES, language, speaking
from messages import gettext as _
from messages.formats import format_date

RULE = "-" * 60


@dataclass(frozen=True)
class DeskLinks:
    """Where an agency has a file of a dataset checked, and hands it in: the desk's public `address`, and
    whether the dataset is handed in there at all."""

    address: str
    dataset: str
    hands_in: bool

    @property
    def check(self) -> str:
        return f"{self._top}?conjunto={quote(self.dataset)}"

    @property
    def hand_in(self) -> str:
        return f"{self._top}entregar?conjunto={quote(self.dataset)}" if self.hands_in else self.check

    @property
    def _top(self) -> str:
        """The desk in the current language."""
        top = self.address.rstrip("/")
        own = top.endswith("/mesa") and language() != LANGUAGES[0]
        return f"{top.removesuffix('/mesa')}/{language()}/mesa/" if own else f"{top}/"


def subject(notices: Sequence[Notice]) -> str:
    """Of the last notice: what came before it is in the text."""
    return headline(notices[-1])


def headline(notice: Notice) -> str:
    names = {"title": notice.title, "version": notice.facts.get("version", "")}
    headlines: Mapping[str, Callable[[], str]] = {
        "released": lambda: _("{title}: version {version} is published", **names),
        "breaking": lambda: _("{title}: version {version} has changes that can break programs", **names),
        "withdrawn": lambda: _("{title}: version {version} was withdrawn", **names),
        "restored": lambda: _("{title}: version {version} is current again", **names),
        "late": lambda: _("{title}: the data is late", **names),
        "rejected": lambda: _("{title}: the last extract was rejected", **names),
        "quarantined": lambda: _("{title}: rows of the last extract were held back", **names),
        "failed": lambda: _("{title}: the source could not be read", **names),
        "normal": lambda: _("{title}: back to normal", **names),
    }
    return headlines[notice.kind]()


def message_text(
    notices: Sequence[Notice], now: Standing, page: str | None, desk: DeskLinks | None = None
) -> str:
    """The body of a message in Spanish, then in English: each notice, then how the dataset stands now and
    where its page is. Where there is a desk it says where to go there, and names no command."""
    parts = []
    for code in LANGUAGES:
        with speaking(code):
            paragraphs = [*(_describe_notice(each, desk) for each in notices), _describe_standing(now, page)]
            parts.append("\n\n".join(paragraphs))
    return f"\n\n{RULE}\n\n".join(parts) + "\n"


def _describe_notice(notice: Notice, desk: DeskLinks | None) -> str:
    facts = notice.facts
    lines = [headline(notice) + "."]
    if notice.kind in ("released", "breaking"):
        if facts["previous"] is None:
            lines.append(_("First version."))
        else:
            lines += [f"- {sentence}" for sentence in describe_changes(facts["changes"])]
        if notice.kind == "breaking":
            lines.append(_("Programs that read it may have to change."))
    if told := facts.get("announces"):
        values = {
            "major": told["version"],
            "date": format_date(told["date"]),
            "changes": say(told, "changes"),
        }
        lines.append(_("Version {major} is announced for {date}: {changes}", **values))
        lines.append(_("Programs that read it may have to change then."))
    if facts.get("because"):
        lines.append(_("Reason: {because}", because=facts["because"]))
    if said := (desk and facts.get("forSender")) or facts.get("message"):
        lines.append(str(said))
    if todo := _what_to_do(notice, desk):
        lines.append(todo)
    return "\n".join(lines)


def _what_to_do(notice: Notice, desk: DeskLinks | None) -> str:
    if desk is not None:
        return _what_to_do_at(desk, notice)
    actions: Mapping[str, Callable[[], str]] = {
        "rejected": lambda: _(
            "Correct the extract and hand it in again: `vereda check {id} FILE` shows each cell.",
            id=notice.dataset,
        ),
        "quarantined": lambda: _(
            "Correct those rows and hand the extract in again: they come back by themselves."
        ),
        "failed": lambda: _(
            "The next run tries again. If it goes on, see whether its address or access changed."
        ),
        "late": lambda: _("Hand in the next extract, or see why the source has nothing newer."),
    }
    return actions[notice.kind]() if notice.kind in actions else ""


def _what_to_do_at(desk: DeskLinks, notice: Notice) -> str:
    actions: Mapping[str, Callable[[], str]] = {
        "rejected": lambda: _(
            "See each cell that is wrong, and take the corrected copy: {check}\nHand the corrected file in "
            "here: {hand_in}",
            check=desk.check,
            hand_in=desk.hand_in,
        ),
        "quarantined": lambda: _(
            "Correct those rows and hand the file in again: they come back by themselves. Here: {hand_in}",
            hand_in=desk.hand_in,
        ),
        "failed": lambda: _(
            "The next run tries again. If it goes on, see whether its address or access changed."
        ),
        "late": lambda: (
            _("Hand in the next file here: {hand_in}", hand_in=desk.hand_in)
            if desk.hands_in
            else _("See why the source has nothing newer.")
        ),
    }
    return actions[notice.kind]() if notice.kind in actions else ""


def _describe_standing(now: Standing, page: str | None) -> str:
    run = {
        "ok": _("its last run went well"),
        "rejected": _("its last extract is rejected; the last good version stays"),
        "quarantined": _("some rows of its last extract are held back"),
        "failed": _("its source could not be read; the last good version stays"),
    }[now.run]
    age = _("its data is late") if now.late else _("its data is up to date")
    lines = [_("How it stands now: {run}; {age}.", run=run, age=age)]
    if page:
        lines.append(_("Its page: {page}", page=page))
    return "\n".join(lines)
