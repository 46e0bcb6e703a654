"""Files that begin as those of the release before are, byte for byte, what writing all of them would give."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.archive import published
from catalog.archive.continued import Beginning, continue_csv, continue_parquet, hash_file
from catalog.archive.published import pack_csv, pack_parquet
from catalog.archive.thrift import read_struct, write_struct

GROUP = 2_048


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Row groups of which a test can have several; pages stay as they are."""
    for module in ("published", "continued"):
        monkeypatch.setattr(f"catalog.archive.{module}.ROW_GROUP", GROUP)


def rows(count: int, seed: int = 1) -> pa.Table:
    random = np.random.default_rng(seed)
    texts = [None if n % 13 == 5 else f'Agüero "{n % 977}",\n{seed}' for n in range(count)]
    return pa.table(
        {
            "id": pa.array(np.arange(count)),
            "texto": pa.array(texts, pa.string()),
            "tipo": pa.array([("a", "b", "ñ")[n % 3] for n in range(count)]),
            "monto": pa.array(np.round(random.random(count) * 1000, 2)),
            "fecha": pa.array(random.integers(0, 20_000, count).astype("int32")).cast(pa.date32()),
            "alta": pa.array(random.integers(0, 10**15, count)).cast(pa.timestamp("us", tz="-03:00")),
            "sí": pa.array(random.integers(0, 2, count).astype(bool)),
        }
    )


def write(
    table: pa.Table, into: Path, about: dict[str, str], pack: tuple[Callable[..., Any], ...], *more: Any
) -> tuple[bytes, bytes]:
    into.mkdir()
    schema = {"fields": [{"name": name, "title": name.upper()} for name in table.column_names]}
    hashes = (
        pack[0](table, "NA", into / "t.csv", *more),
        pack[1](table, schema, about, into / "t.parquet", *more),
    )
    if more:
        assert hashes == (hash_file(into / "t.csv"), hash_file(into / "t.parquet"))
    assert sorted(path.name for path in into.iterdir()) == ["t.csv", "t.parquet"]
    return (into / "t.csv").read_bytes(), (into / "t.parquet").read_bytes()


def _hash_without_end(file: Path, behind: int) -> Any:
    content = file.read_bytes()
    return hashlib.sha256(content[: len(content) - behind])


WHOLE, CONTINUED = (pack_csv, pack_parquet), (continue_csv, continue_parquet)


@pytest.mark.parametrize(
    ("before", "leading", "after"),
    [
        (3 * GROUP + 100, 3 * GROUP + 100, 4 * GROUP),
        (5 * GROUP, 3 * GROUP + 7, 6 * GROUP + 1),
        (2 * GROUP, 2 * GROUP, 2 * GROUP),
        (3 * GROUP, 2 * GROUP, 2 * GROUP),
        (2 * GROUP, 2 * GROUP, 2 * GROUP + 1),
        (2 * GROUP, 10, 3 * GROUP),
        (40 * GROUP, 39 * GROUP, 40 * GROUP + 9),
    ],
)
def test_the_bytes_are_those_of_the_whole_table(tmp_path, before, leading, after):
    old = rows(before)
    new = pa.concat_tables([old.slice(0, leading), rows(after, 2).slice(leading)])
    write(old, tmp_path / "before", {"title": "como se llamaba"}, WHOLE)
    whole = write(new, tmp_path / "whole", {"title": "otro título, más largo"}, WHOLE)

    def save(ending: str, into: Path, behind: int = 0) -> Any:
        shutil.copyfile(tmp_path / "before" / f"t{ending}", into)
        return _hash_without_end(into, behind)

    beginning = Beginning(old, leading, save)
    found = write(new, tmp_path / "new", {"title": "otro título, más largo"}, CONTINUED, beginning)
    assert found == whole
    assert pq.read_table(tmp_path / "new" / "t.parquet").equals(new)


def _without_numbers(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("monto")
    return table.set_column(place, "monto", pa.array([float("nan")] * table.num_rows))


@pytest.mark.parametrize("fault", ["gone", "other rules", "a number that is none", "large numbers"])
def test_where_the_file_before_is_of_no_use_all_is_written(tmp_path, fault):
    old = rows(3 * GROUP)
    rest = rows(GROUP, 2)
    if fault == "a number that is none":
        rest = _without_numbers(rest)
    if fault == "large numbers":
        rest = rest.set_column(3, "monto", pa.array([1e15 + 0.5] * rest.num_rows))
    new = pa.concat_tables([old, rest])
    write(old, tmp_path / "before", {}, WHOLE)

    def save(ending: str, into: Path, behind: int = 0) -> Any:
        shutil.copyfile(tmp_path / "before" / f"t{ending}", into)
        if fault == "other rules" and ending == ".csv":
            pack_csv(old, "–", into)
        return None if fault == "gone" else _hash_without_end(into, behind)

    whole = write(new, tmp_path / "whole", {}, WHOLE)
    assert write(new, tmp_path / "new", {}, CONTINUED, Beginning(old, old.num_rows, save)) == whole


def test_footers_are_written_as_they_were_read(tmp_path):
    table = pa.table({f"c{n}": [n % 2 == 0, None, True] for n in range(40)}).append_column(
        "números", pa.array([-(2**40), None, 7], pa.int64())
    )
    published.write_parquet(table, tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") : -8]
    found, end = read_struct(footer)
    assert (write_struct(found), end) == (footer, len(footer))
