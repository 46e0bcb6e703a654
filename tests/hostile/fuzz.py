"""Anything at all comes, for as many seconds as TEST_FUZZ says: the city's own files, packed, unpacked and
changed; declarations; an archive's own files; answers of each kind of source. `make fuzz` runs it.

What must hold: an answer as a value or a refusal in a sentence, in time, and whatever else is there stays as
it was. What broke that lies in var/fuzz/, and comes back with TEST_SEED.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.archive.store import ArchiveError
from catalog.portal.portal import Portal
from pipelines.dataset.dataset import DatasetError, Resource, load_dataset
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.fetch import SourceError, fetch
from pipelines.release.damage import find_damage, named_datasets, repair
from pipelines.release.run import Run
from pipelines.settings import Limits
from tests.support.bad_files import made
from tests.support.cities import City, csv, declaration
from tests.support.liars import lying_server, respond
from tests.support.mutations import Mutator
from tests.support.paths import DATASETS, ROOT
from tests.support.workbooks import workbook_bytes

SECONDS = int(os.environ.get("TEST_FUZZ", "60"))
SEED = os.environ.get("TEST_SEED", str(time.time_ns()))
LIMITS = Limits(timeout=2, fetch_seconds=5, seconds=10, memory=1_000_000_000, inner_hosts=("127.0.0.1",))
WORDS = {"published", "unchanged", "quarantined", "rejected", "failed"}
BROKEN = ("Traceback", "ended the program", "takes more than", "takes more memory than it may")
"""What an outcome says where a small file crashed, filled or held up the process that is for it."""
SMALL = 60_000
"""Bytes of a dataset's sources, so that a turn is short."""


def turns(share: float) -> Iterator[Mutator]:
    """As many as fit into a share of the time; what a turn breaks says from which seed it came."""
    until, turn = time.monotonic() + SECONDS * share, 0
    while time.monotonic() < until:
        yield Mutator(f"{SEED}-{turn}")
        turn += 1
    print(f"{turn} turns from seed {SEED}")


