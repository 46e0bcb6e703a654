"""`frictionless.validate`, equal in all but time: columns are proven clean by Arrow, and frictionless
explains what is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from frictionless import Checklist, FrictionlessException, Package, Report, Resource, system
from frictionless.resources import PackageResource, ResourceResource, TableResource
from frictionless.settings import VERSION

from validation.fast import errors, opening  # noqa: F401 (errors: they are made faster)

if TYPE_CHECKING:
    from validation.fast.parts import Cluster


def validate(
    source: Any = None,
    *,
    name: str | None = None,
    type: str | None = None,
    checklist: Checklist | str | None = None,
    checks: list[Any] | None = None,
    pick_errors: list[str] | None = None,
    skip_errors: list[str] | None = None,
    limit_errors: int = 1000,
    limit_rows: int | None = None,
    parallel: bool = False,
    resource_name: str | None = None,
    cluster: Cluster | None = None,
    **options: Any,
) -> Report:
    """What `frictionless.validate` says of a path, a descriptor or a Resource, and `Package.validate` of a
    Package: the same tasks, errors, order, limits and warnings. Only `seconds` may differ, and, where a limit
    stopped the run, `bytes` and hashes.

    What cannot be sped up (another format than CSV, a check of one's own, an odd quote …) is frictionless's
    from start to end. The workers of a `cluster` share the rest.
    """
    if isinstance(checklist, str):
        checklist = Checklist.from_descriptor(checklist)
    elif not checklist:
        checklist = Checklist(
            checks=checks or [], pick_errors=pick_errors or [], skip_errors=skip_errors or []
        )
    try:
        resource = (
            source if isinstance(source, Resource | Package) else Resource(source, datatype=type, **options)
        )
    except FrictionlessException as exception:
        refused: Report = Report.from_validation(errors=exception.reasons or [exception.error])
        return refused
    plain = not checklist.checks and not limit_rows and not parallel
    with arm_frictionless(resource, limit_errors, plain=plain, cluster=cluster):
        limits = {"limit_rows": limit_rows, "limit_errors": limit_errors}
        report: Report = resource.validate(checklist, name=name or resource_name, parallel=parallel, **limits)  # type: ignore[arg-type]
    return report


def validate_typed(resource: Resource | Package, limit_errors: int = 1000) -> tuple[dict[str, Any], Report]:
    """The report, and from the same pass the typed Arrow table (`__row__` first) of each CSV file that Arrow
    could read to its end."""
    with arm_frictionless(resource, limit_errors, typed=True) as arms:
        report: Report = resource.validate(limit_errors=limit_errors)
        tables = {name: witness.typed_table() for name, witness in arms.witnesses.items()}
    return {name: table for name, table in tables.items() if table is not None}, report


@contextmanager
def arm_frictionless(
    thing: Resource | Package,
    limit: int,
    *,
    plain: bool = True,
    typed: bool = False,
    kept: int = 0,
    spared: Mapping[str, Collection[int]] = MappingProxyType({}),
    cluster: Cluster | None = None,
) -> Iterator[ArmedResources]:
    """For the time of one validation, the table resources in `thing` open themselves in our way; all else is
    frictionless's.

    Where so many errors of a kind are enough in words (`kept`), rows that have none but others of these kinds
    are counted by their witness, and not seen by frictionless. Of a field that has `spared` rows, their cells
    that do not read are told beside the first ones of all.

    Not where the run is not `plain` (every row has to be seen), nor with another frictionless than the one
    that this was tried on."""
    arms = ArmedResources(limit, typed, kept, cluster, spared)
    try:
        if plain and system.onerror == "ignore" and VERSION.startswith("5.21."):
            arms.arm(thing)
        yield arms
    finally:
        arms.disarm()


class ArmedResources:
    """Resources that open themselves in our way, and the witnesses of those that did."""

    def __init__(
        self,
        limit: int,
        typed: bool,
        kept: int,
        cluster: Cluster | None,
        spared: Mapping[str, Collection[int]],
    ) -> None:
        self.limit, self.typed, self.kept, self.cluster = limit, typed, kept, cluster
        self.spared = spared
        self.changed: list[tuple[Any, str]] = []
        self.witnesses: dict[str, Any] = {}

    def arm(self, thing: Resource | Package) -> None:
        if isinstance(thing, Package):
            for resource in thing.resources:
                self.arm(resource)
        elif type(thing) in (PackageResource, ResourceResource):
            read = thing.read_metadata  # type: ignore[attr-defined]

            def read_and_arm() -> Any:
                found = read()
                self.arm(found)
                return found

            self._change(thing, "read_metadata", read_and_arm)
        elif (type(thing) is TableResource or isinstance(thing, opening.BlockedTable)) and thing.closed:
            self._change(thing, "open", lambda: self._open(thing))

    def disarm(self) -> None:
        for thing, name in self.changed:
            thing.__dict__.pop(name, None)
        for witness in self.witnesses.values():
            witness.close()

    def _change(self, thing: Any, name: str, function: Callable[[], Any]) -> None:
        thing.__dict__[name] = function
        self.changed.append((thing, name))

    def _open(self, resource: TableResource) -> TableResource:
        """Opens a resource as `TableResource.open` does, step by step, but lets only the witness into its
        stream of rows."""
        resource.close()
        try:
            opening.open_until_labels(resource)
            ours = type(resource) is TableResource or isinstance(resource, opening.BlockedTable)
            if any(resource.schema.foreign_keys) and ours:
                from validation.fast.references import open_lookup

                open_lookup(resource, opening.open_table)
            else:
                opening.step(resource, "lookup")()
            witness = self._witness(resource)
            if witness:
                self.witnesses[resource.name] = witness
                witness.spare(self.spared)
                opening.open_with(resource, witness)
            else:
                opening.open_watched(resource)
        except Exception:
            resource.close()
            raise
        return resource

    def _witness(self, resource: TableResource) -> Any:
        """The rows that frictionless must see; None where it must see all."""
        path = None if isinstance(resource, opening.BlockedTable) else opening.large_plain_path(resource)
        if not isinstance(resource, opening.BlockedTable) and path is None:
            return None
        from validation.fast.rows import read_rules
        from validation.fast.witness import Witness

        rules = read_rules(resource, typed=self.typed, kept=self.kept)
        if rules is None:
            return None
        first, width = opening.first_row(resource), len(rules.columns)
        if isinstance(resource, opening.BlockedTable):
            source = resource.as_blocks(width, first)
            if source and self.cluster and rules.travels and source.table.files:
                from validation.fast.cells import CellsWitness

                return CellsWitness(source, rules, self.limit, self.cluster)
            return source and Witness(source, rules, self.limit)
        assert path
        source = opening.open_blocks(resource, path, width)
        if self.cluster and rules.travels:
            from validation.fast.parts import ClusterWitness

            return ClusterWitness(source, rules, self.limit, self.cluster)
        return Witness(source, rules, self.limit)
