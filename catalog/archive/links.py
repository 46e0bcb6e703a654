"""Links that data leans on (evidence, sources, minutes): what stood there when it was asked, kept as a copy,
and what became of the original since

    links/00000001.json    a look at some links: what was new, and which stood as before

A copy's bytes are a blob of the archive. Copies are private, but for those that a declaration allows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from catalog.archive.store import Shelf

FOLDER = "links"
COPIES = 10
"""Of a link that changes all the time: the first copy and the newest ones."""
Finding = Literal["kept", "changed", "same", "gone", "unreached"]


@dataclass(frozen=True)
class Copy:
    """What an address gave: `at` is when (ISO 8601 with offset), `text` a hash of what a reader sees of it
    (of what is no page, of its bytes), `media` its kind as the server called it, `clean` whether it is text
    in which no personal data was found."""

    sha256: str
    bytes: int
    media: str
    at: str
    text: str
    clean: bool = False
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class LinkNews:
    """What a look found that was not so before. `kept` and `changed` come with a copy; `same`: what was gone
    or out of reach is there again as it was; `gone` and `unreached` say `why`, for the data team."""

    address: str
    finding: Finding
    copy: Copy | None = None
    why: str = ""


@dataclass(frozen=True)
class Look:
    """A look at links. `read` and `confirmed` name those that stood as before by `link_key`: read whole, or
    said to be unchanged by their server; `public` are the addresses whose copies may be shown, as
    declarations said then."""

    number: int
    at: str
    run: str
    news: tuple[LinkNews, ...] = ()
    read: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    public: tuple[str, ...] = ()

    @property
    def asked(self) -> int:
        return len(self.news) + len(self.read) + len(self.confirmed)


@dataclass(frozen=True)
class LinkStanding:
    """How a link stands by all looks at it. `copies` are the oldest first, none where none could be kept;
    `changed`, `gone` and `unreached` are since when the original is another, no longer there, or does not
    answer; None where it is as it was. `asked` is the last look, `read` the last one that read it whole."""

    address: str
    copies: tuple[Copy, ...] = ()
    changed: str | None = None
    gone: str | None = None
    unreached: str | None = None
    why: str = ""
    asked: str = ""
    read: str = ""
    public: bool = False

    @property
    def first(self) -> Copy | None:
        """What stood there when it was cited first."""
        return self.copies[0] if self.copies else None

    @property
    def shown(self) -> Copy | None:
        """The copy that anybody may read, where there is one."""
        return self.first if self.first and self.public and self.first.clean else None

    @property
    def word(self) -> str:
        """`gone`, `unreached`, `changed`, `same`, the gravest first; `new` where it was never asked."""
        if self.gone or self.unreached:
            return "gone" if self.gone else "unreached"
        if not self.asked:
            return "new"
        return "changed" if self.changed else "same"


def link_key(address: str) -> str:
    """A short name of an address in a look."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Links:
    """The looks at links, and how each link stands by them. Raises ArchiveError where the storage fails."""

    shelf: Shelf

    def standings(self) -> dict[str, LinkStanding]:
        """How each link stands that was ever asked, by its address. A look that cannot be read tells nothing:
        what it was about is asked again."""
        found: dict[str, LinkStanding] = {}
        keys: dict[str, str] = {}
        public: Iterable[str] = ()
        for look in (page.entry for page in self.log.pages() if page.entry):
            for news in look.news:
                keys[link_key(news.address)] = news.address
                before = found.get(news.address, LinkStanding(news.address))
                found[news.address] = _after(before, news, look.at)
            for key, read in [*((k, True) for k in look.read), *((k, False) for k in look.confirmed)]:
                if address := keys.get(key):
                    known = found[address]
                    found[address] = replace(known, asked=look.at, read=look.at if read else known.read)
            public = look.public
        for address in public:
            if address in found:
                found[address] = replace(found[address], public=True)
        return found

    def add(self, look: Look) -> Look:
        """Keeps a look under the next number, and gives it back with that."""
        number = self.log.last + 1
        while not self.log.put(kept := replace(look, number=number)):
            number += 1
        return kept

    def copies(self) -> set[str]:
        """The hashes of all copies; raises Damaged while a look cannot be read, since it may name others."""
        self.log.all()
        return {copy.sha256 for link in self.standings().values() for copy in link.copies}

    @property
    def log(self) -> NumberedLog[Look]:
        return NumberedLog(self.shelf, FOLDER, lambda look: dump_json(asdict(look)), _parse_look)


def count_links(standings: Iterable[LinkStanding]) -> dict[str, int]:
    """How many links there are, of how many a copy is kept, and how many originals are not as they were."""
    every = list(standings)
    words = [each.word for each in every]
    counts = {word: words.count(word) for word in ("changed", "gone", "unreached")}
    copies = sum(len(each.copies) for each in every)
    return {"links": len(every), "kept": sum(bool(each.copies) for each in every), "copies": copies, **counts}


def plain_address(address: str) -> str:
    """An address without the place inside its page: that is never asked."""
    return address.strip().partition("#")[0]


def kept_links(standings: Mapping[str, LinkStanding], addresses: Iterable[str | None]) -> list[LinkStanding]:
    """How those of these addresses stand that were asked, each once, in their order."""
    plain = dict.fromkeys(plain_address(each) for each in addresses if each)
    return [standings[each] for each in plain if each in standings]


def mark_links(links: Iterable[LinkStanding]) -> str:
    """Changes where what pages show of these links does, but for the day on which all was last as it was."""
    told = [
        (each.address, each.first.sha256 if each.first else None, each.word, each.shown is not None)
        for each in links
    ]
    return hashlib.sha256(repr(sorted(told, key=lambda each: each[0])).encode()).hexdigest()[:16]


def _after(before: LinkStanding, news: LinkNews, at: str) -> LinkStanding:
    asked = replace(before, asked=at, read=at, why=news.why)
    if news.finding == "gone":
        return replace(asked, gone=before.gone or at, unreached=None)
    if news.finding == "unreached":
        return replace(asked, unreached=before.unreached or at, read=before.read)
    there = replace(asked, gone=None, unreached=None)
    if news.copy is None:
        return there
    copies = (*before.copies, news.copy)
    if len(copies) > COPIES:
        copies = (copies[0], *copies[1 - COPIES :])
    other = copies[0].text != news.copy.text
    return replace(there, copies=copies, changed=(before.changed or at) if other else None)


def _parse_look(text: bytes) -> Look:
    plain = json.loads(text)
    news = []
    for each in plain.pop("news"):
        if each["finding"] not in get_args(Finding):
            raise ValueError(each["finding"])
        copy = Copy(**each.pop("copy")) if each.get("copy") else each.pop("copy", None)
        news.append(LinkNews(**each, copy=copy))
    lists = {name: tuple(plain.pop(name)) for name in ("read", "confirmed", "public")}
    return Look(**{**plain, **lists, "news": tuple(news)})
