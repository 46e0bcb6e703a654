"""Charts and maps that a declaration asks for show the released rows, stand by themselves, and say what they
leave out."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalog.archive.archive import Archive
from catalog.portal.charts.figure import Figure, make_figure
from catalog.portal.charts.pictures import draw_svg, value_rows
from catalog.portal.portal import Portal
from messages import speaking
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.release.descriptor import describe
from tests.support import portals
from tests.support.paths import DATASETS
from tests.support.portals import NOW, Page, Publisher
from tools.comunas_map import MAP, draw_map


@cache
def works() -> pa.Table:
    return pa.table(
        {
            "etapa": ["Finalizada", "En ejecución", "Finalizada", None],
            "comuna": pa.array([1, 4, 99, None], pa.int64()),
            "monto": [2e10, None, 5e9, 1e9],
            "inicio": pa.array([0, 366, 4000, None], pa.int32()).cast(pa.date32()),
            "lat": [-34.6, -34.6001, 0.0, None],
            "lng": [-58.4, -58.4001, 0.0, -58.4],
        }
    )


RESOURCE: dict[str, Any] = {
    "name": "obras",
    "title": "Obras",
    "schema": {
        "fields": [
            {"name": "monto", "title": "Monto", "unit": "ARS"},
            *({"name": n} for n in ("etapa", "comuna", "inicio", "lat", "lng")),
        ]
    },
}
VIEWS: list[dict[str, str]] = [
    {"chart": "bars", "x": "etapa", "y": "count"},
    {"chart": "bars", "x": "etapa", "y": "monto", "by": "comuna"},
    {"chart": "line", "x": "inicio", "y": "sum(monto)", "by": "etapa"},
    {"map": "comunas", "field": "comuna", "value": "count"},
    {"map": "points", "lat": "lat", "lon": "lng"},
]


def of(view: dict[str, str], table: pa.Table | None = None) -> Figure:
    with speaking("en"):
        return make_figure(view, RESOURCE, works() if table is None else table)


def test_rows_are_counted_and_those_without_a_place_are_told():
    found = of(VIEWS[0])
    assert [(cell.x, cell.value) for cell in found.cells] == [("Finalizada", 2), ("En ejecución", 1)]
    with speaking("en"):
        (said,) = found.coverage
        assert said == "1 of 4 rows is not in the picture: its etapa is empty or has no place in it."


def test_large_sums_are_told_in_their_unit_and_rows_without_a_value_are_counted():
    found = of({"chart": "bars", "x": "etapa", "y": "sum(monto)"})
    assert [(cell.x, cell.value) for cell in found.cells] == [("Finalizada", 25.0)]
    assert found.title == "Obras: monto (thousand millions of ARS), by etapa"
    assert (found.unplaced, found.unvalued) == (1, 1)


def test_a_map_has_the_comunas_that_there_are():
    found = of(VIEWS[3])
    assert [(cell.x, cell.value) for cell in found.cells] == [(1, 1), (4, 1)]
    assert found.unplaced == 2


def test_points_are_counted_by_square_and_those_outside_the_city_are_told():
    found = of(VIEWS[4])
    assert [cell.value for cell in found.cells] == [2]
    assert found.unplaced == 2


def test_of_many_names_the_largest_are_shown_and_the_rest_together():
    many = pa.table({"etapa": [f"etapa {n:02}" for n in range(40) for _ in range(n + 1)]})
    found = of(VIEWS[0], many)
    assert len(found.cells) == 15
    assert found.cells[0].x == "etapa 39"
    assert (found.cells[-1].x, sum(cell.value for cell in found.cells)) == ("others", many.num_rows)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.get("chart") or view["map"])
def test_a_picture_stands_by_itself_and_is_always_the_same(view: dict[str, str]) -> None:
    with speaking("es"):
        drawing = draw_svg(of(view), 340, "Obras <Urbanas>", demo=True)
        assert draw_svg(of(view), 340, "Obras <Urbanas>", demo=True) == drawing
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert str(root.get("aria-label")).startswith("DEMO")
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "DEMO" in texts  # across it
    assert any(text.startswith("DEMO: datos inventados") for text in texts)
    assert float(str(root.get("width"))) < 420
    for odd in ("<script", "@font-face", "<image", "href", "url(http"):
        assert odd not in drawing


def test_a_comuna_without_rows_is_drawn_all_the_same():
    drawing = draw_svg(of(VIEWS[3]), 640, "", demo=False)
    assert drawing.count("#e9edf2") == 13


def test_an_empty_table_has_no_picture_and_says_why():
    found = of(VIEWS[3], works().slice(3))
    assert found.cells == []
    with speaking("es"):
        (said,) = found.coverage
        assert said == "1 de 1 filas no está en la imagen: tiene vacío o sin lugar este dato: comuna."


def test_numbers_are_written_in_the_page_s_language():
    table = pa.table({"etapa": ["x"] * 1234 + ["y"]})
    with speaking("es"):
        assert value_rows(make_figure(VIEWS[0], RESOURCE, table))[0] == ("x", "", "1.234")
    with speaking("en"):
        assert value_rows(make_figure(VIEWS[0], RESOURCE, table))[0] == ("x", "", "1,234")


def test_the_map_is_what_the_barrios_say():
    assert MAP.read_text(encoding="utf-8") == draw_map()


def test_the_page_shows_each_picture_in_its_language_with_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        portals, "FIELDS", [*portals.FIELDS[:3], portals.FIELDS[3] | {"title": "Comuna"}, *portals.FIELDS[4:]]
    )
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release(view=[VIEWS[3], {"chart": "bars", "x": "etapa", "y": "count"}])
    portal = Portal(tmp_path / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    for tongue, said, title in (
        ("", "Comuna 1 1", "obras, por comuna"),
        ("en/", "Comuna 1 1", "obras, por comuna"),  # its names are in Spanish alone
    ):
        page = tmp_path / "portal" / tongue / "datasets/obras"
        assert said in Page(page / "index.html").text
        for stem in ("obras-1", "obras-1-narrow", "obras-2", "obras-2-narrow"):
            assert f"view/{stem}.svg" in (page / "index.html").read_text(encoding="utf-8")
            assert (page / "view" / f"{stem}.svg").is_file()
        assert title in (page / "view/obras-1.svg").read_text(encoding="utf-8")
        assert "versi" in (page / "view/obras-1.svg").read_text(encoding="utf-8")
    kept = (tmp_path / "portal/datasets/obras/view/obras-1.svg").stat().st_ino
    publisher.release("otra")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert (tmp_path / "portal/datasets/obras/view/obras-1.svg").stat().st_ino == kept


@pytest.mark.parametrize(
    ("view", "key", "said"),
    [
        ("{chart: barz, x: etapa, y: count}", "view[0].chart", "did you mean bars?"),
        ("{chart: bars, x: etapas, y: count}", "view[0].x", "did you mean etapa?"),
        (
            "{map: comunas, field: barrio, value: count}",
            "view[0].field",
            "names barrio, a field of type string",
        ),
        ("[{chart: bars, x: etapa, y: count}, {map: points, lat: lat}]", "view[1]", "needs lon"),
        ("{chart: line, x: tipo, y: count}", "view[0].x", "a field of type date"),
        ("{chart: bars, x: etapa, y: sum(tipo)}", "view[0].y", "a field of type integer, number"),
        ("{map: points, lat: lat, lon: lng, x: etapa}", "view[0]", "takes no x"),
        ("{}", "view[0]", "say chart: bars"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_a_fault_of_the_declaration(
    tmp_path: Path, view: str, key: str, said: str
) -> None:
    folder = tmp_path / "ba-obras"
    shutil.copytree(DATASETS / "ba-obras", folder)
    text = (folder / "datapackage.yaml").read_text(encoding="utf-8")
    start, end = text.index("      view:\n"), text.index("      source:", text.index("      view:\n"))
    (folder / "datapackage.yaml").write_text(
        f"{text[:start]}      view: {view}\n{text[end:]}", encoding="utf-8"
    )
    with speaking("en"), pytest.raises(DatasetError) as failed:
        load_dataset(folder)
    assert failed.value.key == f"resources[0].pipeline.{key}"
    assert said in failed.value.problem


def test_views_are_published_with_the_table():
    resource = describe(load_dataset(DATASETS / "ba-obras"))["resources"][0]
    assert resource["view"][0] == {"map": "comunas", "field": "comuna", "value": "count"}
