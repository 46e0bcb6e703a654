"""Which columns of a table ask for a decision, at most one question each: by the label, by the cells, and by
what a row is. Gender in a table of persons is a question, sex in statistics is none; the address of a work is
nobody's home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from validation.personal import labels as say
from validation.personal.rows import INSTITUTIONS, OTHER, Column, RowMeaning, is_full_name, row_meaning

_OF_SEATS = say.OFFICE - {"direccion"}
_WRITERS = frozenset(("autor", "autora", "autores"))
"""Of a monument they are known; of what was handed in, with a mailbox beside, they are neighbours."""


@dataclass(frozen=True)
class Question:
    """A column, by its place, that asks for a decision, and of what kind (one of kinds.QUESTIONS)."""

    place: int
    kind: str


def find_questions(columns: Sequence[Column]) -> list[Question]:
    """At most one question of each column that is there."""
    meaning = row_meaning(columns)
    asked = _questions(columns, meaning)
    if any(kind in _OF_PERSONS for kind in asked.values()) and not meaning.person and not meaning.counts:
        meaning = replace(meaning, person=not meaning.institution, somebody=True)
        asked = _questions(columns, meaning)
    kinds = set(asked.values())
    if "name" in kinds and kinds & _BESIDE_NAMES and not (meaning.somebody or meaning.counts):
        asked = _questions(columns, replace(meaning, somebody=True))
    if {"identity", "account"} & set(asked.values()):
        for column in columns:
            paid = column.here and not asked[column.place] and column.said & _WRITERS
            if paid and column.at_least(column.evidence.names, 0.5):
                asked[column.place] = "name"
    surnamed = any(column.said & say.SURNAMES and asked.get(column.place) == "name" for column in columns)
    for column in columns if surnamed else ():
        if column.here and not asked[column.place] and column.said <= say.NAMED and column.evidence.filled:
            asked[column.place] = "name"
    return [Question(place, kind) for place, kind in asked.items() if kind]


def _questions(columns: Sequence[Column], meaning: RowMeaning) -> dict[int, str | None]:
    return {column.place: _question(column, meaning) for column in columns if column.here}


_OF_OWNERS = say.ROLES | say.FUNCTIONS | say.CONTACT | say.ADDRESS | say.SURNAMES | say.DOCUMENTS
"""In a table of animals, words of columns that speak of those who own them."""
_OF_PERSONS = frozenset(
    ("identity", "birth-date", "health", "religion", "union", "sexuality", "children", "biometrics")
)
"""Questions of columns that only tables of persons have: what else stands there is of these persons."""


_BESIDE_NAMES = frozenset(("contact", "identity", "birth-date", "account"))
"""Beside names, they say that rows are persons, although there are institutions in them as well."""


def _question(column: Column, meaning: RowMeaning) -> str | None:
    if not column.evidence.filled or (meaning.animals and not column.said & _OF_OWNERS):
        return _number_kind(column) if column.evidence.filled else None
    return (
        _number_kind(column)
        or (_kind_among_persons(column) if meaning.person and not meaning.counts else None)
        or _birth_or_home(column, meaning)
        or _contact_kind(column, meaning)
        or _special_kind(column, meaning)
        or ("name" if _is_name(column, meaning) else None)
    )


_STOCK = frozenset(
    ("inv", "inventario", "expediente", "expte", "partida", "codigo", "cod", "pieza", "contrato")
)
"""Of numbers that things have."""


def _is_dotted(column: Column) -> bool:
    """Whether the cells are documents by their dots and their size alone."""
    seen = column.evidence
    money = column.said & (say.COUNTS | say.MONEY | _STOCK)
    return seen.filled >= 5 and column.at_least(seen.dotted, 0.95) and not money


def _names_taxpayers(column: Column) -> bool:
    """Whether a column holds the CUIT of persons, by its label or by most cells."""
    seen = column.evidence
    return bool(column.said & {"cuit", "cuits"} and seen.persons) or (
        seen.filled >= 5 and column.at_least(seen.persons, 0.5)
    )


def _number_kind(column: Column) -> str | None:
    """Identity, accounts, vehicles, computers: by their label, or by check digits alone."""
    said, seen = column.said, column.evidence
    if say.names_account(column.words) or (seen.filled > 1 and column.at_least(seen.cbus, 0.5)):
        return "account"
    if seen.filled >= 3 and column.at_least(seen.cards, 0.9):
        return "account"
    if say.names_document(column.words) and column.at_least(
        seen.documents + seen.passports + seen.persons, 0.1
    ):
        return "identity"
    if said & {"cuil", "cuils"} and 2 * seen.numbers + 2 * seen.persons >= seen.filled:
        return "identity"
    if _names_taxpayers(column) or _is_dotted(column):
        return "identity"
    if "alias" in said and column.at_least(seen.aliases, 0.6):
        return "account"
    if _holds_plates(column):
        return "vehicle"
    return "network" if _is_of_devices(column) else None


def _is_of_devices(column: Column) -> bool:
    """Whether the cells are addresses of computers or numbers of telephone sets."""
    said, seen = column.said, column.evidence
    if ("ip" in said and seen.ips) or (seen.filled > 1 and column.at_least(seen.sure_ips, 0.5)):
        return True
    if seen.filled > 1 and column.at_least(seen.macs, 0.5):
        return True
    if "imei" in said or (seen.filled > 2 and column.at_least(seen.devices, 0.8)):
        return column.at_least(seen.numbers, 0.5)
    return "mac" in said and seen.numbers < seen.filled


def _kind_among_persons(column: Column) -> str | None:
    """What a short label means where rows are persons, and the cells agree."""
    seen = column.evidence
    if say.may_name_document(column.words) and column.at_least(seen.documents, 0.7):
        return "identity"
    if seen.filled > 2 and say.may_be_document(column.words) and column.at_least(seen.documents, 0.9):
        return "identity"
    documents = say.may_be_document(column.words) and column.said & {"doc", "docum", "documento"}
    if documents and column.at_least(seen.documents + seen.passports, 0.5):
        return "identity"
    if {"afiliado", "nro"} <= column.said and column.at_least(seen.numbers, 0.7):
        return "identity"
    if say.may_name_birth(column.words) and column.at_least(seen.years, 0.9):
        return "birth-date"
    if _holds_flats(column):
        return "home-address"
    if say.may_number_home(column.words) and column.at_least(seen.numbers, 0.5):
        return "home-address"
    home = (
        say.may_name_home(column.words) and not column.said & _OF_SEATS and column.at_least(seen.house, 0.5)
    )
    return "home-address" if home and not column.at_least(seen.numbers, 0.5) else None


def _holds_flats(column: Column) -> bool:
    """Whether the cells are houses, and flats in them, whatever the label says but for offices and works."""
    seen, other = (
        column.evidence,
        column.said & (_OF_SEATS | say.NOT_HOME | say.PLACES - {"direccion", "calle"}),
    )
    return (
        seen.filled > 2
        and column.at_least(seen.flats, 0.3)
        and column.at_least(seen.house, 0.8)
        and not other
    )


def _holds_plates(column: Column) -> bool:
    named = column.said & {"patente", "patentes", "dominio", "chapa", "matricula"}
    few = 0.3 if named else 0.7 if "pat" in column.said else 2.0
    seen = column.evidence
    return column.at_least(seen.plates, few) or (seen.filled > 1 and column.at_least(seen.new_plates, 0.6))


_SHORT_FOR_HOME = frozenset(("dom", "dir", "direc"))
"""Beside a word for a person; by itself `dom` is a Sunday, and `dir` whoever directs."""


def _birth_or_home(column: Column, meaning: RowMeaning) -> str | None:
    said, seen = column.said, column.evidence
    dated = column.at_least(seen.dates, 0.3) or (meaning.person and column.at_least(seen.years, 0.5))
    if say.names_birth(column.words) and dated and (meaning.person or not meaning.counts):
        return "birth-date"
    if said & {"domicilio", "domicilios"} and _holds_flats(column) and not meaning.institution:
        return "home-address" if not meaning.counts else None
    if said & _SHORT_FOR_HOME and said & say.ROLES and not said & say.NOT_HOME and not meaning.counts:
        return "home-address" if column.at_least(seen.house, 0.5) else None
    if not said & say.ADDRESS or said & say.NOT_HOME or seen.mails:
        return None
    if said & say.OWN_HOME and not said & say.OFFICE - {"direccion"}:
        return "home-address" if seen.numbers < seen.filled and not meaning.counts else None
    of_one = bool(said & {"domicilio", "domicilios"} and said & say.ROLES) and not meaning.counts
    if said & say.PLACES - {"direccion", "calle"} or not (meaning.person or of_one):
        return None
    if meaning.event and said & {"calle", "direccion"} and not said & (say.ROLES | {"domicilio", "actual"}):
        return None
    own = said & {"domicilio", "domicilios", "residencia"} or not meaning.institution or said & say.ROLES
    return "home-address" if own and not column.at_least(seen.numbers, 0.9) else None


def _contact_kind(column: Column, meaning: RowMeaning) -> str | None:
    """A person's telephones and mailboxes, or an office's: in a table of persons they are persons'."""
    said, seen = column.said, column.evidence
    if said & say.NETWORKS and meaning.person and not column.at_least(seen.numbers, 0.5):
        return "contact"
    by_label = (
        said & say.CONTACT and not said & (say.COUNTS | {"tipo", "fecha"}) and (seen.phones or seen.mails)
    )
    of_callers = (
        meaning.person
        and seen.filled > 2
        and column.at_least(seen.phones, 0.8)
        and column.at_least(seen.private, 0.6)
    )
    if not by_label and not of_callers and not (seen.filled > 1 and column.at_least(seen.mails, 0.6)):
        return None
    if (
        by_label
        and (said & {"id", "codigo"} or said <= {"contacto", "contactos", "nro", "numero", "n"})
        and not seen.mails
        and not _sounds_like_phones(column)
    ):
        return None
    some = column.at_least(seen.private, 0.1) and seen.private > 0
    of_office = bool(said & say.OFFICE) or column.at_least(seen.offices, 0.5)
    mobile = said & {"whatsapp", "wsp", "wpp"}  # an office's, too, is a number like a person's
    if said & say.OFFICE and (mobile or not column.at_least(seen.private, 0.5)):
        return "office-contact"
    if some or (not of_office and meaning.person):
        return "contact"
    return "office-contact"


