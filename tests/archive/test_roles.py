"""What a table is for: declared, checked when the declaration is read, repeated in what is published, and
documented."""

from __future__ import annotations

import json

import pytest

from catalog.archive.roles import ROLES
from messages import speaking
from pipelines.dataset.dataset import DatasetError, load_dataset, load_datasets
from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT


def test_every_role_and_its_fields_are_documented():
    told = (
        (ROOT / "docs/reference.md").read_text("utf-8").partition("**Roles**")[2].partition("**Consul**")[0]
    )
    lines = {line.split("`")[1]: line for line in told.splitlines() if line.startswith("| `")}
    for name, role in ROLES.items():
        assert [field for field in role.fields if f"`{field}`" not in lines[name]] == [], name


def test_every_role_has_a_dataset_that_shows_it():
    declared = {
        r.pipeline.role.name for d in load_datasets(ROOT / "datasets") for r in d.resources if r.pipeline.role
    }
    assert declared == set(ROLES)


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("comitments", "pipeline.role.name is 'comitments': use one of plans, commitments"),
        (
            "works",
            "pipeline.role names the field 'obra', which the schema does not have; did you mean nombre?",
        ),
        (
            {"name": "works", "fields": {"obra": "nombe"}},
            "names the field 'nombe', which the schema does not have; did you mean nombre?",
        ),
        (
            {"name": "works", "fields": {"obra": "nombre", "comunas": "id"}},
            "role.fields names 'comunas', which the role does not have; did",
        ),
        (
            {"name": "works", "fields": {"obra": "nombre"}, "constants": {"x": "1"}},
            "role.constants names 'x', which the role does not",
        ),
        ({"name": "works", "feilds": {}}, "pipeline.role.feilds is not a known key; did you mean fields?"),
    ],
)
def test_a_role_that_does_not_fit_is_refused(tmp_path, role, said):
    folder = City(tmp_path).declare(declaration("obras", role=role))
    with speaking("en"), pytest.raises(DatasetError) as error:
        load_dataset(folder)
    assert said in str(error.value)


def test_the_role_is_published(tmp_path):
    city = City(tmp_path)
    city.declare(
        declaration("obras", role={"name": "works", "fields": {"obra": "nombre"}}), datos=csv("1,Plaza,3")
    )
    assert city.outcome("obras").outcome == "published"
    entry = city.history("obras").current
    told = json.loads(city.archive.get(entry.files["datapackage.json"].sha256))
    assert told["resources"][0]["role"] == {"name": "works", "fields": {"obra": "nombre"}, "constants": {}}
