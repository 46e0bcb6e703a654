"""Which resources of a package are the same table: twice, in several formats, or by year; and which might be,
so that rows could count twice"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from pipelines.dataset.text import fold_text
from pipelines.harvest.package import Column, ForeignPackage, ForeignResource
from pipelines.harvest.titles import Period, TitleParts, clean_title, take_apart, without_rhythm
from pipelines.harvest.vocabulary import TABLES

MAPS = ("shp", "geojson", "kml", "kmz", "gpkg", "gml")
GROUPS = frozenset(("mujer", "varon", "varón", "hombr", "niña", "niño", "joven", "jóven"))
"""Who is counted apart from all: as titles are folded, without the endings of the plural."""
WHOLES = frozenset(
    [
        *(
            "total",
            "totale",
            "todo",
            "todas",
            "toda",
            "complet",
            "completo",
            "completa",
            "consolidado",
            "all",
        ),
        *("consolidada", "full", "complete", "whole", "geral", "general", "dataset", "base", "dato", "dado"),
        *("data", "ano", "anio", "year", "serie", "los", "os", "as", "las", "file", "archivo"),
    ]
)
"""Words of which a title consists that says only that it is the whole: without the endings of the plural."""
EDITIONS = re.compile(
    r"(?:^|_)(?:corregid[oa]s?|correccion|correcciones|rectificad[oa]s?|rectificativ[oa]|revisad[oa]s?|revision|"
    r"preliminar(?:es)?|provisori[oa]s?|provisional(?:es)?|definitiv[oa]s?|corrected|revised|preliminary|"
    r"v\d|version_\d|nueva_version|version_nueva|retificad[oa]s?)(?=_|$)"
)
"""Words that tell editions of one thing apart, in a folded title."""
PREFERENCE = ("csv", "tsv", "xlsx", "ods", "xlsm", "xls")
"""Of one table in several formats, the one that is read: text before workbooks."""


@dataclass(frozen=True)
class ForeignTable:
    """A table of a package: the resource that is read, and those that hold the same in another format."""

    lead: ForeignResource
    twins: tuple[ForeignResource, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The dictionary, its own or that of the same table in another format."""
        return next((each.columns for each in (self.lead, *self.twins) if each.columns), ())

    @property
    def parts(self) -> TitleParts:
        """What the title says; where it names no time and the file's name is the same words with one, that
        time."""
        titled = take_apart(self.lead.name)
        filed = take_apart(stem_of(self.lead))
        same = filed.base == titled.base and not titled.is_register and not filed.is_register
        return filed if same and titled.period is None and filed.period else titled


@dataclass(frozen=True)
class Series:
    """Tables of one kind, each for its own time, from the oldest on."""

    base: str
    members: tuple[ForeignTable, ...]


@dataclass(frozen=True)
class Doubt:
    """What only a person can say: its kind, and the resources that it is about."""

    kind: str
    resources: tuple[ForeignResource, ...]


@dataclass(frozen=True)
class Contents:
    """What a package holds: tables, files that are none, pages and services that are no files, and what is in
    doubt."""

    tables: tuple[ForeignTable, ...]
    files: tuple[ForeignResource, ...]
    links: tuple[ForeignResource, ...]
    repeated: tuple[ForeignResource, ...]
    series: tuple[Series, ...]
    doubts: tuple[Doubt, ...]


def sort_contents(package: ForeignPackage) -> Contents:
    """Takes a package's resources apart; each is in one place."""
    resources, repeated = _without_repeats(package.resources)
    known = [each for each in resources if each.format in TABLES]
    tables, doubts = _tables(known)
    others = [each for each in resources if each.format not in TABLES]
    links = [each for each in others if each.is_link]
    files = [each for each in others if not each.is_link]
    doubts += [Doubt("address", (each,)) for each in files if each.address is None]
    files = [each for each in files if each.address is not None]
    series = _series(tables)
    doubts += _same_addresses(resources) + _registers(tables) + _totals(tables) + _overlaps(tables)
    doubts += _editions(tables) + _packed(files, tables) + _drifts(tables)
    return Contents(tuple(tables), tuple(files), tuple(links), tuple(repeated), tuple(series), tuple(doubts))


def _without_repeats(
    resources: Sequence[ForeignResource],
) -> tuple[list[ForeignResource], list[ForeignResource]]:
    """One of each: the same address under the same name is the same thing, listed twice."""
    kept: dict[tuple[str, str], ForeignResource] = {}
    first: list[ForeignResource] = []
    repeated: list[ForeignResource] = []
    for each in resources:
        key = (file_address(each.address or ""), clean_title(each.name))
        if each.address and key in kept:
            repeated.append(each)
            if each.columns and not kept[key].columns:
                better = replace(kept[key], columns=each.columns)
                first[first.index(kept[key])] = kept[key] = better
            continue
        kept[key] = each
        first.append(each)
    return first, repeated


