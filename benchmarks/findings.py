"""How often encoding, separator, header row and writings are found right, beside csv.Sniffer and
charset-normalizer, on real files and on wrecks from seeds. `python -m benchmarks.findings [../shared]
[--wrecks N]`"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from charset_normalizer import from_bytes

from benchmarks.wrecks import FIELDS, Wreck, wreck
from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.text import fold_text
from pipelines.read.detect.dialect import find_dialect
from pipelines.read.detect.header import KnownLabels
from pipelines.read.encoding import detect_encoding, read_beginning
from pipelines.read.grid import Unreadable
from pipelines.read.read import read

LINES = 300


@dataclass(frozen=True)
class Case:
    """A file and the truth about it."""

    content: bytes
    encoding: str
    delimiter: str
    header_row: int
    labels: list[str]


def real(folder: Path) -> Iterator[Case]:
    """The real extracts: UTF-8 or else cp1252, a comma (BA Suaci: a semicolon), the header in the first row,
    as a look at them tells."""
    for path in sorted((folder / "data").glob("*.csv")):
        content = path.read_bytes()
        encoding = "utf-8-sig"
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            encoding = "cp1252"
        delimiter = ";" if "suaci" in path.name else ","
        yield Case(
            content,
            encoding,
            delimiter,
            1,
            next(csv.reader(io.StringIO(content.decode(encoding)), delimiter=delimiter)),
        )


def rewritten(cases: list[Case]) -> Iterator[Case]:
    """The same rows as another office would send them: encoding, separator, title rows."""
    for case in cases:
        rows = list(
            csv.reader(io.StringIO(case.content.decode(case.encoding), newline=""), delimiter=case.delimiter)
        )
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "cp1252"):
            for delimiter in ",;\t|":
                for titles in (0, 3):
                    text = io.StringIO(newline="")
                    text.write("Gobierno de la Ciudad\r\nDatos al 31/12/2024\r\n\r\n" if titles else "")
                    csv.writer(text, delimiter=delimiter).writerows(rows)
                    with suppress(UnicodeEncodeError):
                        yield Case(
                            text.getvalue().encode(encoding), encoding, delimiter, titles + 1, case.labels
                        )


def of_wreck(made: Wreck) -> Case:
    return Case(made.content, made.encoding, made.delimiter, made.header_row, made.labels)


def ours(case: Case, known: KnownLabels) -> dict[str, str]:
    """For each question right, wrong, or refused."""
    with tempfile.NamedTemporaryFile() as file:
        path = Path(file.name)
        path.write_bytes(case.content)
        try:
            encoding = detect_encoding(path, read_beginning(path))
        except Unreadable:
            return dict.fromkeys(("encoding", "separator", "header row"), "not said")
        text = _lines(case.content.decode(encoding))
    found = find_dialect(text, encoding, None, known)
    header = found.way.header.row if found.way.header else 1
    same = case.content.decode(encoding).removeprefix("\ufeff") == case.content.decode(
        case.encoding
    ).removeprefix("\ufeff")
    return _answers(same, found.way.form.delimiter == case.delimiter, header == case.header_row)


def others(case: Case) -> dict[str, str]:
    """charset-normalizer for the encoding; csv.Sniffer, given the right text, for the rest. It can only say
    that row 1 is a header."""
    best = from_bytes(case.content).best()
    text = case.content.decode(case.encoding).removeprefix("\ufeff")
    same = best is not None and str(best).removeprefix("\ufeff") == text
    sample = "".join(_lines(text))
    try:
        separator = csv.Sniffer().sniff(sample, ",;\t|").delimiter == case.delimiter
        header = csv.Sniffer().has_header(sample) and case.header_row == 1
    except csv.Error:
        separator = header = None
    return _answers(same, separator, header)


def _lines(text: str) -> list[str]:
    return [
        line
        for _n, line in zip(range(LINES), io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=False)
    ]


def _answers(*right: bool | None) -> dict[str, str]:
    words = {True: "right", False: "wrong", None: "not said"}
    return {
        question: words[answer]
        for question, answer in zip(("encoding", "separator", "header row"), right, strict=True)
    }


def known_of(case: Case) -> KnownLabels:
    """As a declaration knows the labels, which then drift."""
    labels = {label for label in case.labels if label}
    return KnownLabels(frozenset(labels), frozenset(filter(None, map(fold_text, labels))))


def writings(made: Wreck) -> dict[str, str]:
    """Of a wreck's columns: read right, left alone (with a problem or an error in each cell), or wrong."""
    schema = {"fields": [{"name": name, "type": kind} for name, kind in FIELDS.items()]}
    pipeline = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a.csv"}})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw"
        path.write_bytes(made.content)
        found = read(
            path,
            Resource("obras", "obras.csv", {"schema": schema}, pipeline, None),
            Path(folder) / "cells.arrow",
        )
        if found.table is None:
            return {
                **dict.fromkeys(("numbers", "whole numbers", "dates", "yes and no"), "not said"),
                "foot": "not said",
            }
        rows = [cells for _number, cells in found.table.rows()]
    asked = {problem.field for problem in found.problems if problem.code == "undeclared-writing"}
    answers = {
        "foot": "right"
        if len(rows) == len(made.rows)
        else "not said"
        if len(rows) > len(made.rows)
        else "wrong"
    }
    questions = {
        "monto": "numbers",
        "beneficiarios": "whole numbers",
        "fecha_inicio": "dates",
        "destacada": "yes and no",
    }
    for place, name in enumerate(FIELDS):
        if name in questions:
            meant = [row[place] for row in made.rows]
            cells = [row[place] if place < len(row) else "" for row in rows[: len(meant)]]
            if [_value(cell, value) for cell, value in zip(cells, meant, strict=False)] == meant:
                answers[questions[name]] = "right"
            else:
                unread = any(
                    cell and _value(cell, value) is None for cell, value in zip(cells, meant, strict=False)
                )
                answers[questions[name]] = "not said" if unread or name in asked else "wrong"
    return answers


