"""`vereda serve --desk` as it is put into service: a program of several processes, over a city's folders, and
nginx before it with a certificate of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "vereda.conf"
HOST = "datos.example.org"


@dataclass(frozen=True)
class ServedDesk:
    """The program and where it listens; `log` is what it wrote."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def workers(self) -> list[int]:
        """The processes that answer."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        names = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        return [pid for pid, name in names.items() if b"resource_tracker" not in name]

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kills the program and all its processes at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def settings_of(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a city in a folder."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("VEREDA_", "PREFECT_"))}
    return mine | {
        "VEREDA_DATASETS": str(folder / "datasets"),
        "VEREDA_ARCHIVE": str(folder / "archive"),
        "VEREDA_INBOX": str(folder / "inbox"),
        "VEREDA_PORTAL": str(folder / "portal"),
        "VEREDA_DESK": str(folder / "desk"),
        "VEREDA_SUBSCRIBERS": str(folder / "subscribers"),
        "PREFECT_HOME": str(folder / "prefect"),
        **more,
    }


@contextmanager
def serve_desk(folder: Path, workers: int = 2, port: int = 0, **more: str) -> Iterator[ServedDesk]:
    """The desk of the city in a folder, until the block ends; `more` are settings."""
    log = folder / "serve.log"
    words = [sys.executable, "-m", "pipelines.cli", "serve", "--desk"]
    words += ["--workers", str(workers), "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            words,
            env=settings_of(folder, **more),
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=out,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode()
        found = re.search(r"http://[0-9.:]+/", line)
        assert found, f"{line}{log.read_text()}"
        wait_for(f"{found[0]}mesa/")
        yield ServedDesk(process, found[0], log)
    finally:
        end(process)


def wait_for(address: str) -> None:
    for _look in range(600):
        try:
            if httpx.get(address, timeout=60).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program in order; what does not end is killed, with all its processes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


@dataclass(frozen=True)
class Front:
    """nginx: where it listens, without and with TLS, and the certificate by which it is known."""

    plain: int
    tls: int
    certificate: Path

    def client(self, **headers: str) -> httpx.Client:
        """A client that reaches this nginx under its public name."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        transport = httpx.HTTPTransport(verify=trust)
        client = httpx.Client(transport=transport, timeout=60, headers={"Host": HOST, **headers})
        client.base_url = httpx.URL(f"https://127.0.0.1:{self.tls}/")
        client.event_hooks = {"request": [_name_server]}
        return client


def _name_server(request: httpx.Request) -> None:
    """The name that TLS asks for."""
    request.extensions["sni_hostname"] = HOST


@contextmanager
def front(folder: Path, upstream: int) -> Iterator[Front]:
    """nginx with our configuration as it stands, but for ports and certificate, before a port."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    words += ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    plain, tls = free_port(), free_port()
    text = CONFIGURATION.read_text()
    text = re.sub(r"\n *listen \[::\][^\n]*", "", text)  # here, one address is enough
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain}").replace(
        "listen 443", f"listen 127.0.0.1:{tls}"
    )
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = re.sub(r"ssl_certificate /[^;]+", f"ssl_certificate {certificate}", text)
    text = re.sub(r"ssl_certificate_key /[^;]+", f"ssl_certificate_key {key}", text)
    (folder / "site.conf").write_text(text)
    rooms = "".join(f"{each}_temp_path {folder}/{each};" for each in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; {rooms}\n"
        f"include {folder}/site.conf; }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    words = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(words, start_new_session=True, stderr=subprocess.PIPE)
    try:
        for _look in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", tls)) == 0:
                    break
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.05)
        yield Front(plain, tls, certificate)
    finally:
        process.terminate()
        process.wait()
        if process.stderr:
            process.stderr.close()
