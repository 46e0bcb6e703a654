"""What a file does to the process that reads it costs that file's dataset, and nothing else."""

from __future__ import annotations

import itertools
import json
import mmap
import operator
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from resource import RLIMIT_CPU
from resource import getrlimit as resource_limit

import pytest

from catalog.archive.archive import Archive
from isolation import bounds, nursery
from isolation.nursery import call_apart
from isolation.process import Bounds, Stopped
from isolation.readiness import loading_beside
from messages import speaking
from pipelines.read import read as reading
from pipelines.release.verify import verify
from pipelines.settings import Limits
from tests.support.archives import s3
from tests.support.cities import City, csv, declaration
from tests.support.readings import resource

BOUNDS = Bounds(memory=300_000_000, seconds=1, written=1_000_000)


@pytest.fixture(autouse=True)
def fresh():
    nursery.restart(fork=True)
    yield
    nursery.restart()


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def both(request):
    """A nursery that is forked from here, or started anew as where threads run."""
    nursery.restart(fork=request.param)


@pytest.mark.parametrize(
    ("function", "arguments", "why"),
    [
        (os.abort, (), "crash"),
        (os._exit, (3,), "crash"),
        (bytearray, (1_000_000_000,), "memory"),
    ],
    ids=["abort", "exit", "memory"],
)
@pytest.mark.usefixtures("both")
def test_what_ends_a_call_is_told_and_the_next_one_works(function, arguments, why):
    with pytest.raises(Stopped) as caught:
        call_apart(function, *arguments, bounds=BOUNDS)
    assert caught.value.why == why
    assert call_apart(operator.add, "ñ\ud800", "\x01", bounds=BOUNDS) == "ñ\ud800\x01"


@pytest.mark.parametrize(
    ("function", "argument"), [(sum, itertools.repeat(1)), (time.sleep, 60)], ids=["computing", "waiting"]
)
def test_a_call_takes_no_more_time_than_it_may(function, argument):
    with pytest.raises(Stopped) as caught:
        call_apart(function, argument, bounds=BOUNDS)
    assert caught.value.why == "time"


@pytest.mark.usefixtures("both")
def test_what_is_raised_comes_with_its_traceback():
    with pytest.raises(json.JSONDecodeError) as caught:
        call_apart(json.loads, "{", bounds=BOUNDS)
    assert "raw_decode" in "".join(caught.value.__notes__)


def test_large_answers_come_whole():
    assert call_apart(operator.mul, b"x", 20_000_000, bounds=BOUNDS) == b"x" * 20_000_000


def test_no_call_knows_of_another():
    assert len({call_apart(os.getpid, bounds=BOUNDS) for _call in range(3)} | {os.getpid()}) == 4


# --- small calls, which a process answers that has answered others


def ask_kept(function, *arguments, load=(), bounds=BOUNDS):
    return call_apart(function, *arguments, bounds=bounds, load=load, small=True)


@pytest.mark.usefixtures("both")
def test_small_calls_are_answered_where_others_were():
    processes = {ask_kept(os.getpid) for _call in range(3)}
    assert len(processes) == 1
    assert call_apart(os.getpid, bounds=BOUNDS) not in processes


def kill_if_used(before):
    """Ends the process of the call, unless it is a new one."""
    if os.environ.get("TEST_USED"):
        os.kill(os.getpid(), before)
    os.environ["TEST_USED"] = "yes"
    return os.getpid()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["kill", "crash"])
def test_a_small_call_that_fails_is_made_again_in_a_new_process(number):
    assert ask_kept(kill_if_used, number) != ask_kept(kill_if_used, number)


@pytest.mark.usefixtures("both")
def test_a_process_that_died_while_it_waited_is_replaced():
    first = ask_kept(os.getpid)
    os.kill(first, signal.SIGKILL)
    assert ask_kept(os.getpid) != first


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        (os.abort, (), Stopped),
        (bytearray, (1_000_000_000,), Stopped),
        (json.loads, ("{",), json.JSONDecodeError),
        (operator.mul, (b"x", 60_000_000), None),  # more than the C library ever keeps of what was freed
    ],
    ids=["abort", "memory", "raise", "growth"],
)
def test_no_process_is_kept_that_failed_or_grew(monkeypatch, function, arguments, error):
    monkeypatch.setattr(nursery, "GROWTH", 10_000_000)
    nursery.restart(fork=True)
    first = ask_kept(os.getpid, load=[function.__module__])
    if error:
        with pytest.raises(error):
            ask_kept(function, *arguments)
    else:
        ask_kept(function, *arguments)
    assert ask_kept(os.getpid) != first


def test_each_small_call_has_its_own_time():
    """How far a process may compute is counted from where it stands."""
    bounds = Bounds(memory=300_000_000, seconds=10)
    found = [ask_kept(spend, bounds=bounds) for _call in range(6)]
    assert len({process for process, _limit in found}) == 1
    assert found[-1][1] > found[0][1]


