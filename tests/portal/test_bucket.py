"""The copy of the portal in a bucket: whole, in an order in which no page leads nowhere, and finished after a
kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest

from catalog.archive.archive import Archive
from catalog.archive.store import ArchiveError
from catalog.portal.bucket import NOTE, Bucket
from catalog.portal.portal import Portal
from catalog.portal.seal import SEAL
from tests.support import archives
from tests.support.portals import NOW, Publisher


@pytest.fixture
def server() -> Iterator[str]:
    with archives.s3() as told, pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        yield told["AWS_ENDPOINT"]


def held(bucket: Bucket) -> dict[str, bytes]:
    names = [found["path"] for page in obstore.list(bucket.store) for found in page]
    return {name: bytes(obstore.get(bucket.store, name).bytes()) for name in names if name != NOTE}


def local(folder: Path) -> dict[str, bytes]:
    """What the folder holds, but for its seal, which is about this machine's files."""
    real = folder.resolve()
    return {
        path.relative_to(real).as_posix(): path.read_bytes()
        for path in real.rglob("*")
        if path.is_file() and path.name != SEAL
    }


def test_a_bucket_holds_what_the_folder_does_and_only_changes_are_put(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    publisher.release("barrios")
    bucket = Bucket("s3://vereda/portal")
    portal = Portal(tmp_path / "portal", "https://datos.example", lambda: NOW, bucket=bucket)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert held(bucket) == local(tmp_path / "portal")
    assert portal.plan(publisher.archive) == []
    home = httpx.head(f"{server}/vereda/portal/en/index.html")
    assert home.headers["content-type"] == "text/html; charset=utf-8"

    put: list[str] = []

    def seen(store: Any, path: str, file: Any, **told: Any) -> object:
        put.append(path)
        return real(store, path, file, **told)

    real = obstore.put
    monkeypatch.setattr(obstore, "put", seen)
    publisher.say("withdraw", "1.0.0", "tenía datos de otro mes", "barrios")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert held(bucket) == local(tmp_path / "portal")
    assert "datasets/barrios/index.html" in put
    assert [path for path in put if path.startswith(("datasets/obras/", "en/datasets/obras/"))] == []
    assert sorted(put[-4:-2]) == [
        "en/index.html",
        "index.html",
    ]  # then the note, before and after what is gone is removed


def test_a_copy_that_was_cut_off_is_finished_by_the_next(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    bucket = Bucket("s3://vereda/cut")
    portal = Portal(tmp_path / "portal", None, lambda: NOW, bucket=bucket)

    def cut(store: Any, path: str, file: Any, **told: Any) -> object:
        if path == "calidad/index.html":
            raise OSError("cut")
        return real(store, path, file, **told)

    real, steps = obstore.put, portal.plan(publisher.archive)
    with monkeypatch.context() as broken:
        broken.setattr(obstore, "put", cut)
        with pytest.raises(ArchiveError):
            portal.apply(publisher.archive, steps)
    assert "index.html" not in held(bucket)
    steps = portal.plan(publisher.archive)
    assert [step.target for step in steps] == ["s3://vereda/cut"]
    portal.apply(publisher.archive, steps)
    assert held(bucket) == local(tmp_path / "portal")
    assert portal.plan(publisher.archive) == []