def _tables(resources: Sequence[ForeignResource]) -> tuple[list[ForeignTable], list[Doubt]]:
    """The tables, each with its other formats. What has no address is another format of one that has, or in
    doubt."""
    order = sorted(resources, key=lambda each: PREFERENCE.index(each.format))
    leads: list[ForeignResource] = []
    twins: dict[str, list[ForeignResource]] = defaultdict(list)
    doubts = [Doubt("address", (each,)) for each in order if each.address is None]
    for each in (each for each in order if each.address is not None):
        lead = _same_table(each, leads)
        if lead is None:
            leads.append(each)
        else:
            twins[lead.id].append(each)
    place = {each.id: index for index, each in enumerate(resources)}
    leads.sort(key=lambda each: place[each.id])
    doubts += _same_names(leads)
    return [ForeignTable(lead, tuple(twins[lead.id])) for lead in leads], doubts


def _same_table(one: ForeignResource, leads: Iterable[ForeignResource]) -> ForeignResource | None:
    """The lead that holds the same table in another format: of the same file name, else of the same title."""
    others = [lead for lead in leads if lead.format != one.format]
    by_stem = [lead for lead in others if stem_of(lead) and stem_of(lead) == stem_of(one)]
    by_name = [lead for lead in others if clean_title(lead.name) == clean_title(one.name)]
    both = [lead for lead in by_name if lead in by_stem]
    found = both or (by_name if len(by_name) == 1 else []) or (by_stem if len(by_stem) == 1 else [])
    return found[0] if found else None


def stem_of(resource: ForeignResource) -> str:
    """The name of its file, folded, without ending and format."""
    name = PurePosixPath(unquote(urlsplit(resource.address or "").path)).name
    stem = fold_text(name.partition(".")[0] if name.count(".") == 1 else name.rpartition(".")[0])
    return re.sub(r"_(zip|shp|csv|xlsx|geojson|kml)$", "", stem)


def file_address(address: str) -> str:
    """An address as far as it says which file it is: without its mark of a place, and without what asks for
    the file to be kept and not shown."""
    parts = urlsplit(address)
    asked = [pair for pair in parse_qsl(parts.query, True) if pair[0].lower() not in SHOWN]
    host = re.sub(r":(80|443)$", "", parts.netloc.lower())
    return f"{host}{parts.path}?{urlencode(asked)}"


SHOWN = ("download", "dl", "forcedownload", "attachment", "inline", "raw")
"""Parts of a query that say how a file is given, and not which."""


def _same_names(leads: Sequence[ForeignResource]) -> list[Doubt]:
    """One name for two tables."""
    named: dict[str, list[ForeignResource]] = defaultdict(list)
    for lead in leads:
        named[clean_title(lead.name)].append(lead)
    return [Doubt("name", tuple(group)) for group in named.values() if len(group) > 1]


def _same_addresses(resources: Sequence[ForeignResource]) -> list[Doubt]:
    """One address under two resources that are not the same thing."""
    placed: dict[str, list[ForeignResource]] = defaultdict(list)
    for each in resources:
        if each.address and each.format in TABLES:
            placed[file_address(each.address)].append(each)
    return [Doubt("same-address", tuple(group)) for group in placed.values() if len(group) > 1]


def _by_base(tables: Sequence[ForeignTable]) -> dict[str, list[tuple[Period, ForeignTable]]]:
    """Tables whose titles say the same of different times, from the oldest; what is a register of all years
    is none of them."""
    bases: dict[str, list[tuple[Period, ForeignTable]]] = defaultdict(list)
    for table in tables:
        parts = table.parts
        if parts.period and not parts.is_register:
            bases[parts.base].append((parts.period, table))
    for dated in bases.values():
        dated.sort(key=lambda each: (each[0].start, each[0].end))
    return bases


def _overlapping(dated: Sequence[tuple[Period, ForeignTable]]) -> list[ForeignTable]:
    """Those that tell of the same time as another of them."""
    return [
        table
        for period, table in dated
        if any(
            table is not other and period.start <= there.end and there.start <= period.end
            for there, other in dated
        )
    ]


def _series(tables: Sequence[ForeignTable]) -> list[Series]:
    found = []
    for base, dated in _by_base(tables).items():
        doubled = _overlapping(dated)
        members = tuple(table for _period, table in dated if table not in doubled)
        if len(members) > 1:
            found.append(Series(base, members))
    return found


def _overlaps(tables: Sequence[ForeignTable]) -> list[Doubt]:
    """Tables of one kind that tell of the same time: whole and part, or twice."""
    doubled = [_overlapping(dated) for dated in _by_base(tables).values()]
    return [Doubt("overlap", tuple(table.lead for table in group)) for group in doubled if group]


def _editions(tables: Sequence[ForeignTable]) -> list[Doubt]:
    """Tables of one kind and one time, of which one says that it is corrected, or not yet final."""
    editions: dict[tuple[str, str], list[ForeignTable]] = defaultdict(list)
    for table in tables:
        period = table.parts.period
        title = EDITIONS.sub("", table.parts.base)
        editions[title.strip("_"), period.words if period else ""].append(table)
    return [
        Doubt("edition", tuple(table.lead for table in group))
        for group in editions.values()
        if len({table.parts.base for table in group}) > 1
    ]


