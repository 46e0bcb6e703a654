"""The questions about the columns of a delivered table: those of rules, by the names of fields and by the
labels under which they came; those that are heard; and those of columns whose cells hold many of a kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.dataset.dataset import Resource
from pipelines.dataset.personal import hidden_fields, public_fields
from pipelines.release.search import sent_labels
from validation.personal.classifier.columns import TableSample, hear_columns
from validation.personal.context import column_context
from validation.personal.evidence import Samples, weigh_samples
from validation.personal.kinds import QUESTION_OF
from validation.personal.labels import CONTACT, FICTION, FREE_TEXT, MEMORIALS, ROLES, label_words
from validation.personal.offices import speaks_of_person
from validation.personal.questions import columns_of_animals, contact_of_table, find_questions
from validation.personal.rows import Column
from validation.personal.scan import PersonalFinding

MANY = 5
"""So many telephones or mailboxes, in one cell of five, are the column's matter and not the cells'."""
DOUBT, SURELY_NOT = -2.0, -4.5
"""A column that is heard less strongly is so little like a personal one that its label alone makes it none:
three names of 454 that are some, and sixteen of 24 that are none (docs/benchmarks.md); of telephones, whose
label says more than that, those that are heard less than the second are taken for an office's."""
FEW = 3
"""Words of a note that is no sentence."""
SOME = 10
"""One note in so many that tells a person's telephone is enough."""
_CONTACT = re.compile(r"@|\d(?:\D{0,3}\d){6}")
_ALSO_OF_OTHERS = frozenset(("name", "network", "vehicle"))
"""Kinds that authors, the dead, and an office's cars and devices have as well."""


def ask_columns(
    resource: Resource, labels: tuple[str, ...], samples: Samples, found: Sequence[PersonalFinding]
) -> dict[int, str]:
    """The columns that ask for a decision which nobody declared: their places, each with the kind of its
    question."""
    declared = resource.pipeline.personal_data
    hidden = hidden_fields(declared)
    decided = {**hidden, **public_fields(declared)}
    titles = {field["name"]: field.get("title", "") for field in resource.schema["fields"]}
    sent = sent_labels(resource)
    seen = weigh_samples(samples)
    columns = [Column(n, label, titles.get(label, ""), seen[n]) for n, label in enumerate(labels)]
    left_out = [Column(-1, label, here=False) for label in hidden if label not in labels]
    asked = _ask_by_rules([*columns, *left_out], sent)
    by_cells = {
        place: kind
        for place in range(len(labels))
        if place not in asked and (kind := _question_of_cells(columns, place, found, samples))
    }
    animals = columns_of_animals(columns)
    cells = {
        place: cells
        for place, (cells, _rows) in samples.items()
        if place not in animals and _may_be_heard(columns[place], sent.get(labels[place], ""), cells)
    }
    heard = _listen(TableSample(resource.name, columns, cells), asked, by_cells, len(hidden))
    return {
        place: kind
        for place, kind in heard.items()
        if labels[place] not in decided and labels[place] in resource.fields
    }


def _may_be_heard(column: Column, sent: str, cells: Sequence[str]) -> bool:
    """Not where most cells are sentences, each of which is judged by itself, nor what is told of history and
    of those who are made up."""
    sentences = 2 * sum(cell.count(" ") >= FEW for cell in cells) > len(cells)
    said = column.said.union(label_words(sent))
    return not (said & (FICTION | MEMORIALS) or (said & FREE_TEXT and sentences))


def _ask_by_rules(columns: Sequence[Column], sent: Mapping[str, str]) -> dict[int, str]:
    """The questions by the fields' names, and those by the labels under which they were sent."""
    by_name = {each.place: each.kind for each in find_questions(columns)}
    if not any(sent.get(column.label, column.label) != column.label for column in columns):
        return by_name
    named = [replace(column, label=sent.get(column.label, column.label)) for column in columns]
    return {each.place: each.kind for each in find_questions(named)} | by_name


def _listen(
    sample: TableSample, asked: Mapping[int, str], by_cells: Mapping[int, str], hidden: int
) -> dict[int, str]:
    """What rules and cells ask, put right by what is heard: questions that no rule has, and doubts of some
    that labels ask. So many personal columns are `hidden`."""
    both = {**asked, **by_cells}
    heard = hear_columns(sample, [place for place, kind in both.items() if kind != "office-contact"], hidden)
    right = dict(both)
    for place, kind in asked.items():
        strength = heard.strength.get(place, 0.0)
        if kind == "contact" and strength < SURELY_NOT and sample.columns[place].said - CONTACT:
            right[place] = "office-contact"
        elif kind in _ALSO_OF_OTHERS and strength < DOUBT and not _is_of_the_served(sample.columns[place]):
            del right[place]
    return heard.asked | right


def _is_of_the_served(column: Column) -> bool:
    """Whether cells are names with initials of pupils, patients and the like: no artists."""
    return bool(column.said & ROLES) and column.at_least(column.evidence.initials, 0.5)


def _question_of_cells(
    columns: Sequence[Column], place: int, found: Sequence[PersonalFinding], samples: Samples
) -> str | None:
    """The question of a column whose cells hold so many of a kind that it is the column's matter: by its
    label, or from one cell in five on for telephones and mailboxes, from one in two for all else."""
    column = columns[place]
    said = column_context(column.label, column.title, columns[place - 1].label if place else "")
    for each in found:
        if each.place != place:
            continue
        if (each.kind == "cuit" and said.cuit) or (each.kind == "dni" and said.dni):
            return "identity"
        if each.kind == "name" and said.name:
            return "name"
        many = len(each.rows) >= MANY and 5 * len(each.rows) >= column.evidence.rows
        if each.kind in ("phone", "email") and (said.phone or many):
            return "contact" if _are_persons(samples.get(place)) else contact_of_table(columns)
        if many and 2 * len(each.rows) >= column.evidence.rows and each.kind in QUESTION_OF:
            return QUESTION_OF[each.kind]
    return None


def _are_persons(sample: tuple[Sequence[str], int] | None) -> bool:
    """Whether the telephones and mailboxes in a column's notes are persons', by the words beside some of
    them: they are no office's, whatever the rows of the table are."""
    told = [
        cell for cell in (sample[0] if sample else ()) if cell.count(" ") >= FEW and _CONTACT.search(cell)
    ]
    return SOME * sum(map(speaks_of_person, told)) >= max(len(told), 1)
