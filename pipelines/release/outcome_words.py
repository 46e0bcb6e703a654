"""What outcomes are called in the language of whoever reads: at the terminal, on Prefect's pages. `--json`
keeps the words of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from messages import gettext as _
from messages import ngettext
from messages.formats import format_date

REFUSED = ("rejected", "failed")
"""Of these nothing is published: what was before stays."""


def outcome_word(word: str) -> str:
    """What an outcome, or the state of a receipt, is called."""
    return {
        "published": _("published"),
        "unchanged": _("unchanged"),
        "quarantined": _("in quarantine"),
        "rejected": _("rejected"),
        "failed": _("failed"),
        "awaiting": _("waits for its first file"),
        "waiting": _("waiting"),
        "accepted": _("accepted: the next run publishes it"),
        "superseded": _("superseded by a later file"),
        "taken-back": _("taken back by its sender"),
    }[word]


def describe_outcome(word: str, version: str | None) -> str:
    """The same, with the version that stays where there is one and nothing came of the run."""
    if version is None or word not in REFUSED:
        return outcome_word(word)
    return _("{outcome} ({version} stays)", outcome=outcome_word(word), version=version)


def list_first(names: Sequence[str], most: int | None = None) -> str:
    """Names in a row; of more than `most` the first ones, and how many more."""
    shown = list(names[:most])
    if more := len(names) - len(shown):
        shown.append(ngettext("and {n} more", "and {n} more", more))
    return ", ".join(shown)


def late_sentence(late: Sequence[Mapping[str, str]], most: int | None = None) -> str:
    """Which datasets have older data than they promised, as `vereda status` lists them; `most` by name."""
    names = [f"{each['dataset']} ({format_date(each['dataOf'])})" for each in late]
    return ngettext(
        "{n} dataset is late, its newest data of: {names}",
        "{n} datasets are late, their newest data of: {names}",
        len(late),
        names=list_first(names, most),
    )


def awaiting_sentence(names: Sequence[str], most: int | None = None) -> str:
    """Which datasets wait for their first file, and so were passed over; `most` by name."""
    return ngettext(
        "{n} dataset waits for its first file ({names}): `vereda list` says whom to ask.",
        "{n} datasets wait for their first file ({names}): `vereda list` says whom to ask.",
        len(names),
        names=list_first(names, most),
    )


def end_word(end: str, stop: str | None = None) -> str:
    """What the end of a run is called; `stop` says where it was cancelled, perhaps after all was done."""
    if end == "done" and stop:
        return _("cancelled when all was done")
    return {
        "running": _("is running"),
        "done": _("came to its end"),
        "cancelled": _("cancelled"),
        "broken": _("Vereda broke"),
        "cut-off": _("was cut off"),
    }[end]


def outcome_place(name: str) -> str:
    """What an outcome is of, as a person reads it: a dataset has its id; the night, and what is brought up
    after the datasets, have words."""
    return {
        "night": _("night"),
        "archive": _("archive"),
        "inbox": _("inbox"),
        "portal": _("portal"),
        "ckan": "CKAN",
        "notices": _("notices"),
    }.get(name, name)


def count_outcomes(counts: Mapping[str, int]) -> str:
    """How many there are of each outcome, in words, the gravest first: 1 failed, 3 unchanged. Those that were
    left alone are counted too, which else would seem to be lost: `awaiting` their first file, `notDue`."""
    told = {
        "failed": ngettext("{n} failed", "{n} failed", counts.get("failed", 0)),
        "rejected": ngettext("{n} rejected", "{n} rejected", counts.get("rejected", 0)),
        "quarantined": ngettext("{n} in quarantine", "{n} in quarantine", counts.get("quarantined", 0)),
        "unchanged": ngettext("{n} unchanged", "{n} unchanged", counts.get("unchanged", 0)),
        "published": ngettext("{n} published", "{n} published", counts.get("published", 0)),
        "awaiting": ngettext(
            "{n} waits for its first file", "{n} wait for their first file", counts.get("awaiting", 0)
        ),
        "notDue": ngettext("{n} not due", "{n} not due", counts.get("notDue", 0)),
    }
    return ", ".join(sentence for word, sentence in told.items() if counts.get(word))
