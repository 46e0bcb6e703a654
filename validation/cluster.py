"""Parts of a file checked by many: by the workers of a Dask cluster, or by threads here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, Protocol, cast

from messages import gettext as _
from validation.blocks import Source
from validation.parts import Unseen, cut, digest, examine_part, stretches, survey
from validation.rows import Findings
from validation.rules import Rules
from validation.witness import Witness

PATIENCE = 20  # seconds to find a scheduler, and a worker


class ClusterError(OSError):
    """The cluster is not there, or cannot do the work; the message says what to do."""


class Cluster(Protocol):
    """Whatever runs functions elsewhere: concurrent.futures has threads and processes, Dask workers anywhere."""

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """A future."""


class Dask:
    """The workers of a scheduler. What one leaves undone when it dies, another does."""

    def __init__(self, address: str, client: Any) -> None:
        self.address, self.client = address, client

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        return _Awaited(self, self.client.submit(function, *args, pure=False))


class _Awaited:
    """A future whose failure, should it be the cluster's own, is told in a sentence."""

    def __init__(self, dask: Dask, future: Any) -> None:
        self.dask, self.future = dask, future

    def cancel(self) -> None:
        self.future.cancel()

    def result(self) -> Any:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError

        alone = 0
        while True:
            try:
                return self.future.result(timeout=PATIENCE)
            except TimeoutError:
                alone = 0 if self.dask.client.scheduler_info(n_workers=-1)["workers"] else alone + 1
                if alone > 1:
                    raise ClusterError(_("no worker is left at {address}; start some, and try again", address=self.dask.address)) from None
            except (KilledWorker, FutureCancelledError, CancelledError, CommClosedError) as error:
                raise ClusterError(_("the cluster at {address} broke off: {why}", address=self.dask.address, why=error)) from error
            except ImportError as error:
                raise ClusterError(
                    _("the workers at {address} lack a part of this program: {why}", address=self.dask.address, why=error)
                ) from error


@contextmanager
def dask(address: str) -> Iterator[Dask]:
    """The cluster whose scheduler is at that address (tcp://host:port). Raises ClusterError where there is none, or no worker."""
    from distributed import Client

    try:
        client = cast(Any, Client)(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        start = "`dask scheduler`, `dask worker ADDRESS`"
        raise ClusterError(_("no Dask scheduler answers at {address}; start one ({start})", address=address, start=start)) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ClusterError(_("the Dask scheduler at {address} has no workers; start some", address=address)) from error
        yield Dask(address, client)


class Spread(Witness):
    """A witness whose file is gone through by others, part by part."""

    def __init__(self, source: Source, rules: Rules, limit: int, cluster: Cluster) -> None:
        super().__init__(source, rules, limit)
        self.cluster, self.path = cluster, source.path.absolute()
        self.futures: list[Any] = []

    def close(self) -> None:
        for future in self.futures:
            future.cancel()
        super().close()

    @property
    def digests(self) -> tuple[str, str]:
        return self._md5.result(), self._sha256.result()

    def _in_order(self) -> Iterator[Findings]:
        path, size = str(self.path), self.path.stat().st_size
        source = self.source
        assert isinstance(source, Source)
        try:
            self._md5, self._sha256 = (self._submit(digest, path, name, size) for name in ("md5", "sha256"))
            surveys = [self._submit(survey, path, *stretch, size) for stretch in stretches(size)]
            dialect = (source.delimiter, source.width, source.first_row)
            parts = cut([future.result() for future in surveys], size)
            for future in [self._submit(examine_part, path, dialect, self.rules, part, size) for part in parts]:
                yield from _some(future.result())
            self._md5.result(), self._sha256.result()
        except Unseen as error:
            raise ClusterError(
                _("a worker does not see {file} as it is here; put it where all workers see it under this name", file=path)
            ) from error
        self.bytes = size

    def _submit(self, function: Callable[..., Any], *args: Any) -> Any:
        future = self.cluster.submit(function, *args)
        self.futures.append(future)
        return future


def _some(found: Findings) -> Iterator[Findings]:
    if found.count:
        yield found
