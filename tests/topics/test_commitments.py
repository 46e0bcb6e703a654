"""The pages of commitments: on each day what was known then, whatever was corrected later; nothing invented
of what is not loaded."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import icalendar
import pytest

from catalog import words
from catalog.archive.release import Entry
from catalog.archive.roles import ROLES
from catalog.portal.portal import Portal
from catalog.topics.commitments.events import Event
from catalog.topics.commitments.plans import Review
from catalog.topics.commitments.words import describe_event
from messages import speaking
from tests.support.plans import COMMITMENTS, MILESTONES, PLAN, TODAY, Plans, Tables, report, shipped
from tests.support.portals import Page
from tests.support.tables import csv_rows

STATES = {
    "NS": "no iniciado",
    "LP": "avance limitado",
    "SP": "avance sustancial",
    "C": "completo",
    "": "sin informe",
}
HOME = "compromisos/demo"


@pytest.fixture
def plans(tmp_path: Path) -> Plans:
    return Plans(tmp_path)


def days(site: Path, home: str = HOME) -> list[str]:
    return sorted(each.name for each in (site / home / "fecha").iterdir())


def test_each_day_shows_what_the_tidy_rows_of_its_version_give(site: Path):
    """The status on every day, computed anew in SQL from the versions' own files."""
    base, plan = site / "demo/compromisos-seguimiento/v", site / "demo/ogp-demo/v/1.0.0"
    versions = [("2023-03-31", "1.0.0"), ("2023-04-30", "1.1.0"), ("2023-05-31", "1.2.0")]
    assert len(days(site)) > 10
    for day in days(site):
        version = max((each for each in versions if each[0] <= day), default=versions[0])
        told = f"SELECT * FROM read_csv('{base}/{version[1]}/{{}}.csv', all_varchar = true)"
        then = f"registrado <= '{day}' OR '{version[0]}' <= '{day}'"
        wanted = duckdb.sql(f"""
            WITH informes AS (SELECT * FROM ({told.format("tablero")} UNION ALL BY NAME {told.format("informes")}) WHERE {then}),
                 ultimo AS (SELECT * FROM informes QUALIFY row_number() OVER (PARTITION BY hito_id ORDER BY periodo DESC) = 1),
                 hitos AS (SELECT *, last_day(strptime(fin_mes, '%Y-%m')) AS vence FROM read_csv('{plan}/hitos.csv', all_varchar = true)
                           WHERE plan_inicio_mes || '-01' <= '{day}')
            SELECT h.hito_id, coalesce(estado, ''), coalesce(avance, ''), CASE WHEN h.plan_id NOT IN (SELECT plan_id FROM informes) THEN ''
                   WHEN vence < DATE '{day}' AND estado IS DISTINCT FROM 'C' THEN (DATE '{day}' - vence)::VARCHAR ELSE '0' END
            FROM hitos h LEFT JOIN ultimo USING (hito_id) ORDER BY h.hito_id""").fetchall()
        folder = site / HOME / "fecha" / day
        given = [
            (r["hito_id"], r["estado"], r["avance"], r["dias_de_atraso"])
            for r in csv_rows(folder / "estado.csv")
        ]
        assert sorted(given) == wanted, day
        shown = {
            row[0].removeprefix("Hito de muestra "): row
            for row in Tables(folder / "index.html").rows
            if len(row) == 6
        }
        for milestone, state, progress, _late in wanted:
            assert STATES[state] in shown[milestone][2]
            assert shown[milestone][3] == (f"{progress} %" if progress else "—")


def test_a_day_on_which_nothing_changed_has_no_page(site: Path):
    found = [(site / HOME / "fecha" / day / "estado.csv").read_text("utf-8") for day in days(site)]
    assert "2023-04-12" not in days(site), "reported then, and not known before the version of 30 April"
    assert len({re.sub(r"(?m)^[\d-]+,", "", text) for text in found}) >= len(found) - 2, (
        "a plan's end and a review change no milestone"
    )
    assert json.loads(
        (site / HOME / "dates.js").read_text("utf-8").partition(" = ")[2].rstrip(";\n")
    ) == days(site)


