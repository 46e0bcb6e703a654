"""What a row of a table is, by its labels and its cells: an identified person, somebody unnamed, a
count, a place, an animal. A column by itself seldom says whether it is about persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from validation.personal import labels as say
from validation.personal.evidence import Evidence
from validation.personal.labels import label_words

_GEOGRAPHY = frozenset(
    ("lat", "lng", "long", "latitud", "longitud", "geometria", "wkt", "x", "y", "calle", "altura")
)
OTHER = (say.PLACES | say.OFFICE | say.ADDRESS | say.FREE_TEXT | _GEOGRAPHY) - {"interno"}
"""Words of labels whose cells are no persons, though they bear the names of some."""
_PREMISES = frozenset(("superficie", "parcela", "lote", "habilitacion"))
_EVENTS_TEXT = """
acta infraccion prestacion siniestro hecho intervencion secuestro dominio patente acarreo
"""
_EVENTS = frozenset(_EVENTS_TEXT.split())
_FLOORS = frozenset(("piso", "depto", "dpto", "departamento"))
_GROUP = frozenset(("grupo", "gr", "gpo"))
_OF_GROUPS = frozenset(("etario", "etaria", "etareo", "rango", "tramo", "franja", "promedio"))
_INSTITUTIONS_TEXT = """
obra obras escuela colegio institucion club local edificio plaza biblioteca museo teatro estacion comercio
universidad
"""
INSTITUTIONS = (say.PLACES & say.OFFICE) - {"direccion", "area", "comuna", "entidad"} | frozenset(
    _INSTITUTIONS_TEXT.split()
)


@dataclass(frozen=True)
class Column:
    """A column: its place, its label and title, and what its cells show."""

    place: int
    label: str
    title: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    here: bool = True
    """Whether it is in the table: what is left out still tells what a row is."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        return label_words(self.label)

    @property
    def is_ordinal(self) -> bool:
        """Whether the label is the sign of a number of order, `N°`, and no count of cases, as `n` is."""
        return any(sign in f"{self.label}{self.title}" for sign in "°º#")

    @property
    def said(self) -> frozenset[str]:
        """Its words, without the `y` between two of them, which is no coordinate."""
        return frozenset(self.words) - (frozenset("y") if "y" in self.words[1:-1] else frozenset())

    def at_least(self, count: int, share: float) -> bool:
        return not self.here or (self.evidence.filled > 0 and self.evidence.share(count) >= share)


@dataclass(frozen=True)
class RowMeaning:
    """What a row of the table is: an identified person, somebody unnamed, a count, a place."""

    person: bool
    somebody: bool
    counts: bool
    place: bool
    institution: bool
    animals: bool = False
    event: bool = False
    """Whether a row is what happened somewhere (a vehicle towed away): its street is nobody's home."""


def row_meaning(columns: Sequence[Column]) -> RowMeaning:
    """Persons by what identifies them; counts by a column of numbers that is named so."""
    counts = any(
        (column.said & say.COUNTS or (column.words == ("n",) and not column.is_ordinal))
        and not column.said & say.OF_ONE
        and column.evidence.filled > 0
        and column.at_least(column.evidence.numbers, 0.9)
        and not (column.here and column.at_least(column.evidence.documents, 0.7))
        for column in columns
    )
    place = any(column.said & (INSTITUTIONS | _GEOGRAPHY) for column in columns)
    if any(_is_of_animals(column) for column in columns if column.here):
        return RowMeaning(False, somebody=False, counts=counts, place=True, institution=True, animals=True)
    of_names = any(_is_named_by_cells(column) for column in columns)
    sexes = any(
        say.special_kind(column.words) == "gender" and column.at_least(column.evidence.sexes, 0.7)
        for column in columns
        if column.here and column.evidence.filled
    )
    groups = any(
        column.said & _OF_GROUPS or ("edad" in column.said and column.said & _GROUP) for column in columns
    )
    person = (
        any(_identifies(column, counts, place and not sexes) for column in columns)
        or (of_names and not (counts or place))
        or (_is_survey(columns) and not counts)
        or (any(_is_of_one(column) for column in columns) and not (counts or groups))
    )
    attributes = [
        column
        for column in columns
        if column.said & say.PERSON_ATTRIBUTES and not column.said & {"grupo", "rango"}
    ]
    unnamed = bool(attributes) and not (counts or place or groups)
    institution = any(
        column.said & (INSTITUTIONS | _PREMISES | (_GEOGRAPHY - {"calle", "altura"})) for column in columns
    )
    event = any(column.said & _EVENTS for column in columns) and not any(
        column.said & _FLOORS for column in columns
    )
    return RowMeaning(person, person or unnamed, counts, place, institution, event=event)


