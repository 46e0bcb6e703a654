"""How often guards speak where nothing is wrong, and how often they see what is: synthetic histories. `python
-m benchmarks.guards`"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.release.guards.judge import RELEASES, measure_table, stops
from pipelines.release.guards.measure import Case, Past, Unusual
from pipelines.release.guards.profile import profile_table
from pipelines.release.guards.tables import repeated_rows

START = date(2023, 1, 1)
KINDS = ["Reclamo", "Denuncia", "Solicitud", "Queja", "Trámite"]


@dataclass(frozen=True)
class World:
    """How an agency's data come about: rows a month, how that grows and swings with the seasons, money's
    inflation, empty cells that become more; whether an extract holds all months, the last twelve, or its own
    alone, and ends in the middle of a month."""

    rows: float = 80
    growth: float = 0.0
    season: float = 0.0
    inflation: float = 0.0
    emptier: float = 0.0
    window: int = 0
    corrected: float = 0.01
    nightly: bool = False
    mode: str = "full"


WORLDS = {
    "constant: rows are corrected, none come": World(rows=0),
    "growth: a month more each time": World(),
    "growth by 3 % a month": World(growth=0.03),
    "seasonal (twice as many in summer)": World(season=0.5),
    "drift: prices +6 % a month, cells become empty": World(inflation=0.06, emptier=0.004),
    "the last twelve months": World(window=12),
    "each night, a month grows": World(nightly=True),
    "append: a month's rows alone, seasonal": World(season=0.5, mode="append"),
}


def month(random: np.random.Generator, world: World, place: int, start: int) -> pa.Table:
    """The rows of one month."""
    usual = (world.rows or 80) * (1 + world.growth) ** place * (1 + world.season * np.cos(place * np.pi / 6))
    count = int(random.poisson(usual))
    first = date(START.year + place // 12, place % 12 + 1, 1)
    days = [first + timedelta(days=int(d)) for d in np.sort(random.integers(0, 28, count))]
    amounts = random.lognormal(8 + place * np.log1p(world.inflation), 1.2, count).round(2)
    empty = random.random(count) < 0.05 + world.emptier * place
    return pa.table(
        {
            "id": pa.array(range(start, start + count), pa.int64()),
            "fecha": pa.array(days, pa.date32()),
            "cargada": pa.array([day.strftime("%d/%m/%Y") for day in days], pa.string()),
            "tipo": pa.array(
                random.choice(KINDS, count, p=[0.4, 0.25, 0.2, 0.1, 0.05]).tolist(), pa.string()
            ),
            "comuna": pa.array(random.integers(1, 16, count), pa.int64()),
            "monto": pa.array(amounts),
            "calle": pa.array(
                [
                    None if e else f"Calle {n}"
                    for e, n in zip(empty, random.integers(1, 900, count), strict=True)
                ],
                pa.string(),
            ),
            "cerrado": pa.array((random.random(count) < 0.7).tolist(), pa.bool_()),
            "lat": pa.array(-34.6 + random.normal(0, 0.03, count)),
        }
    )


def history(world: World, seed: int, releases: int) -> list[tuple[pa.Table, date]]:
    """The extracts of a world, one after the other, with the day of each."""
    random = np.random.default_rng(seed)
    months = [month(random, world, place, place * 100_000) for place in range(releases + 12)]
    extracts = []
    for release in range(releases):
        last = 11 if not world.rows else 11 + release // (30 if world.nightly else 1)
        chosen = (
            months[last : last + 1]
            if world.mode == "append"
            else months[max(0, last + 1 - world.window) if world.window else 0 : last + 1]
        )
        table = pa.concat_tables(chosen)
        day = date(START.year + (last + 1) // 12, (last + 1) % 12 + 1, 2)
        if world.nightly:
            day = months[last]["fecha"][0].as_py() + timedelta(days=release % 30)
            table = table.filter(pc.less_equal(table["fecha"], pa.scalar(day)))
        extracts.append((corrected(random, table, world.corrected), day))
    return extracts


def corrected(random: np.random.Generator, table: pa.Table, share: float) -> pa.Table:
    """Some amounts are others than before."""
    amounts = table["monto"].to_numpy().copy()
    some = random.random(len(amounts)) < share
    amounts[some] *= random.uniform(0.8, 1.2, int(some.sum()))
    return table.set_column(table.column_names.index("monto"), "monto", pa.array(amounts))


def judged(
    extracts: Sequence[tuple[pa.Table, date]], last: pa.Table, day: date, mode: str, key: tuple[str, ...]
) -> list[Unusual]:
    """What guards say of an extract after others."""
    totals = (
        np.cumsum([table.num_rows for table, _day in extracts])
        if mode == "append"
        else [table.num_rows for table, _day in extracts]
    )
    known = [
        profile_table(table, then, total=int(total))
        for (table, then), total in zip(extracts, totals, strict=True)
    ][-RELEASES:]
    now = profile_table(last, day, total=last.num_rows + (int(totals[-1]) if mode == "append" else 0))
    case = Case("tabla", key, mode, now, Past(tuple(known), (frozenset(),) * len(known)))
    return list(measure_table(case, lambda: (repeated_rows(last), repeated_rows(extracts[-1][0]))))


def put(table: pa.Table, name: str, cells: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, cells)


def halved_end(table: pa.Table) -> pa.Table:
    """Without half of the rows of its last month."""
    months = pc.strftime(table["fecha"], "%Y-%m")
    end = pc.equal(months, pc.max(months))
    gone = np.flatnonzero(end.to_numpy())[1::2]
    return table.filter(pa.array(~np.isin(np.arange(table.num_rows), gone)))


def serials(table: pa.Table) -> pa.Table:
    days = pc.add(pc.cast(pc.cast(table["fecha"], pa.int32()), pa.int64()), 25_569)
    return put(table, "cargada", pc.cast(days, pa.string()))


FAULTS: dict[str, Callable[[pa.Table], pa.Table]] = {
    "half of the last month's rows missing": halved_end,
    "a column emptied": lambda t: put(t, "calle", pa.nulls(t.num_rows, pa.string())),
    "a third of a column emptied": lambda t: put(
        t,
        "calle",
        pc.if_else(pa.array(np.arange(t.num_rows) % 3 == 0), pa.scalar(None, pa.string()), t["calle"]),
    ),
    "all dates as serial numbers, in a text column": serials,
    "a category renamed (20 % of the rows)": lambda t: put(
        t, "tipo", pc.replace_substring(t["tipo"], "Solicitud", "Pedido")
    ),
    "all categories written otherwise": lambda t: put(t, "tipo", pc.utf8_upper(t["tipo"])),
    "the decimal mark lost (×100)": lambda t: put(t, "monto", pc.multiply(t["monto"], 100)),
    "coordinates without their mark": lambda t: put(t, "lat", pc.multiply(t["lat"], 1_000_000)),
    "two columns of numbers swapped": lambda t: put(put(t, "monto", t["lat"]), "lat", t["monto"]),
    "loaded twice, without a key": lambda t: pa.concat_tables([t, t]),
    "a third of all rows gone": lambda t: t.slice(0, t.num_rows * 2 // 3),
    "a month in the middle gone": lambda t: t.filter(
        pc.not_equal(pc.strftime(t["fecha"], "%Y-%m"), "2023-06")
    ),
    "an export of three months ago": lambda t: t.filter(
        pc.less(t["fecha"], pa.scalar(pc.max(t["fecha"]).as_py() - timedelta(days=92), pa.date32()))
    ),
}


def false_alarms(histories: int) -> list[tuple[str, int, float, float]]:
    """By world: extracts judged, and the shares of those with a warning and of those that were stopped;
    nothing is wrong with any."""
    told = []
    for name, world in WORLDS.items():
        judgements = []
        for seed in range(histories):
            extracts = history(world, seed, 30 if world.nightly else 13)
            for place in range(1, len(extracts), 3 if world.nightly else 2):
                last, day = extracts[place]
                found = judged(extracts[:place], last, day, world.mode, ("id",))
                judgements.append((bool(found), bool(stops(found, {"tabla": last.num_columns}))))
        warned, stopped = np.array(judgements).mean(axis=0)
        told.append((name, len(judgements), float(warned), float(stopped)))
    return told


def detected(histories: int, releases: int) -> list[tuple[str, float, float]]:
    """By planted fault, after so many releases: the shares of histories in which it was told, and in which it
    stopped the run."""
    told = []
    for name, fault in FAULTS.items():
        seen = []
        for seed in range(histories):
            world = replace(World(), season=0.2 if seed % 2 else 0.0, inflation=0.03 if seed % 3 else 0.0)
            extracts = history(world, 1000 + seed, releases + 1)
            last, day = extracts[-1]
            found = judged(extracts[:-1], fault(last), day, "full", () if "twice" in name else ("id",))
            seen.append((bool(found), bool(stops(found, {"tabla": last.num_columns}))))
        warned, stopped = np.array(seen).mean(axis=0)
        told.append((name, float(warned), float(stopped)))
    return told


def seconds(rows: int) -> float:
    """What the profile of a table of so many rows takes."""
    random = np.random.default_rng(1)
    once = pa.concat_tables([month(random, World(rows=10_000), place, place * 20_000) for place in range(10)])
    table = pa.concat_tables([once] * max(rows // once.num_rows, 1))
    start = time.perf_counter()
    profile_table(table, date(2024, 1, 1))
    return time.perf_counter() - start


def main(histories: int = 20) -> None:
    print("| history, nothing wrong | extracts judged | with a warning | stopped |\n|---|---|---|---|")
    for name, judgements, warned, stopped in false_alarms(histories):
        print(f"| {name} | {judgements} | {warned:.1%} | {stopped:.1%} |")
    print("\n| planted fault: told / stopped | after 1 release | after 3 | after 12 |\n|---|---|---|---|")
    columns = [detected(histories, releases) for releases in (1, 3, 12)]
    for row in zip(*columns, strict=True):
        print(
            f"| {row[0][0]} | "
            + " | ".join(f"{warned:.0%} / {stopped:.0%}" for _name, warned, stopped in row)
            + " |"
        )
    print(f"\nprofile of 1 M rows, 9 columns: {seconds(1_000_000):.2f} s")


if __name__ == "__main__":
    main()