def test_a_later_version_changes_no_earlier_day_but_says_what_it_corrected(plans: Plans):
    march = [
        report("P1.C1.1", "2023-03", "LP", 20),
        report("P1.C1.2", "2023-03", "NS", 0),
        report("P1.C2.1", "2023-03", "SP", 60),
    ]
    april = [report("P1.C1.1", "2023-04", "SP", 70), report("P1.C2.1", "2023-04", "C", 100)]
    plans.plan()
    plans.reports(*march, at="2023-04-01T03:00:00-03:00")
    plans.reports(*march, *april, at="2023-05-01T03:00:00-03:00")
    site = plans.portal(datetime.fromisoformat("2023-05-15T12:00:00-03:00"))
    before = {path.relative_to(site): path.read_bytes() for path in site.glob("**/fecha/*/*")}
    wrong = [report("P1.C1.1", "2023-03", "LP", 45), *march[1:]]
    plans.reports(*wrong, *april, report("P1.C1.1", "2023-05", "C", 100), at="2023-06-01T03:00:00-03:00")
    site = plans.portal(datetime.fromisoformat("2025-08-01T12:00:00-03:00"))
    corrected = {path.parent.name for path in before if (site / path).read_bytes() != before[path]}
    assert corrected == {"2023-03-10", "2023-04-01"} & {path.parent.name for path in before}
    for path, former in before.items():
        now = (site / path).read_bytes()
        assert now == former or (path.name == "index.html" and b'class="mended"' in now), path
    page = (site / "compromisos/fecha/2023-03-10/index.html").read_text("utf-8")
    assert "desde el 1 de junio de 2023, el informe de marzo de 2023 dice avance limitado (45\u00a0%)" in page
    told = [row for row in csv_rows(site / "compromisos/cambios.csv") if row["suceso"] == "corrección"]
    assert [(r["fecha"], r["hito_id"], r["avance_anterior"], r["avance"]) for r in told] == [
        ("2023-06-01", "P1.C1.1", "20", "45")
    ]


def test_a_milestone_that_moves_is_late_by_the_date_that_was_known(plans: Plans):
    plans.plan()
    plans.reports(report("P1.C1.1", "2023-03", "LP", 20), at="2023-04-01T03:00:00-03:00")
    moved = [{**MILESTONES[0], "fin_mes": "2024-06"}, *MILESTONES[1:]]
    plans.release(
        "planes",
        {"plans": [PLAN], "commitments": COMMITMENTS, "milestones": moved},
        "2023-08-15T03:00:00-03:00",
    )
    site = plans.portal()
    late = {
        day: {
            r["hito_id"]: r["dias_de_atraso"] for r in csv_rows(site / f"compromisos/fecha/{day}/estado.csv")
        }
        for day in days(site, "compromisos")
    }
    assert late["2023-07-01"]["P1.C1.1"] == "1"
    assert late["2023-08-15"]["P1.C1.1"] == "0"
    assert "antes el 30 de junio de 2023" in (site / "compromisos/fecha/2023-08-15/index.html").read_text(
        "utf-8"
    )


def test_a_version_that_was_taken_away_is_told_no_more(plans: Plans):
    plans.plan()
    plans.reports(report("P1.C1.1", "2023-03", "LP", 20), at="2023-04-01T03:00:00-03:00")
    plans.reports(report("P1.C1.1", "2023-03", "C", 100), at="2023-05-01T03:00:00-03:00")
    history = plans.archive.history("seguimiento")
    first, second = (each.version for each in history.releases)
    for number, (kind, version) in enumerate(
        (("withdraw", second), ("current", first)), start=history.head + 1
    ):
        said = Entry(
            "seguimiento",
            False,
            number,
            kind,
            kind,
            "2023-06-01T03:00:00-03:00",
            version,
            because="por error",
        )
        plans.archive.append(said)
    site = plans.portal()
    assert {
        row["estado"] for row in csv_rows(site / "compromisos/estado.csv") if row["hito_id"] == "P1.C1.1"
    } == {"LP"}
    assert "2023-05-01" not in days(site, "compromisos")


def test_of_a_plan_whose_commitments_are_not_loaded_nothing_is_said(site: Path):
    text = Page(site / "compromisos/index.html").text
    first = text[text.index("Primer Plan") : text.index("Qué está atrasado", text.index("Primer Plan"))]
    assert "Los compromisos de este plan no están cargados" in first
    assert "hito" not in first
    current = text[text.index("Cuarto Plan") : text.index("Tercer Plan")]
    assert "plan vigente" in current
    assert "Están cargados 3 de sus compromisos; ningún documento dice cuántos tiene." in current
    assert "De 3 de ellos no se conocen los hitos." in current
    assert "De ARBA0009 y ARBA0010 no se halló la página." in current
    assert "No hay ningún seguimiento de hitos cargado: no se puede decir qué está atrasado." in text
    assert csv_rows(site / "compromisos/estado.csv")[0]["dias_de_atraso"] == ""


