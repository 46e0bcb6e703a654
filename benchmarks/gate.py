"""How well the gate against personal data sees what an agency's table holds, and how seldom it cries wolf.

    python -m benchmarks.gate

Tables as agencies head them lie in `gate_tables/`, all persons in them invented. Each file was written before
it was measured for the first time, and looked at afterwards: docs/benchmarks.md has both figures. A label
says what its column should be asked about (`=name`), a cell which kinds of findings it should have
(`{phone,name}`); all else should be let through. Numbers with check digits are made anew from a seed.
"""

from __future__ import annotations

import random
import re
import statistics
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import yaml
from stdnum import iban, luhn
from stdnum.ar import cbu, cuit

from pipelines.dataset.dataset import load_dataset
from pipelines.release.gate import inspect_table, inspect_tables
from tests.support.cities import declaration
from validation.table import Table, schema

TABLES = Path(__file__).with_name("gate_tables")
_IBANS = {"de": "DE{}{:018d}", "es": "ES{}{:020d}", "fr": "FR{}{:023d}", "it": "IT{}X{:022d}"}
_PLACE = re.compile(r"%([a-z]+)([ -]?[a-z]*)%")


@dataclass(frozen=True)
class GateTable:
    """A table; `asks` is the kind of question by label, `marks` the kinds of findings by row and label."""

    title: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    asks: dict[str, str]
    texts: frozenset[str]
    marks: dict[tuple[int, str], frozenset[str]]


@dataclass
class Score:
    """Of each kind, how many there are and how many were seen; and what was false."""

    asked: Counter[str] = field(default_factory=Counter)
    asked_seen: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    cells_seen: Counter[str] = field(default_factory=Counter)
    free: int = 0
    free_cells: int = 0
    questions: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def alarms(self) -> int:
        return sum(fault.startswith("false") for fault in self.faults)


def read_tables(path: Path, seed: int = 1) -> Iterator[GateTable]:
    """The tables of a file, their placeholders (`%cuil%`, `%cbu%`, `%card %`, `%iban-es%`) filled in."""
    draw = random.Random(seed)
    for part in path.read_text(encoding="utf-8").split("## ")[1:]:
        title, header, *lines = part.strip().splitlines()
        heads = header.split("|")
        labels = tuple(head.rstrip("~").split("=")[0] for head in heads)
        rows, marks = [], {}
        for number, line in enumerate(lines, start=2):
            cells = _PLACE.sub(lambda found: _number(draw, found[1], found[2]), line).split("|")
            for place, cell in enumerate(cells):
                if found := re.match(r"\{([a-z,-]+)\}", cell):
                    cells[place] = cell[found.end() :]
                    marks[number, labels[place]] = frozenset(found[1].replace("{-}", "").split(",")) - {"-"}
            rows.append(tuple(cells))
        asks = {head.split("=")[0]: head.split("=")[1] for head in heads if "=" in head}
        texts = frozenset(head[:-1] for head in heads if head.endswith("~"))
        yield GateTable(title, labels, tuple(rows), asks, texts, marks)


def _number(draw: random.Random, kind: str, style: str) -> str:
    if kind == "cuil":
        while not (digits := _cuil(draw)):
            pass
        return f"{digits[:2]}-{digits[2:10]}-{digits[10]}" if style == "-" else digits
    if kind in ("cbu", "cvu"):
        bank = "0000003" if kind == "cvu" else draw.choice(["0290012", "0110599", "2850590", "0720168"])
        account = f"{draw.randrange(10**13):013d}"
        return bank + cbu.calc_check_digit(bank) + account + cbu.calc_check_digit(account)
    if kind == "card":
        body = f"{draw.choice(['4517', '5399', '4338', '5258'])}{draw.randrange(10**11):011d}"
        digits = body + luhn.calc_check_digit(body)
        return " ".join(digits[at : at + 4] for at in range(0, 16, 4)) if style == " " else digits
    country = _IBANS[style.strip("-")]
    body = country.format("00", draw.randrange(10**14))
    return body[:2] + iban.calc_check_digits(body) + body[4:]


def _cuil(draw: random.Random) -> str | None:
    body = draw.choice(["20", "27", "23"]) + str(draw.randrange(11_000_000, 46_000_000))
    digit = cuit.calc_check_digit(body)
    return body + digit if cuit.is_valid(body + digit) else None


def plain_label(label: str) -> str:
    """A label as a declaration would name its field: `Nro. Doc.` is nro_doc."""
    plain = unicodedata.normalize("NFKD", label.replace("º", "").replace("°", ""))
    return re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode().lower()).strip("_")


