"""A command that is typed wrong is told so in the reader's language."""

from __future__ import annotations

import pytest

from tests.support.terminal import run_vereda

WRONG = {
    ("submit",): "falta ID; `vereda submit --help` dice cómo se escribe",
    ("run", "--as-of", "ayer"): "“ayer”, que se dio para --as-of, no se puede leer",
    ("list", "--todos"): "no hay ninguna opción --todos",
    ("publicar",): "la orden no se entiende",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_typed_wrong_is_told_in_spanish(city, words):
    done = run_vereda(city, *words, VEREDA_LANG="es")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(WRONG[words])
    assert "Error" not in done.stderr
