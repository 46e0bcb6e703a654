"""The data dictionary of a dataset as a table: each field with its type, its unit, what it means, and what
its codes mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.spoken import category_name
from catalog.words import rules

HEADER = ("tabla", "campo", "titulo", "tipo", "descripcion", "unidad", "reglas", "codigos")


def codes(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The values of a field that are no words, and what they mean, as it declares them."""
    categories = [each for each in field.get("categories") or () if isinstance(each, Mapping)]
    named = [(str(each["value"]), category_name(each, field)) for each in categories]
    return [(value, name) for value, name in named if name != value]


def coded_fields(resource: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Sequence[tuple[str, str]]]]:
    """The fields of a table that have codes, with what they mean."""
    found = [(field, codes(field)) for field in resource["schema"]["fields"]]
    return [(field, meanings) for field, meanings in found if meanings]


def dictionary_csv(descriptor: Mapping[str, Any]) -> str:
    """CSV with a line for each field of every table; of codes, `codigo: meaning` with semicolons between."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for table in descriptor.get("resources", ()):
        for field in table["schema"]["fields"] if "schema" in table else ():
            named = (table["name"], field["name"], field.get("title", ""), field.get("type", "any"))
            meant = (field.get("description", ""), field.get("unit", ""), "; ".join(rules(field)))
            meanings = "; ".join(f"{value}: {name}" for value, name in codes(field))
            writer.writerow((*named, *meant, meanings))
    return text.getvalue()