def test_what_a_review_says_in_words_is_how_it_ended_on_every_day_and_everywhere(site: Path):
    """BUE0008: no report is loaded; the review, which gives no code, says that all three milestones were
    complete."""
    for page in sorted((site / "compromisos").rglob("index.html")):
        if "/demo/" not in page.as_posix():
            assert "ni un informe ni una revisión" not in Page(page).text, page
    for folder in (site / "compromisos", *(site / "compromisos" / "fecha").iterdir()):
        rows = [row for row in csv_rows(folder / "estado.csv") if row["compromiso_id"] == "BUE0008"]
        if rows:
            assert [(row["estado"], row["estado_segun_revision"]) for row in rows] == [("", "C")] * 3, folder
            assert {row["revision"] for row in rows} == {"BUE-2018.irm-resultados.BUE0008"}
    events = csv_rows(site / "compromisos/cambios.csv")
    assert "vencido sin informe" not in {row["suceso"] for row in events}
    told = next(row for row in events if row["revision"] == "BUE-2018.irm-resultados.BUE0008")
    assert (told["suceso"], told["estado_segun_revision"]) == ("revisión", "C")
    feed = (site / "compromisos/feed.atom").read_text("utf-8")
    assert "no hay informe" not in feed
    assert "Dice en palabras, sin código: completo." in feed
    text = Page(site / "compromisos/compromiso/BUE0008/index.html").text
    assert text.count("completo lo dice la revisión independiente, en palabras") == 4, "and of the whole"
    assert "En palabras de la revisión: informes y estadísticas acerca de la cantidad" in text
    assert "El plan dice que iba a publicar: instancias, iniciativas, proyectos" in text


def test_sources_lead_to_their_documents(site: Path):
    links = Page(site / "compromisos/compromiso/BUE0008/index.html").links
    assert "https://www.opengovpartnership.org/members/buenos-aires-argentina/commitments/BUE0008/" in links
    plan = Page(site / "compromisos/plan/BUE-2025/index.html")
    assert "https://www.opengovpartnership.org/?p=92678" in plan.links
    assert "Según el plan, se va a consultar a las áreas cada 3 meses." in plan.text
    assert "Investigadora independiente (CONICET; Escuela de Política y Gobierno, UNSAM)" in plan.text
    over = Page(site / "compromisos/plan/BUE-2021/index.html").text
    assert "Según el plan, se iba a consultar a las áreas todos los meses." in over
    assert "Informe inicial del plan 2021–2023, 2023" in over


def test_what_the_head_of_government_promised_is_drawn_by_its_progress(site: Path):
    rows = csv_rows(site / "datasets/ba-compromisos/latest/compromisos.csv")
    page = (site / "compromisos/index.html").read_text("utf-8")
    section = page[page.index('id="promises"') : page.index('id="claims"')]
    drawn = [float(width) for width in re.findall(r'class="fill" width="([\d.]+)"', section)]
    given = [
        row[name]
        for name in ("porcentaje_completado", "cumplimiento_2_porcentaje_completado")
        for row in rows
    ]
    assert sorted(drawn) == sorted(float(cell) for cell in given if cell)
    assert len(rows) == 54
    done = sum(float(row["porcentaje_completado"]) == 100 for row in rows)
    assert f"al 100 % llegaron {done}" in Page(site / "compromisos/index.html").text


def test_a_claim_stands_beside_what_the_data_says(site: Path):
    rows = {
        row[0].split(" (")[0]: row for row in Tables(site / "compromisos/index.html").rows if len(row) == 4
    }
    told = rows["Parte de las obras que estaba completa"]
    assert (told[1], told[2].split("ba-obras")[0].strip()) == ("82 %", "89,71 %")
    assert rows["Conjuntos de datos abiertos del Poder Ejecutivo"][1] == "280 conjuntos de datos"


