"""The body of an answer, unpacked as it comes: never more at once than a block, and never a packing within a
packing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import httpx

from messages import gettext as _
from pipelines.fetch.snapshot import SourceError

ACCEPTED = "gzip, deflate"
BLOCK = 1 << 20
FREE = 10_000_000
"""Bytes up to which nobody asks how small they were packed."""


class Garbled(Exception):
    """What came is not packed as its head says."""


def body_blocks(answer: httpx.Response, told: str, ratio: int) -> Iterator[bytes]:
    """The body in blocks of at most 1 MB. Raises SourceError where it is packed twice or otherwise, or is
    more than `ratio` times as large as it came; Garbled."""
    codings = [each.strip().lower() for each in answer.headers.get("Content-Encoding", "").split(",")]
    codings = [each for each in codings if each not in ("", "identity")]
    if not codings:
        yield from answer.iter_raw()
        return
    if len(codings) > 1 or codings[0] not in ("gzip", "x-gzip", "deflate"):
        raise SourceError(
            _(
                "{url} sent its answer packed as {coding!r}, which nobody asked for; ask the publisher for "
                "gzip or for none",
                url=told,
                coding=", ".join(codings)[:100],
            )
        )
    yield from _unpack(answer, told, ratio, codings[0] == "deflate")


def _unpack(answer: httpx.Response, told: str, ratio: int, deflate: bool) -> Iterator[bytes]:
    machine = _Unpacking(deflate)
    came = gave = 0
    for packed in answer.iter_raw():
        came += len(packed)
        for block in machine.feed(packed):
            gave += len(block)
            if gave > FREE and gave > came * ratio:
                raise SourceError(
                    _(
                        "{url} sent {came} bytes that unpack to more than {ratio} times as many; ask the "
                        "publisher whether that is right, and raise VEREDA_MAX_RATIO if it is",
                        url=told,
                        came=came,
                        ratio=ratio,
                    )
                )
            yield block
    if not machine.ended:
        raise Garbled


class _Unpacking:
    """Unpacks gzip (of several members as well) or deflate (with zlib's frame, or bare, as some servers send
    it)."""

    def __init__(self, deflate: bool):
        self.deflate = deflate
        self.machine = self._start()
        self.fresh = True

    @property
    def ended(self) -> bool:
        return self.machine.eof or self.fresh

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What these bytes unpack to; raises Garbled."""
        more = bool(packed)
        while more:
            if self.machine.eof:
                if self.deflate or not packed.strip(b"\0"):
                    return  # what follows the end is nobody's
                self.machine = self._start()
            try:
                block = self.machine.decompress(packed, BLOCK)
            except zlib.error as error:
                if not (self.deflate and self.fresh):
                    raise Garbled from error
                self.machine, self.fresh = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            self.fresh = False
            packed = self.machine.unused_data if self.machine.eof else self.machine.unconsumed_tail
            more = bool(packed) or (len(block) == BLOCK and not self.machine.eof)
            if block:
                yield block

    def _start(self) -> Any:
        return zlib.decompressobj(zlib.MAX_WBITS + (0 if self.deflate else 16))
