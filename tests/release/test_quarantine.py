"""Rows that are held back: the others are published, these come in when they are put right, and nobody
outside sees them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from frictionless import Package
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from catalog.ckan.package import CkanSite
from catalog.ckan.projection import project
from catalog.portal.portal import Portal
from catalog.public import listing_of, listings
from messages import speaking
from pipelines.cli.app import app
from pipelines.cli.queries import describe_history, describe_release, list_datasets
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.release.outcome import exit_status
from pipelines.release.quarantine import list_held_rows
from pipelines.release.verify import verify
from tests.support.cities import FIELDS, City, csv, declaration

QUARTER = {"maxShare": 0.25}
GOOD = ["1,Plaza,10.5", "2,Escuela,", "3,Centro de salud,7", "4,Puente,8", "5,Club,9"]


@pytest.fixture(autouse=True)
def _english():
    with speaking("en"):
        yield


def files(city: City, dataset: str, into: Path) -> Path:
    """The public files of the current release, as a stranger has them."""
    into.mkdir(parents=True, exist_ok=True)
    for name, file in city.history(dataset).current.files.items():
        if file.public:
            city.archive.save(file.sha256, into / name)
    return into


def named(**constraints: object) -> list[dict]:
    """The usual fields, with a rule for names."""
    return [field | ({"constraints": constraints} if field["name"] == "nombre" else {}) for field in FIELDS]


def text(path: Path) -> str:
    """What stands in a file, compressed or not."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "replace")
    table = pq.read_table(path)
    return f"{table.schema.metadata} {table.to_pylist()}"


def ids(city: City, dataset: str, name: str) -> list[int]:
    return [
        int(line.split(",")[0])
        for line in city.archive.get(city.history(dataset).current.files[name].sha256).decode().split()[1:]
    ]


def test_good_rows_are_published_and_bad_ones_wait_until_they_are_right(city, tmp_path):
    city.declare(declaration("obras", quarantine=QUARTER), datos=csv(*GOOD))
    assert city.outcome("obras").outcome == "published"
    city.send("obras", csv(*GOOD[:4], "5,Club,mucho", "6,Biblioteca,1"))
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version, outcome.step, outcome.rows) == (
        "quarantined",
        "1.1.0",
        "minor",
        {"obras": 5},
    )
    assert outcome.changes == {"obras": {"added": 1, "removed": 1, "changed": 0}}
    assert "obras: 1 of 6 rows is held back" in outcome.message
    assert "monto" in outcome.message
    assert "--held" in outcome.message
    assert exit_status([outcome]) == 1
    folder = files(city, "obras", tmp_path / "stranger")
    assert Package(str(folder / "datapackage.json")).validate().valid
    assert json.loads((folder / "datapackage.json").read_text())["resources"][0]["heldRows"] == 1
    assert json.loads((folder / "report.json").read_text())["resources"]["obras"]["held"] == {
        "rows": 1,
        "of": 6,
        "missing": 1,
        "reasons": [{"type": "type-error", "code": None, "field": "monto", "rows": 1}],
    }
    history = city.history("obras")
    assert [verify(city.archive, entry, history).bytes_same for entry in history.releases] == [True, True]
    again = city.outcome("obras")
    assert (again.outcome, again.version, exit_status([again])) == ("unchanged", "1.1.0", 0)
    assert "1 row is still held back" in again.message
    city.send("obras", csv(*GOOD, "6,Biblioteca,1"))
    right = city.outcome("obras")
    assert (right.outcome, right.version, right.changes["obras"]) == (
        "published",
        "1.2.0",
        {"added": 1, "removed": 0, "changed": 0},
    )
    assert "held.parquet" not in city.history("obras").current.files
    assert "heldRows" not in text(files(city, "obras", tmp_path / "later") / "datapackage.json")


def test_above_the_share_nothing_is_published(city):
    city.declare(declaration("obras", quarantine=QUARTER), datos=csv(*GOOD))
    city.run("obras")
    city.send("obras", csv(*GOOD[:3], "4,Puente,x", "5,Club,y"))
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version, outcome.problems) == ("rejected", "1.0.0", 3)
    assert "2 of 5 rows" in outcome.message
    assert "25 %" in outcome.message
    assert len(city.history("obras").entries) == 1
    city.send("obras", csv(*GOOD[:3], "4,Puente,8", "5,Club,y"))
    assert city.outcome("obras").outcome == "quarantined", "one of five is within a quarter"