def _sounds_like_phones(column: Column) -> bool:
    """Whether telephones stand under `contacto`, and no numbers of contacts."""
    return not column.at_least(column.evidence.numbers, 0.5) and column.at_least(column.evidence.private, 0.3)


def columns_of_animals(columns: Sequence[Column]) -> frozenset[int]:
    """Where rows are animals, the places of the columns that do not speak of those who own them."""
    if not row_meaning(columns).animals:
        return frozenset()
    return frozenset(column.place for column in columns if not column.said & _OF_OWNERS)


def contact_of_table(columns: Sequence[Column]) -> str:
    """Whose telephones and mailboxes those of a free column are."""
    return "contact" if row_meaning(columns).person else "office-contact"


def _special_kind(column: Column, meaning: RowMeaning) -> str | None:
    kind, seen = say.special_kind(column.words), column.evidence
    if kind == "children" and column.said & say.FILED:
        kind = None
    if kind == "biometrics" and not meaning.counts and not column.at_least(seen.numbers, 0.9):
        return kind  # of whom does not matter: it is of one person each time
    if not meaning.somebody or column.said & say.FREE_TEXT:
        return None
    born = column.said & {"pais", "country"} and column.said & _BIRTH
    if column.said & say.NATIONS or born or column.words in (("nac",), ("nacion",)):
        of_persons = meaning.person and not meaning.counts
        return "origin" if of_persons and seen.kinds.get("nation", 0) >= 0.5 else None
    if kind is None or kind == "gender":
        kind = _kind_of_cells(column) or kind or _is_of_nations(column, meaning)
    if kind in ("social", "family"):
        return kind if meaning.person and not meaning.counts else None
    if kind == "gender":
        return kind if meaning.person and column.at_least(seen.sexes, 0.4) else None
    return kind


