"""A Trello board's JSON becomes a grid of its cards, of their checklists' items, or of their attachments.
Nobody's name is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.dataset.answers import BOARD, find_misfit
from pipelines.dataset.periods import period_of_day
from pipelines.dataset.sources import BoardTable, TrelloSource
from pipelines.read.forms.consul import parse_answer, value_text
from pipelines.read.grid import Grid, Remark, Rows, Unreadable

CARDS = (
    "board",
    "list",
    "listClosed",
    "id",
    "name",
    "desc",
    "closed",
    "start",
    "due",
    "dueComplete",
    "dateLastActivity",
    "labels",
    "shortUrl",
    "checkItems",
    "checkItemsChecked",
    "attachments",
)
ITEMS = ("board", "list", "cardId", "cardName", "checklist", "id", "name", "state", "due")
ATTACHMENTS = ("board", "list", "cardId", "cardName", "id", "name", "url", "date")
Thing = Mapping[str, Any]


def read_trello(path: Path, source: TrelloSource, as_of: str | None) -> Grid:
    """The board at `path`, read or exported on the day `as_of`; raises Unreadable where it is none."""
    board = Board(_parse_board(path))
    labels, rows = board.table(source.table)
    when: tuple[str, ...] = ()
    if source.period:
        if as_of is None:
            raise Unreadable(
                "source-error",
                _("the day on which the board was read is not known, so that it is of no period"),
            )
        labels, when = (*labels, "period"), (period_of_day(date.fromisoformat(as_of), source.period),)
    return Grid(
        labels, partial(_number_rows, rows, when), remarks=tuple(_board_remarks(board.board, source.name))
    )


def read_export(path: Path, table: BoardTable) -> Grid:
    """A board's export that somebody handed in; raises Unreadable where it is none."""
    board = Board(_parse_board(path))
    labels, rows = board.table(table)
    remarks = tuple(_board_remarks(board.board, None))
    return Grid(labels, partial(_number_rows, rows, ()), remarks=remarks)


def _parse_board(path: Path) -> Thing:
    board = parse_answer(path.read_bytes())
    if not isinstance(board, dict) or not {"cards", "lists"} <= set(board):
        raise Unreadable(
            "source-error", _("the file is no export of a Trello board: it lacks cards or lists")
        )
    if misfit := find_misfit(board, BOARD, _("the board")):
        raise Unreadable("source-error", _("the file is no export of a Trello board: {why}", why=misfit))
    return board


def _board_remarks(board: Thing, known: str | None) -> Iterator[Remark]:
    if known is not None and board.get("name") != known:
        note = _(
            "the board is called “{name}” now, not “{declared}”: is it the same one?",
            name=board.get("name"),
            declared=known,
        )
        yield Remark("board-renamed", note)
    if board.get("closed") is True:
        yield Remark("board-closed", _("the board was closed; it changes no more, and may be deleted"))


@dataclass(frozen=True)
class Board:
    """A board; what is told of persons (members, who did what, cards' addresses for e-mail) stays unread, and
    so does `actions`: an export has the last 1,000 of them, so that no history can be made of it."""

    board: Thing

    def table(self, table: BoardTable) -> tuple[tuple[str, ...], Callable[[], Iterator[list[Any]]]]:
        """The labels of a table, and its rows."""
        match table:
            case "cards":
                return (*CARDS, *self.custom.values()), self.cards
            case "checkItems":
                return ITEMS, self.items
            case "attachments":
                return ATTACHMENTS, self.attachments

    @property
    def custom(self) -> dict[str, str]:
        """The label of each custom field, by its id."""
        return {field["id"]: f"customField.{field.get('name')}" for field in self._part("customFields")}

    def cards(self) -> Iterator[list[Any]]:
        custom, options = list(self.custom), self._options()
        for card in self.board["cards"]:
            badges, about = card.get("badges") or {}, self._list_of(card)
            values = [card.get(label) for label in CARDS[3:11]]
            counts = [badges.get("checkItems"), badges.get("checkItemsChecked")]
            links = "\n".join(
                value_text(attachment.get("url")) for attachment in card.get("attachments") or []
            )
            given = {
                item["idCustomField"]: _custom_value(item, options)
                for item in card.get("customFieldItems") or []
            }
            yield [
                *(
                    self.board.get("name"),
                    about.get("name"),
                    about.get("closed"),
                    *values,
                    self._label_names(card),
                    card.get("shortUrl"),
                ),
                *(*counts, links, *(given.get(field) for field in custom)),
            ]

    def items(self) -> Iterator[list[Any]]:
        checklists: dict[str, list[Thing]] = {}
        for checklist in self._part("checklists"):
            checklists.setdefault(checklist.get("idCard", ""), []).append(checklist)
        for card in self.board["cards"]:
            for checklist in checklists.get(card["id"], []):
                for item in checklist.get("checkItems") or []:
                    yield [
                        *self._card_columns(card),
                        checklist.get("name"),
                        *(item.get(label) for label in ITEMS[5:]),
                    ]

    def attachments(self) -> Iterator[list[Any]]:
        for card in self.board["cards"]:
            for attachment in card.get("attachments") or []:
                yield [*self._card_columns(card), *(attachment.get(label) for label in ATTACHMENTS[4:])]

    def _card_columns(self, card: Thing) -> list[Any]:
        return [self.board.get("name"), self._list_of(card).get("name"), card["id"], card.get("name")]

    def _list_of(self, card: Thing) -> Thing:
        return next((each for each in self.board["lists"] if each["id"] == card.get("idList")), {})

    def _label_names(self, card: Thing) -> str:
        """Their names; of those without, the colour."""
        known = {label["id"]: label for label in self._part("labels")}
        labels = card.get("labels") or [known[id] for id in card.get("idLabels") or [] if id in known]
        return ", ".join(sorted(value_text(label.get("name") or label.get("color")) for label in labels))

    def _options(self) -> dict[str, Any]:
        fields = self._part("customFields")
        return {
            option["id"]: (option.get("value") or {}).get("text")
            for field in fields
            for option in field.get("options") or []
        }

    def _part(self, part: str) -> Sequence[Thing]:
        return self.board.get(part) or []


def _custom_value(item: Thing, options: Mapping[str, Any]) -> Any:
    """What a card says in a custom field: a text, number, date, check, or one of a list's options."""
    value = item.get("value")
    return options.get(item.get("idValue", "")) if not value else next(iter(value.values()))


def _number_rows(rows: Any, when: Sequence[str]) -> Rows:
    for number, row in enumerate(rows(), 2):
        yield number, [*(value_text(value) for value in row), *when]