@pytest.mark.parametrize(
    ("share", "rows", "word"),
    [
        (0.29, 29, "quarantined"),
        (0.29, 30, "rejected"),
        (0, 1, "rejected"),
        (1, 99, "quarantined"),
        (1, 100, "rejected"),
    ],
)
def test_the_share_is_of_the_delivered_rows_exactly(city, share, rows, word):
    bad = [f"{n},Obra,{'x' if n < rows else n}" for n in range(100)]
    city.declare(declaration("obras", quarantine={"maxShare": share}), datos=csv(*bad))
    assert city.outcome("obras").outcome == word


@pytest.mark.parametrize("share", [-0.1, 1.5, True, "5 %", None])
def test_a_share_that_is_none_is_refused_by_name(city, share):
    folder = city.declare(declaration("obras", quarantine={"maxShare": share}), datos=csv(*GOOD))
    with pytest.raises(DatasetError, match=r"resources\[0\]\.pipeline\.quarantine\.maxShare .*0\.05"):
        load_dataset(folder)


def test_all_rows_of_a_repeated_key_are_held(city):
    city.declare(
        declaration("obras", fields=named(unique=True), quarantine={"maxShare": 0.9}),
        datos=csv(
            "1,Plaza,1",
            "1,Escuela,2",
            "2,Club,3",
            "3,Puente,4",
            "03,Muelle,5",
            "4,Isla,6",
            "5,Isla,7",
            "6,Faro,8",
        ),
    )
    assert city.outcome("obras").outcome == "quarantined"
    assert ids(city, "obras", "obras.csv") == [2, 6]
    reasons = {
        row["row"]: row["reasons"][0]["type"]
        for row in list_held_rows(city.archive, city.history("obras"))["rows"]
    }
    assert reasons == {
        2: "primary-key",
        3: "primary-key",
        5: "primary-key",
        6: "primary-key",
        7: "unique-error",
        8: "unique-error",
    }


def test_every_row_with_a_problem_is_known_however_many_there_are(city):
    rows = [f"{n},Obra,{'x' if n % 2 else n}" for n in range(3_000)]
    city.declare(declaration("obras", quarantine={"maxShare": 0.5}), datos=csv(*rows))
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.rows, outcome.problems) == ("quarantined", {"obras": 1_500}, 1_500), (
        outcome.message
    )
    assert len(list_held_rows(city.archive, city.history("obras"))["rows"]) == 1_500


def family(**shares: float) -> dict:
    """Areas, each under another one, and works of an area."""
    areas = declaration(
        "areas", fields=[{"name": name, "type": "integer"} for name in ("id", "superior", "personas")]
    )
    works = declaration(
        "obras",
        source={"kind": "file", "path": "source/obras.csv"},
        fields=[{"name": name, "type": "integer"} for name in ("id", "area")],
    )
    areas["resources"] += works["resources"]
    for resource in areas["resources"]:
        field = "superior" if resource["name"] == "areas" else "area"
        resource["schema"]["foreignKeys"] = [
            {
                "fields": [field],
                "reference": {"resource": "areas" if field == "area" else "", "fields": ["id"]},
            }
        ]
        resource["pipeline"]["quarantine"] = {"maxShare": shares[resource["name"]]}
    return areas


AREAS = "id,superior,personas\n1,,5\n2,1,muchas\n3,2,7\n4,3,8\n5,1,9\n"
WORKS = "id,area\n1,1\n2,4\n3,5\n4,\n"


