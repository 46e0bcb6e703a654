"""What can be found: every dataset with its columns, and the pages on plans, commitments, publishers, themes
and the rest, in the words that they are written in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog import words
from catalog.page import Page
from catalog.portal.search.contents import split_contents
from catalog.portal.search.index import Document
from catalog.portal.search.text import stem
from catalog.public import Listing
from messages import LANGUAGES, speaking

# Pages that say what they are by their template; any other is a page. Days are found from their commitments.
KINDS = {
    "commitments/plan.html": "plan",
    "commitments/commitment.html": "commitment",
    "publisher.html": "publisher",
    "theme.html": "theme",
}
NOT_FOUND = ("home.html", "datasets.html", "search.html", "missing.html", "commitments/day.html")
CODE = 6  # letters and digits at least: shorter ones are years and quantities
_BARRIO, _COMUNA = re.compile(r"barrio", re.IGNORECASE), re.compile(r"comuna", re.IGNORECASE)
_POINT = re.compile(
    r"^(lat|lon|lng|long|latitud|longitud|latitude|longitude|geometry|geometria|wkt|punto|point)$",
    re.IGNORECASE,
)


def dataset_document(listing: Listing, fresh: str | None, rows: str = "") -> Document:
    """A dataset as it can be found, by the words of its `rows` too, as `contents` gives them; one whose
    versions were all withdrawn by its id alone."""
    about = listing.descriptor
    resources = list(about.get("resources") or ())
    fields = [each for resource in resources for each in (resource.get("schema") or {}).get("fields") or ()]
    publisher: Mapping[str, Any] = about.get("publisher") or {}
    codes = tuple(dict.fromkeys(str(each).lower() for each in about.get("superTheme") or ()))
    english, found = _english(about), split_contents(rows)
    texts = {
        "title": listing.title,
        "english": english["title"],
        "keywords": " ".join(map(str, about.get("keywords") or ())),
        "name": listing.dataset,
        "tables": " ".join(_table_words(each) for each in resources),
        "themes": " ".join(theme for code in codes for theme in theme_titles(code)),
        "publisher": _publisher_words(publisher),
        "description": f"{about.get('description') or ''} {english['description']}",
        "fields": " ".join(_field_words(each) for each in fields),
        "details": " ".join(_detail_words(each) for each in fields),
        **_row_words(found),
    }
    files = listing.current.files if listing.current else {}
    return Document(
        kind="demo" if listing.demo else "dataset",
        path=listing.path,
        titles=(listing.title, english["title"]),
        descriptions=(str(about.get("description") or ""), english["description"]),
        texts=texts,
        fields=list(dict.fromkeys(_field_label(each) for each in fields)),
        publisher=str(publisher.get("name") or ""),
        themes=codes,
        formats=sorted({name.rpartition(".")[2] for name in files if name.endswith((".csv", ".parquet"))}),
        fresh=fresh or "",
        places=_places(fields),
        at=(listing.current or listing.editions[0]).at if listing.editions else "",
        rows=sum(listing.current.rows.values()) if listing.current else 0,
        row_counts=_row_counts(found),
    )


def _row_counts(found: Mapping[str, tuple[int, bool]]) -> dict[str, tuple[int, bool]]:
    """By stem, in how many rows one of its words stands at least, and whether it may be in more."""
    counts: dict[str, tuple[int, bool]] = {}
    for word, (rows, more) in found.items():
        term = stem(word)
        known = counts.get(term)
        counts[term] = (max(rows, known[0]), True) if known else (rows, more)
    return counts


def _row_words(found: Iterable[str]) -> dict[str, str]:
    """The words of a dataset's rows; apart from them the codes, which nobody writes by chance."""
    codes = [each for each in found if len(each) >= CODE and any(letter.isdigit() for letter in each)]
    return {"contents": " ".join(found), "codes": " ".join(codes)}


@dataclass
class FoundPage:
    """A page on more than one dataset, as far as it can be found: its title and description as they are
    `written` in each language, and words by which it is known."""

    path: str
    kind: str
    keywords: str | None
    written: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, page: Page) -> FoundPage | None:
        """None for one that is not looked for, or that is of invented rows."""
        if page.template in NOT_FOUND or page.path.startswith("demo/"):
            return None
        kind = KINDS.get(page.template, "page")
        commitment = page.values.get("commitment") or page.values.get("plan")
        subject = getattr(commitment, kind, None) if kind in ("plan", "commitment") else None
        keywords = None if subject is None else f"{subject.id} {getattr(subject, 'answers', None) or ''}"
        return cls(page.path, kind, keywords)

    def add(self, language: str, page: str) -> None:
        """Takes down what the page says of itself in a language."""
        head = page[: page.find("</head>")]
        self.written[language] = (_title(head), _description(head))


def page_document(page: FoundPage) -> Document:
    """A page as it can be found."""
    (title, about), (english, english_about) = (page.written.get(each, ("", "")) for each in LANGUAGES)
    texts = {
        "title": title,
        "english": english if english != title else "",
        "description": about,
    }
    if page.keywords is not None:
        texts["keywords"] = page.keywords
    publisher = title if page.kind == "publisher" else ""
    return Document(
        page.kind, page.path, (title, english), (about, english_about), texts, publisher=publisher
    )


def theme_titles(code: str) -> Iterator[str]:
    """What a theme is called, in every language."""
    for language in LANGUAGES:
        with speaking(language):
            yield words.themes().get(code, code)


def _english(thing: Mapping[str, Any]) -> dict[str, str]:
    found = thing.get("en") or {}
    return {key: str(found.get(key) or "") for key in ("title", "description")}


def _table_words(resource: Mapping[str, Any]) -> str:
    english = _english(resource)
    return " ".join(map(str, (resource.get("title") or "", resource.get("name") or "", english["title"])))


def _publisher_words(publisher: Mapping[str, Any]) -> str:
    former = " ".join(str(each.get("name") or "") for each in publisher.get("formerNames") or ())
    return f"{publisher.get('name') or ''} {former}"


def _field_words(field: Mapping[str, Any]) -> str:
    return f"{field.get('title') or ''} {field['name']} {_english(field)['title']}"


def _detail_words(field: Mapping[str, Any]) -> str:
    values = [
        str(each) for each in (field.get("constraints") or {}).get("enum") or () if isinstance(each, str)
    ]
    return " ".join((str(field.get("description") or ""), _english(field)["description"], *values))


def _field_label(field: Mapping[str, Any]) -> str:
    return f"{field['title']} ({field['name']})" if field.get("title") else str(field["name"])


def _places(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    """How what a dataset tells of can be found on a map: by comuna, by barrio, by points or shapes."""
    names = [str(each["name"]) for each in fields]
    found = [
        ("comuna", any(_COMUNA.search(each) for each in names)),
        ("barrio", any(_BARRIO.search(each) for each in names)),
        ("points", any(_POINT.match(each) for each in names)),
    ]
    return [name for name, given in found if given]


def _title(page: str) -> str:
    match = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return html.unescape(match[1]).removesuffix(" · Vereda").strip() if match else ""


def _description(page: str) -> str:
    match = re.search(r'<meta name="description" content="(.*?)">', page, re.DOTALL)
    return html.unescape(match[1]).strip() if match else ""
