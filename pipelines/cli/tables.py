"""Answers as tables and sentences for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from messages import gettext as _
from messages import ngettext
from messages.formats import format_date, quote, shorten
from pipelines.release.outcome_words import REFUSED, describe_outcome, end_word, outcome_place, outcome_word

if TYPE_CHECKING:
    from catalog.archive.receipts import Receipt
    from pipelines.agency.report.groups import Example, ProblemGroup
    from pipelines.agency.report.received import RunForecast
    from pipelines.release.outcome import Outcome
    from pipelines.release.receipt_outcomes import ReceiptOutcome
    from validation.report import Problem, Report

COLOURS = {
    "published": "green",
    "unchanged": "dim",
    "awaiting": "dim",
    "quarantined": "yellow",
    "rejected": "red",
    "failed": "bold red",
}


# Beside a dataset whose rows are invented.
DEMO = " [demo]"

# Up to how many characters a cell of a table stays in one line.
WHOLE = 40


def console() -> Console:
    """The screen; where there is none (a log, a pipe), lines of 120 characters. What a file says stands there
    as it is: `:car:` is no picture."""
    plain = partial(Console, highlight=False, markup=False, emoji=False)
    screen = plain()
    return screen if screen.is_terminal else plain(width=120)


def plain_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    numbers: Sequence[int] = (),
    folds: int | None = None,
) -> Grid:
    """A plain table; the columns in `numbers` are set to the right, the column `folds` takes several lines
    where it must, and so does any that is wide: else it would leave no room for the columns after it."""
    table = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    rows = list(rows)
    for place, heading in enumerate(headings):
        wide = any(len(str(row[place])) > WHOLE for row in rows)
        table.add_column(
            heading,
            justify="right" if place in numbers else "left",
            overflow="fold",
            no_wrap=place != folds and not wide,
        )
    for row in rows:
        table.add_row(
            *(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row)
        )
    return table


def outcome_line(outcome: Outcome, place: str) -> Text:
    """A line of progress: one dataset is done; `place` says how far the run is."""
    return Text.assemble(
        "  ",
        Text(place, style="dim"),
        outcome_place(outcome.dataset),
        DEMO if outcome.demo else "",
        *outcome_text(outcome.kind, outcome.version),
    )


def outcome_text(kind: str, version: str | None) -> tuple[str, Text]:
    """What stands after a dataset's name: the version that the outcome is of, or that stays, and its word."""
    said = Text(describe_outcome(kind, version), style=COLOURS[kind])
    return f" {version}: " if version and kind not in REFUSED else ": ", said


def quiet_sentence(n: int) -> str:
    """Of the datasets of which there is nothing else to say."""
    return ngettext("{n} dataset was unchanged", "{n} datasets were unchanged", n)


def need_lines(needs: Sequence[Mapping[str, Any]]) -> Iterable[Text]:
    """What waits for a person: since when, why, and what to type."""
    if not needs:
        yield Text(_("Nothing needs a person."), style="green")
        return
    yield Text(ngettext("{n} thing needs a person:", "{n} things need a person:", len(needs)), style="bold")
    for need in needs:
        yield Text.assemble("  ", Text(outcome_place(need["dataset"]), style="bold"), *_state_of(need))
        yield Text(indent_text(need["message"], 4))
        yield Text("    → " + need["next"], style="cyan")


def indent_text(text: str, by: int) -> str:
    """The text moved in by some columns, and wrapped here: what a terminal wraps begins at its edge, as if it
    were another thing."""
    width = max(40, console().width - by)
    return indent(fill(text, width, break_long_words=False, break_on_hyphens=False), " " * by)