def spend():
    """A quarter of a second of computing; who computed it, and until which second it may."""
    until = time.process_time() + 0.25
    while time.process_time() < until:
        pass
    return os.getpid(), resource_limit(RLIMIT_CPU)[0]


def test_a_process_has_what_its_call_loads():
    first = ask_kept(os.getpid)
    second = ask_kept(os.getpid, load=["colorsys"])
    assert second != first
    assert ask_kept(has_loaded, "colorsys", load=["colorsys"])


def test_what_the_next_call_needs_is_loaded_while_the_first_one_is_answered(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text("import time; time.sleep(1)")
    monkeypatch.syspath_prepend(tmp_path)
    start = time.monotonic()
    call_apart(os.getpid, bounds=BOUNDS, ahead=["slow_to_load"])
    assert time.monotonic() - start < 1
    assert call_apart(has_loaded, "slow_to_load", bounds=BOUNDS)


def has_loaded(module):
    return module in sys.modules


def test_no_more_processes_wait_than_are_kept():
    gate = threading.Barrier(5)
    processes = set()

    def work():
        gate.wait()
        processes.add(ask_kept(pause))

    threads = [threading.Thread(target=work) for _each in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: sum(map(is_alive, processes)) == nursery.KEPT)
    nursery.restart(fork=True)
    wait_until(lambda: not any(map(is_alive, processes)))


def is_alive(process):
    """Whether it is there, and more than what its parent has not looked at yet."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def wait_until(holds):
    for _turn in range(1000):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("it does not come about")


def pause():
    time.sleep(0.2)
    return os.getpid()


@pytest.mark.usefixtures("both")
def test_a_nursery_that_was_killed_is_replaced():
    os.kill(call_apart(os.getppid, bounds=BOUNDS), 9)
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3


@pytest.mark.usefixtures("both")
def test_what_crashes_ends_no_other_call(tmp_path):
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        running = pool.submit(call_apart, take_a_second, begun, bounds=BOUNDS)
        while not begun.exists():
            time.sleep(0.01)
        with pytest.raises(Stopped):
            call_apart(crash, bounds=BOUNDS)
        running.result()
    assert begun.read_text() == "begun\n"  # once


def take_a_second(begun):
    with begun.open("a") as file:
        file.write("begun\n")
    time.sleep(1)


def spend_a_second():
    time.sleep(1)
    return True


def test_what_crashes_in_one_nursery_alone_is_answered(monkeypatch):
    monkeypatch.setattr(nursery, "_answer_call", crash)
    nursery.restart(fork=True)
    nursery.prepare()
    monkeypatch.undo()
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3


def test_threads_call_at_once():
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(call_apart(operator.add, n, n, bounds=BOUNDS)))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 2, 4, 6, 8, 10]


@pytest.mark.usefixtures("both")
def test_nothing_is_left_when_it_ends():
    parent = call_apart(os.getppid, bounds=BOUNDS)
    nursery.restart()
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)


@pytest.mark.usefixtures("both")
def test_secrets_of_the_environment_stay_outside(monkeypatch):
    monkeypatch.setenv("VEREDA_CKAN_TOKEN", "secreto")
    assert call_apart(os.getenv, "VEREDA_CKAN_TOKEN", bounds=BOUNDS) is None


def test_a_call_has_its_memory_beside_what_it_was_forked_with(monkeypatch):
    """Also where the kernel does not say how much that is, as in some sandboxes."""
    monkeypatch.setattr(bounds, "_measure_data", lambda: 0)
    with mmap.mmap(-1, 1_000_000_000, mmap.MAP_PRIVATE):
        nursery.restart(fork=True)
        assert call_apart(operator.mul, b"x", 50_000_000, bounds=BOUNDS) == b"x" * 50_000_000
        with pytest.raises(Stopped, match="memory"):
            call_apart(bytearray, 1_500_000_000, bounds=BOUNDS)


def test_a_fork_that_fails_is_told_and_the_next_call_works(monkeypatch):
    forks = iter([os.fork, refuse, os.fork])  # the nursery itself, the first call, the next
    monkeypatch.setattr(os, "fork", lambda: next(forks)())
    nursery.restart(fork=True)
    with pytest.raises(Stopped) as caught:
        call_apart(operator.add, 1, 2, bounds=BOUNDS)
    assert caught.value.why == "memory"
    assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3


def refuse():
    raise BlockingIOError


# --- files


def crash(*_arguments):
    os.abort()


def spin(*_arguments):
    while True:
        pass


@pytest.mark.parametrize(
    ("breaks", "says"),
    [(crash, "the file ended the program that reads it"), (spin, "reading the file takes more than 1 s")],
    ids=["crash", "time"],
)
def test_a_file_that_breaks_its_reader_is_rejected_and_the_next_one_is_read(
    tmp_path, monkeypatch, breaks, says
):
    city = City(tmp_path)
    city.limits = Limits(seconds=1)
    city.declare(declaration("obras"), datos='[{"id": 2, "nombre": "a", "monto": 1}]')
    with speaking("en"):
        monkeypatch.setattr("pipelines.read.read.open_grids", breaks)
        nursery.restart(fork=True)
        outcome = city.outcome("obras")
        assert outcome.outcome == "rejected"
        assert says in outcome.message
        monkeypatch.undo()
        nursery.restart(fork=True)
        assert city.outcome("obras").outcome == "published"


def test_a_file_takes_no_more_memory_than_it_may(tmp_path):
    rows = "a,b\n" + f"ñ{'x' * 2_000_000},1\n" * 40  # row by row, in no plain encoding
    (tmp_path / "large.csv").write_text(rows, encoding="cp1252")
    limits = Limits(memory=60_000_000)
    with speaking("en"):
        found = reading.read(
            tmp_path / "large.csv", resource(["a", "b"]), tmp_path / "cells.arrow", limits=limits
        )
    assert found.table is None
    assert ["takes more memory to read" in problem.note for problem in found.problems] == [True]


# --- tables


def fill(*_arguments):
    return bytearray(20_000_000_000)


BREAKS = {
    "crash": (crash, "the tables ended the program that checks them"),
    "time": (spin, "checking the tables takes more than 1 s"),
    "memory": (fill, "checking the tables takes more memory than it may"),
}
PLACES = {
    "checks": "pipelines.release.build.examine",
    "comparison": "pipelines.release.build.differences",
    "guards": "pipelines.release.evaluate.apply_guards",
    "files": "pipelines.release.judgement.draft_release",
}


@pytest.mark.parametrize(
    ("place", "way"), [*((place, "crash") for place in PLACES), ("checks", "time"), ("comparison", "memory")]
)
def test_a_table_that_breaks_its_judge_is_rejected_and_the_next_one_is_published(
    tmp_path, monkeypatch, place, way
):
    city = City(tmp_path)
    city.limits = Limits(seconds=1 if way == "time" else 20)  # a crash is tried again, by a fresh process
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    breaks, says = BREAKS[way]
    with speaking("en"):
        monkeypatch.setattr(PLACES[place], breaks)
        nursery.restart(fork=True)
        outcome = city.outcome("obras")
        assert (outcome.outcome, outcome.version) == ("rejected", None)
        assert says in outcome.message
        assert says in outcome.for_sender
        assert city.history("obras").entries == ()
        monkeypatch.undo()
        nursery.restart(fork=True)
        assert city.outcome("obras").outcome == "published"


def test_a_release_that_breaks_its_judge_is_told_by_verify_and_the_others_are_verified(tmp_path, monkeypatch):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    assert city.outcome("obras").outcome == "published"
    history = city.history("obras")
    with speaking("en"):
        monkeypatch.setattr(PLACES["checks"], crash)
        nursery.restart(fork=True)
        found = verify(city.archive, history.releases[0], history)
        assert not found.right
        assert BREAKS["crash"][1] in found.note
        monkeypatch.undo()
        nursery.restart(fork=True)
        assert verify(city.archive, history.releases[0], history).right


@pytest.mark.parametrize(
    ("sql", "seconds", "says"),
    [
        ("SELECT count(*) AS n FROM obras a, range(1000000) b, range(1000000) c", 1, "takes longer than"),
        ("SELECT length(string_agg(repeat('x', 9000000))) AS n FROM range(200)", 60, "cannot be answered"),
    ],
    ids=["time", "memory"],
)
def test_a_query_without_end_is_its_own_dataset_s(tmp_path, sql, seconds, says):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    city.outcome("obras")
    fields = [{"name": "n", "type": "integer", "description": "Cantidad"}]
    asked = declaration("suma", source={"kind": "derived", "sql": sql}, fields=fields, key=None)
    asked["pipeline"]["needs"] = ["obras"]
    city.declare(asked)
    city.limits = Limits(seconds=seconds)
    with speaking("en"):
        outcome = city.outcome("suma")
    assert (outcome.outcome, outcome.version) == ("rejected", None)
    assert says in outcome.message
    assert city.outcome("obras").outcome == "unchanged"


def test_a_judge_reads_what_is_kept_in_a_bucket(tmp_path, monkeypatch):
    """It has neither credentials nor the storage's threads: it gets copies."""
    with s3() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        city = City(tmp_path, Archive.open("s3://vereda/judged"))
        city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
        assert city.outcome("obras").outcome == "published"
        city.send("obras", csv("1,Plaza,10.5", "2,Escuela,3"))
        outcome = city.outcome("obras")
        assert (outcome.version, outcome.changes["obras"]["added"]) == ("1.1.0", 1)
        for entry in city.history("obras").releases:
            assert verify(city.archive, entry, city.history("obras")).right


def test_what_is_needed_later_is_loaded_beside_and_made_ready(tmp_path, monkeypatch):
    (tmp_path / "needed_later.py").write_text("READY = []\ndef warm_up():\n    READY.append(1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "needed_later", raising=False)
    nursery.prepare()
    with loading_beside(["needed_later"]):
        assert call_apart(operator.add, 1, 2, bounds=BOUNDS) == 3
    assert sys.modules["needed_later"].READY == [1]
    assert not any(each.name == "load" for each in threading.enumerate())
