"""Put into service as the page for operators says, on a machine that has Debian 12 and nothing else: its
commands are typed as they stand there, under a systemd that runs. Minutes and gigabytes: `make test-long`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.support.debian import Machine, why_no_machine
from tests.support.nights import BAD, ROWS, declare
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/es/operacion.md").read_text("utf-8")
STARTED = "systemctl show -p MainPID --value vereda-runner"
pytestmark = pytest.mark.skipif(bool(why_no_machine()), reason=str(why_no_machine()))


def blocks(heading: str) -> list[str]:
    """The commands under a heading of the page."""
    chapter = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"```text\n(.*?)```", chapter, re.DOTALL)
    assert found, heading
    return found


def answer(machine: Machine, *words: str):
    return json.loads(machine.do(f"sudo vereda {' '.join(words)} --json", check=False))


def versions(machine: Machine) -> dict[str, str | None]:
    return {each["id"]: each["version"] for each in answer(machine, "list")["datasets"]}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """What the page's users and its first steps make of a bare machine; not switched on yet."""
    machine = Machine(tmp_path_factory.mktemp("machine") / "root")
    packages, programs, settings, _units = blocks("Instalar")
    (needed,) = re.findall(r"^apt-get install (.+)$", packages, re.MULTILINE)
    # What any Debian has but one in a folder; and curl, to look at the portal.
    machine.install(*needed.split(), "systemd", "systemd-sysv", "dbus", "curl")
    checkout = machine.root / "root/vereda"
    checkout.mkdir()
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", checkout], input=packed.stdout, check=True)
    machine.do("useradd organismo")
    for block in blocks("Usuarios y permisos"):
        machine.do(block.replace("<organismo>", "tests").replace("<conjunto>", "sent"))
    machine.do(programs + settings, "/root/vereda")
    yield machine
    shutil.rmtree(machine.root)


def test_what_the_page_says_puts_it_into_service(machine):
    with machine.booted():
        machine.do(blocks("Instalar")[3], "/root/vereda")
        assert_it_says_what_is_missing(machine)
        configure(machine)
        machine.wait_until("sudo vereda doctor")
        machine.wait_until('sudo vereda status --json | grep \'"end": "done"\'')
        assert versions(machine) == {"bad": None, "good": "1.0.0", "sent": None}
        machine.wait_until("curl -fsS http://127.0.0.1:8000/datasets/good/")
        hand_in(machine)
        kill_the_runner(machine)
        back_up_and_restore(machine)
        upgrade_and_go_back(machine)
        assert "Traceback" not in machine.do("journalctl --no-pager -u 'vereda-*'")
        assert json.loads(machine.do("sudo vereda verify --json"))["damaged"] == []


def assert_it_says_what_is_missing(machine: Machine) -> None:
    """Nothing is declared yet: the doctor says so, and finds no fault of rights."""
    machine.wait_until("sudo vereda doctor --json | grep 'nightly.*America/Argentina'")
    wrong = {check["name"] for check in answer(machine, "doctor")["checks"] if not check["ok"]}
    assert wrong == {"declarations"}


def configure(machine: Machine) -> None:
    """Declarations, among them one of which the agency's files are awaited, and a night each minute."""
    datasets = machine.root / "srv/vereda/datasets"
    declare(datasets, "good", ROWS)
    declare(datasets, "bad", BAD)
    declare(datasets, "sent", {"kind": "inbox"})
    machine.do("""sed -i "s/^VEREDA_NIGHT=.*/VEREDA_NIGHT='* * * * *'/" /etc/vereda/vereda.env""")
    machine.do("systemctl restart vereda-runner")


def hand_in(machine: Machine) -> None:
    """The agency's user can put a file into its folder, and look into nobody else's."""
    (machine.root / "home/organismo").mkdir(exist_ok=True)
    (machine.root / "home/organismo/enero.csv").write_text(ROWS, "utf-8")
    machine.do("runuser -u organismo -- cp /home/organismo/enero.csv /srv/vereda/inbox/tests/sent/")
    assert "denied" in machine.do("runuser -u organismo -- ls /srv/vereda/inbox", check=False)
    assert "denied" in machine.do("runuser -u organismo -- ls /var/lib/vereda/archive", check=False)
    machine.wait_until("sudo vereda history sent")


def kill_the_runner(machine: Machine) -> None:
    """systemd starts it again, and the nights go on."""
    before = machine.do(STARTED)
    machine.do("systemctl kill --signal=KILL vereda-runner")
    machine.wait_until(f'test "$({STARTED})" -gt 0 && test "$({STARTED})" != {before.strip()}')
    last = answer(machine, "status")["night"]["started"]
    machine.wait_until(f"sudo vereda status --json | grep '\"started\"' | grep -v '{last}'")


def back_up_and_restore(machine: Machine) -> None:
    """By the page's commands, with a folder in the place of the other machine."""
    save, restore = (
        block.replace("backup:/vereda/", "/backup/") for block in blocks("Copias de seguridad, y cómo volver")
    )
    machine.do("mkdir -p /backup")
    before = versions(machine)
    machine.do(save)
    machine.do(
        "systemctl stop vereda-runner vereda-portal; rm -rf /var/lib/vereda/archive /var/lib/vereda/portal*"
    )
    machine.do(restore)
    assert versions(machine) == before
    machine.wait_until("curl -fsS http://127.0.0.1:8000/datasets/sent/")


def upgrade_and_go_back(machine: Machine) -> None:
    """Another version beside the first, in use, and out of use again."""
    project = machine.root / "root/vereda/pyproject.toml"
    project.write_text(project.read_text("utf-8").replace('version = "0.1.0"', 'version = "0.1.1"'), "utf-8")
    _packages, programs, _settings, units = (block.replace("0.1.0", "0.1.1") for block in blocks("Instalar"))
    with machine.off():  # it has no network while it is on
        machine.do(programs, "/root/vereda")
    (stop,) = re.findall(r"^ +(systemctl stop .*)$", PAGE.partition("\n## Actualizar\n")[2], re.MULTILINE)
    for number in ("0.1.1", "0.1.0"):
        machine.do(f"{stop}\n{units.replace('0.1.1', number)}", "/root/vereda")
        machine.wait_until("sudo vereda doctor")
        shown = "import importlib.metadata as packages; print(packages.version('vereda'))"
        assert machine.do(f'/opt/vereda/current/bin/python -c "{shown}"').strip() == number
    machine.do("sudo vereda verify")
