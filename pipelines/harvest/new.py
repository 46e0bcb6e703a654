"""`vereda new`: a folder for one file, with what its cells tell, and questions for what a person must say"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.dataset.standard import TAKEN, id_fault
from pipelines.harvest.content import fetch_file, find_format
from pipelines.harvest.declare import PROFILE, Draft, Question
from pipelines.harvest.infer import InferredTable, infer_table
from pipelines.harvest.sentences import (
    column_questions,
    dates_question,
    personal_question,
    sheet_question,
)
from pipelines.harvest.values import slug, suffix_of
from pipelines.harvest.vocabulary import TABLES
from pipelines.harvest.write import write_draft
from pipelines.settings import Limits


def new_dataset(id: str, source: str, into: Path, limits: Limits) -> Draft:
    """Makes the folder `into`/`id` for a file at a path or a web address; a file that is no table is carried
    as it is.

    Raises ValueError where the id is none, or the file cannot be read; SourceError where the address gives
    none.
    """
    if wrong := id_fault(id):
        raise ValueError(f"{id}: {wrong}")
    if (into / id).exists():
        raise ValueError(_("there is a folder {folder} already; it is left as it is", folder=into / id))
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        room = Path(folder)
        path, kept = _take(source, room, limits)
        table = (
            infer_table(path, room, limits)
            if suffix_of(path.name) in (*TABLES, "zip", "json", "txt")
            else None
        )
        resource = _resource(id, source, path, table)
        made, questions = _declaration(id, resource, table)
        draft = write_draft(
            Draft(id, "questions", "", 1, made, questions, 0, int(table is not None)),
            into,
            source,
            head_of_new_file(source),
        )
        if kept:
            (into / id / "source").mkdir()
            shutil.copyfile(path, into / id / "source" / path.name)
    return draft


def _take(source: str, room: Path, limits: Limits) -> tuple[Path, bool]:
    """The file, and whether it goes into the dataset's folder."""
    if source.startswith(("http://", "https://")):
        suffix = suffix_of(source)
        path = room / (f"extract.{suffix}" if suffix else "extract")
        fetch_file(source, path, limits)
        return (path if suffix else _give_ending(path, source, limits)), False
    path = Path(source)
    if not path.is_file():
        raise ValueError(_("{path} is no file", path=path))
    name = slug(path.stem) or "extract"
    copy = room / (f"{name}{path.suffix.lower()}")
    shutil.copyfile(path, copy)
    return (copy if copy.suffix else _give_ending(copy, None, limits)), True


def _give_ending(path: Path, address: str | None, limits: Limits) -> Path:
    """The file under a name that says what it is, where its content does."""
    with tempfile.TemporaryDirectory(prefix="vereda-") as room:
        format = find_format(path, address, Path(room), limits)
    return path.rename(path.with_suffix(f".{format}")) if format else path


def _resource(id: str, source: str, path: Path, table: InferredTable | None) -> dict[str, Any]:
    is_web = source.startswith(("http://", "https://"))
    origin = {"kind": "http", "url": source} if is_web else {"kind": "file", "path": f"source/{path.name}"}
    name = f"{id}-tabla" if id in TAKEN else id
    if table is None:
        suffix = suffix_of(path.name) or "bin"
        return {"name": name, "path": f"{name}.{suffix}", "title": name, "pipeline": {"source": origin}}
    pipeline: dict[str, Any] = {"source": origin}
    if table.layout:
        pipeline["layouts"] = [table.layout]
    return {
        "name": name,
        "path": f"{name}.csv",
        "title": name,
        "schema": table.schema,
        "pipeline": pipeline,
    }


def _table_questions(table: InferredTable) -> Iterator[tuple[str, str, str]]:
    """What the cells leave open, or no cell can say: its key, kind and the question."""
    layouts = "resources[0].pipeline.layouts"
    for each in column_questions(table.repeated):
        yield layouts, "columns", each
    if table.sheet:
        yield layouts, "sheet", sheet_question(table.sheet, table.other_sheets)
    for name in table.dates:
        yield "resources[0].schema.fields", "dates", dates_question(name)
    for name, kind in table.personal.items():
        yield "resources[0].pipeline.personalData", "personal", personal_question(name, kind)


ANSWERS = """\
title: Obras públicas
description: Una obra por fila, de 2019 a 2023, según el registro del área
licenses: [{name: CC-BY-4.0, title: Creative Commons Atribución 4.0, path: "https://creativecommons.org/licenses/by/4.0/"}]
keywords: [obras, infraestructura]
pipeline:
  publisher: {id: obras, name: Ministerio de Obras, email: datos@ejemplo.gob.ar}
  accrualPeriodicity: R/P1M
  superTheme: [REGI]
"""
"""What answers look like; they are data, and so in the language of the data."""


def head_of_new_file(source: str) -> str:
    """The lines above a new declaration: where it comes from, and what answers look like."""
    lines = [
        _(
            "Made from {place}. Nothing here is invented: what the file does not say is a question.",
            place=source if "://" in source else Path(source).name,
        ),
        _("Write the answers into this file like these, each field's `description` beside its `name`,"),
        _("and take `questions` away:"),
        *(f"  {line}" for line in ANSWERS.splitlines()),
    ]
    return "".join(f"# {' '.join(line.split()) if line[:1] != ' ' else line}\n" for line in lines)


def _declaration(
    id: str, resource: dict[str, Any], table: InferredTable | None
) -> tuple[dict[str, Any], tuple[Question, ...]]:
    """What stands in the file, and all that only a person knows; `table` is None for what is none."""
    asked = [
        ("title", "title", _("What is it called?")),
        (
            "description",
            "description",
            _("What is a row, of which time and place, and how did it come about?"),
        ),
        (
            "licenses",
            "licence",
            _(
                "Under which licence is it published? The city's guide of 2026 asks for CC-BY-4.0; what was "
                "published before is under CC-BY-2.5-AR."
            ),
        ),
        ("pipeline.publisher", "publisher", _("Which agency publishes it? Its id, name and e-mail.")),
        (
            "pipeline.accrualPeriodicity",
            "rhythm",
            _("How often is it due? Write R/P1Y, R/P1M, R/P1D … or eventual."),
        ),
        ("pipeline.superTheme", "theme", _("Which super themes has it? As in [GOVE].")),
        ("keywords", "keywords", _("By which words do people search for it?")),
    ]
    fields = [each["name"] for each in resource.get("schema", {}).get("fields", ())]
    if fields:
        asked.append(
            ("resources[0].schema.fields", "descriptions", _("What does each field hold, and in which unit?"))
        )
    if table:
        asked += _table_questions(table)
    questions = tuple(Question(*each) for each in asked)
    listed = [{"about": q.about, "kind": q.kind, "question": q.question} for q in questions]
    made = {"$schema": PROFILE, "name": id, "pipeline": {"questions": listed}, "resources": [resource]}
    return made, questions
