"""Planted secrets are nowhere but in the settings: not in the public part of the archive, nor the portal, the
terminal, the logs or the records of runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.support.cities import City, csv, declaration
from tests.support.liars import lying_server, respond

SECRET = "s3cr3t0pl4nt4d0"
SETTINGS = {
    "VEREDA_CKAN_TOKEN": f"{SECRET}-ckan",
    "VEREDA_TRELLO_KEY": f"{SECRET}-clave",
    "VEREDA_TRELLO_TOKEN": f"{SECRET}-token",
    "VEREDA_HASH_KEY": f"{SECRET}-de-hash-largo",
    "VEREDA_MAIL_SERVER": f"smtp://datos:{SECRET}@127.0.0.1:1",
    "VEREDA_MAIL_FROM": "Datos <datos@ejemplo.gob.ar>",
}


def holding(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def test_secrets_are_nowhere_but_in_the_settings(tmp_path):
    """A run over the terminal, with a source whose address has a password and a token in its query, one that
    refuses, and a board that nobody may read."""
    city = City(tmp_path)
    with lying_server() as liar:
        liar.answers["/bien"] = respond(csv("1,Plaza,2", "2,Parque,3").encode())
        liar.answers["/mal"] = respond(status="403 No", Set_Cookie=f"a={SECRET}")
        address = f"http://usuario:{SECRET}@127.0.0.1:{liar.port}"
        city.declare(declaration("buena", source={"kind": "http", "url": f"{address}/bien?token={SECRET}"}))
        city.declare(declaration("mala", source={"kind": "http", "url": f"{address}/mal?token={SECRET}"}))
        city.declare(declaration("tablero", source={"kind": "trello", "board": "abcd1234"}))
        fields = [{"name": "id", "type": "integer"}, {"name": "nombre", "type": "string"}]
        city.declare(
            declaration("oculta", fields=fields, personalData={"nombre": "hash"}), datos="id,nombre\n1,Ana\n"
        )
        settings = {
            **SETTINGS,
            "VEREDA_TRELLO_URL": liar.url(""),
            "VEREDA_DATASETS": str(city.datasets),
            "VEREDA_ARCHIVE": str(tmp_path / "archive"),
            "VEREDA_PORTAL": str(tmp_path / "portal"),
            "VEREDA_RETRY_DELAY": "0",
            "PREFECT_HOME": str(tmp_path / "prefect"),
        }
        ended = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "run"],
            cwd=tmp_path,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
    assert "buena" in ended.stdout
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    built = (tmp_path / "portal").resolve()
    assert (built / "datasets/buena/index.html").is_file()
    assert holding(built) == []
    assert holding(tmp_path / "prefect") == []
    assert holding(tmp_path / "archive" / "runs") == []
    kept = holding(tmp_path / "archive")
    # An address with its password is part of the declaration, which the private archive keeps to make the
    # release again.
    declared = (city.datasets / "buena/datapackage.yaml").read_bytes()
    assert kept == [f"blobs/{hashlib.sha256(declared).hexdigest()}"]
    assert holding(tmp_path / "var") == []
