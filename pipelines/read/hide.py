"""Columns that not everyone may read: hashed with the archive's own key, or masked, before anything else sees
them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.dataset.dataset import DECLARATION, Dataset, DatasetError
from pipelines.dataset.personal import HidingMethod, hidden_fields

Rewrite = Callable[[pa.Array], pa.Array]
Hide = Callable[[HidingMethod], Callable[[str], str]]
MASK = "***"


class Hiding:
    """The way of a hidden field's cells, after `way`: each distinct text is hidden once, missing ones stay.
    `cells` counts."""

    def __init__(self, hide: Callable[[str], str], way: Rewrite, missing: list[str]):
        self.hide, self.way, self.missing = hide, way, frozenset(missing)
        self.cells = 0

    def __call__(self, cells: pa.Array) -> pa.Array:
        encoded = self.way(cells).dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        stays = [text is None or text in self.missing for text in texts]
        written = pa.array(
            [text if stay else self.hide(text) for text, stay in zip(texts, stays, strict=True)], pa.string()
        )
        self.cells += (
            pc.sum(pc.take(pa.array([not stay for stay in stays], pa.bool_()), encoded.indices)).as_py() or 0
        )
        return pc.take(written, encoded.indices)


class NoKey(Exception):
    """A column is to be hashed, and there is no key: set VEREDA_HASH_KEY."""


@dataclass(frozen=True)
class _Hider:
    dataset: str
    key: bytes | None

    def __call__(self, meant: HidingMethod) -> Callable[[str], str]:
        if meant == "mask":
            return mask_text
        if self.key is None:
            raise NoKey
        return partial(hash_text, dataset=self.dataset, key=self.key)


def hider(dataset: str, key: bytes | None) -> Hide:
    """What becomes of a text that is to be hidden, in one dataset with one key; it can be handed to another
    process."""
    return _Hider(dataset, key)


def require_hash_key(dataset: Dataset, key: bytes | None) -> bytes | None:
    """The archive's key; raises DatasetError where the dataset needs one and there is none."""
    for index, resource in enumerate(dataset.resources):
        for name, meant in hidden_fields(resource.pipeline.personal_data).items():
            if meant == "hash" and key is None:
                where = f"resources[{index}].pipeline.personalData.{name}"
                problem = _(
                    "is hash, which needs a secret: set VEREDA_HASH_KEY to 16 characters or more, and keep it"
                )
                raise DatasetError(dataset.id, DECLARATION, where, problem)
    return key


def mask_text(text: str) -> str:
    """Three asterisks and the last three characters, of at least six: the length is not told."""
    stripped = text.strip()
    return MASK + (stripped[-3:] if len(stripped) >= 6 else "")


def hash_text(text: str, dataset: str, key: bytes) -> str:
    """80 bits of HMAC-SHA256, in sixteen letters and digits. The same person is the same text within a
    dataset, however a number is punctuated, and another one in other datasets: what two of them tell cannot
    be put together."""
    plain = text.strip().casefold()
    if re.fullmatch(r"[\d.\-/ ]+", plain):
        plain = re.sub(r"\D", "", plain)
    digest = hmac.new(key, f"{dataset}\0{plain}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def fingerprint_key(key: bytes) -> str:
    """What tells one key from another and does not give it away."""
    return hmac.new(key, b"vereda", hashlib.sha256).hexdigest()[:8]


def hide_earlier_rows(
    table: pa.Table, declared: Mapping[str, HidingMethod], before: Mapping[str, Any], hide: Hide
) -> pa.Table:
    """Rows of an earlier release as they may be told now: columns that were not hidden then are hidden,
    dropped ones are emptied.

    `before` is the published descriptor of the table then.
    """
    then = {field["name"]: field.get("personalData") for field in before["schema"]["fields"]}
    for name, meant in declared.items():
        if name not in table.column_names or then.get(name) == meant:
            continue
        place, column = table.column_names.index(name), table[name]
        if meant == "drop" or column.type != pa.string():
            table = table.set_column(place, table.schema.field(name), pa.nulls(len(column), column.type))
        else:
            way = Hiding(hide(meant), lambda cells: cells, [""])
            table = table.set_column(
                place, name, pa.chunked_array([way(chunk) for chunk in column.chunks], pa.string())
            )
    return table
