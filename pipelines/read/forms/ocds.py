"""Open Contracting data becomes a grid: a row for each tender, award, contract, supplier or item of the
contracting processes, as their newest releases leave them.

The Open Contracting Data Standard 1.1: release packages, record packages, and one release or record a line.
Releases of one process (`ocid`) are merged by its rules: newest last, objects key by key, lists of objects
with an `id` object by object, other lists as a whole, null takes away. A record's own `compiledRelease` is
taken as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.read.forms.consul import parse_answer, value_text
from pipelines.read.grid import Grid, Remark, Rows, Unreadable

Thing = Mapping[str, Any]
BUYER = ("ocid", "buyerId", "buyerName")
MONEY = ("amount", "currency")
PERIOD = ("startDate", "endDate")
LABELS: Mapping[str, tuple[str, ...]] = {
    "tenders": (
        *BUYER,
        "id",
        "title",
        "description",
        "status",
        "procurementMethod",
        "procurementMethodDetails",
        "mainProcurementCategory",
        *MONEY,
        *PERIOD,
        "numberOfTenderers",
        "date",
    ),
    "awards": (
        *BUYER,
        "id",
        "title",
        "description",
        "status",
        "date",
        *MONEY,
        "supplierIds",
        "supplierNames",
    ),
    "contracts": (
        *BUYER,
        "id",
        "awardId",
        "title",
        "description",
        "status",
        "dateSigned",
        *MONEY,
        *PERIOD,
        "supplierIds",
        "supplierNames",
    ),
    "suppliers": ("ocid", "awardId", "id", "name", "identifierScheme", "identifier"),
    "items": (
        "ocid",
        "of",
        "ofId",
        "id",
        "description",
        "classificationScheme",
        "classification",
        "quantity",
        "unit",
        "unitAmount",
        "currency",
    ),
}
COMPANY = re.compile(r"(?:AR-CUIT-?)?(3[034])-?\d{8}-?\d")
"""A CUIT of a company or another legal person begins with 30, 33 or 34; a person's with 20, 23, 24, 25, 26 or
27 (AFIP, RG 1817)."""
PERSON = re.compile(r"(?:AR-CUI[TL]-?|AR-DNI-?)?(?:2[0-7]-?\d{8}-?\d|\d{7,8})")
WORDS = re.compile(
    r"\b(S\.? ?A\.?( ?S\.?)?|S\.? ?R\.? ?L\.?|S\.? ?E\.?|S\.? ?C\.? ?A\.?|U\.? ?T\.? ?E\.?|LTDA|COOPERATIVA|"
    r"ASOCIACI[OÓ]N|FUNDACI[OÓ]N|UNIVERSIDAD|MINISTERIO|EMPRESA|COMPA[NÑ][IÍ]A|INC|LLC|LTD|GMBH|CORP)\b\.?",
    re.IGNORECASE,
)


def read_ocds(path: Path, table: str) -> Grid:
    """The contracting processes at `path`, by their newest releases; raises Unreadable where it is none.

    Suppliers that are persons, or may be, have no row, no id and no name; how many is told.
    """
    processes = [_compile(releases) for releases in _gather(path).values()]
    rows = {
        "tenders": _tenders,
        "awards": _awards,
        "contracts": _contracts,
        "suppliers": _suppliers,
        "items": _items,
    }[table]
    hidden = sum(1 for each in processes for supplier in _all_suppliers(each) if not is_company(supplier))
    remarks: tuple[Remark, ...] = ()
    if hidden and table in ("awards", "contracts", "suppliers"):
        note = ngettext(
            "{n} supplier is a person, or may be one: name and number are left out",
            "{n} suppliers are persons, or may be: names and numbers are left out",
            hidden,
        )
        remarks = (Remark("supplier-person", note),)
    return Grid(LABELS[table], partial(_number_rows, LABELS[table], rows, processes), remarks=remarks)


def _number_rows(
    labels: Sequence[str], rows: Callable[[Thing], Iterator[Thing]], processes: Sequence[Thing]
) -> Rows:
    number = 1
    for process in processes:
        for values in rows(process):
            number += 1
            yield number, [value_text(values.get(label)) for label in labels]


def _gather(path: Path) -> dict[str, list[Thing]]:
    """The releases of each process, in the order of the file; a compiled one alone stands for all."""
    found: dict[str, list[Thing]] = {}
    for place, whole in _documents(path):
        for release in _releases(whole, place):
            ocid = release.get("ocid")
            if not isinstance(ocid, str) or not ocid:
                raise Unreadable("source-error", _("{place}: a release has no ocid", place=place))
            found.setdefault(ocid, []).append(release)
    if not found:
        raise Unreadable(
            "source-error", _("the file holds no Open Contracting data: neither releases nor records")
        )
    return found


def _documents(path: Path) -> Iterator[tuple[str, Thing]]:
    """The JSON documents of the file: one, or one a line."""
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        wholes = [(_("the file"), json.loads(content, parse_int=str, parse_float=str, parse_constant=str))]
    except RecursionError as error:
        raise Unreadable("source-error", _("the JSON is nested too deeply")) from error
    except ValueError:
        wholes = [
            (_("line {n}", n=number), parse_answer(line, number))
            for number, line in enumerate(content.splitlines(), 1)
            if line.strip()
        ]
    for place, whole in wholes:
        for each in whole if isinstance(whole, list) else [whole]:
            if not isinstance(each, dict):
                raise Unreadable("source-error", _("{place} is no Open Contracting data", place=place))
            yield place, each


def _releases(whole: Thing, place: str) -> Iterator[Thing]:
    if isinstance(whole.get("records"), list):
        for record in whole["records"]:
            yield from _releases(_as_object(record, place), place)
    elif isinstance(whole.get("compiledRelease"), dict):
        yield whole["compiledRelease"]
    elif isinstance(whole.get("releases"), list):
        for release in whole["releases"]:
            yield _as_object(release, place)
    elif "ocid" in whole:
        yield whole
    else:
        raise Unreadable("source-error", _("{place} is no Open Contracting data", place=place))


def _as_object(value: Any, place: str) -> Thing:
    if not isinstance(value, dict):
        raise Unreadable("source-error", _("{place} is no Open Contracting data", place=place))
    return value


def _compile(releases: Sequence[Thing]) -> Thing:
    """The process as its releases leave it, the oldest first; those of one moment as the file has them."""
    whole: Thing = {}
    for release in sorted(releases, key=lambda each: value_text(each.get("date"))):
        whole = merge_release(whole, release)
    return whole


def merge_release(before: Thing, after: Thing) -> Thing:
    """`before` with what `after` says: null takes a member away, lists of objects with ids are merged object
    by object."""
    made = dict(before)
    for key, value in after.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict):
            made[key] = merge_release(_mapping(made.get(key)), value)
        elif _have_ids(value):
            made[key] = _merge_lists(made.get(key), value)
        else:
            made[key] = value
    return made


def _have_ids(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and each.get("id") is not None for each in value)
    )


def _merge_lists(before: Any, after: list[Thing]) -> list[Thing]:
    made = {value_text(each["id"]): each for each in before} if _have_ids(before) else {}
    for each in after:
        id = value_text(each["id"])
        made[id] = merge_release(made.get(id, {}), each)
    return list(made.values())


def _mapping(value: Any) -> Thing:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Thing]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _head(process: Thing) -> dict[str, Any]:
    buyer = _mapping(process.get("buyer"))
    return {"ocid": process.get("ocid"), "buyerId": buyer.get("id"), "buyerName": buyer.get("name")}


def _money(value: Any) -> dict[str, Any]:
    found = _mapping(value)
    return {"amount": found.get("amount"), "currency": found.get("currency")}


def _dates(value: Any) -> dict[str, Any]:
    found = _mapping(value)
    return {name: found.get(name) for name in PERIOD}


def _tenders(process: Thing) -> Iterator[Thing]:
    tender = _mapping(process.get("tender"))
    if tender:
        period = _dates(tender.get("tenderPeriod"))
        yield {
            **tender,
            **_head(process),
            **_money(tender.get("value")),
            **period,
            "date": process.get("date"),
        }


def _awards(process: Thing) -> Iterator[Thing]:
    for award in _objects(process.get("awards")):
        yield {**award, **_head(process), **_money(award.get("value")), **_supplier_names(process, award)}


def _contracts(process: Thing) -> Iterator[Thing]:
    awards = {value_text(each.get("id")): each for each in _objects(process.get("awards"))}
    for contract in _objects(process.get("contracts")):
        award = awards.get(value_text(contract.get("awardID")), {})
        suppliers = contract if contract.get("suppliers") else award  # some publishers give them here
        yield {
            **contract,
            **_head(process),
            **_money(contract.get("value")),
            **_dates(contract.get("period")),
            **_supplier_names(process, suppliers),
            "awardId": contract.get("awardID"),
        }


def _supplier_names(process: Thing, award: Thing) -> dict[str, str]:
    companies = [each for each in _suppliers_of(process, award) if is_company(each)]
    return {
        "supplierIds": "; ".join(value_text(each.get("id")) for each in companies),
        "supplierNames": "; ".join(value_text(each.get("name")) for each in companies),
    }


def _suppliers(process: Thing) -> Iterator[Thing]:
    for award in _objects(process.get("awards")):
        for each in _suppliers_of(process, award):
            if is_company(each):
                identifier = _mapping(each.get("identifier"))
                yield {
                    **each,
                    "ocid": process.get("ocid"),
                    "awardId": award.get("id"),
                    "identifierScheme": identifier.get("scheme"),
                    "identifier": identifier.get("id"),
                }


def _suppliers_of(process: Thing, award: Thing) -> Iterator[Thing]:
    """The suppliers of an award, with what the process says of them among its parties."""
    parties = {value_text(each.get("id")): each for each in _objects(process.get("parties"))}
    for supplier in _objects(award.get("suppliers")):
        yield {**parties.get(value_text(supplier.get("id")), {}), **supplier}


def _all_suppliers(process: Thing) -> Iterator[Thing]:
    known: set[str] = set()
    for award in (*_objects(process.get("awards")), *_objects(process.get("contracts"))):
        for each in _suppliers_of(process, award):
            if (id := value_text(each.get("id") or each.get("name"))) not in known:
                known.add(id)
                yield each


def is_company(supplier: Thing) -> bool:
    """Whether a supplier surely is a company or another legal person: by its number, else by its name."""
    identifier = _mapping(supplier.get("identifier"))
    numbers = [value_text(each).strip() for each in (identifier.get("id"), supplier.get("id"))]
    if any(COMPANY.fullmatch(number) for number in numbers):
        return True
    if any(PERSON.fullmatch(number) for number in numbers):
        return False
    names = (supplier.get("name"), identifier.get("legalName"))
    return any(WORDS.search(value_text(name)) for name in names)


def _items(process: Thing) -> Iterator[Thing]:
    tender = _mapping(process.get("tender"))
    owners = [("tender", tender)]
    owners += [("award", each) for each in _objects(process.get("awards"))]
    owners += [("contract", each) for each in _objects(process.get("contracts"))]
    for of, owner in owners:
        for item in _objects(owner.get("items")):
            classification, unit = _mapping(item.get("classification")), _mapping(item.get("unit"))
            price = _money(unit.get("value"))
            yield {
                "ocid": process.get("ocid"),
                "of": of,
                "ofId": owner.get("id"),
                "id": item.get("id"),
                "description": item.get("description"),
                "classificationScheme": classification.get("scheme"),
                "classification": classification.get("id"),
                "quantity": item.get("quantity"),
                "unit": unit.get("name"),
                "unitAmount": price["amount"],
                "currency": price["currency"],
            }