def _state_of(need: Mapping[str, Any]) -> Iterable[str | Text]:
    """How it stands with what waits; of what lies in the inbox, and of a night that has yet to begin, the
    sentence below says all."""
    if need["dataset"] == "inbox" or (need["dataset"] == "night" and not need["since"]):
        return
    end, style = need.get("end"), COLOURS[need["outcome"]]
    yield ": "
    yield Text(end_word(end) if end else describe_outcome(need["outcome"], need["version"]), style=style)
    yield f", {format_date(need['since'])}, {need['since'][11:16]}" if end else _duration(need)


def _duration(need: Mapping[str, Any]) -> str:
    """Since when, and in how many nights."""
    if not need["since"]:
        return ""
    since = _(" since {date}, {time}", date=format_date(need["since"]), time=need["since"][11:16])
    if need["nights"] < 2:
        return since
    return since + ngettext(" ({n} night)", " ({n} nights)", need["nights"])


def outcomes_table(outcomes: Iterable[Outcome]) -> Grid:
    """Dataset, outcome, version, rows, problems, what changed, time."""
    headings = [
        _("dataset"),
        _("outcome"),
        _("version"),
        _("data of"),
        _("rows"),
        _("problems"),
        _("changes"),
        _("seconds"),
    ]
    rows = [
        (
            outcome_place(o.dataset) + (DEMO if o.demo else ""),
            Text(outcome_word(o.kind), style=COLOURS[o.kind]),
            o.version or "",
            o.as_of or "",
            # Those of a file that was refused would stand beside the version that stays.
            "" if o.outcome in REFUSED else sum(o.rows.values()),
            o.problems,
            _change_counts(o),
            f"{o.seconds:.1f}",
        )
        for o in outcomes
    ]
    return plain_table(headings, rows, numbers=(4, 5, 7), folds=6)


def received_lines(
    dataset: str, receipt: Receipt, period: str | None, same: Receipt | None
) -> Iterable[Text]:
    """A receipt."""
    heading = ngettext(
        "Received: no. {number} of {dataset}: {name}, {bytes} byte, {at}",
        "Received: no. {number} of {dataset}: {name}, {bytes} bytes, {at}",
        receipt.bytes,
        number=receipt.number,
        dataset=dataset,
        name=receipt.name,
        bytes=receipt.bytes,
        at=receipt.at,
    )
    yield Text(heading, style="bold")
    yield Text(f"  sha256 {receipt.sha256}")
    if period:
        yield Text("  " + _("handed in for {period}", period=period))
    if same:
        yield Text(
            "  "
            + _(
                "The same file as no. {number}, handed in on {at} ({name}).",
                number=same.number,
                at=f"{format_date(same.at)}, {same.at[11:16]}",
                name=same.name,
            )
        )


def receipt_outcome(outcome: Outcome) -> Iterable[Text]:
    """What became of what was handed in, and what to do."""
    rows = sum(outcome.rows.values())
    given = {
        "version": outcome.version or "–",
        "changes": _change_counts(outcome) or _("none changed"),
    }
    match outcome.outcome:
        case "published":
            sentence = ngettext(
                "version {version}, {n} row ({changes})",
                "version {version}, {n} rows ({changes})",
                rows,
                **given,
            )
        case "quarantined":
            sentence = ngettext(
                "version {version}, {n} row ({changes}); some rows stay back until they are corrected",
                "version {version}, {n} rows ({changes}); some rows stay back until they are corrected",
                rows,
                **given,
            )
        case "unchanged" if outcome.report.get("empty"):
            sentence = _("version {version} stays as it is", **given)
        case "unchanged":
            sentence = _("what is published (version {version}) says the same already", **given)
        case "failed":
            sentence = _("the file is kept; the next run takes it up again")
        case _ if "stopped" in outcome.report:  # nothing may be wrong with it
            sentence = _("what was published stays as it was; the report tells why")
        case _:
            sentence = _(
                "what was published stays as it was; the report tells what is wrong: correct the file and "
                "hand it in again"
            )
    yield Text.assemble(
        outcome.dataset,
        ": ",
        Text(outcome_word(outcome.outcome), style=COLOURS[outcome.outcome]),
        f": {sentence}",
    )
    if said := outcome.for_sender or outcome.message:
        yield Text(f"  {said}")


