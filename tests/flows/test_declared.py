"""What a night holds of its datasets until their turn comes: their declarations as they were when it began,
and of each no more in memory than what the plan needs."""

from __future__ import annotations

import gc
import os
import tempfile

import pytest

from pipelines.dataset.dataset import Dataset, load_dataset, load_datasets
from pipelines.nightly.plan import plan_night
from tests.support.nights import ROWS, declare


def test_a_plan_gives_each_declaration_as_it_was_when_the_night_began(tmp_path):
    for name in ("agua", "obras"):
        declare(tmp_path, name, ROWS)
    before = load_datasets(tmp_path)
    plan = plan_night(tmp_path, None)
    (tmp_path / "agua/datapackage.yaml").write_text("name: other\n")
    assert list(plan.declared) == before
    assert plan.declared["obras"] == before[1]
    assert len(plan.declared) == 2


@pytest.mark.parametrize("fault", ["no place for a file", "no room", "room for half"])
def test_without_room_for_a_file_a_night_goes_on(tmp_path, monkeypatch, fault):
    declare(tmp_path, "obras", ROWS)

    def refuse(*_told, **_named):
        raise OSError(28, "No space left on device")

    if fault == "no place for a file":
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    else:
        half = lambda _file, content, _place: len(content) // 2  # noqa: E731
        monkeypatch.setattr(os, "pwrite", refuse if fault == "no room" else half)
    plan = plan_night(tmp_path, None)
    assert plan.declared["obras"] == load_dataset(tmp_path / "obras")


def test_a_plan_keeps_no_declaration_in_memory(tmp_path):
    for name in ("agua", "luz", "obras"):
        declare(tmp_path, name, ROWS)
    plan = plan_night(tmp_path, None)
    assert [each.id for each in plan.datasets] == ["agua", "luz", "obras"]
    assert alive(tmp_path) == []
    held = plan.declared["obras"]
    assert alive(tmp_path) == [held.id]


def alive(folder):
    """The datasets of the folder that are in memory."""
    gc.collect()
    return [each.id for each in gc.get_objects() if type(each) is Dataset and each.folder.parent == folder]