def _packed(files: Sequence[ForeignResource], tables: Sequence[ForeignTable]) -> list[Doubt]:
    """Archives of a time that are not another format of a table: they may hold tables of their own."""
    known = {clean_title(each.name) for table in tables for each in (table.lead, *table.twins)}
    known |= {stem_of(each) for table in tables for each in (table.lead, *table.twins)}
    known |= {clean_title(each.name) for each in files if each.format in MAPS}
    packed = [
        each
        for each in files
        if each.format in ("zip", "7z", "rar")
        and _tells_of_time(each)
        and clean_title(each.name) not in known
        and stem_of(each) not in known
        and not re.search(r"_shp$|shape", fold_text(each.name))
    ]
    return [Doubt("packed", tuple(packed))] if packed else []


def _tells_of_time(resource: ForeignResource) -> bool:
    parts = take_apart(resource.name)
    return parts.period is not None or parts.is_register


def _drifts(tables: Sequence[ForeignTable]) -> list[Doubt]:
    """Titles that may be of one table, which was called otherwise in some years: all words of the one are
    among the other's, and the times of the one lie in the gaps of the other."""
    bases = {base: dated for base, dated in _by_base(tables).items() if base}
    doubts = []
    for base, dated in bases.items():
        for other, there in bases.items():
            if not set(base.split("_")) < set(other.split("_")) or len(dated) < 2:
                continue
            start, end = dated[0][0].start, dated[-1][0].end
            inside = all(start <= period.start and period.end <= end for period, _table in there)
            if inside and not _overlapping([*dated, *there]):
                doubts.append(Doubt("drift", (dated[0][1].lead, *(table.lead for _period, table in there))))
    return doubts


def _registers(tables: Sequence[ForeignTable]) -> list[Doubt]:
    """A register of all years beside the table of now, or those of single years; or a table without a year
    beside those of the same name that have one: it may hold their rows."""
    doubts: dict[frozenset[str], Doubt] = {}
    for table in tables:
        beside = list(_beside_register(table, tables)) or _beside_whole(table, tables)
        if beside:
            about = (table.lead, *(other.lead for other in beside))
            doubts.setdefault(frozenset(each.id for each in about), Doubt("register", about))
    return list(doubts.values())


def _beside_register(table: ForeignTable, tables: Sequence[ForeignTable]) -> list[ForeignTable]:
    """The tables whose rows this one may hold as well."""
    parts, others = table.parts, [other for other in tables if other is not table]
    if not parts.is_register:
        dated = [other for other in others if other.parts.period and other.parts.base == parts.base]
        return [] if parts.period else dated
    words = _words(parts.plain_base)
    if not words:  # "2010-2021, historical" beside "2010": all are named by their time alone
        return [
            other
            for other in others
            if (other.parts.period or other.parts.is_register) and not _words(other.parts.plain_base)
        ]
    named = [(other, _words(other.parts.plain_base)) for other in others]
    alike = [other for other, there in named if words and there and (words <= there or there <= words)]
    near = [
        other
        for other, there in named
        if not other.parts.is_register and len(words & there) >= max(2, 2 / 3 * len(words))
    ]
    return alike or (near if len(near) == 1 else [])


def _beside_whole(table: ForeignTable, tables: Sequence[ForeignTable]) -> list[ForeignTable]:
    """The dated tables beside one whose title says only that it is all of them: "Total", "Full dataset"."""
    words = _words(table.parts.base)
    if table.parts.period or not words or not words <= WHOLES:
        return []
    longest = max(_by_base(tables).values(), key=len, default=[])
    return [other for _period, other in longest] if len(longest) > 1 else []


def _words(base: str) -> set[str]:
    return set(base.split("_")) - {""}


def _totals(tables: Sequence[ForeignTable]) -> list[Doubt]:
    """A table that may be the sum of others: theirs say of which part they are, its own says total, or it is
    by year and theirs by month."""
    by_base: dict[str, list[ForeignTable]] = defaultdict(list)
    for table in tables:
        by_base[table.parts.base].append(table)
    doubts = []
    for base, group in by_base.items():
        parts = [other for other in by_base if other != base and _is_part(other, base)]
        enough = len(parts) > 1 or any(not other.startswith(f"{base}_") for other in parts)
        if base and enough:
            doubts.append(Doubt("total", (group[0].lead, *(by_base[part][0].lead for part in parts))))
    return doubts


def _is_part(other: str, base: str) -> bool:
    """Whether a table called `other` may be a part of what the one called `base` counts."""
    if re.match(rf"{re.escape(base)}_(con|sin)_", other):
        return True
    if len(GROUPS & _words(other)) == 1 and _words(other) - GROUPS == _words(base):
        return True
    if re.search(r"(^|_)anual(_|$)", base):
        return without_rhythm(base) == without_rhythm(other)
    words = base.split("_")
    if "total" not in words or "total" in other.split("_"):
        return False
    if words[-1] == "total" and len(words) > 1:
        return other.startswith("_".join(words[:-1]))
    counted = set(words) - {"total", "ciudad", "caba", "general"}
    of_all = bool(set(words) & {"ciudad", "caba", "general"})
    return (len(counted) > 1 or (of_all and bool(counted))) and counted < set(other.split("_"))
