"""A command that is typed wrong is told so in the reader's language."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from messages import speaking
from pipelines.cli import COMMANDS, app
from tests.support.terminal import run_vereda
from tools.reference import PAGE

WRONG = {
    ("submit",): "falta ID; `vereda submit --help` dice cómo se escribe",
    ("run", "--as-of", "ayer"): "«ayer», que se dio para --as-of, no se puede leer",
    ("list", "--todos"): "no hay ninguna opción --todos",
    ("publicar",): "la orden no se entiende",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_typed_wrong_is_told_in_spanish(city, words):
    done = run_vereda(city, *words, VEREDA_LANG="es")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(WRONG[words])
    assert "Error" not in done.stderr


def test_the_help_of_each_command_is_framed_in_spanish():
    """In this process: a start of the program for each of two dozen commands takes too long."""
    runner = CliRunner()
    for words in ((), *((name,) for name in COMMANDS)):
        with speaking("es"):
            told = runner.invoke(app, [*words, "--help"], prog_name="vereda").stdout
        assert told.startswith("Uso: vereda")
        assert "Opciones:" in told
        assert re.findall(r"Usage|Options|Commands|Arguments|required|default|Show|<\w+>|%Y", told) == []


def test_the_reference_names_the_commands_that_have_no_json():
    command = typer.main.get_command(app)
    without = [
        name
        for name, each in command.commands.items()
        if "--json" not in [word for parameter in each.params for word in parameter.opts]
    ]
    sentence = re.search(r"Every command takes `--json` but (.*)\.", PAGE.read_text("utf-8"))[1]
    assert re.findall(r"`([a-z-]+)`", sentence) == sorted(without)