def test_rows_that_refer_to_held_ones_are_held_to_the_end_of_the_chain(city, tmp_path):
    city.declare(family(areas=0.6, obras=0.25), datos=AREAS, obras=WORKS)
    outcome = city.outcome("areas")
    assert (outcome.outcome, outcome.rows) == ("quarantined", {"areas": 2, "obras": 3}), outcome.message
    assert (ids(city, "areas", "areas.csv"), ids(city, "areas", "obras.csv")) == ([1, 5], [1, 3, 4])
    found = list_held_rows(city.archive, city.history("areas"))["rows"]
    assert [
        (row["resource"], row["row"], row["reasons"][0]["code"] or row["reasons"][0]["type"]) for row in found
    ] == [
        ("areas", 3, "type-error"),
        ("areas", 4, "reference-held"),
        ("areas", 5, "reference-held"),
        ("obras", 3, "reference-held"),
    ]
    assert Package(str(files(city, "areas", tmp_path / "stranger") / "datapackage.json")).validate().valid
    assert verify(city.archive, city.history("areas").current, city.history("areas")).bytes_same


@pytest.mark.parametrize(("areas", "works"), [(0.6, 0), (0.6, 0.2), (0.4, 0.5)])
def test_a_chain_that_goes_beyond_a_share_stops_all(city, areas, works):
    city.declare(family(areas=areas, obras=works), datos=AREAS, obras=WORKS)
    outcome = city.outcome("areas")
    assert outcome.outcome == "rejected"
    assert not city.history("areas").entries


