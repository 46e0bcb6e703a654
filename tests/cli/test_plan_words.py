"""A plan shows a value that would be another where the two differ, whatever their length."""

from __future__ import annotations

import pytest

from catalog.port import Change
from messages import speaking
from pipelines.cli.publish import describe_change

LONG = "a" * 100


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, "CC-BY-4.0", "campo: nada → «CC-BY-4.0»"),
        (["a", "b"], ["a"], "campo: «a, b» → «a»"),
        ("# Baches\n\n- uno", "# Baches - uno", "campo: «# Baches⏎⏎- uno» → «# Baches - uno»"),
        ("dos  blancos", "dos blancos", "campo: «dos  blancos» → «dos blancos»"),
        (f"{LONG}/v1.csv", f"{LONG}/v2.csv", f"campo: «…{'a' * 18}/v1.csv» → «…{'a' * 18}/v2.csv»"),
        (LONG, "", f"campo: «{'a' * 78}…» → nada"),
    ],
)
def test_two_values_are_shown_where_they_differ(before, after, told):
    with speaking("es"):
        assert describe_change(Change("campo", before, after)) == told