def _value(cell: str, like: object) -> object:
    try:
        match like:
            case bool():
                return {"true": True, "1": True, "false": False, "0": False}.get(cell)
            case int() | Decimal():
                return Decimal(cell)
            case None:
                return None if not cell else Decimal(cell) if cell.replace(".", "").isdigit() else cell
            case _:
                return type(like).fromisoformat(cell)  # type: ignore[attr-defined]
    except (ValueError, ArithmeticError):
        return None


def measured(title: str, cases: list[Case]) -> None:
    ways: dict[str, Callable[[Case], dict[str, str]]] = {
        "ours, labels declared": lambda case: ours(case, known_of(case)),
        "ours, nothing declared": lambda case: ours(case, KnownLabels()),
        "charset-normalizer, csv.Sniffer": others,
    }
    print(f"\n{title}, {len(cases)} files\n\n| | encoding | separator | header row |\n|---|---|---|---|")
    for name, way in ways.items():
        answers = [way(case) for case in cases]
        print(f"| {name} | " + " | ".join(_counted([a[q] for a in answers]) for q in answers[0]) + " |")


def _counted(answers: list[str]) -> str:
    counts = Counter(answers)
    return f"{counts['right'] / len(answers):.1%}" + (
        f" ({counts['not said'] / len(answers):.1%} not said)" if counts["not said"] else ""
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "shared", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared"
    )
    parser.add_argument("--wrecks", type=int, default=1000)
    given = parser.parse_args()
    cases = list(real(given.shared))
    if cases:
        measured("Real extracts as they are", cases)
        measured(
            "Real extracts in other encodings, separators, below titles",
            list(rewritten([c for c in cases if len(c.content) < 300_000])),
        )
    wrecks = [wreck(seed) for seed in range(given.wrecks)]
    measured("Wrecks", [of_wreck(made) for made in wrecks])
    answers = [writings(made) for made in wrecks]
    print("\n| of the wrecks' tables | right | not sure, and said | wrong |\n|---|---|---|---|")
    for question in answers[0]:
        counts = Counter(answer[question] for answer in answers)
        print(
            f"| {question} | "
            + " | ".join(f"{counts[word] / len(answers):.1%}" for word in ("right", "not said", "wrong"))
            + " |"
        )


if __name__ == "__main__":
    main()
