"""A declaration that is built to hurt is its own fault, told at once; the other datasets load."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.dataset.dataset import Dataset, DatasetError, load_datasets
from tests.support.cities import City, csv, declaration

pytestmark = pytest.mark.usefixtures("english")


def aliases(levels: int, each: int = 9) -> str:
    """A text of few lines in which each level names the one before many times."""
    lines = [f"a0: &a0 [{', '.join(['x'] * each)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * each)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "aliases": (aliases(9), "it has more than 100000 values, its aliases (*) written out"),
    "more aliases": (aliases(40), "it has more than 100000 values, its aliases (*) written out"),
    "merges": (
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)),
        "it has more than 100000 values, its aliases (*) written out",
    ),
    "an alias inside itself": ("a: &a [*a]\n", "an alias stands inside what it names"),
    "nested": ("a: " + "[" * 3000 + "]" * 3000, "is not YAML: it is nested too deeply"),
    "nested a little": ("a: " + "[" * 80 + "]" * 80, "is not YAML: it is nested too deeply"),
    "nested braces": ("{a: " * 3000 + "1" + "}" * 3000, "is not YAML: it is nested too deeply"),
    "huge": ("# " + "x" * 1_000_001, "it has more than 1000000 bytes"),
    "a tag": (
        "a: !!python/object/apply:os.system ['true']",
        "is not YAML: could not determine a constructor",
    ),
    "a control character": ('name: malo\ntitle: "a\\x01b"\n', "title holds a control character"),
    "nul": ("a: \x00", "is not YAML"),
    "many values": ("a: [" + "b," * 100_001 + "]", "it has more than 100000 values"),
    "a long number": ("a: " + "9" * 5000, "is not YAML: it holds a number that is too long"),
    "a number to the base of sixty": ("a: 1" + ":59" * 5000, "it holds a number that is too long"),
}


@pytest.mark.parametrize(("text", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_a_fault_and_the_others_load(tmp_path: Path, text, told):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,2"))
    (city.datasets / "malo").mkdir()
    (city.datasets / "malo" / "datapackage.yaml").write_text(text, "utf-8")
    wrong, right = load_datasets(city.datasets)
    assert isinstance(wrong, DatasetError)
    assert told in str(wrong)
    assert isinstance(right, Dataset)


def refusal(folder: Path, change: dict[str, Any], where: str = "") -> str:
    made = declaration("obras")
    (made["resources"][0] if where else made).update(change)
    place = folder / "datasets" / "obras"
    place.mkdir(parents=True)
    (place / "datapackage.yaml").write_text(yaml.safe_dump(made), "utf-8")
    (found,) = load_datasets(folder / "datasets")
    assert isinstance(found, DatasetError)
    return str(found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"resources.0.name": "x" * 200}, "resources[0].name has 200 characters; use at most 100"),
        ({"resources.0.path": "x" * 300 + ".csv"}, "resources[0].path is "),
        ({"resources.0.pipeline.source.path": "source/\x00"}, "source.path is 'source/\\x00': name a file"),
        ({"resources.0.pipeline.source.path": "source/a\nb"}, "source.path is 'source/a\\nb': name a file"),
        ({"pipeline.needs": ["../../etc"]}, "pipeline.needs[0] is '../../etc'; use lower-case letters"),
        ({"pipeline.needs": ["a" * 300]}, "pipeline.needs[0] has 300 characters"),
        (
            {"resources.0.schema.fields.2.constraints": {"minimum": "NaN"}},
            "constraints.minimum is 'NaN', which is not of the type number",
        ),
        ({"resources.0.schema.fields.2.constraints": {"enum": ["1", "nan"]}}, "constraints.enum is 'nan'"),
    ],
    ids=["name", "path", "nul", "line", "needs", "long need", "NaN", "NaN in a list"],
)
def test_what_no_run_could_use_is_a_fault_of_the_declaration(tmp_path, change, told):
    made = deepcopy(declaration("obras"))
    for place, value in change.items():
        at: Any = made
        *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
        for step in way:
            at = at[step]
        at[last] = value
    assert told in refusal(tmp_path, made)


@pytest.mark.parametrize("name", ["obras_2024", "obras.2024", "obras--2024", "-obras"])
def test_an_id_that_no_archive_keeps_is_a_fault_of_the_declaration(tmp_path, name):
    city = City(tmp_path)
    city.declare(declaration(name), datos=csv("1,Plaza,2"))
    (found,) = load_datasets(city.datasets)
    assert isinstance(found, DatasetError)
    assert f"name is '{name}'; use lower-case letters, digits, and single hyphens" in str(found)


def test_a_long_cell_stands_in_the_sentence_by_its_beginning(city):
    city.declare(declaration("obras"), datos=csv(f'1,Plaza,"{"x" * 1_000_000}"'))
    outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert f"“{'x' * 100}…”" in outcome.message
    assert len(outcome.message) + len(outcome.for_sender) < 1000


ODD = [
    "javascript:alert(1)",
    " JaVaScript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc",
]


@pytest.mark.parametrize("address", ODD)
@pytest.mark.parametrize("key", ["sources", "licenses", "contributors"])
def test_an_address_that_runs_is_a_fault(tmp_path, key, address):
    told = refusal(tmp_path, {key: [{"title": "a", "name": "CC-BY-4.0", "path": address}]})
    assert f"{key}[0].path is " in told


@pytest.mark.parametrize("address", ODD)
def test_so_it_is_of_a_table_and_of_a_home_page(tmp_path, address):
    assert "homepage is " in refusal(tmp_path / "a", {"homepage": address})
    assert "resources[0].sources[0].path is " in refusal(
        tmp_path / "b", {"sources": [{"title": "a", "path": address}]}, "table"
    )
