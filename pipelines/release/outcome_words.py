"""What outcomes are called in the language of whoever reads: at the terminal, on Prefect's pages. `--json`
keeps the words of the contract."""

from __future__ import annotations

from collections.abc import Mapping

from messages import gettext as _
from messages import ngettext


def outcome_word(word: str) -> str:
    """What an outcome, or the state of a receipt, is called."""
    return {
        "published": _("published"),
        "unchanged": _("unchanged"),
        "quarantined": _("in quarantine"),
        "rejected": _("rejected"),
        "failed": _("failed"),
        "waiting": _("waiting"),
        "accepted": _("accepted: the next run publishes it"),
        "superseded": _("superseded by a later file"),
    }[word]


def end_word(end: str) -> str:
    """What the end of a run is called."""
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
    """How many there are of each outcome, in words, the gravest first: 1 failed, 3 unchanged."""
    told = {
        "failed": ngettext("{n} failed", "{n} failed", counts.get("failed", 0)),
        "rejected": ngettext("{n} rejected", "{n} rejected", counts.get("rejected", 0)),
        "quarantined": ngettext("{n} in quarantine", "{n} in quarantine", counts.get("quarantined", 0)),
        "unchanged": ngettext("{n} unchanged", "{n} unchanged", counts.get("unchanged", 0)),
        "published": ngettext("{n} published", "{n} published", counts.get("published", 0)),
    }
    return ", ".join(sentence for word, sentence in told.items() if counts.get(word))
