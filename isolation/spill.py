"""Tables of a process that has little memory: what is large of them goes to files without a name, and is
mapped. Nothing is left of them when the process ends, however it ends."""

from __future__ import annotations

import ctypes
import resource
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SMALL = 32_000_000
"""Bytes of a table that may stay in memory."""
MAPPED = 160 << 20
"""Bytes of mapped files, beside programs, that may count as memory here before they are let go of."""
EVERY = 0.03
"""Seconds between two looks at that."""
_DONTNEED = 4


_madvise = ctypes.CDLL(None).madvise
_madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def map_file(path: Path) -> pa.Buffer:
    """The bytes of a file, mapped; while tables are spilled, its pages are let go of as theirs are."""
    with pa.memory_map(str(path)) as file:
        mapped = file.read_buffer()
    if mapped.size > SMALL and is_spilling():
        _spill.add(mapped)
    return mapped


def let_go(mapped: pa.Buffer) -> None:
    """The pages of a mapped file that were read no longer count as this process's memory: they stay with the
    system, and come back when they are read once more. Whoever calls holds the buffer: nothing else stands at
    its address."""
    if mapped.size:
        _madvise(mapped.address, mapped.size, _DONTNEED)


class _Spill:
    """The files that this process has mapped, and the thread that lets go of their pages."""

    def __init__(self) -> None:
        self.users = 0
        self.lock = threading.Lock()
        self.maps: list[pa.Buffer] = []
        self.programs = 0
        self.ended = threading.Event()

    def add(self, mapped: pa.Buffer) -> None:
        with self.lock:
            if not self.maps:
                self.ended = threading.Event()
                threading.Thread(target=self._watch, args=(self.ended,), daemon=True).start()
            self.maps.append(mapped)

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                self.ended.set()
                self.maps.clear()

    def let_go(self) -> None:
        with self.lock:
            for mapped in self.maps:
                let_go(mapped)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(EVERY):
            if measure_mapped() > self.programs + MAPPED:
                self.let_go()


def measure_mapped() -> int:
    """The bytes of mapped files that count as this process's memory (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_bytes().split()[2]) * resource.getpagesize()


_spill = _Spill()


@contextmanager
def spilling() -> Iterator[None]:
    """For this time, what is written with TableWriter goes to files as soon as it is large."""
    with _spill.lock:
        _spill.programs = _spill.programs if _spill.users else measure_mapped()
        _spill.users += 1
    try:
        yield
    finally:
        _spill.leave()


def is_spilling() -> bool:
    return _spill.users > 0


class TableWriter:
    """A table that is written batch by batch; `table` gives it. What is large goes to a file without a name,
    or to the one `into` which is named."""

    def __init__(self, schema: pa.Schema, into: Path | None = None) -> None:
        self.schema, self.into = schema, into
        self.batches: list[pa.RecordBatch] = []
        self.size = 0
        self.file: IO[bytes] | None = None
        self.sink: pa.OSFile | None = None
        self.writer: pa.ipc.RecordBatchFileWriter | None = None

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        for batch in rows.to_batches() if isinstance(rows, pa.Table) else [rows]:
            if not batch.num_rows:
                continue
            if self.writer is None:
                self.batches.append(batch)
                self.size += batch.nbytes
                if self.size > SMALL and is_spilling():
                    self._open()
            else:
                self.writer.write_batch(batch)

    def table(self) -> pa.Table:
        """What was written; nothing can be added any more."""
        if self.file is None or self.writer is None:
            return pa.Table.from_batches(self.batches, schema=self.schema)
        self.writer.close()
        if self.sink is not None:
            self.sink.close()
        mapped = map_file(Path(f"/proc/self/fd/{self.file.fileno()}"))
        self.file.close()
        return pa.ipc.open_file(pa.BufferReader(mapped)).read_all()

    def _open(self) -> None:
        self.file = self.into.open("wb+") if self.into else tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is mapped
        self.sink = pa.OSFile(f"/proc/self/fd/{self.file.fileno()}", "wb")  # no byte passes through Python
        self.writer = pa.ipc.new_file(self.sink, self.schema)
        for batch in self.batches:
            self.writer.write_batch(batch)
        self.batches = []


RUNS = 1_000
"""Rows that are kept and lie beside one another are not copied, where there are so few runs of them."""
AT_ONCE = 262_144
"""Rows that are copied together."""
Mask = npt.NDArray[np.bool_]


def keep_rows(table: pa.Table, kept: Mask) -> pa.Table:
    """The rows that are to be kept; those of a large table are copied nowhere, or into a file."""
    edges = np.flatnonzero(np.diff(kept.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2].tolist(), edges[1::2].tolist()
    if len(starts) <= RUNS:
        parts = [table.slice(start, end - start) for start, end in zip(starts, ends, strict=True)]
        return pa.concat_tables([table.schema.empty_table(), *parts])
    written = TableWriter(table.schema)
    for start in range(0, table.num_rows, AT_ONCE):
        part = table.slice(start, AT_ONCE)
        written.write(part.filter(pa.array(kept[start : start + AT_ONCE])))
    return written.table()
