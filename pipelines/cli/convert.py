"""The command that takes follow-up and ballots from the form of others into ours, and back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import JSON, app, exit_on_errors, show_json

FORM_NAMES = ("ogp", "canada", "decidim", "consul")
Rows = list[dict[str, str]]


@app.command(
    help=_("Take follow-up of commitments from the form of others into ours, or back; or a budget's ballots.")
)
@exit_on_errors
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help=_("a CSV; or a .pb, or the folder of its tables"))
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help=_("the file or folder to write"))],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="FORM", help=_("what IN is: ogp, canada, decidim, consul"))
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORM", help=_("what OUT is to be; IN is then ours, made with --from")),
    ] = None,
    json: JSON = False,
) -> None:
    if source.suffix == ".pb" or target.suffix == ".pb":
        if from_ or to:
            raise ValueError(_("a .pb says by its name what it is: leave --from and --to out"))
        counts = _unpack_ballots(source, target) if source.suffix == ".pb" else _pack_ballots(source, target)
    else:
        counts = _convert_rows(source, target, from_, to)
    if json:
        return show_json({"file": str(target), **counts})
    typer.echo(
        ngettext("{n} row written into {file}.", "{n} rows written into {file}.", counts["rows"], file=target)
    )
    return None


def _convert_rows(source: Path, target: Path, from_: str | None, to: str | None) -> dict[str, int]:
    from catalog.topics.commitments import interchange

    if (from_ is None) == (to is None):
        raise ValueError(_("say either --from or --to, and one of {names}", names=", ".join(FORM_NAMES)))
    name = from_ or to or ""
    if name not in interchange.FORMS:
        raise ValueError(_("{name} is no form; use one of {names}", name=name, names=", ".join(FORM_NAMES)))
    form, (labels, rows) = interchange.FORMS[name], _read_table(source)
    if from_:
        sheet = interchange.read_form(form, labels, rows)
        header, written = interchange.records_as_rows(form, sheet)
    else:
        header, written = interchange.write_form(form, interchange.rows_as_records(form, rows))
    _write_table(target, header, written)
    return {"rows": len(written)}


def _pack_ballots(source: Path, target: Path) -> dict[str, int]:
    from catalog.topics.ballots import Ballots, find_faults, write_pabulib

    tables = {name: _read_table(source / f"{name}.csv")[1] for name in ("meta", "projects", "votes")}
    meta = {row.get("key", ""): row.get("value", "") for row in tables["meta"]}
    filled = {name: tuple(_without_empty(row) for row in tables[name]) for name in ("projects", "votes")}
    ballots = Ballots(meta, filled["projects"], filled["votes"])
    if faults := find_faults(ballots):
        raise ValueError("\n".join(faults[:20]))
    target.write_text(write_pabulib(ballots), "utf-8")
    return {"rows": len(ballots.projects) + len(ballots.votes)}


def _without_empty(row: Mapping[str, str]) -> dict[str, str]:
    return {label: cell for label, cell in row.items() if cell}


def _unpack_ballots(source: Path, target: Path) -> dict[str, int]:
    from catalog.topics.ballots import read_pabulib

    ballots = read_pabulib(_read_text(source))
    target.mkdir(parents=True, exist_ok=True)
    meta = [{"key": key, "value": value} for key, value in ballots.meta.items()]
    for name, rows in (("meta", meta), ("projects", ballots.projects), ("votes", ballots.votes)):
        labels = list(dict.fromkeys(label for row in rows for label in row))
        _write_table(target / f"{name}.csv", labels, rows)
    return {"rows": len(ballots.projects) + len(ballots.votes)}


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(_("{file} is not UTF-8; save it as UTF-8", file=path)) from error


def _read_table(path: Path) -> tuple[list[str], Rows]:
    """A CSV of commas. Raises ValueError for a column that stands twice, and for a row of another length."""
    lines = [line for line in csv.reader(io.StringIO(_read_text(path), newline="")) if line]
    labels, *rows = lines or [[]]
    if twice := [label for label, count in Counter(labels).items() if count > 1]:
        raise ValueError(_("{file}: the column “{label}” stands twice", file=path, label=twice[0]))
    for number, row in enumerate(rows, 2):
        if len(row) != len(labels):
            told = {"file": path, "row": number, "cells": len(row), "columns": len(labels)}
            raise ValueError(_("{file}, row {row}: its cells are {cells}, and the columns {columns}", **told))
    return labels, [dict(zip(labels, row, strict=True)) for row in rows]


def _write_table(path: Path, labels: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(labels)
        writer.writerows([row.get(label, "") for label in labels] for row in rows)
