"""Whether two versions of the code give the same bytes: each releases every dataset of this repository, cases
of another folder, wrecks and long tables, twice and once more after a change, and checks the files that were
seen wrong; then all files, reports, findings and sentences are compared.
`python -m benchmarks.golden OTHER-CHECKOUT [CASES]` (that checkout's code runs with the libraries of this
one); exit status 1 and a list where anything differs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SEEDS = range(1, 41)
LONG = 60_000
TIME = re.compile(r"\d\d\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00|Z)?|\d?\d:\d\d(:\d\d)?")


def gather(city: Path, cases: Path | None) -> None:
    """The datasets and the wrecks, in a folder of their own."""
    datasets = city / "datasets"
    shutil.copytree(ROOT / "datasets", datasets)
    for declaration in sorted(cases.glob("*/datapackage.yaml")) if cases else ():
        _add_case(declaration, datasets)
    _add_wrecks(datasets)
    _add_long(datasets)
    from tools import wrecks

    for make in wrecks.WRECKS:
        dataset, name, content = make()
        into = city / "wrecks" / dataset
        into.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(content)


def _add_case(declaration: Path, datasets: Path) -> None:
    """A case as a dataset of its own; its file stands where its declaration looks for it."""
    folder = datasets / f"case-{declaration.parent.name}"
    shutil.copytree(declaration.parent, folder)
    try:
        declared = yaml.safe_load(declaration.read_text())
    except yaml.YAMLError:
        return
    declared["name"] = folder.name
    (folder / "datapackage.yaml").write_text(yaml.safe_dump(declared, sort_keys=False, allow_unicode=True))
    own = {"datapackage.yaml", "expected.txt", "got.csv"}
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in own)
    for resource in declared.get("resources", ()):
        path = resource.get("pipeline", {}).get("source", {}).get("path")
        if path and files and not (folder / path).exists():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(files[0], folder / path)


def _declare(folder: Path, fields: list[dict[str, Any]], content: bytes, **pipeline: Any) -> None:
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "x.csv").write_bytes(content)
    resource = {
        "name": "t",
        "path": "t.csv",
        "schema": {"fields": fields, "primaryKey": ["id"]},
        "pipeline": {"source": {"kind": "file", "path": "source/x.csv"}, **pipeline},
    }
    declared = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": folder.name,
        "title": folder.name,
        "description": "Filas inventadas",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "pipeline": {"publisher": {"id": "a", "name": "A"}, "accrualPeriodicity": "R/P1M", "demo": True},
        "resources": [resource],
    }
    (folder / "datapackage.yaml").write_text(yaml.safe_dump(declared, sort_keys=False, allow_unicode=True))


def _add_wrecks(datasets: Path) -> None:
    from benchmarks.wrecks import FIELDS, wreck

    fields = [{"name": name, "type": kind} for name, kind in FIELDS.items()]
    for seed in SEEDS:
        _declare(datasets / f"wreck-{seed}", fields, wreck(seed).content, quarantine={"maxShare": 0.3})


def _add_long(datasets: Path) -> None:
    """Tables whose columns have very many texts: clean, with bad rows, and as a spreadsheet here writes."""
    from benchmarks.generate import SCHEMA, write

    with tempfile.TemporaryDirectory() as there:
        plain = write(Path(there, "x.csv"), LONG).read_text()
        bad = write(Path(there, "y.csv"), LONG, bad=0.001).read_text()
    public = {"domicilio": {"publicBecause": "direcciones inventadas"}}
    more = {"quarantine": {"maxShare": 0.01}, "personalData": public}
    for name, text in (
        ("clean", plain),
        ("bad", bad),
        ("local", _written_here(plain, "")),
        ("local-bad", _written_here(bad, "S/D")),
    ):
        _declare(datasets / f"long-{name}", SCHEMA["fields"], text.encode(), **more)
    keyless = [{**field, "constraints": {}} for field in SCHEMA["fields"]]
    _declare(datasets / "long-append", keyless, plain.encode(), **more, extract={"mode": "append"})


def _written_here(text: str, nothing: str) -> str:
    """The table with decimal commas, thousands points and the day first; of some rows no amount."""
    lines = text.splitlines()
    found = [lines[0].replace(",", ";")]
    for number, line in enumerate(lines[1:]):
        head, amount, lat, closed = line.rsplit(",", 3)
        head = re.sub(
            r"(\d{4})-(\d\d)-(\d\d)(T)?",
            lambda day: f"{day[3]}/{day[2]}/{day[1]}{' ' if day[4] else ''}",
            head,
        ).replace(",", ";")
        amount = amount if '"' in amount else f"{float(amount):,.2f}" if amount[:1].isdigit() else amount
        amount = nothing if nothing and number % 500 == 3 else amount.translate(str.maketrans(",.", ".,"))
        found.append(";".join([head, f'"{amount}"', lat.replace(".", ","), closed]))
    return "\n".join(found) + "\n"


def record(city: Path, into: Path) -> None:
    """What this code makes of a city: by dataset and turn."""
    os.environ |= {"VEREDA_DATASETS": str(city / "datasets"), "VEREDA_ARCHIVE": str(city / "archive")}
    found: dict[str, Any] = {}
    for turn in ("first", "second", "changed"):
        for folder in sorted((city / "datasets").iterdir()):
            if turn == "changed":
                _change(folder)
            found[f"{folder.name} {turn}"] = _release(folder, city)
            print(folder.name, turn, file=sys.stderr)
    for file in sorted(city.glob("wrecks/*/*")):
        found[f"wreck {file.name}"] = _check(file, city)
    into.write_text(json.dumps(found, indent=1, sort_keys=True, default=str))


def _release(folder: Path, city: Path) -> Any:
    from catalog.archive.archive import Archive
    from pipelines.dataset.dataset import DatasetError, load_dataset
    from pipelines.release.run import Run

    try:
        dataset = load_dataset(folder)
    except DatasetError as error:
        return str(error)
    archive = Archive.open(city / "archive", "k" * 40)
    outcomes = Run(dataset, archive, lambda: NOW, run_id="golden").execute()
    said = [{**asdict(each), "seconds": 0, "basis": "", "inputs": ""} for each in outcomes]
    history = archive.history(dataset.id, dataset.demo)
    entries = [
        {
            "version": str(each.version),
            "files": {name: file.sha256 for name, file in each.files.items()},
            "changes": each.changes,
            "rows": each.rows,
            "problems": each.problems,
        }
        for each in history.releases
    ]
    return json.loads(json.dumps({"outcomes": said, "entries": entries}, default=str))


def _check(file: Path, city: Path) -> Any:
    """What its sender gets: what the terminal says, and every file of the report."""
    from typer.testing import CliRunner

    from pipelines.cli import app

    with tempfile.TemporaryDirectory() as there:
        words = ["check", file.parent.name, str(file), "--report", str(Path(there, "report"))]
        done = CliRunner().invoke(app, words)
        with redirect_stdout(StringIO()):
            files = {
                path.name: hashlib.sha256(TIME.sub("", path.read_text()).encode()).hexdigest()
                for path in sorted(Path(there, "report").rglob("*"))
                if path.suffix in (".html", ".csv", ".json")
            }
        said = TIME.sub("", done.output).replace(there, "")
    return {"status": done.exit_code, "said": said, "files": files}


def _change(folder: Path) -> None:
    """Takes two rows out of each of the dataset's files of lines."""
    for file in sorted(folder.glob("source/*.csv")):
        lines = file.read_bytes().splitlines(keepends=True)
        if len(lines) > 8:
            del lines[len(lines) // 2], lines[-3]
            file.write_bytes(b"".join(lines))


def compare(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from compare(one.get(key), other.get(key), f"{place} / {key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, its) in enumerate(zip(one, other, strict=True)):
            yield from compare(mine, its, f"{place}[{number}]")
    elif one != other:
        yield f"{place}: {str(one)[:300]} ≠ {str(other)[:300]}"


def measure(other: Path, cases: Path | None) -> int:
    with tempfile.TemporaryDirectory() as there:
        gather(Path(there, "city"), cases)
        answers = []
        for turn, checkout in enumerate((other, ROOT)):
            city, answer = Path(there, str(turn), "city"), Path(there, f"{turn}.json")
            city.parent.mkdir()
            shutil.copytree(Path(there, "city"), city)
            words = [sys.executable, __file__, "record", str(city), str(answer)]
            subprocess.run(words, check=True, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)})
            answers.append(json.loads(answer.read_text().replace(str(city), "CITY")))
        files = sum(
            len(entry["files"])
            for each in answers[1].values()
            if isinstance(each, dict)
            for entry in each.get("entries", ())
        )
        different = list(compare(*answers))
        print("\n".join(different))
        print(f"{len(answers[1])} answers, {files} released files; {len(different)} differ")
        return bool(different)


if __name__ == "__main__":
    if sys.argv[1] == "record":
        sys.path.remove(str(Path(__file__).parent))
        record(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(measure(Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if sys.argv[2:] else None))
