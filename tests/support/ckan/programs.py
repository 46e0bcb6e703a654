"""What a CKAN runs on: system programs, which are looked for, and CKAN and Solr themselves, which are fetched
and built once."""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
# CKAN_RELEASE=2.10 takes that one, with contents of its own, in place of the newest.
RELEASE = os.environ.get("CKAN_RELEASE", "")
_MARK = f"-{RELEASE}" if RELEASE else ""
HOME = (
    ROOT / "var" / f"ckan{_MARK}"
).resolve()  # of checkouts that share one CKAN, each knows it by one path
BUILT = ROOT / "var" / "ckan" / "programs"
PYTHON = BUILT / f"ckan{_MARK}" / "bin" / "python"
CLASS_PATH = BUILT / "solr" / "classpath"


class Failed(Exception):
    """A command ended badly; the message ends with what it wrote."""


def postgres(program: str) -> str | None:
    """A program of PostgreSQL; Debian keeps those of the server out of PATH."""
    places = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"),
        key=lambda place: int(place.parts[4].partition(".")[0]),
    )
    return str(places[-1]) if places else shutil.which(program)


def missing() -> list[str]:
    """The Debian packages whose programs are not on this machine."""
    found = {
        "postgresql": postgres("postgres") and postgres("initdb"),
        "redis-server": shutil.which("redis-server"),
        "default-jdk-headless": shutil.which("javac"),
        "maven": shutil.which("mvn"),
        "libmagic1": ctypes.util.find_library("magic"),
    }
    return [package for package, program in found.items() if not program]


def run(
    command: Sequence[str | Path],
    *,
    env: dict[str, str] | None = None,
    user: str | None = None,
    cwd: Path = ROOT,
) -> None:
    """Runs a command to its end; raises Failed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-3000:]}")


def build_ckan() -> None:
    """CKAN in a virtual environment of its own, every file of it checked against the lock; the few sources
    are built by locked tools."""
    locks = [HERE / "requirements-build.txt", HERE / f"requirements{_MARK}.txt"]
    if _is_built(PYTHON.parents[1], locks):
        return
    uv = ROOT / ".venv" / "bin" / "uv"
    env = {"UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_CACHE_DIR": str(ROOT / "var" / "uv")}
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        PYTHON,
        "--require-hashes",
        "--no-deps",
        "--requirements",
    ]
    run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, PYTHON.parents[1]], env=env)
    run([*install, locks[0], "--no-build"], env=env)
    run([*install, locks[1], "--no-build-isolation", "--compile-bytecode"], env=env)
    _mark_built(PYTHON.parents[1], locks)


def build_solr() -> None:
    """Solr's jars, and their class path."""
    pom = HERE / "solr" / "pom.xml"
    if _is_built(CLASS_PATH.parent, [pom]):
        return
    CLASS_PATH.parent.mkdir(parents=True, exist_ok=True)
    quiet = ["--quiet", "--batch-mode", "--no-transfer-progress", "--strict-checksums"]
    places = [f"-Dmaven.repo.local={BUILT / 'maven'}", f"-Dexec.outputFile={CLASS_PATH}"]
    run(
        ["mvn", *quiet, *places, "--file", pom, "exec:exec"],
        env={"MAVEN_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"},
    )
    _mark_built(CLASS_PATH.parent, [pom])


def _is_built(folder: Path, sources: Sequence[Path]) -> bool:
    mark = folder / "built-from"
    return mark.exists() and mark.read_text() == _fingerprint(sources)


def _mark_built(folder: Path, sources: Sequence[Path]) -> None:
    (folder / "built-from").write_text(_fingerprint(sources))


def _fingerprint(sources: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