WHOLE = {
    "a missing column": ("id,nombre\n1,Plaza\n2,Club\n3,Faro\n4,Isla\n", {}),
    "personal data": (csv(*GOOD, "6,escribir a juan.perez@gmail.com,x"), {}),
    "text that would run": (csv(*GOOD, '6,"=HYPERLINK(""a"")",x'), {}),
    "a file that breaks off": (csv(*GOOD, '6,"Bibl'), {}),
    "an expectation": (
        csv(*GOOD, "6,Faro,x"),
        {
            "expectations": [
                {"type": "expect_column_max_to_be_between", "kwargs": {"column": "monto", "max_value": 9}}
            ]
        },
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_wrong_with_the_whole_holds_no_row_back(city, case):
    content, suite = WHOLE[case]
    told = {"expectations": "obras.expectations.yaml"} if suite else {}
    city.declare(
        declaration("obras", quarantine={"maxShare": 0.9}, **told),
        {"obras.expectations.yaml": suite} if suite else {},
        datos=content,
    )
    assert city.outcome("obras").outcome == "rejected"


def test_a_period_whose_rows_are_all_held_stays_as_it_was(city):
    fields = [
        {"name": "mes", "type": "yearmonth"},
        {"name": "id", "type": "integer"},
        {"name": "monto", "type": "number"},
    ]
    made = declaration(
        "gastos", fields=fields, extract={"mode": "by-period", "field": "mes"}, quarantine={"maxShare": 0.5}
    )
    header = "mes,id,monto"
    city.declare(made, datos=csv("2024-01,1,5", "2024-01,2,6", "2024-02,3,7", header=header))
    city.run("gastos")
    city.send("gastos", csv("2024-01,1,x", "2024-03,4,8", "2024-02,3,9", "2024-03,2,1", header=header))
    assert city.outcome("gastos").outcome == "quarantined"
    lines = city.archive.get(city.history("gastos").current.files["gastos.csv"].sha256).decode().split()[1:]
    assert lines == ['"2024-01",1,5', '"2024-01",2,6', '"2024-03",4,8', '"2024-02",3,9'], (
        "January stays; its key 2 in March is held"
    )
    assert verify(city.archive, city.history("gastos").current, city.history("gastos")).bytes_same


SECRET = "QUEQUENGRANDEYCLAROMECO"


def test_nobody_outside_sees_a_held_value(city, tmp_path):
    city.declare(declaration("obras", fields=named(maxLength=20), quarantine=QUARTER), datos=csv(*GOOD))
    city.run("obras")
    city.send("obras", csv(*GOOD[:4], f"5,{SECRET},9"))
    outcome = city.outcome("obras")
    assert outcome.outcome == "quarantined"
    assert SECRET not in outcome.message
    history = city.history("obras")
    portal = Portal(tmp_path / "portal", None, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    portal.apply(city.archive, portal.plan(city.archive))
    shown_there = [path for path in (tmp_path / "portal").resolve().rglob("*") if path.is_file()]
    assert any(path.name == "report.json" for path in shown_there)
    assert [path for path in shown_there if SECRET in text(path) or path.name == "held.parquet"] == []
    listing = listing_of(city.archive, history)
    package = project(listing, CkanSite("https://ckan.example", "https://datos.example"))
    assert SECRET not in repr(package)
    assert "held.parquet" not in repr(package)
    assert SECRET not in json.dumps(describe_release(city.archive, history, "https://datos.example"))
    log = city.archive.read_log(history.dataset, history.demo)
    private = [file["name"] for file in describe_history(log)["entries"][-1]["files"] if not file["public"]]
    assert "held.parquet" in private
    page = (tmp_path / "portal" / "datasets" / "obras" / "index.html").read_text(encoding="utf-8")
    assert "1 fila entregada (de 5) queda retenida" in page
    assert "1 de ellas estaba en la versión anterior" in page
    assert list_held_rows(city.archive, history)["rows"][0]["cells"] == {
        "id": "5",
        "nombre": SECRET,
        "monto": "9",
    }
    assert list_datasets(city.archive, Path("none"), datetime.now(UTC))["datasets"][0]["held"] == 1


def test_the_terminal_tells_the_held_rows(city, monkeypatch):
    city.declare(declaration("obras", quarantine=QUARTER), datos=csv(*GOOD[:4], "5,Club,mucho"))
    city.run("obras")
    for name, place in {
        "DATASETS": city.datasets,
        "ARCHIVE": city.folder / "archive",
        "PORTAL": city.folder / "portal",
        "LANG": "es",
    }.items():
        monkeypatch.setenv(f"VEREDA_{name}", str(place))
    terminal = CliRunner()
    told = terminal.invoke(app, ["show", "obras", "--held"])
    assert told.exit_code == 0
    assert "fila 6" in told.output
    assert "monto: mucho" in told.output
    assert "1 fila retenida" in terminal.invoke(app, ["show", "obras"]).output
    checked = terminal.invoke(app, ["check", "obras"])
    assert checked.exit_code == 1
    assert "queda retenida" in checked.output
    assert "mucho" in checked.output
    report = json.loads(terminal.invoke(app, ["check", "obras", "--json"]).output)
    assert (report["valid"], [error["rowNumber"] for error in report["tasks"][0]["errors"]]) == (False, [6])


ROW = st.tuples(
    st.sampled_from(["1", "2", "3", "4", "x", ""]),
    st.sampled_from(["", "1", "2", "3", "4"]),
    st.sampled_from(["1", "2", "z", ""]),
    st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(areas=st.lists(ROW, min_size=1, max_size=7), works=st.lists(ROW, min_size=1, max_size=5))
def test_every_delivered_row_is_published_or_held(tmp_path_factory, areas, works):
    folder = tmp_path_factory.mktemp("city")
    city = City(folder)

    def lines(rows, width):
        return "".join(",".join(row[:width] if whole else row[: width - 1]) + "\n" for *row, whole in rows)

    for rows, width in ((areas, 3), (works, 2)):
        while rows and not any(rows[-1][: width if rows[-1][3] else width - 1]):
            rows.pop()  # blank rows at the foot are no rows

    city.declare(
        family(areas=1, obras=1),
        datos="id,superior,personas\n" + lines(areas, 3),
        obras="id,area\n" + lines(works, 2),
    )
    outcome = city.outcome("areas")
    if outcome.outcome == "rejected":
        return
    back = {
        (row["resource"], row["row"]) for row in list_held_rows(city.archive, city.history("areas"))["rows"]
    }
    assert (outcome.outcome == "quarantined") == bool(back)
    for name, rows in (("areas", areas), ("obras", works)):
        delivered = [(n, row) for n, row in enumerate(rows, 2)]
        assert outcome.rows[name] + sum(table == name for table, _row in back) == len(delivered)
        stay = [int(row[0]) for n, row in delivered if (name, n) not in back]
        assert ids(city, "areas", f"{name}.csv") == stay
    report = Package(str(files(city, "areas", folder / "stranger") / "datapackage.json")).validate()
    assert report.valid, report.flatten()
    assert verify(city.archive, city.history("areas").current, city.history("areas")).bytes_same
    assert len(listings(city.archive)) == 1
