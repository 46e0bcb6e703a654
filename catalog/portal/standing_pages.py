"""Pages that no dataset has: what is not here, what was withdrawn, what this site is, and data that is asked
for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from catalog.archive.reports import ReportEntry, group_reports
from catalog.feeds import Feed
from catalog.metadata.record import Masthead
from catalog.page import FIRST, Page, localized_path
from catalog.portal.overview import Overview
from catalog.public import Listing
from messages import LANGUAGES, language, speaking
from messages import gettext as _

MISSING, ABOUT, REQUESTS = "404.html", "acerca/index.html", "pedidos/index.html"
PENDING, FOLLOW = "por-venir/index.html", "avisos/index.html"


@dataclass(frozen=True)
class PendingData:
    """Data that has no dataset yet. `spoken` has, by language, what it is called (`title`), what it is
    (`about`), what is `missing` and whom to `ask`; the first language is always there. `source`: where it
    was, as far as that is known; `columns`: how many are declared already."""

    id: str
    publisher: str
    source: str | None
    spoken: Mapping[str, Mapping[str, str]]
    columns: int = 0

    @property
    def words(self) -> Mapping[str, str]:
        return self.spoken.get(language(), self.spoken[FIRST])


@dataclass(frozen=True)
class Followed:
    """A feed that people may follow: its path in the portal, and what it has news of."""

    path: str
    label: str


def pages(
    overview: Overview,
    requests: Sequence[ReportEntry],
    pending: Sequence[PendingData] = (),
    feeds: Sequence[Feed] = (),
) -> Iterator[Page]:
    """The pages that are there once in each language."""
    masthead = overview.masthead
    form = masthead.form_address(page=f"{masthead.base}{localized_path(REQUESTS)}")
    shared = {"masthead": masthead, "form": form}
    yield Page(ABOUT, "about.html", {**shared, "licenses": _licenses(overview), "pending": pending})
    if pending:
        yield Page(PENDING, "pending.html", {"pending": pending})
    titles = {each.dataset: each.spoken_title for each in overview.real} if requests else {}
    asked = {"requests": group_reports(requests), "titles": titles, "mail": _request_mail(masthead)}
    yield Page(REQUESTS, "requests.html", {**shared, **asked})
    yield Page(FOLLOW, "follow.html", _followed(feeds))


def _followed(feeds: Sequence[Feed]) -> dict[str, list[Followed]]:
    """What may be followed, by kind; a comuna is called so in every language, and all else as its publisher
    calls it."""
    with speaking(FIRST):
        named = {each.path: each.label for each in feeds}
    found: dict[str, list[Followed]] = {"comunas": [], "publishers": [], "commitments": []}
    for path, label in named.items():
        kind, _slash, rest = path.partition("/")
        if kind == "comunas":
            found[kind].append(Followed(path, _("Comuna {number}", number=rest.partition("/")[0])))
        elif kind == "publishers":
            found[kind].append(Followed(path, label))
        elif not path.startswith("demo/") and "/compromiso/" in path:
            found["commitments"].append(Followed(path, label))
    return found


def missing_page(masthead: Masthead) -> Page:
    """The page for an address at which there is nothing: it may be shown at any depth, so that its links
    begin at the site's own root. In one language, with the way in the other."""
    site = urlsplit(masthead.base).path if masthead.is_public else "/"
    own = {each: site if each == FIRST else f"{site}{each}/" for each in LANGUAGES}
    other = next(each for each in LANGUAGES if each != language())
    with speaking(other):
        words = {
            "lang": other,
            "title": _("This page is not here"),
            "text": _("There is nothing at this address."),
            "home_title": _("Home"),
            "list_title": _("All datasets"),
        }
    words |= {"home": f"{own[other]}index.html", "list": f"{own[other]}datos/index.html"}
    values: dict[str, Any] = {"root": own[language()], "site": site, "other": words}
    return Page(MISSING, "missing.html", values | {"others": {other: words["home"]}})


def withdrawn_pages(listing: Listing) -> Iterator[Page]:
    """Where a version stood that was taken away: why it is gone."""
    for edition in listing.editions:
        if edition.withdrawn:
            path = f"{listing.path}/v/{edition.version}/index.html"
            values = {"listing": listing, "edition": edition}
            yield Page(path, "withdrawn.html", values)


def _licenses(overview: Overview) -> list[tuple[str, str, int]]:
    """The licences of the real datasets: name, address ("" where there is none), how many datasets; the
    commonest first."""
    counts: Counter[tuple[str, str]] = Counter()
    for listing in overview.real:
        for each in listing.descriptor.get("licenses") or ():
            path = str(each.get("path") or "")
            name = str(each.get("title") or each.get("name") or path)
            counts[name, path if path.startswith(("http://", "https://")) else ""] += 1
    return [(name, path, count) for (name, path), count in counts.most_common()]


def _request_mail(masthead: Masthead) -> str | None:
    if not masthead.email:
        return None
    subject, body = _("I ask for data"), _("Which data, of which years and places, and what for:\n")
    return f"mailto:{quote(masthead.email, safe='@')}?subject={quote(subject)}&body={quote(body)}"