@contextmanager
def kept(name: str, content: bytes | str, seconds: int = 60) -> Iterator[None]:
    """Ends what takes too long, and keeps what broke something."""

    def stop(_number: int, _frame: Any) -> None:
        raise AssertionError(f"it hangs: more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    except BaseException:
        place = ROOT / "var/fuzz"
        place.mkdir(parents=True, exist_ok=True)
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        (place / name.replace("/", "-")).write_bytes(raw)
        print(f"kept in var/fuzz/; TEST_SEED={SEED}")
        raise
    finally:
        signal.alarm(0)


# --- files


def find_seeds() -> list[tuple[str, Path]]:
    """The city's own small datasets that need no others, and their sources."""
    found = []
    for folder in sorted(path.parent for path in DATASETS.glob("*/datapackage.yaml")):
        files = [path for part in ("source", "sample") for path in folder.glob(f"{part}/*") if path.is_file()]
        needs = yaml.safe_load((folder / "datapackage.yaml").read_text("utf-8"))["pipeline"].get("needs")
        if files and not needs and sum(path.stat().st_size for path in files) < SMALL:
            found += [(folder.name, path.relative_to(DATASETS)) for path in files]
    return found


ROWS = csv("1,Plaza,10.5", "2,Escuela,3", "3,Ñandú,7")


def forms() -> dict[str, bytes]:
    """One table in every form in which a file may come, and traps."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("datos.csv", ROWS)
    objects = [dict(zip(("id", "nombre", "monto"), row.split(","), strict=True)) for row in ROWS.split()[1:]]
    sheet = [row.split(",") for row in ROWS.split()]
    return {
        "csv": ROWS.encode(),
        "cp1252": ROWS.replace(",", ";").encode("cp1252"),
        "utf-16": ROWS.encode("utf-16"),
        "xlsx": workbook_bytes(Hoja=sheet),
        "zip": packed.getvalue(),
        "gz": gzip.compress(ROWS.encode(), mtime=0),
        "json": json.dumps(objects).encode(),
        "jsonl": "\n".join(map(json.dumps, objects)).encode(),
        **{f"trap {name}": content for name, content in made().items() if len(content) < SMALL},
    }


def judge(city: City, name: str) -> None:
    for outcome in Run(
        load_dataset(city.datasets / name),
        city.archive,
        city.clock,
        run_id=f"r{next(city.runs)}",
        limits=LIMITS,
    ).execute():
        said = f"{outcome.message} {outcome.for_sender}"
        assert outcome.outcome in WORDS
        assert not [word for word in BROKEN if word in said], said


@pytest.mark.usefixtures("english")
def test_files_of_every_form(city: City) -> None:
    city.declare(declaration("obras"), datos=ROWS)
    judge(city, "obras")
    tables = forms()
    for mutator in turns(0.25):
        name = mutator.chance.choice(list(tables))
        content = mutator.change(tables[name])
        with kept(f"file {name}", content):
            city.send("obras", content)
            judge(city, "obras")
    assert find_damage(city.archive, Portal(city.folder / "portal")) == []


@pytest.mark.usefixtures("english")
def test_files_of_the_city(city: City) -> None:
    seeds = find_seeds()
    assert len(seeds) > 10
    for name in {name for name, _path in seeds}:
        shutil.copytree(DATASETS / name, city.datasets / name)
        judge(city, name)
    for mutator in turns(0.25):
        name, path = mutator.chance.choice(seeds)
        content = mutator.change((DATASETS / path).read_bytes())
        with kept(str(path), content):
            (city.datasets / path).write_bytes(content)
            judge(city, name)
        shutil.copy(DATASETS / path, city.datasets / path)
    assert find_damage(city.archive, Portal(city.folder / "portal")) == []


# --- declarations


@pytest.mark.usefixtures("english")
def test_declarations(city: City) -> None:
    """As texts and as documents; what can be loaded is run."""
    seeds = sorted(DATASETS.glob("*/datapackage.yaml"))
    own = declaration("obras", view={"chart": "bars", "x": "nombre", "y": "monto"})
    for mutator in turns(0.2):
        document: Any = own
        if mutator.chance.random() < 0.7:
            document = yaml.safe_load(mutator.chance.choice(seeds).read_text("utf-8"))
        if mutator.chance.random() < 0.5:
            text = mutator.change_bytes(yaml.safe_dump(document, allow_unicode=True).encode())
        else:
            changed = mutator.change_document(json.loads(json.dumps(document, default=str)))
            text = json.dumps(changed).encode("utf-8", "surrogatepass")
        folder = city.datasets / str(document["name"])
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "source").mkdir(parents=True)
        (folder / "source/datos.csv").write_text(ROWS, "utf-8")
        (folder / "datapackage.yaml").write_bytes(text)
        with kept("declaration.yaml", text), suppress(DatasetError):
            load_dataset(folder)
            if document is own:
                judge(city, folder.name)


# --- the archive's own files


@pytest.mark.usefixtures("english")
def test_damaged_archives(tmp_path: Path) -> None:
    """A file of one dataset is changed, lost, or something else: the others go on, and what repair says is
    done holds."""
    seed = City(tmp_path / "seed")
    for name in ("barrios", "obras"):
        seed.declare(declaration(name), datos=ROWS)
        judge(seed, name)
        seed.send(name, ROWS + f"4,{name},1\n")
        judge(seed, name)
    portal = Portal(tmp_path / "seed/portal")
    portal.apply(seed.archive, portal.plan(seed.archive))
    for mutator in turns(0.15):
        shutil.rmtree(tmp_path / "city", ignore_errors=True)
        shutil.copytree(tmp_path / "seed", tmp_path / "city", symlinks=True)
        city = City(tmp_path / "city")
        own = {file.sha256 for entry in city.history("barrios").releases for file in entry.files.values()}
        files = [
            path
            for path in sorted((tmp_path / "city/archive").rglob("*"))
            if path.is_file() and "barrios" not in str(path) and path.name not in own
        ]
        chosen = mutator.chance.choice(files)
        content = chosen.read_bytes()
        with kept(f"archive {chosen.name}", content):
            damage(mutator, chosen, content)
            check_damaged(city, tmp_path / "city/portal")


def damage(mutator: Mutator, chosen: Path, content: bytes) -> None:
    chosen.unlink()
    match mutator.chance.randrange(8):
        case 0:
            return
        case 1:
            chosen.mkdir()
        case 2:
            os.mkfifo(chosen)
        case 3:
            chosen.symlink_to(chosen.name)
        case 4:
            chosen.symlink_to("/etc/passwd")
        case _:
            chosen.write_bytes(mutator.change(content))


def check_damaged(city: City, place: Path) -> None:
    portal = Portal(place)
    try:
        find_damage(city.archive, portal)
    except ArchiveError:  # archive.json itself
        return
    (outcome,) = city.run("barrios")
    assert outcome.outcome == "unchanged", outcome
    judge(city, "obras")
    for dataset, demo in named_datasets(city.archive, None):
        city.archive.read_log(dataset, demo)
    actions = repair(city.archive, portal, [city.datasets], limits=LIMITS)
    if all(action.done for action in actions):
        assert find_damage(city.archive, portal) == []


# --- answers of sources

ANSWERS: dict[str, tuple[dict[str, Any], bytes]] = {
    "http": ({"kind": "http"}, ROWS.encode()),
    "consul": (
        {"kind": "consul", "query": "proposals"},
        json.dumps(
            {
                "data": {
                    "proposals": {
                        "edges": [
                            {"node": {"id": "1", "title": "T", "geozone": None, "tags": {"edges": []}}}
                        ],
                        "pageInfo": {"hasNextPage": False, "endCursor": None},
                    }
                }
            }
        ).encode(),
    ),
    "ckan rows": (
        {"kind": "ckan", "resource": "r"},
        json.dumps(
            {
                "success": True,
                "result": {
                    "total": 1,
                    "fields": [{"id": "_id", "type": "int"}, {"id": "a", "type": "text"}],
                    "records": [{"_id": 1, "a": "x"}],
                },
            }
        ).encode(),
    ),
    "ckan list": (
        {"kind": "ckan", "list": "files"},
        json.dumps(
            {
                "success": True,
                "result": {
                    "count": 1,
                    "results": [
                        {"id": "p", "name": "p", "resources": [{"id": "r", "url": "u", "name": "n"}]}
                    ],
                },
            }
        ).encode(),
    ),
    "datajson": (
        {"kind": "datajson"},
        json.dumps(
            {"title": "C", "dataset": [{"identifier": "1", "title": "T", "distribution": [{}]}]}
        ).encode(),
    ),
    "ocds": (
        {"kind": "ocds", "table": "awards"},
        json.dumps(
            {"releases": [{"ocid": "o", "id": "1", "awards": [{"id": "a", "suppliers": [{}]}]}]}
        ).encode(),
    ),
    "decidim": ({"kind": "decidim", "table": "proposals"}, forms()["zip"]),
}
HEADS = [
    b"Content-Length: 5",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Location: http://[::1",
    b"Content-Type: text/csv; charset=\xff",
    b"ETag: \x00",
    b"Set-Cookie: " + b"x" * 9000,
    b"Retry-After: -1",
    b"X: " + b"y" * 70_000,
]


@pytest.mark.usefixtures("english")
def test_answers_of_every_kind_of_source(tmp_path: Path) -> None:
    """What is given is read as well: bodies as they are, and with heads that nobody should send."""
    with lying_server() as liar:
        for mutator in turns(0.15):
            name = mutator.chance.choice(list(ANSWERS))
            source, body = ANSWERS[name]
            answer = respond(mutator.change(body))
            if mutator.chance.random() < 0.4:
                line = mutator.chance.choice(HEADS)
                answer = answer.replace(b"Connection: close", line, 1)
            if mutator.chance.random() < 0.15:
                answer = mutator.change_bytes(respond(body))
            paths = ("/a", "/graphql", "/api/3/action/datastore_search", "/api/3/action/package_search")
            liar.answers |= dict.fromkeys(paths, answer)
            shown = json.dumps({"success": True, "result": {"datastore_active": True}}).encode()
            if mutator.chance.random() < 0.1:
                shown = mutator.change(shown)
            liar.answers["/api/3/action/resource_show"] = respond(shown)
            resource = Resource(
                "obras",
                "obras.csv",
                {"schema": {"fields": [{"name": "id", "type": "string"}]}},
                ResourcePipeline.model_validate({"source": {**source, "url": liar.url(address(source))}}),
                None,
            )
            with kept(f"answer {name}", answer, 30), suppress(SourceError):
                fetch(resource, tmp_path, None, tmp_path / "raw", limits=LIMITS)


def address(source: dict[str, Any]) -> str:
    return {"consul": "/graphql", "ckan": "/"}.get(source["kind"], "/a")
