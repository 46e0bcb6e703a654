"""Prints the pages: the templates, in the language that is spoken now, with every value escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from catalog import spoken, words
from catalog.archive.links import kept_links, plain_address
from catalog.dictionary import coded_fields
from catalog.page import FIRST, Page, relative_links
from catalog.portal import quality
from catalog.portal.search import labels
from catalog.words import web
from messages import formats, gettext, language, ngettext


def render_page(page: Page, sections: Sequence[tuple[str, str]]) -> str:
    """The page with its navigation: the title and path of each section.

    In its template `spanish` is the attribute of an element whose text comes from a dataset: what publishers
    write is Spanish, whatever the language of the page.
    """
    spanish = Markup("" if language() == FIRST else ' lang="es"')
    shared = {"sections": sections, "spanish": spanish, **relative_links(page.path)}
    return render(page.template, {**shared, **page.values})


def render(template: str, values: Mapping[str, Any]) -> str:
    return _templates().get_template(template).render(lang=language(), **values)


def render_parts(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The same, piece by piece, for what is long: it is never whole in memory."""
    return _templates().get_template(template).generate(lang=language(), **values)


@cache
def _templates() -> Environment:
    """Kept by the process: reading them takes longer than printing a hundred pages."""
    catalog = Path(__file__).parents[1]
    templates = Environment(
        loader=FileSystemLoader([catalog / "portal/templates", catalog / "topics/templates"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=_writable,
    )
    templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    templates.globals.update(
        {
            "_": gettext,
            "ngettext": ngettext,
            "words": words,
            "formats": formats,
            "quality": quality,
            "search": labels,
            "say": spoken.say,
            "mark": spoken.mark,
            "web": web,
            "coded_fields": coded_fields,
            "links": {},
            "kept_links": kept_links,
            "plain_address": plain_address,
        }
    )
    return templates


def _writable(value: object) -> object:
    """Without the characters that XML has no way to write; what is marked up already stays as it is."""
    return formats.UNWRITABLE.sub("", value) if type(value) is str else value