def receipt_lines(found: Sequence[ReceiptOutcome]) -> Iterable[Text]:
    """What was handed in and what became of each, a line for each and one for its reason."""
    if not found:
        yield Text(_("nothing was handed in yet; `vereda submit` takes a file"))
    for each in found:
        style = COLOURS.get(each.state, "yellow" if each.state == "accepted" else "")
        version = f" {each.version}" if each.version else ""
        heading = f"{each.dataset}/{each.receipt.resource} · {each.receipt.number} · {each.receipt.name}"
        yield Text.assemble(
            f"{heading} · {each.receipt.at}: ", Text(outcome_word(each.state), style=style), version
        )
        if each.because and each.state != "accepted":  # whose word says it
            yield Text(f"  {each.because}")
        if each.replacement:
            yield Text(f"  {each.replacement}")


def passed_over_lines(state: ReceiptOutcome) -> Iterable[Text]:
    """Of a file that no run judged: a later one counts in its place, or it waits for another table's."""
    yield Text.assemble(state.dataset, ": ", Text(outcome_word(state.state), style="yellow"))
    yield Text(f"  {state.because}")


def other_outcome_lines(outcomes: Iterable[Outcome], names: Mapping[int, str]) -> Iterable[Text]:
    """What became of other files in the same run, in a line each; `names` are theirs, by receipt number. Then
    what of the run failed beside the dataset: a version that the portal does not show is not public yet."""
    outcomes = list(outcomes)
    for outcome in outcomes:
        if not outcome.receipts and outcome.outcome == "failed":
            yield Text.assemble(
                outcome_place(outcome.dataset),
                *outcome_text(outcome.kind, outcome.version),
                f": {outcome.message}" if outcome.message else "",
            )
    for outcome in outcomes:
        for number in outcome.receipts:
            said = Text(outcome_word(outcome.outcome), style=COLOURS[outcome.outcome])
            yield Text.assemble(
                _("Judged in the same run: no. {number} ({name})", number=number, name=names[number]),
                ": ",
                said,
            )


def _change_counts(outcome: Outcome) -> str:
    """+added −removed ~changed rows, over all tables; before→now of those that cannot be followed."""
    kinds = ("added", "removed", "changed")
    changes = outcome.changes
    traced = [change for name, change in changes.items() if name not in outcome.untraced]
    totals = {key: sum(change[key] for change in traced) for key in kinds[:2]}
    totals["changed"] = sum(change["changed"] for change in changes.values())
    lost = [change for name, change in changes.items() if name in outcome.untraced]
    counts = [f"{sign}{totals[key]}" for sign, key in zip(("+", "−", "~"), kinds, strict=True) if totals[key]]
    if lost:
        gone, now = (sum(change[key] for change in lost) for key in ("removed", "added"))
        counts.append(_("{gone}→{now} not followed", gone=gone, now=now))
    return " ".join(counts)


def report_lines(report: Report, found: Sequence[ProblemGroup] | None = None) -> Iterable[Text]:
    """The problems of a check in groups, each with its first rows, what was expected and what to do."""
    from pipelines.agency.report.groups import EXAMPLES, group_problems

    for group in group_problems(report) if found is None else found:
        heading = Text(group.title, style="yellow" if group.severity == "warning" else "red")
        place = f"{group.resource} · {group.column}" if group.column else group.resource
        yield Text.assemble(heading, f" · {place} · ", ngettext("{n} time", "{n} times", group.count))
        for each in group.examples:
            if told := _example_line(each):
                yield Text(f"    {told}")
        if (more := group.count - len(group.examples)) > 0 and len(group.examples) == EXAMPLES:
            yield Text("    " + ngettext("… and {n} more", "… and {n} more", more), style="dim")
        if group.expected:
            yield Text("    " + _("expected: {what}", what=group.expected))
        yield Text(f"    → {group.remedy}")
        if group.problems:
            yield Text(
                "    " + _("for the data team: {what}", what=_team_remedy(group, group.problems[0])),
                style="dim",
            )
    yield from (Text(remark, style="dim") for remark in (*report.remarks, *report.found))