_BIRTH = frozenset(("nac", "nacimiento", "origen", "orig", "birth", "origin"))


def _kind_of_cells(column: Column) -> str | None:
    """The special category of which most cells are by their words, in a column that says nothing else."""
    places = say.PLACES - {"categoria", "tipo", "partido"}
    if column.said & (places | _OF_SEATS) or not column.evidence.kinds:
        return None
    kinds = {kind: share for kind, share in column.evidence.kinds.items() if kind != "nation"}
    kind, share = max(kinds.items(), key=lambda each: each[1], default=("", 0.0))
    return kind if share >= 0.6 else None


def _is_of_nations(column: Column, meaning: RowMeaning) -> str | None:
    """Where persons are from, by the cells alone."""
    kinds = column.evidence.kinds
    other = column.said & (say.PLACES | say.LANGUAGES)
    many = kinds.get("nation", 0) + kinds.get("origin", 0) >= 0.8 and column.evidence.filled > 2
    return "origin" if many and meaning.person and not (meaning.counts or other) else None


def _names_rows(column: Column, meaning: RowMeaning) -> bool:
    """Whether a `nombre` is that of persons, and no institution's."""
    said, seen = column.said, column.evidence
    if meaning.somebody and said & say.NICKNAMES:
        return True
    if meaning.person and not INSTITUTIONS & said and column.at_least(seen.given, 0.4):
        return True
    return not meaning.place and not meaning.counts and column.at_least(seen.names, 0.7)


