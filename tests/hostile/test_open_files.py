"""What a process has open when calls are forked from it stays its own, and harms no call."""

from __future__ import annotations

import fcntl
import io
import operator
import os
import select
from pathlib import Path

import pyarrow.csv
import pytest

from isolation import nursery
from isolation.nursery import call_apart
from isolation.process import Bounds
from validation import validate

BOUNDS = Bounds(memory=300_000_000, seconds=5)
OPEN: list[io.TextIOWrapper] = []


@pytest.fixture(autouse=True)
def fresh():
    nursery.restart(fork=True)
    yield
    nursery.restart()


@pytest.fixture
def files(tmp_path):
    """More open files than a call has of its own, so that some have the numbers that its own would get."""
    OPEN.extend((tmp_path / f"{number}.log").open("w") for number in range(12))
    yield OPEN
    while OPEN:
        OPEN.pop().close()


# --- Arrow keeps a pipe once it has read a CSV, and closes it in every fork: without it, it aborts


def test_who_has_read_a_csv_forks_calls_and_so_do_they():
    pyarrow.csv.read_csv(io.BytesIO(b"a\n1\n"))
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3
    assert call_apart(call_apart_there, bounds=BOUNDS) == 3


def call_apart_there():
    return call_apart(operator.add, 1, 2, bounds=BOUNDS)


def test_who_has_validated_a_file_forks_calls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plazas.csv").write_text("id,nombre\n" + "1,Plaza de Mayo\n" * 60_000)  # enough for Arrow to read it
    assert validate("plazas.csv").valid
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3


# --- files


def test_what_a_call_writes_to_files_of_its_parent_goes_nowhere(files):
    assert call_apart(write_and_add, 1, 2, bounds=BOUNDS) == 3
    assert {os.fstat(file.fileno()).st_size for file in files} == {0}


def write_and_add(one, other):
    for file in OPEN:
        print("x" * 100, file=file, flush=True)
    return one + other


def test_a_call_may_close_what_its_parent_has_open(files):
    assert call_apart(close_and_add, 1, 2, bounds=BOUNDS) == 3
    assert not any(file.closed for file in files)


def close_and_add(one, other):
    while OPEN:
        OPEN.pop().close()
    return one + other


def test_what_a_process_unlocks_or_closes_is_so_whatever_it_forked(files):
    lock = files.pop()
    fcntl.flock(lock, fcntl.LOCK_EX)
    reader, writer = os.pipe()
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3
    lock.close()
    os.close(writer)
    with Path(lock.name).open() as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with open(reader, "rb") as end:  # noqa: PTH123
        assert select.select([end], [], [], 0)[0]
        assert end.read() == b""