def judge(table: GateTable, folder: Path, *, plain: bool) -> tuple[dict[str, str], dict[tuple, set[str]]]:
    """The kind of question by label, and the kinds of findings by row and label, as the gate gives them."""
    names = {plain_label(label) if plain else label: label for label in table.labels}
    fields = [
        {"name": name, "type": _type_of([row[place] for row in table.rows])}
        for place, name in enumerate(names)
    ]
    home = folder / "t"
    home.mkdir(exist_ok=True)
    text = yaml.safe_dump(declaration("t", fields=fields, key=None), allow_unicode=True, sort_keys=False)
    (home / "datapackage.yaml").write_text(text, "utf-8")
    dataset = load_dataset(home)
    columns = [[row[place] for row in table.rows] for place in range(len(names))]
    numbers = list(range(2, len(table.rows) + 2))
    arrays = [pa.array(numbers, pa.int64()), *(pa.array(cells, pa.string()) for cells in columns)]
    batch = pa.record_batch(
        [*arrays, pa.nulls(len(numbers), pa.list_(pa.string()))], schema=schema(len(names))
    )
    delivered = Table("t", tuple(names), lambda: iter([batch]))
    gate = inspect_tables(dataset, {"t": inspect_table(dataset.resource("t"), delivered)}, {})
    asked: dict[str, str] = {}
    cells: dict[tuple, set[str]] = {}
    for problem in gate.problems:
        label = names.get(problem.field or "", "")
        if problem.code.startswith("ask-"):
            assert label not in asked, f"{table.title}: {label} is asked about twice"
            asked[label] = problem.code.removeprefix("ask-")
        else:
            cells.setdefault((problem.row, label), set()).add(problem.code.removeprefix("personal-"))
    return asked, cells


def _type_of(cells: list[str]) -> str:
    if all(re.fullmatch(r"[1-9]\d{0,17}|0", cell) for cell in cells):
        return "integer"
    return "date" if all(re.fullmatch(r"\d{4}-\d\d-\d\d", cell) for cell in cells) else "string"


def measure(path: Path, *, plain: bool, seed: int = 1) -> Score:
    """What the gate makes of a file of tables."""
    score = Score()
    with tempfile.TemporaryDirectory() as folder:
        for table in read_tables(path, seed):
            asked, cells = judge(table, Path(folder), plain=plain)
            _compare(table, asked, cells, score)
    return score


def _compare(table: GateTable, asked: dict[str, str], cells: dict[tuple, set[str]], score: Score) -> None:
    score.questions.append(len(asked))
    for label in table.labels:
        there = {kind for (_row, of), kinds in cells.items() if of == label for kind in kinds}
        if kind := table.asks.get(label):
            _compare_question(table, label, kind, asked.get(label), score)
        elif label in asked or (there and label not in table.texts):
            score.faults.append(f"false: {table.title}: {label}: {asked.get(label)} {sorted(there)}")
        score.free += label not in table.asks and label not in table.texts
    for (row, label), kinds in table.marks.items():
        seen = cells.get((row, label), set())
        score.free_cells += not kinds
        score.cells.update(kinds)
        score.cells_seen.update(kinds & seen)
        if kinds - seen or (seen and not kinds):
            word = "missed" if kinds else "false"
            cell = table.rows[row - 2][table.labels.index(label)]
            score.faults.append(f"{word}: {cell!r}: {sorted(kinds)}, seen {sorted(seen)}")


def _compare_question(table: GateTable, label: str, kind: str, asked: str | None, score: Score) -> None:
    score.asked[kind] += 1
    if not asked:
        score.faults.append(f"missed: {table.title}: {label} ({kind})")
        return
    score.asked_seen[kind] += 1
    if kind not in (asked, asked.removesuffix("-contact")):
        score.faults.append(f"other kind: {table.title}: {label}: {asked}, not {kind}")


def main() -> None:
    """Prints a line for each file, what was missed of which kind, and every fault."""
    for path in sorted(TABLES.rglob("*.txt")):
        for plain in (True, False):
            score = measure(path, plain=plain)
            print(
                f"{path.stem}, {'names of fields' if plain else 'labels as sent'}: "
                f"{sum(score.asked_seen.values())}/{sum(score.asked.values())} columns asked about, "
                f"{sum(score.cells_seen.values())}/{sum(score.cells.values())} cells, "
                f"{score.alarms()} false alarms on {score.free} free columns and {score.free_cells} cells; "
                f"questions a file, median: {statistics.median(score.questions)}"
            )
            for kind, count in sorted(score.asked.items()):
                if score.asked_seen[kind] < count:
                    print(f"  {kind}: {score.asked_seen[kind]}/{count}")
            for fault in score.faults:
                print("   ", fault)


if __name__ == "__main__":
    main()
