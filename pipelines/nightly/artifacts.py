"""What Prefect shows the data team of a night: a sentence, a line for each outcome, a page for each
dataset."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.dataset import Dataset
from pipelines.release.outcome import Outcome, Word
from pipelines.release.outcome_words import (
    REFUSED,
    awaiting_sentence,
    count_outcomes,
    describe_outcome,
    late_sentence,
    list_first,
    outcome_word,
)
from pipelines.settings import Settings

FIRST = 20
MOST_ROWS = 1_000
"""So many lines a page of Prefect shows in a table within seconds; on their way there, each is in memory some
six times."""


def night_sentence(outcomes: Sequence[Outcome], awaiting: int = 0, not_due: int = 0) -> str:
    """How many outcomes there are; where some are not as they should be, which, as far as a line holds; and
    how many datasets wait for their first file, `awaiting` of them without an outcome."""
    ran = [outcome for outcome in outcomes if not outcome.awaiting]
    waiting = awaiting + len(outcomes) - len(ran)
    told = ""
    if not ran and not_due:
        told = ngettext(
            "nothing was due: {n} dataset waits for its time",
            "nothing was due: {n} datasets wait for their time",
            not_due,
        )
    elif ran or not waiting:
        told = _outcomes_sentence(ran)
    return "; ".join(filter(None, (told, count_outcomes({"awaiting": waiting}))))


def _outcomes_sentence(outcomes: Sequence[Outcome]) -> str:
    look = [outcome for outcome in outcomes if needs_a_look(outcome)]
    if not look:
        return ngettext("{n} outcome, all well", "{n} outcomes, all well", len(outcomes))
    told = [f"{outcome.dataset} ({outcome_word(outcome.outcome)})" for outcome in look]
    return ngettext(
        "{n} outcome needs a look: {told}",
        "{n} outcomes need a look: {told}",
        len(look),
        told=list_first(told, FIRST),
    )


def needs_a_look(outcome: Outcome) -> bool:
    """Whether it is not as it should be."""
    return outcome.outcome not in ("published", "unchanged")


def outcomes_sentence(outcomes: Iterable[Outcome]) -> str:
    """The outcomes of one dataset in a line."""
    return "; ".join(": ".join(filter(None, (_outcome_and_version(each), each.message))) for each in outcomes)


def _outcome_and_version(outcome: Outcome) -> str:
    """The version is what is public now: of what was refused, the one before."""
    said = describe_outcome(outcome.kind, outcome.version)
    return said if outcome.version is None or outcome.outcome in REFUSED else f"{said} {outcome.version}"


def crash_outcome(dataset: Dataset, error: Exception) -> Outcome:
    """What an error of the program is to the data team; its traceback is in Prefect's log."""
    message = _(
        "Vereda itself broke ({why}); Prefect's log of this run has the details. Please report it.",
        why=f"{type(error).__name__}: {error}",
    )
    return Outcome(dataset.id, "failed", message, demo=dataset.demo)


def artifact_key(dataset: str) -> str:
    """Prefect's keys are lower-case letters, digits and dashes."""
    return f"report-{re.sub('[^a-z0-9]+', '-', dataset)}"


def show_night(
    outcomes: Sequence[Outcome],
    sentence: str,
    not_due: int,
    nexts: Mapping[str, str],
    settings: Settings,
    *,
    awaiting: Sequence[str] = (),
    late: Sequence[Mapping[str, str]] = (),
) -> None:
    """The page of a run in Prefect: what needs a person and what to type, by dataset in `nexts`, and what
    else `vereda status` says of the night; then all datasets in a table. Where Prefect cannot take it, the
    run's log says so: what became of the data does not hang on it."""
    with _optional():
        page = night_markdown(outcomes, sentence, not_due, nexts, settings, awaiting=awaiting, late=late)
        create_markdown_artifact(page, key="night", description=sentence)
        create_table_artifact(
            table=list(night_rows(outcomes, settings)),
            key="nightly",
            description=sentence,
        )


def show_reports(
    dataset: Dataset, outcomes: Sequence[Outcome], nexts: Mapping[str, str], settings: Settings
) -> None:
    """The reports of a dataset's outcomes, where there is something to tell."""
    if any(outcome.outcome != "unchanged" or outcome.message for outcome in outcomes):
        with _optional():
            create_markdown_artifact(
                outcomes_markdown(dataset, outcomes, nexts, settings), key=artifact_key(dataset.id)
            )


@contextmanager
def _optional() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError:
        pass  # nor does its log reach a server that is away: whoever looks after the deployments says it
    except Exception as error:  # noqa: BLE001 (whatever Prefect's client raises)
        get_run_logger().warning("%s: %s", type(error).__name__, error)


def page_of(dataset: str, demo: bool, settings: Settings) -> str | None:
    """The dataset's page in the portal, where that has a public address."""
    if not settings.portal_url:
        return None
    return f"{settings.portal_url.rstrip('/')}/{'demo' if demo else 'datasets'}/{dataset}/"


