"""The open data of a Decidim: one table out of its ZIP, by the end of its name."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.support.cities import City, declaration, published_rows

pytestmark = pytest.mark.usefixtures("english")

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "titulo", "type": "string", "description": "Título"},
    {"name": "apoyos", "type": "integer", "description": "Apoyos"},
]
TABLES = {
    "decidim-open-data-proposals.csv": (
        'id;title/es;endorsements/total_count\n7;Más árboles;12\n9;"Una; dos";0\n'
    ),
    "decidim-open-data-results.csv": "id;title/es;progress\n1;Plaza;50\n",
    "decidim-open-data-proposal_comments.csv": "id;body\n1;Bien\n",
    "README.md": "# Open data\n",
}


def declare(city: City, table: str, content: bytes) -> None:
    source = {"kind": "decidim", "path": "source/datos.csv", "table": table}
    layouts = [
        {"labels": {"title/es": "titulo", "endorsements/total_count": "apoyos"}, "ignore": ["progress"]}
    ]
    city.declare(declaration("propuestas", source=source, fields=FIELDS, layouts=layouts), datos=content)


def packed() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, text in TABLES.items():
            file.writestr(f"export/{name}", text)
    return made.getvalue()


@pytest.mark.parametrize("content", [packed(), TABLES["decidim-open-data-proposals.csv"].encode()])
def test_one_table_of_many(city: City, content: bytes):
    declare(city, "proposals", content)
    assert city.outcome("propuestas").outcome == "published"
    assert [tuple(row.values()) for row in published_rows(city, "propuestas")] == [
        (7, "Más árboles", 12),
        (9, "Una; dos", 0),
    ]


def test_a_table_that_is_not_there_names_those_that_are(city: City):
    declare(city, "meetings", packed())
    outcome = city.outcome("propuestas")
    assert outcome.outcome == "rejected"
    assert "holds no table meetings" in outcome.message
    assert "decidim-open-data-results.csv" in outcome.message
