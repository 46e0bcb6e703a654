"""Links of evidence and sources: what a server may do in the course of nights, and what people read of it."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from typer.testing import CliRunner

from catalog.archive.archive import Archive
from catalog.archive.links import COPIES
from catalog.portal.portal import Portal
from pipelines.cli import app
from pipelines.nightly import evidence
from pipelines.nightly.evidence import LinkWatch, describe_links, find_links
from pipelines.release.damage import find_damage, repair
from pipelines.settings import Settings
from tests.support.cities import declaration
from tests.support.liars import lying_server, respond
from tests.support.nights import ROWS as ROWS_OF_A_NIGHT
from tests.support.nights import declare, vereda_in

ROWS = "id,nombre,monto\n1,Plaza,10.5\n"
PLAN = [
    {"name": name, "type": "string", "description": name}
    for name in ("plan_id", "titulo", "inicio_mes", "fin_mes", "fuente")
]
COMMITMENT = [
    {"name": name, "type": "string", "description": name}
    for name in ("compromiso_id", "plan_id", "titulo", "enlace")
]


@pytest.fixture
def liar():
    with lying_server() as server:
        yield server


class Nights:
    """A city whose datasets lean on links of a server of this machine, and nights over it."""

    def __init__(self, city, liar, monkeypatch):
        self.city, self.liar = city, liar
        self.now = datetime(2026, 5, 1, 6, tzinfo=UTC)
        self.settings = Settings(
            archive=str(city.folder / "archive"),
            datasets=city.datasets,
            portal=city.folder / "portal",
            inner_hosts=("127.0.0.1",),
            timeout=5,
        )
        self.portal = Portal(city.folder / "portal", clock=lambda: self.now)

    def release(self, name="obras", paths=("/acta.html",), **pipeline):
        made = declaration(name)
        made["sources"] = [
            {"title": f"Documento {path}", "path": self.liar.url(path) if path[0] == "/" else path}
            for path in paths
        ]
        made["pipeline"] |= pipeline
        self.city.declare(made, datos=ROWS)
        (outcome,) = self.city.run(name)
        assert outcome.outcome in ("published", "unchanged"), outcome.message

    def night(self, ids=None):
        """A night a day later: its sentence, and the requests that the server heard."""
        self.now += timedelta(days=1)
        return self.again(ids)

    def again(self, ids=None):
        heard = len(self.liar.heard)
        watch = LinkWatch(self.city.archive, self.settings, f"run-{self.now:%d}", lambda: self.now)
        return watch.look(ids), self.liar.heard[heard:]

    def stands(self, path="/acta.html"):
        return self.city.archive.links.standings()[self.liar.url(path)]

    def page(self, path="datasets/obras/index.html"):
        self.portal.apply(self.city.archive, self.portal.plan(self.city.archive))
        return (self.city.folder / "portal" / path).read_text(encoding="utf-8")


@pytest.fixture
def nights(city, liar, monkeypatch):
    return Nights(city, liar, monkeypatch)


def page(text, title="Acta"):
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>".encode()


def html(text, title="Acta", **headers):
    return respond(page(text, title), Content_Type="text/html; charset=utf-8", **headers)


def test_a_copy_is_kept_with_its_sha256_and_date_and_the_page_says_so(nights):
    nights.liar.answers["/acta.html"] = html("<p>Acta 3</p>")
    nights.release()
    told, heard = nights.night()
    assert told == "1 link asked: 1 new copy" or told.startswith("1 enlace consultado")
    assert len(heard) == 1
    kept = nights.stands().first
    assert kept.sha256 == hashlib.sha256(page("<p>Acta 3</p>")).hexdigest()
    assert nights.city.archive.get(kept.sha256) == page("<p>Acta 3</p>")
    shown = nights.page()
    assert kept.sha256 in shown
    assert "copia guardada el 2 de mayo de 2026" in shown
    assert nights.portal.plan(nights.city.archive) == []
    assert not list((nights.city.folder / "portal").rglob("copias/*"))  # nobody allowed that it is shown


def test_once_a_night_and_by_its_marks(nights):
    nights.liar.answers["/acta.html"] = html(
        "uno", ETag='"v1"', Last_Modified="Fri, 01 May 2026 00:00:00 GMT"
    )
    nights.release(paths=("/acta.html", "/acta.html#pagina-2"))
    nights.release("otra")  # the same link
    _told, heard = nights.night()
    assert len(heard) == 1
    assert nights.again()[1] == []
    nights.liar.answers["/acta.html"] = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
    _told, (asked,) = nights.night()
    assert b'if-none-match: "v1"' in asked.lower()
    assert b"if-modified-since: fri, 01 may 2026" in asked.lower()
    assert nights.stands().word == "same"
    # A server that says so for ever is not believed for ever.
    nights.now += timedelta(days=40)
    _told, (asked,) = nights.night()
    assert b"if-none-match" not in asked.lower()


def test_an_original_that_changes_and_comes_back(nights):
    nights.liar.answers["/acta.html"] = html("<p>895 veces</p>")
    nights.release()
    nights.night()
    nights.liar.answers["/acta.html"] = html("<p>300 veces</p>")
    nights.night()
    link = nights.stands()
    assert (link.word, len(link.copies), link.changed[:10]) == ("changed", 2, "2026-05-03")
    shown = nights.page()
    assert "el original cambió desde el 3 de mayo de 2026" in shown
    assert "copia guardada el 2 de mayo de 2026" in shown  # what stood there when it was cited
    nights.night()
    assert len(nights.stands().copies) == 2
    nights.liar.answers["/acta.html"] = html("<p>895 veces</p>")
    nights.night()
    assert nights.stands().word == "same"
    assert "cambió desde" not in nights.page()


def test_what_no_reader_sees_is_no_change(nights):
    nights.liar.answers["/acta.html"] = html("<script>token='a1'</script><p>Acta</p><!-- 10:31 -->")
    nights.release()
    nights.night()
    nights.liar.answers["/acta.html"] = html(
        "<script>token='b2'</script>\n<p class='x'>Acta</p><!-- 10:32 -->"
    )
    nights.night()
    assert (nights.stands().word, len(nights.stands().copies)) == ("same", 1)


def test_an_original_that_vanishes_and_returns(nights):
    nights.liar.answers["/acta.html"] = html("<p>Acta</p>")
    nights.release()
    nights.night()
    del nights.liar.answers["/acta.html"]  # 404
    nights.night()
    nights.night()
    assert (nights.stands().word, nights.stands().gone[:10]) == ("gone", "2026-05-03")
    assert "el original ya no está desde el 3 de mayo de 2026" in nights.page()
    nights.liar.answers["/acta.html"] = html("<p>Acta</p>")
    nights.night()
    assert nights.stands().word == "same"
    assert nights.stands().first.at[:10] == "2026-05-02"


LIES = {
    "says 200 of what is not there": (html("nada", title="Página no encontrada"), "gone"),
    "sends to its first page": (respond(status="302 Found", Location="/"), "gone"),
    "answers with nothing": (respond(b"", Content_Type="text/html"), "unreached"),
    "says a longer length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nConnection: close\r\n\r\nacta",
        "unreached",
    ),
    "is not packed as it says": (respond(b"acta", Content_Encoding="gzip"), "unreached"),
    "says 304 unasked": (b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n", "unreached"),
    "sends in a circle": (respond(status="302 Found", Location="/acta.html"), "unreached"),
    "leads to an inner address": (
        respond(status="302 Found", Location="http://169.254.169.254/latest/meta-data/"),
        "unreached",
    ),
    "leads to a file": (respond(status="302 Found", Location="file:///etc/passwd"), "unreached"),
    "asks to log in": (html("clave", title="Iniciar sesión en Trello"), "unreached"),
    "is forbidden": (respond(status="403 Forbidden"), "unreached"),
    "breaks": (respond(status="500 Oops"), "unreached"),
    "says no HTTP": (b"\x00\x01\x02", "unreached"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_is_told_and_costs_nothing(nights, lie):
    answer, word = LIES[lie]
    nights.liar.answers["/"] = html("Bienvenidos")
    nights.liar.answers["/acta.html"] = answer
    nights.release()
    nights.night()
    link = nights.stands()
    assert (link.word, link.copies) == (word, ())
    assert link.why


def test_a_server_that_is_slow_is_left(nights, monkeypatch):
    monkeypatch.setattr("pipelines.fetch.links.LONGEST", 0.3)
    nights.liar.answers["/acta.html"] = lambda connection: time.sleep(2)
    nights.release()
    nights.night()
    assert nights.stands().word == "unreached"


def test_more_than_fits_is_not_kept(nights, monkeypatch):
    monkeypatch.setattr("pipelines.fetch.links.LARGEST", 10)
    nights.liar.answers["/acta.html"] = html("x" * 1000)
    nights.release()
    nights.night()
    assert (nights.stands().word, nights.stands().copies) == ("unreached", ())
    shown = nights.page()
    assert "no se pudo guardar una copia" in shown
    assert "el original no responde desde el 2 de mayo de 2026" in shown


def test_inner_addresses_of_data_are_never_asked(nights):
    nights.settings = nights.settings.model_copy(update={"inner_hosts": ()})
    nights.liar.answers["/acta.html"] = html("secreto")
    nights.release()
    _told, heard = nights.night()
    assert heard == []
    assert nights.stands().word == "unreached"


def test_without_a_network_no_host_is_blamed(nights):
    nights.release(paths=[f"https://no-existe-{n}.invalid/acta.html" for n in range(5)])
    nights.night()
    assert nights.city.archive.links.standings() == {}


def test_links_of_rows_count_and_those_of_demonstrations_do_not(nights):
    plans = declaration("planes", fields=PLAN, key="plan_id", role="plans")
    plans["sources"] = [{"title": "El plan", "path": nights.liar.url("/plan.pdf")}]
    commitments = declaration("compromisos", fields=COMMITMENT, key="compromiso_id", role="commitments")
    nights.city.declare(
        plans, datos="plan_id,titulo,inicio_mes,fin_mes,fuente\nP,El plan,2025-01,2027-12,El plan\n"
    )
    nights.city.declare(
        commitments,
        datos=f"compromiso_id,plan_id,titulo,enlace\nC1,P,Abrir,{nights.liar.url('/c1.html')}\nC2,P,Ver,ftp://127.0.0.1/x\n",
    )
    demo = declaration("inventada")
    demo["sources"] = [{"title": "x", "path": nights.liar.url("/inventado.html")}]
    demo["pipeline"]["demo"] = True
    nights.city.declare(demo, datos=ROWS)
    for name in ("planes", "compromisos", "inventada"):
        nights.city.run(name)
    assert {link.address: link.datasets for link in find_links(nights.city.archive).values()} == {
        nights.liar.url("/plan.pdf"): ("planes",),
        nights.liar.url("/c1.html"): ("compromisos",),
    }
    nights.liar.answers["/plan.pdf"] = respond(b"%PDF-1.4 plan", Content_Type="application/pdf")
    nights.night()
    shown = nights.page("compromisos/compromiso/C1/index.html")
    assert "el original ya no está desde el 2 de mayo de 2026" in shown
    plan = nights.page("compromisos/plan/P/index.html")
    assert hashlib.sha256(b"%PDF-1.4 plan").hexdigest() in plan
    del nights.liar.answers["/plan.pdf"]
    nights.night()
    assert [step.target for step in nights.portal.plan(nights.city.archive)] != []
    assert "el original ya no está desde el 3 de mayo de 2026" in nights.page("compromisos/plan/P/index.html")


@pytest.mark.parametrize(
    ("body", "allowed", "public"),
    [
        ("<p>Acta de la mesa</p>", True, True),
        ("<p>Acta de la mesa</p>", False, False),
        ("<p>Avisar a juana.perez@gmail.com</p>", True, False),
        ("<p>DNI 30.123.456 de Juan Pérez</p>", True, False),
    ],
)
def test_a_copy_is_public_only_where_allowed_and_free_of_personal_data(nights, body, allowed, public):
    nights.liar.answers["/acta.html"] = html(body)
    nights.release(
        **({"evidence": {"publicBecause": "la licencia del original es CC BY"}} if allowed else {})
    )
    nights.night()
    assert nights.stands().first  # kept in any case
    shown = nights.page()
    files = [path.name for path in (nights.city.folder / "portal" / "copias").glob("*")]
    assert files == ([f"{nights.stands().first.sha256}.txt"] if public else [])
    assert ("leer la copia" in shown) == public


def test_a_pdf_cannot_be_searched_so_it_is_never_shown(nights):
    nights.liar.answers["/acta.html"] = respond(b"%PDF-1.4 ...", Content_Type="application/pdf")
    nights.release(evidence={"publicBecause": "es público"})
    nights.night()
    assert nights.stands().shown is None


def test_copies_survive_the_sweep_and_damage_is_seen_and_mended(nights):
    nights.liar.answers["/acta.html"] = html("<p>Acta</p>")
    nights.release()
    nights.night()
    archive = nights.city.archive
    sha256 = nights.stands().first.sha256
    later = Archive(archive.store, archive.where, archive.root, lambda: nights.now + timedelta(days=60))
    later.sweep(nights.now + timedelta(days=60))
    assert archive.blob_fault(sha256) == ""
    blob = nights.city.folder / "archive" / "blobs" / sha256
    blob.chmod(0o644)
    blob.write_bytes(b"x" * blob.stat().st_size)
    assert [(each.of, each.file) for each in find_damage(archive, nights.portal)] == [
        ("links", f"blobs/{sha256}")
    ]
    nights.night()  # its original still has the same bytes
    assert find_damage(archive, nights.portal) == []


def test_a_look_that_is_damaged_costs_what_it_told_and_no_more(nights):
    nights.liar.answers["/acta.html"] = html("<p>Acta</p>")
    nights.release()
    nights.night()
    (nights.city.folder / "archive" / "links" / "00000001.json").write_bytes(b"{")
    assert [each.of for each in find_damage(nights.city.archive, nights.portal)] == ["links"]
    nights.page()
    done = [(each.what, each.done) for each in repair(nights.city.archive, nights.portal, ())]
    assert ("look", True) in done
    assert find_damage(nights.city.archive, nights.portal) == []
    nights.night()
    assert nights.stands().first


def test_a_link_that_changes_every_night_fills_no_disk(nights):
    nights.release()
    for night in range(COPIES + 5):
        nights.liar.answers["/acta.html"] = html(f"<p>visita {night}</p>")
        nights.night()
    link = nights.stands()
    assert len(link.copies) == COPIES
    assert link.first.at[:10] == "2026-05-02"


def test_what_does_not_fit_into_the_time_comes_first_the_next_time(nights, monkeypatch):
    paths = [f"/{n}.html" for n in range(3)]
    for path in paths:
        nights.liar.answers[path] = html(path)
    nights.release(paths=paths)
    asked = []
    monkeypatch.setattr(evidence.time, "monotonic", lambda: len(nights.liar.heard))
    for _night in range(2):
        nights.now += timedelta(days=1)
        before = len(nights.liar.heard)
        LinkWatch(nights.city.archive, nights.settings, "run", lambda: nights.now, patience=1).look(None)
        asked.append([each.split()[1].decode() for each in nights.liar.heard[before:]])
    assert asked == [["/0.html", "/1.html"], ["/2.html", "/0.html"]]


def test_the_commands_count_copies_and_list_links(nights, monkeypatch):
    nights.liar.answers["/acta.html"] = html("<p>Acta</p>")
    nights.release(paths=("/acta.html", "/perdida.html"))
    nights.night()
    monkeypatch.setenv("VEREDA_ARCHIVE", str(nights.city.folder / "archive"))
    monkeypatch.setenv("VEREDA_DATASETS", str(nights.city.datasets))
    monkeypatch.setenv("VEREDA_PORTAL", str(nights.city.folder / "portal"))
    nights.page()
    counts = {"links": 2, "kept": 1, "copies": 1, "changed": 0, "gone": 1, "unreached": 0}
    runner = CliRunner()
    for command in ("status", "verify"):
        assert json.loads(runner.invoke(app, [command, "--json"]).stdout)["links"] == counts
        said = " ".join(runner.invoke(app, [command]).stdout.split())
        assert "Enlaces: 2 consultados" in said or "Links: 2 asked" in said
    rows = json.loads(runner.invoke(app, ["evidence", "obras", "--json"]).stdout)["links"]
    assert {row["address"].rpartition("/")[2]: row["state"] for row in rows} == {
        "acta.html": "same",
        "perdida.html": "gone",
    }
    assert rows == describe_links(nights.city.archive, ["obras"])
    assert "perdida.html" in runner.invoke(app, ["evidence"]).stdout


def test_a_night_asks_the_links_after_its_datasets_and_none_fails_for_it(tmp_path, liar):
    """As whoever looks after the nights types it."""
    declare(tmp_path / "datasets", "obras", ROWS_OF_A_NIGHT)
    place = tmp_path / "datasets/obras/datapackage.yaml"
    made = yaml.safe_load(place.read_text("utf-8"))
    made["sources"] = [
        {"title": "El acta", "path": liar.url("/acta.html")},
        {"title": "Lo perdido", "path": liar.url("/perdida.html")},
        {"title": "Lo de adentro", "path": "http://10.0.0.7/interno"},
    ]
    place.write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
    liar.answers["/acta.html"] = html("<p>Acta</p>")
    own = {"VEREDA_EVIDENCE": "true", "VEREDA_INNER_HOSTS": '["127.0.0.1"]'}
    first = vereda_in("run", here=tmp_path, **own)
    assert (first.returncode, first.stderr) == (0, ""), first.stdout
    assert len(liar.heard) == 2
    shown = (tmp_path / "var/portal/datasets/obras/index.html").read_text("utf-8")
    assert hashlib.sha256(page("<p>Acta</p>")).hexdigest() in shown
    assert "el original ya no está desde el" in shown
    second = vereda_in("run", "obras", "--json", here=tmp_path, **own)
    assert json.loads(second.stdout)["outcomes"][0]["outcome"] == "unchanged"
    assert len(liar.heard) == 2, "once a night"