@pytest.mark.parametrize(
    ("count", "name", "written"),
    [
        (1, "persona", "persona"),
        (2, "vinculación directa", "vinculaciones directas"),
        (2, "conjunto de datos", "conjuntos de datos"),
        (2, "vez", "veces"),
        (2, "taller", "talleres"),
        (2, "filas", "filas"),
        (2, "ARS", "ARS"),
        (2, "%", "%"),
        (2, None, ""),
    ],
)
def test_a_unit_agrees_with_its_count(count: int, name: str | None, written: str):
    assert words.unit(name, count) == written


def test_a_commitment_of_which_nothing_happened_says_so(site: Path):
    for path, said in (
        ("", "Qué pasó No hay nada cargado."),
        ("en/", "What happened Nothing of it is loaded."),
    ):
        assert said in " ".join(Page(site / f"{path}compromisos/compromiso/ARBA0008/index.html").text.split())


def test_goal_and_count_of_two_units_have_no_percentage(site: Path):
    commitment = Page(site / "compromisos/compromiso/BUE0008/index.html").text
    assert "Meta: 300 vinculaciones directas." in commitment
    assert "Contado: 895 instancias participativas, de 2016 a 2019." in commitment
    assert "no hay porcentaje" in commitment
    assert "it gives no code" not in commitment
    assert "no da un código" in commitment


def test_a_review_stands_beside_the_reports_and_disagreement_is_said(site: Path):
    agree, other = (Page(site / HOME / f"compromiso/DEMO-2021.C0{n}/index.html").text for n in (1, 2))
    assert " coinciden" in agree
    assert "no coinciden" not in agree
    assert "no coinciden" in other


def test_nothing_invented_is_on_a_page_that_is_not_marked(site: Path):
    for path in (site / "compromisos").rglob("index.html"):
        text, demo = path.read_text("utf-8"), "compromisos/demo/" in path.as_posix()
        assert ("DEMO-" in text, "noindex" in text, "<title>DEMO · " in text, "demo-banner" in text) == (
            demo,
        ) * 4, path
    for name in ("estado.csv", "cambios.csv", "compromisos.ics", "feed.atom"):
        assert "DEMO" not in (site / "compromisos" / name).read_text("utf-8")
    demo = (site / HOME / "feed.atom").read_text("utf-8")
    assert re.findall(r"<title>(?!DEMO · )", demo) == []


def test_every_link_leads_somewhere(site: Path):
    pages = [path for path in site.rglob("index.html") if "compromisos/" in path.as_posix()]
    assert len(pages) > 60
    ids = cache(lambda path: Page(path).ids)
    for path in pages:
        for link in Page(path).links:
            if not link.startswith("http"):
                target, _hash, anchor = link.partition("#")
                target = target.partition("?")[0]
                there = (path.parent / target).resolve() if target else path
                assert there.is_file(), (path, link)
                assert not anchor or anchor in ids(there), (path, link)
        assert path.stat().st_size < 200_000


def test_the_calendar_is_read_and_stays_the_same(site: Path):
    text = (site / HOME / "compromisos.ics").read_bytes()
    found = icalendar.Calendar.from_ical(text)
    events = {str(each["summary"]): each for each in found.walk("VEVENT")}
    due = events["DEMO · Vence: Hito de muestra DEMO-2021.C01.2"]
    assert due.decoded("dtstart") == date(2023, 9, 30)
    assert due.decoded("dtend") - due.decoded("dtstart") == timedelta(days=1)
    assert "DEMO · Completo: Hito de muestra DEMO-2021.C01.1" in events
    assert events["DEMO · Mesa de muestra"].decoded("dtstart").year == 2022
    assert len({str(each["uid"]) for each in found.walk("VEVENT")}) == len(found.walk("VEVENT"))
    city = shipped()
    portal = Portal(city.folder / "again", "https://datos.example", clock=lambda: TODAY + timedelta(days=40))
    portal.apply(city.archive, portal.plan(city.archive))
    assert (city.folder / "again" / HOME / "compromisos.ics").read_bytes() == text
    assert all(line == line.strip(b"\n") for line in text.split(b"\r\n"))


