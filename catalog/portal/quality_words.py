"""The quality index in words: what its parts are called, how each is calculated, and why a dataset has what it has."""

from __future__ import annotations

from catalog.portal import words
from catalog.portal.quality_index import Index, Part
from messages import gettext as _
from messages import ngettext


def title(name: str) -> str:
    return {
        "validity": _("Validity"),
        "completeness": _("Completeness"),
        "freshness": _("Freshness"),
        "documentation": _("Documentation"),
        "reuse": _("Reuse"),
    }[name]


def method(name: str) -> str:
    return {
        "validity": _(
            "Share of rows of which the checks find nothing to say; where expectations are declared, the share of those that are met "
            "counts as much. A version with a serious fault is not published, so that what counts here are warnings."
        ),
        "completeness": _("Share of cells that have a value, of all cells of all tables."),
        "freshness": _(
            "Age of the data beside the promised rhythm: 100 within one period, 75 up to one and a half, 40 up to three, 0 beyond. "
            "Without a promised date it does not count."
        ),
        "documentation": _("Half for the share of fields that have a title, half for the share that have a description."),
        "reuse": _(
            "Share of six things that are declared: a licence with its address, a contact e-mail, the source, keywords, a theme, "
            "the period that is covered."
        ),
    }[name]


def because(index: Index, part: Part) -> str:
    """Why a part has its score, with the numbers."""
    facts = index.facts
    if part.name == "completeness":
        if not facts.cells:
            return _("There are no rows.")
        return _("{empty} of {cells} cells are empty.", empty=words.number(facts.empty), cells=words.number(facts.cells))
    if part.name == "freshness":
        return _("No update is promised for a fixed date.") if index.fresh is None else words.freshness(index.fresh).capitalize() + "."
    if part.name == "documentation":
        told = {"titled": facts.titled, "described": facts.described}
        return ngettext(
            "Of {n} field, {titled} has a title and {described} a description.",
            "Of {n} fields, {titled} have a title and {described} a description.",
            facts.fields,
            **told,
        )
    if part.name == "reuse":
        return _("Missing: {what}.", what=", ".join(map(lacking, facts.lacks))) if facts.lacks else _("Nothing is missing.")
    return _validity(index)


def lacking(name: str) -> str:
    return {
        "license": _("a licence with its address"),
        "contact": _("a contact e-mail"),
        "source": _("the source"),
        "keywords": _("keywords"),
        "theme": _("a theme"),
        "period": _("the period that is covered"),
    }[name]


def _validity(index: Index) -> str:
    facts = index.facts
    found = ngettext("{n} finding in {rows}.", "{n} findings in {rows}.", facts.findings, rows=words.rows(facts.rows))
    said = found if facts.findings else _("Nothing found in {rows}.", rows=words.rows(facts.rows))
    expected = _("Expectations met: {met} of {all}.", met=facts.met, all=facts.expected) if facts.expected else ""
    return f"{said} {expected}".rstrip()
