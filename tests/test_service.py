"""What puts Vereda into service: the units, the settings beside them and the containers name nothing that is
not there."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from tests.support.cities import City, csv, declaration
from tests.support.paths import ROOT
from tests.support.terminal import run_vereda, vereda

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
BIN = "/opt/vereda/current/bin"
HERE = Path(sys.executable).parent
HARD = ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "ProtectHome")


def unit(path: Path) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str
    parsed.read(path, "utf-8")
    return parsed


def example() -> dict[str, str]:
    """The settings of the example, those that are commented out as well where they have a value."""
    lines = (ROOT / "deploy/vereda.env.example").read_text("utf-8").splitlines()
    pairs = [re.fullmatch(r"#?([A-Z_]+)=(.+)", line) for line in lines]
    return {pair[1]: shlex.split(pair[2])[0] for pair in pairs if pair}


def check_command(words: list[str]) -> None:
    """That a program of ours is there, and takes these words."""
    from pipelines.cli import app

    assert (HERE / words[0]).is_file()
    if words[0] != "vereda":
        assert words[:3] == ["prefect", "server", "start"]
        return
    command = get_command(app).commands[words[1]]
    assert {word for word in words[2:] if word.startswith("--")} <= {
        option for parameter in command.params for option in parameter.opts
    }


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is_as_nobody_special_and_again(path):
    service = unit(path)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program.startswith(f"{BIN}/")
    check_command([program.removeprefix(f"{BIN}/"), *words])
    assert (service["User"], service["Restart"], service["ProtectSystem"]) == ("vereda", "always", "strict")
    assert {service[key] for key in HARD} == {"yes"}
    assert service["CapabilityBoundingSet"] == ""


def test_units_may_write_where_the_example_keeps_things():
    service = unit(ROOT / "deploy/systemd/vereda-runner.service")["Service"]
    writable = [f"/var/lib/{name}" for name in service["StateDirectory"].split()]
    writable += [service["ReadWritePaths"].removeprefix("-")]
    named = example()
    places = [named[f"VEREDA_{name}"] for name in ("ARCHIVE", "PORTAL", "INBOX")] + [named["PREFECT_HOME"]]
    assert [place for place in places if not any(Path(place).is_relative_to(w) for w in writable)] == []
    assert {unit(path)["Service"]["EnvironmentFile"] for path in UNITS} == {"/etc/vereda/vereda.env"}


def test_systemd_takes_the_units(tmp_path):
    """With our programs in the place of those that an installation puts there."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze: install the Debian package systemd")
    (tmp_path / "vereda.env").touch()
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace(BIN, str(HERE)), "utf-8")
    placed = [str(tmp_path / path.name) for path in UNITS]
    done = subprocess.run(
        [program, "verify", "--man=no", *placed], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "vereda" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_settings_of_the_example_are_settings(city):
    import prefect.settings

    from pipelines.settings import Settings

    named = example()
    assert [
        name for name in named if name.startswith("PREFECT_") and not hasattr(prefect.settings, name)
    ] == []
    ours = {
        name.removeprefix("VEREDA_"): value for name, value in named.items() if name.startswith("VEREDA_")
    }
    assert {name.lower() for name in ours} <= set(Settings.model_fields)
    done = run_vereda(city, "doctor", "--json", **{k: v for k, v in ours.items() if k != "CKAN_URL"})
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["settings"]["ok"]
    assert checks["address"]["ok"]


def test_the_containers_start_what_the_units_start():
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
    commands = [service["command"] for service in compose["services"].values()]
    units = [shlex.split(unit(path)["Service"]["ExecStart"].removeprefix(f"{BIN}/")) for path in UNITS]
    assert sorted(commands) == sorted(units)
    for command in commands:
        check_command(command)
    build = compose["x-vereda"]["build"]
    file = (ROOT / "deploy" / build["context"] / build["dockerfile"]).resolve()
    copied = re.findall(r"^COPY (?!--from)(\S+)", file.read_text("utf-8"), re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for name in copied)


def test_an_archive_that_is_put_back_elsewhere_is_whole(city, tmp_path):
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    city.run("obras")
    back = City(tmp_path / "back")
    shutil.copytree(city.folder / "archive", back.folder / "archive", dirs_exist_ok=True)
    shutil.copytree(city.datasets, back.datasets)
    shutil.rmtree(city.folder / "archive")
    answer = json.loads(vereda(back, "verify", "--json"))
    assert [(r["version"], r["bytes"], r["rows"]) for r in answer["releases"]] == [("1.0.0", "same", "same")]
    vereda(back, "publish", "--to", "portal")
    assert (back.folder / "portal/datasets/obras/index.html").is_file()