def _is_name(column: Column, meaning: RowMeaning) -> bool:
    said, seen = column.said, column.evidence
    if column.at_least(seen.numbers, 0.5) or said & say.FREE_TEXT:
        return False
    if said & say.SURNAMES or is_full_name(said):
        return meaning.person or not meaning.counts
    if said & say.CASES:
        return column.at_least(seen.cases, 0.5)
    if said & say.NAMED and not said & (say.PLACES | {"archivo", "usuario"}):
        return _names_rows(column, meaning)
    if said & say.LOGINS and not said & {"tipo", "fecha"} and column.at_least(seen.logins, 0.7):
        return not meaning.counts
    if said & (say.ROLES | say.FUNCTIONS):
        of_office = said & (say.PLACES | say.OFFICE)
        with_initials = column.at_least(seen.initials, 0.5)
        of_one = with_initials or (meaning.person and said & say.ROLES and column.at_least(seen.given, 0.5))
        if of_one and not of_office and (not meaning.counts or (with_initials and said & say.ROLES)):
            return True
        return column.at_least(seen.names, 0.5) or (not of_office and column.at_least(seen.likely, 0.6))
    other = said & (OTHER | say.COUNTS | say.NAMED)
    if other <= _WRITERS and other and meaning.person and not meaning.institution:
        return column.at_least(seen.names, 0.5)
    if other:
        return False
    known = column.at_least(seen.full, 0.3 if meaning.person else 0.8)
    sure = seen.filled > 1 and known and not (meaning.place or meaning.counts)
    least = 0.6 if sure and meaning.person else 0.8
    return column.at_least(seen.names, least) and (sure or seen.filled >= 5)
