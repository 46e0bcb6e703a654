"""The house stays as the architecture says: imports point down, declarations are no code, files stay
small."""

from __future__ import annotations

from importlinter.cli import lint_imports

from tests.support.paths import ROOT

PRODUCT = ("pipelines", "catalog", "validation", "isolation", "messages")


def test_imports_point_down(capsys):
    """The layers are in pyproject.toml; what it prints names the import and its line."""
    status = lint_imports(str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_dataset_folders_hold_no_python():
    assert [str(path.relative_to(ROOT)) for path in (ROOT / "datasets").rglob("*.py")] == []


def test_a_module_fits_in_the_head():
    """A file is as long as its subject, some 400 lines; at the ceiling, look for the missing noun."""
    modules = [ROOT / "flows.py", *(path for package in PRODUCT for path in (ROOT / package).rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > 470} == {}
