"""A real CKAN as a source: its datasets night by night, and the rows of one of its tables."""

from __future__ import annotations

from functools import partial

from pipelines.fetch import fetch
from pipelines.settings import Limits
from tests.support.cities import City, declaration, published_rows

LISTED = [
    {"name": "name", "type": "string", "description": "Nombre"},
    {"name": "title", "type": "string", "description": "Título"},
    {"name": "files", "type": "integer", "description": "Archivos"},
    {"name": "gone", "type": "date", "description": "Desde cuándo no está"},
]
OTHERS = ["id", "description", "organization", "organizationTitle", "license", "frequency", "tags"]
IGNORED = [*OTHERS, "created", "modified", "url"]


def one(city: City, dataset: str):
    (outcome,) = city.run(dataset, fetch=partial(fetch, limits=Limits(timeout=60)))
    return outcome


def test_what_changed_vanished_and_is_new(ckan, city: City):
    organization = ckan.organization()

    def make(name: str, title: str) -> None:
        ckan.call("package_create", name=ckan.prefix + name, title=title, owner_org=organization)

    for name in ("uno", "dos", "tres"):
        make(name, name.title())
    source = {"kind": "ckan", "url": ckan.url, "list": "datasets", "organization": organization}
    pipeline = {"extract": {"mode": "full", "vanished": "gone"}, "layouts": [{"ignore": IGNORED}]}
    city.declare(declaration("ajeno", source=source, fields=LISTED, key="name", **pipeline))
    assert one(city, "ajeno").rows == {"ajeno": 3}
    assert one(city, "ajeno").outcome == "unchanged"

    ckan.call("package_delete", id=f"{ckan.prefix}uno")
    ckan.call("package_patch", id=f"{ckan.prefix}dos", title="Otro título")
    make("cuatro", "Cuatro")
    assert one(city, "ajeno").changes == {"ajeno": {"added": 1, "removed": 0, "changed": 2}}
    rows = {row["name"].removeprefix(ckan.prefix): row for row in published_rows(city, "ajeno")}
    assert {name: (row["title"], bool(row["gone"])) for name, row in rows.items()} == {
        "uno": ("Uno", True),
        "dos": ("Otro título", False),
        "tres": ("Tres", False),
        "cuatro": ("Cuatro", False),
    }


def test_the_rows_of_a_table(ckan, city: City):
    package = ckan.call("package_create", name=f"{ckan.prefix}filas", owner_org=ckan.organization())
    fields = [
        {"id": "id", "type": "int"},
        {"id": "nombre", "type": "text"},
        {"id": "monto", "type": "numeric"},
    ]
    records = [{"id": n, "nombre": f'Calle "{n}", ñandú', "monto": n / 4} for n in range(1, 12_001)]
    made = ckan.call(
        "datastore_create",
        resource={"package_id": package["id"], "name": "filas"},
        fields=fields,
        records=records[:6000],
    )
    ckan.call("datastore_upsert", resource_id=made["resource_id"], method="insert", records=records[6000:])
    source = {"kind": "ckan", "url": ckan.url, "resource": made["resource_id"]}
    city.declare(declaration("filas", source=source))
    outcome = one(city, "filas")
    assert (outcome.outcome, outcome.rows) == ("published", {"filas": 12_000})
    assert published_rows(city, "filas")[11_998] == {
        "id": 11_999,
        "nombre": 'Calle "11999", ñandú',
        "monto": 2999.75,
    }
    assert one(city, "filas").outcome == "unchanged"