def test_what_people_are_called_to_stands_in_the_calendar(plans: Plans):
    """The meeting and the last day to enrol, each once; a link that is none leads to the dataset's page."""
    meeting = {
        "fecha": "2024-04-20",
        "titulo": "Taller de compost",
        "lugar": "Sede Comunal 7",
        "hora": "18:30",
    }
    meeting |= {"inscripcion_hasta": "2024-04-15", "inscripcion": "https://example.org/anotarse"}
    remote = {
        "fecha": "2024-05-02",
        "titulo": "Charla",
        "lugar": "Por internet",
        "inscripcion": "javascript:x",
    }
    plans.plan()
    plans.release("llamados", {"calls": [meeting, meeting, remote]}, "2024-03-01T03:00:00-03:00")
    site = plans.portal()
    text = (site / "compromisos/compromisos.ics").read_bytes()
    events = [
        (*(str(each[part]) for part in ("summary", "location", "url")), each.decoded("dtstart"))
        for each in icalendar.Calendar.from_ical(text).walk("VEVENT")
        if "location" in each
    ]
    enrol, page = "https://example.org/anotarse", "https://datos.example/datasets/llamados/index.html"
    assert events == [
        ("Cierra la inscripción: Taller de compost", "Sede Comunal 7", enrol, date(2024, 4, 15)),
        ("Taller de compost", "Sede Comunal 7", enrol, date(2024, 4, 20)),
        ("Charla", "Por internet", page, date(2024, 5, 2)),
    ]
    assert b"A las 18:30" in text


def test_what_is_late_is_counted_anew_each_day(plans: Plans):
    plans.plan()
    plans.reports(report("P1.C1.1", "2023-03", "LP", 20), at="2023-04-01T03:00:00-03:00")
    for now, late in (("2024-03-10", "254"), ("2024-03-11", "255")):
        site = plans.portal(datetime.fromisoformat(f"{now}T12:00:00-03:00"))
        assert csv_rows(site / "compromisos/estado.csv")[0]["dias_de_atraso"] == late


@pytest.mark.parametrize("hostile", ["../../x", "<script>alert(1)</script>", "P1/../..", ".."])
def test_an_id_leads_nowhere_else(plans: Plans, hostile: str):
    commitment = {**COMMITMENTS[0], "compromiso_id": hostile, "titulo": hostile}
    milestone = {**MILESTONES[0], "compromiso_id": hostile, "hito_id": hostile, "titulo": hostile}
    evil = {**report(hostile, "2023-03", "LP", 20), "evidencias": "javascript:alert(1)"}
    plans.release(
        "planes",
        {"plans": [PLAN], "commitments": [commitment], "milestones": [milestone]},
        "2023-01-05T03:00:00-03:00",
    )
    plans.reports(evil, at="2023-04-01T03:00:00-03:00")
    site = plans.portal()
    assert len([*(site / "compromisos/compromiso").iterdir()]) == 1
    folders = [
        "acerca",
        "assets",
        "avisos",
        "calidad",
        "compromisos",
        "datasets",
        "datos",
        "en",
        "pedidos",
        "publicadores",
        "publishers",
        "temas",
    ]
    assert sorted(each.name for each in site.iterdir() if each.is_dir()) == folders
    for path in (site / "compromisos").rglob("index.html"):
        text = path.read_text("utf-8")
        assert "<script>alert" not in text
        assert "javascript:" not in text


@pytest.mark.parametrize(
    ("published", "code", "in_words", "said"),
    [
        (
            "2021-12-31",
            "C",
            None,
            "MIR: se publicó su informe sobre BUE0008. Su código de cumplimiento: completo.",
        ),
        (
            "2021-12-31",
            "LP",
            None,
            "MIR: se publicó su informe sobre BUE0008.",
        ),  # a code is of all its milestones
        (
            "2021-12",
            None,
            "SP",
            "MIR: publicó su revisión de BUE0008 en diciembre de 2021; no se conoce el día. "
            "Dice en palabras, sin código: avance sustancial.",
        ),
        ("2021", None, None, "MIR: publicó su revisión de BUE0008 en 2021; no se conoce el día."),
        (
            None,
            None,
            None,
            "MIR: se cargó su revisión de BUE0008; ningún documento dice de qué día es.",
        ),
    ],
)
def test_a_review_is_told_as_exactly_as_it_is_known(
    published: str | None, code: str | None, in_words: str | None, said: str
):
    row = dict.fromkeys(ROLES["reviews"].fields) | {"revision_id": "R1", "plan_id": "P1", "revisor": "MIR"}
    row |= {"compromiso_id": "BUE0008", "publicada": published}
    row |= {"cumplimiento": code, "cumplimiento_relato": in_words}
    review = Review.of(row)
    event = Event(date(2021, 12, 31), "reviewed", "P1", "BUE0008", review=review)
    with speaking("es"):
        assert describe_event(event) == said