def held_lines(rows: Iterable[Mapping[str, Any]]) -> Iterable[Text]:
    """The rows that are held back, each with why and its cells."""
    from validation.problems.registry import title

    for row in rows:
        yield Text.assemble(
            Text(f"{row['resource']}, ", style="yellow"),
            Text(_("row {row}", row=row["row"]), style="yellow"),
            Text(f" · {row['file']}" if row.get("file") else "", style="yellow"),
        )
        for reason in row["reasons"]:
            field = f" · {reason['field']}" if reason["field"] else ""
            yield Text(f"    {title(reason['code'] or reason['type'])}{field}")
        yield Text(
            "    " + "; ".join(f"{label}: {cell}" for label, cell in row["cells"].items()), style="dim"
        )


def _team_remedy(group: ProblemGroup, first: Problem) -> str:
    """What a declaration can say instead; of what is told otherwise to its sender, what to write."""
    from validation.problems.notes import plain
    from validation.problems.registry import remedy

    is_other = group.place_only or first.for_sender is not None
    return f"{plain(first)}. {remedy(first)}" if is_other else remedy(first)


def _example_line(each: Example) -> str:
    from validation.problems.notes import quotes_cell

    is_quoted = not each.value or quotes_cell(each.note, each.value)
    value = "" if is_quoted else quote(shorten(each.shown, 80))
    return ": ".join(filter(None, (each.where, value, each.note)))


def verdict_lines(would: RunForecast) -> Iterable[Text]:
    """What would become of the file, and what to do."""
    yield Text(would.sentence, style=COLOURS[would.outcome])
    yield from (Text(f"  {number}. {step}") for number, step in enumerate(would.next, 1))


def links_sentence(counts: Mapping[str, int]) -> str:
    """How many links were asked, how many have a copy, and how many originals are not as they were."""
    sentence = ngettext(
        "Links: {n} asked, a copy kept of {kept}",
        "Links: {n} asked, copies kept of {kept}",
        counts["links"],
        kept=counts["kept"],
    )
    parts = [
        ngettext("{n} original changed", "{n} originals changed", counts["changed"]),
        ngettext("{n} original is gone", "{n} originals are gone", counts["gone"]),
        ngettext("{n} does not answer", "{n} do not answer", counts["unreached"]),
    ]
    words = ("changed", "gone", "unreached")
    return ", ".join([sentence, *(part for part, word in zip(parts, words, strict=True) if counts[word])])


def link_lines(rows: Sequence[Mapping[str, Any]]) -> Iterable[Text]:
    """Of each link how it stands, and its copies; those that are not as they were first."""
    words = {
        "gone": _("the original is gone"),
        "unreached": _("it does not answer"),
        "changed": _("the original changed"),
        "new": _("not asked yet"),
        "same": _("as it was"),
    }
    order = list(words)
    for row in sorted(rows, key=lambda row: (order.index(row["state"]), row["address"])):
        since = row.get(row["state"]) or row["asked"]
        told = f"{words[row['state']]} ({since[:10]})" if since else words[row["state"]]
        copies = ", ".join(f"{copy['at'][:10]} {copy['sha256'][:12]}…" for copy in row["copies"])
        kept = _("copies: {list}", list=copies) if copies else _("no copy")
        style = "" if row["state"] in ("same", "new") else "yellow"
        yield Text(f"{row['address']}\n  {told}; {kept}" + (f"\n  {row['why']}" if row["why"] else ""), style)
    if not rows:
        yield Text(_("No dataset leans on a link."))
