"""A machine that has Debian 12 and nothing else: its packages in a folder, systemd as its first process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.paths import ROOT

BASE = ROOT / "var/long/debian.tar"
MIRROR = re.compile(r"^URIs: *(\S+)", re.MULTILINE)
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
TOOLS = ("debootstrap", "unshare", "nsenter", "tar", "git")
PATIENCE = 900.0
"""Seconds that something may take which comes by itself, on a machine that has other work too."""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
AROUND = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"), CERTIFICATES),
}


def why_no_machine() -> str | None:
    """What is missing for one here; None where nothing is."""
    if os.geteuid() != 0:
        return "a machine in a folder takes root"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing or not SOURCES.is_file():
        return f"not here: {', '.join(missing) or SOURCES}"
    return None


class Machine:
    """A Debian in a folder. Until it is `booted`, commands run in it by chroot, with this machine's network;
    then beside its systemd, with a network of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.boot = root, ["chroot", str(root)]

    @contextmanager
    def off(self) -> Iterator[None]:
        """Commands of the block run beside it, whether it is on or not, with this machine's network."""
        boot, self.boot = self.boot, ["chroot", str(self.root)]
        try:
            yield
        finally:
            self.boot = boot

    def install(self, *packages: str) -> None:
        """Unpacks it, with these of Debian's packages; the bare one is kept for the next time."""
        if not BASE.is_file():
            self._debootstrap()
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "-C", self.root, "-xf", BASE], check=True)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", self.root / "etc" / name)
        self.do(f"apt-get update -qq; apt-get install -y -qq --no-install-recommends {' '.join(packages)}")

    def _debootstrap(self) -> None:
        BASE.parent.mkdir(parents=True, exist_ok=True)
        mirror = MIRROR.search(SOURCES.read_text("utf-8"))
        assert mirror
        bare = self.root.with_name("bare")
        command = ["debootstrap", "--variant=minbase", "--include=python3,ca-certificates", "bookworm"]
        subprocess.run([*command, bare, mirror[1]], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(SOURCES, bare / "etc/apt/sources.list.d")
        (bare / "etc/apt/sources.list").unlink(missing_ok=True)
        subprocess.run(["cp", "-rT", "/etc/ssl/certs", bare / "etc/ssl/certs"], check=True)
        unready = BASE.with_suffix(".part")
        subprocess.run(["tar", "-C", bare, "--one-file-system", "-cf", unready, "."], check=True)
        unready.rename(BASE)
        shutil.rmtree(bare)

    def do(self, script: str, folder: str = "/root", check: bool = True) -> str:
        """What a script of bash, typed as root in that folder, prints; each of its lines has to succeed."""
        around = [f"{key}={value}" for key, value in AROUND.items()]
        command = [*self.boot, "/usr/bin/env", "-i", *around, "bash", "-euc", f"cd {folder}\n{script}"]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{script}\n{done.stdout}"
        return done.stdout

    @contextmanager
    def booted(self) -> Iterator[None]:
        """It is switched on while the block runs."""
        script, off = ROOT / "tests/support/boot_debian.sh", self.boot
        with subprocess.Popen(["bash", script, self.root], stdin=subprocess.DEVNULL) as power:
            try:
                first = _wait_for(lambda: _first_process(power.pid), "systemd")
                self.boot = ["nsenter", "-t", first, "-a", "--"]
                self.wait_until("systemctl is-system-running | grep -E 'running|degraded'")
                yield
            finally:
                self.boot = off
                power.kill()
                power.wait()
                _remove_groups(power.pid)

    def wait_until(self, script: str) -> None:
        """Until the script ends well."""
        _wait_for(lambda: self.do(f"( {script} ) && echo well", check=False).endswith("well\n"), script)


def _first_process(pid: int) -> str:
    """The number of the systemd below that process; "" while it is not there yet."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split():
        with suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text("utf-8") == "systemd\n":
                return child
    return ""


def _remove_groups(pid: int) -> None:
    """The groups of processes that were the machine's, each after those within."""
    for above in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        for folder, _folders, _files in os.walk(f"{above}/vereda-{pid}", topdown=False):
            with suppress(OSError):  # its last process is not gone yet
                Path(folder).rmdir()


def _wait_for(ready: Callable[[], object], awaited: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        found = ready()
        if found:
            return str(found)
        assert time.monotonic() < deadline, f"in vain for {PATIENCE} s: {awaited}"
        time.sleep(1)
