"""Open Contracting data: each process as its newest releases leave it, with companies alone as suppliers."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read.forms.ocds import LABELS, is_company, merge_release, read_ocds
from pipelines.read.grid import Unreadable
from tests.support.readings import grid_rows

pytestmark = pytest.mark.usefixtures("english")

COMPANY = {"id": "AR-CUIT-30-50012345-7", "name": "Construcciones del Sur"}
PERSON = {"id": "AR-CUIT-20-12345678-3", "name": "Ana Pérez"}


def release(ocid: str, date: str, **more: Any) -> dict[str, Any]:
    return {"ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": ["award"], **more}


OLD = release(
    "ocds-1",
    "2024-01-01T00:00:00Z",
    buyer={"id": "b1", "name": "Hacienda"},
    tender={
        "id": "t1",
        "title": "Veredas",
        "status": "active",
        "value": {"amount": 100.50, "currency": "ARS"},
        "tenderPeriod": {"startDate": "2024-01-02"},
        "items": [{"id": "1", "description": "Baldosas", "quantity": 1e3, "unit": {"name": "m2"}}],
    },
)
NEW = release(
    "ocds-1",
    "2024-02-01T00:00:00Z",
    tender={"id": "t1", "status": "complete", "tenderPeriod": None},
    parties=[{"id": COMPANY["id"], "identifier": {"scheme": "AR-CUIT", "id": "30-50012345-7"}}],
    awards=[{"id": "a1", "value": {"amount": 99, "currency": "ARS"}, "suppliers": [COMPANY, PERSON]}],
    contracts=[{"id": "c1", "awardID": "a1", "dateSigned": "2024-02-02", "status": "active"}],
)


def read(folder: Path, whole: Any, table: str) -> list[dict[str, str]]:
    path = folder / "raw"
    path.write_text(whole if isinstance(whole, str) else json.dumps(whole))
    return grid_rows(read_ocds(path, table))


WAYS: dict[str, Any] = {
    "package": {"uri": "x", "releases": [NEW, OLD]},
    "records": {"records": [{"ocid": "ocds-1", "releases": [OLD, NEW]}]},
    "lines": "\n".join(json.dumps(each) for each in (OLD, NEW)),
    "list": [{"releases": [OLD]}, {"releases": [NEW]}],
    "compiled": {
        "records": [{"ocid": "ocds-1", "compiledRelease": merge_release(OLD, NEW), "releases": [OLD]}]
    },
}


@pytest.mark.parametrize("way", list(WAYS))
def test_a_process_is_what_its_newest_release_leaves(tmp_path, way):
    (tender,) = read(tmp_path, WAYS[way], "tenders")
    assert (tender["title"], tender["status"], tender["amount"], tender["currency"]) == (
        "Veredas",
        "complete",
        "100.5",
        "ARS",
    )
    assert (tender["buyerName"], tender["startDate"]) == ("Hacienda", "")
    (contract,) = read(tmp_path, WAYS[way], "contracts")
    assert (contract["awardId"], contract["supplierNames"]) == ("a1", COMPANY["name"])
    (item,) = read(tmp_path, WAYS[way], "items")
    assert (item["of"], item["quantity"], item["unit"]) == ("tender", "1000.0", "m2")


def test_persons_are_left_out_and_counted(tmp_path):
    path = tmp_path / "raw"
    path.write_text(json.dumps(WAYS["package"]))
    (supplier,) = grid_rows(read_ocds(path, "suppliers"))
    assert (supplier["id"], supplier["identifier"], supplier["awardId"]) == (
        COMPANY["id"],
        "30-50012345-7",
        "a1",
    )
    (award,) = grid_rows(read_ocds(path, "awards"))
    assert "Ana" not in json.dumps(award, ensure_ascii=False)
    assert "1 supplier is a person" in read_ocds(path, "awards").remarks[0].note


@pytest.mark.parametrize(
    ("supplier", "company"),
    [
        ({"id": "30500123457"}, True),
        ({"id": "AR-CUIT-33-50012345-9"}, True),
        ({"id": "27-12345678-4", "name": "Textiles S.A."}, False),  # a person's number says more than a name
        ({"id": "12345678"}, False),
        ({"id": "x1", "name": "Vialidad S.R.L."}, True),
        ({"id": "x1", "name": "Cooperativa La Juanita Ltda."}, True),
        ({"id": "x1", "name": "Juan Sarmiento"}, False),
        ({"id": "x1", "name": "SABRINA SALAS"}, False),
        ({}, False),
    ],
)
def test_who_is_a_company(supplier, company):
    assert is_company(supplier) == company


@pytest.mark.parametrize(
    "whole",
    [
        "[1, 2]",
        "{}",
        '{"releases": [3]}',
        '{"releases": [{"id": 1}]}',
        '{"releases": []}',
        "no",
        '{"records": [{}]}',
    ],
)
def test_what_is_no_open_contracting_data_is_refused(tmp_path, whole):
    with pytest.raises(Unreadable):
        read(tmp_path, whole, "awards")


@pytest.mark.parametrize("table", list(LABELS))
def test_odd_members_are_empty_cells(tmp_path, table):
    odd = release(
        "o", "2024", awards=[{"id": 1, "value": 3, "suppliers": "x", "items": [7]}], tender=[], buyer=4
    )
    odd |= {"contracts": [{"id": None, "awardID": 1}], "parties": None}
    for row in read(tmp_path, odd, table):
        assert set(row) == set(LABELS[table])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abid"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcid"), VALUES, max_size=4)


@given(OBJECTS)
def test_a_release_merged_twice_is_merged_once(given_release):
    once = merge_release({}, given_release)
    assert merge_release(once, given_release) == once


@given(st.permutations(range(1, 9)))
def test_the_order_of_a_file_does_not_matter(order):
    releases = [release("o", f"2024-0{n}-01", tender={"id": str(n), "status": f"s{n % 3}"}) for n in order]
    with tempfile.TemporaryDirectory() as folder:
        (tender,) = read(Path(folder), {"releases": releases}, "tenders")
    assert (tender["id"], tender["status"]) == ("8", "s2")