def _is_survey(columns: Sequence[Column]) -> bool:
    """Whether each row is one who answered: three kinds of what one does not ask of a place."""
    kinds = {say.special_kind(column.words) for column in columns if column.here and column.evidence.filled}
    return len(kinds & _ANSWERS) > 2


_ANSWERS = frozenset(("gender", "religion", "politics", "origin", "sexuality", "union", "social", "family"))


def _is_of_animals(column: Column) -> bool:
    """Whether a column says that rows are animals: by its cells, or by its label (`nombre_mascota`)."""
    by_cells = column.at_least(column.evidence.animals, 0.5) and not column.said & say.ROLES
    return by_cells or say.names_animals(column.said)


_SERVED = frozenset(
    ("paciente", "beneficiario", "beneficiaria", "alumno", "alumna", "afiliado", "afiliada", "empleado")
)


def _is_of_one(column: Column) -> bool:
    """Whether a column can only be filled for one person: who one is in a household, the sex or the age of
    somebody who is served."""
    if not column.here or not column.evidence.filled:
        return False
    said = column.said
    return "parentesco" in said or bool(said & {"sexo", "genero", "edad"} and said & _SERVED)


def _identifies(column: Column, counts: bool, place: bool) -> bool:
    """Whether a column says who a row is."""
    said, seen = column.said, column.evidence
    if column.here and not seen.filled:
        return False
    if say.names_document(column.words):
        return column.at_least(seen.documents + seen.passports + seen.persons, 0.3)
    if said & say.CASES:
        return column.at_least(seen.cases, 0.5)
    if is_full_name(said):
        return not counts or column.at_least(seen.names, 0.5)
    if said & say.SURNAMES or (say.names_birth(column.words) and column.at_least(seen.dates, 0.3)):
        return not counts
    if said & say.RECORDS or (said & say.ROLES and said & {"id", "nro", "numero", "codigo", "n"}):
        return not counts
    if said & say.LOGINS and column.at_least(seen.logins, 0.7):
        return not counts
    if said & say.ROLES:
        return column.at_least(seen.names, 0.7) or (column.at_least(seen.likely, 0.5) and not counts)
    if said & say.NAMED and not said & say.PLACES:
        return column.at_least(seen.names, 0.7) and not counts and not place
    private = column.here and column.at_least(seen.private, 0.5) and not said & say.OFFICE
    return bool(said & say.CONTACT and (seen.mails or seen.phones) and private and not place and not counts)


def _is_named_by_cells(column: Column) -> bool:
    """Whether most cells are full names of persons, and the label is not of those who are known by office."""
    seen = column.evidence
    if not column.here or seen.filled < 2 or column.said & (OTHER | say.FUNCTIONS):
        return False
    return column.at_least(seen.full, 0.7) or (
        column.at_least(seen.names, 0.8) and column.at_least(seen.full, 0.3)
    )


def is_full_name(said: frozenset[str]) -> bool:
    return bool(
        said & say.NAME_WORDS or (said & {"nombre", "nombres"} and said & (say.SURNAMES | {"completo"}))
    )