def night_markdown(
    outcomes: Sequence[Outcome],
    sentence: str,
    not_due: int,
    nexts: Mapping[str, str],
    settings: Settings,
    *,
    awaiting: Sequence[str] = (),
    late: Sequence[Mapping[str, str]] = (),
) -> str:
    """The sentence of the night; what needs a person, each with why and what to type next; how many of each
    outcome; which datasets wait for their first file, and which are late. No table: a page of Prefect would
    show the first half of a reason, and no command."""
    lines = [f"**{sentence}**"]
    look = [each for each in outcomes if needs_a_look(each)]
    for each in look[:MOST_ROWS]:
        page = page_of(each.dataset, each.demo, settings)
        name = f"[{each.dataset}]({page})" if page and each.version else each.dataset
        lines += ["", f"### {name}: {_outcome_and_version(each)}", "", each.message]
        lines += ["", _("Next: `{command}`", command=nexts[each.dataset])]
    if (more := len(look) - MOST_ROWS) > 0:
        lines += ["", ngettext("and {n} more", "and {n} more", more)]
    waiting = sorted({*awaiting, *(each.dataset for each in outcomes if each.awaiting)})
    counts = Counter(outcome.kind for outcome in outcomes)
    lines += ["", count_outcomes({**counts, "awaiting": len(waiting), "notDue": not_due})]
    if waiting:
        lines += ["", awaiting_sentence(waiting, MOST_ROWS)]
    if late:
        lines += ["", late_sentence(late, MOST_ROWS)]
    return "\n".join(lines)


def night_rows(outcomes: Sequence[Outcome], settings: Settings) -> Iterator[dict[str, Any]]:
    """A row for each outcome. Where there are more than a browser shows in one table, those of which there
    is least to tell are a row together by outcome: what is unchanged, and if that is not enough, what else
    is well, then the last of the rest."""
    shown = list(outcomes)
    if len(shown) > MOST_ROWS:
        shown = [each for each in outcomes if not each.quiet]
    if len(shown) > MOST_ROWS:
        shown = [each for each in shown if needs_a_look(each)][:MOST_ROWS]
    yield from (outcome_row(each, settings) for each in shown)
    known = {id(each) for each in shown}
    folded: dict[tuple[Word, bool], list[int]] = {}
    for each in outcomes:
        if id(each) not in known:
            folded.setdefault((each.outcome, each.awaiting), []).append(sum(each.rows.values()))
    for (word, waits), rows in folded.items():
        name = ngettext("{n} more dataset", "{n} more datasets", len(rows))
        yield outcome_row(Outcome(name, word, rows={"": sum(rows)}, awaiting=waits), settings)


def outcome_row(outcome: Outcome, settings: Settings) -> dict[str, Any]:
    """A line of the table artifact."""
    changes = "; ".join(
        f"{name}: +{c['added']} −{c['removed']} ~{c['changed']}" for name, c in outcome.changes.items()
    )
    page = page_of(outcome.dataset, outcome.demo, settings) if outcome.version else None
    return {
        _("dataset"): outcome.dataset,
        _("outcome"): describe_outcome(outcome.kind, outcome.version),
        _("version"): outcome.version or "",
        # Those of a file that was refused would stand beside the version that stays.
        _("rows"): "" if outcome.awaiting or outcome.outcome in REFUSED else sum(outcome.rows.values()),
        _("problems"): outcome.problems,
        _("what changed"): changes,
        _("seconds"): outcome.seconds,
        _("message"): outcome.message,
        _("page"): page or "",
    }


def outcomes_markdown(
    dataset: Dataset, outcomes: Sequence[Outcome], nexts: Mapping[str, str], settings: Settings
) -> str:
    """The reports of a dataset's outcomes: errors by table, type and field with their first rows, then
    warnings in words."""
    lines = [f"# {dataset.title}"]
    if page := page_of(dataset.id, dataset.demo, settings):
        link = _("its page in the portal")
        lines += ["", f"[{link}]({page})"]
    for outcome in outcomes:
        lines += [
            "",
            "## " + " ".join(filter(None, (_outcome_and_version(outcome), outcome.as_of))),
        ]
        lines += ["", outcome.message] if outcome.message else []
        if needs_a_look(outcome):
            lines += ["", _("Next: `{command}`", command=nexts[outcome.dataset])]
        checked = outcome.report.get("frictionless", {}).get("tasks", ())
        if places := _places(checked):
            names = (_("table"), _("problem"), _("field"), _("times"), _("first rows"))
            lines += ["", _line(names), _line(["---"] * len(names))]
            for place, rows in places.items():
                lines.append(_line([*place, str(len(rows)), ", ".join(map(str, rows[:FIRST]))]))
        if warnings := list(_warnings(checked)):
            lines += ["", *warnings]
    return "\n".join(lines)


def _places(checked: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[int | str]]:
    """The row numbers of errors by (table, type, field)."""
    found: dict[tuple[str, str, str], list[int | str]] = {}
    for table in checked:
        for error in table["errors"]:
            kind = (table["name"], error.get("code") or error["type"], error.get("fieldName", ""))
            found.setdefault(kind, []).append(error.get("rowNumber") or "–")
    return found


def _warnings(checked: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for table in checked:
        for warning in table["warnings"][:FIRST]:
            yield f"- {table['name']}: {warning}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
