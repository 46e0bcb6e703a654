"""Pictures as a browser draws them: whatever people call things, every letter is inside and on no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from catalog.portal.charts.figure import make_figure
from catalog.portal.charts.pictures import WIDTHS, draw_svg
from catalog.portal.charts.style import text_width, wrap_text
from messages import speaking
from tests.support.browsers import launched

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

LONG = "Subsecretaría de Planificación, Coordinación y Fortalecimiento de la Participación Ciudadana"
NAMES = [
    "Ministerio de Desarrollo Humano y Hábitat",
    "Contratación directa por exclusividad (art. 28, inc. 5 de la Ley 2095)",
    "Sí",
    "SUBSECRETARÍA DE MANTENIMIENTO DEL ESPACIO PÚBLICO E INFRAESTRUCTURA URBANA",
    "Otros",
    "WWWWWWWWWW MMMMMMMM",
]
BY_NAME: dict[str, Any] = {"chart": "bars", "x": "nombre", "y": "sum(monto)"}
YEARS = [year for year in range(1900, 2024) for _each in range(year % 7 + 1)]
# What is awkward in each: (view, columns)
AWKWARD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "names": (BY_NAME, {"nombre": NAMES, "monto": [9, 8, 7, 6, 5, 4.5]}),
    "very-long": (
        BY_NAME,
        {"nombre": [f"{LONG}, {LONG.lower()} n.º {n}" for n in range(6)], "monto": [1.0] * 6},
    ),
    "one-word": (BY_NAME, {"nombre": ["x" * 90, "a/" * 40, "Sí"], "monto": [3.0, 2.0, 1.0]}),
    "many": (BY_NAME, {"nombre": [f"{NAMES[n % 6]} {n}" for n in range(40)], "monto": [1.0] * 40}),
    "negative": (BY_NAME, {"nombre": NAMES[:4], "monto": [5e6, -3e6, 0.0, -123456.0]}),
    "all-negative": (BY_NAME, {"nombre": NAMES[:3], "monto": [-1.5, -2.25, -3.0]}),
    "huge": (BY_NAME, {"nombre": NAMES[:3], "monto": [9.87e15, 1.0, 3e12]}),
    "yes-no": (
        {"chart": "bars", "x": "vale", "y": "count"},
        {"vale": [True, False, True, None], "monto": [1.0] * 4},
    ),
    "groups": (
        {**BY_NAME, "by": "clase"},
        {
            "nombre": [name for name in NAMES for _n in range(6)],
            "clase": [f"{LONG} {n}" for _name in NAMES for n in range(6)],
            "monto": [float(n + 1) for n in range(36)],
        },
    ),
    "negative-groups": (
        {**BY_NAME, "by": "vale"},
        {"nombre": NAMES[:2] * 2, "vale": [True, True, False, False], "monto": [4.0, -3.0, -2.0, 1.0]},
    ),
    "years": ({"chart": "bars", "x": "año", "y": "count"}, {"año": YEARS, "monto": [1.0] * len(YEARS)}),
    "two-years": (
        {"chart": "bars", "x": "año", "y": "sum(monto)", "by": "clase"},
        {"año": [2022, 2023], "clase": [NAMES[0], NAMES[3]], "monto": [1234567.0, -98765.0]},
    ),
    "line": (
        {"chart": "line", "x": "dia", "y": "sum(monto)", "by": "clase"},
        {
            "dia": pa.array([18000 + 10 * n for n in range(60)], pa.int32()).cast(pa.date32()),
            "clase": [NAMES[n % 3] for n in range(60)],
            "monto": [float(n * 1000) for n in range(60)],
        },
    ),
}
# Every text that is seen: its box, and whether it sticks out of the picture or touches another.
FAULTS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    const edge = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')].filter(each =>
        each.textContent.trim() && each.textContent !== 'DEMO' && Number(getComputedStyle(each).opacity) > 0)
    const boxes = texts.map(each => [each.textContent, each.getBoundingClientRect()])
    const out = boxes.filter(([, box]) => box.left < edge.left || box.right > edge.right || box.top < edge.top
        || box.bottom > edge.bottom).map(([text]) => svg.id + ': outside: ' + text)
    const on = boxes.flatMap(([text, a], at) => boxes.slice(at + 1).filter(([, b]) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4)
        .map(([other]) => svg.id + ': ' + text + ' lies on ' + other))
    return [...out, ...on]})"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


def draw(name: str, width: int) -> str:
    view, columns = AWKWARD[name]
    fields = [{"name": each} for each in columns if each != "monto"]
    fields.append({"name": "monto", "title": "Monto total adjudicado en el ejercicio", "unit": "ARS"})
    resource = {"name": "t", "title": f"{LONG}: gastos", "schema": {"fields": fields}, "view": [view]}
    with speaking("es"):
        svg = draw_svg(
            make_figure(view, resource, pa.table(columns)), width, f"{LONG} · versión 1.0.0", False
        )
    return svg.replace("<svg", f'<svg id="{name}-{width}"', 1)


def test_names_are_whole_and_apart(page: Page, tmp_path: Path) -> None:
    drawings = [draw(name, width) for name in AWKWARD for width in WIDTHS.values()]
    style = "<style>svg{display:inline-block;margin:4px;border:1px solid #c00}</style>"
    file = tmp_path / "pictures.html"
    file.write_text(f'<!doctype html><meta charset="utf-8">{style}{"".join(drawings)}', encoding="utf-8")
    page.set_viewport_size({"width": 1020, "height": 900})
    page.goto(file.as_uri())
    assert page.evaluate(FAULTS) == []
    for width in WIDTHS.values():
        found = "".join(page.locator(f"#very-long-{width} text").all_text_contents())
        assert found.replace(" ", "").count(LONG.replace(" ", "")) == 8  # title, about, six names
        assert "…" not in found
    assert {"sí", "no"} <= set(page.locator("#yes-no-640 text").all_text_contents())


@pytest.mark.parametrize("bold", [False, True])
def test_lines_fit_and_nothing_is_left_out(bold: bool) -> None:
    for text in (*NAMES, LONG, "x" * 90, "a-b/" * 30, "ñandú́", ""):
        lines = wrap_text(text, 100, bold=bold)
        assert all(text_width(line, bold=bold) <= 100 for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
