"""A file in a folder whose name is nobody's is told, since it would lie there for ever."""

from __future__ import annotations

import pytest

from tests.support.cities import csv, declaration

pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("area/obrass", True),
        ("area/Obras", True),
        ("areas/obras", True),
        ("area/obras/viejos", True),
        ("area/visitas", False),
        ("otra/cosa", False),
    ],
)
def test_a_folder_that_is_like_a_datasets_is_told_with_where_its_files_belong(city, place, told):
    city.declare(declaration("obras", source={"kind": "inbox"}))
    city.declare(declaration("visitas", source={"kind": "inbox"}))
    folder = city.inbox / place
    folder.mkdir(parents=True)
    (folder / "enero.csv").write_text(csv("1,Plaza,1"))
    message = city.outcome("obras").message
    assert ("its 1 file is not taken; move it into inbox/area/obras" in message) is told, message
