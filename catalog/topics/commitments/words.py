"""What states and changes of commitments are called on the pages, in the feed and in the calendar."""

from __future__ import annotations

from catalog.topics.commitments.events import Event
from catalog.topics.commitments.plans import Report, Review, first_day
from catalog.topics.commitments.standing import MilestoneStanding
from catalog.words import web
from messages import gettext as _
from messages import ngettext
from messages.formats import format_date, format_month, format_number, format_percent

CLASSES = {"NS": "ns", "LP": "lp", "SP": "sp", "C": "c"}


def state_label(code: str | None) -> str:
    """A state in words; one that is not known as it is written."""
    labels = {
        "NS": _("not started"),
        "LP": _("limited progress"),
        "SP": _("substantial progress"),
        "C": _("complete"),
    }
    return _("no report") if code is None else labels.get(code, code)


def state_class(code: str | None) -> str:
    """The state in the page's style sheet."""
    return CLASSES.get(code or "", "none")


def progress_label(value: float | None) -> str:
    """A percentage, whole."""
    return "—" if value is None else format_percent(value)


def period_label(name: str) -> str:
    """A month or a quarter in words; any other period as it is written."""
    year, _dash, part = name.partition("-")
    if part.startswith("T"):
        return _("quarter {n} of {year}", n=part[1:], year=year)
    return format_month(name) if first_day(name) and len(name) == 7 else name


def delay_label(count: int) -> str:
    return ngettext("{count} day late", "{count} days late", count, count=format_number(count))


def report_label(report: Report | None) -> str:
    """A state and a progress, as one reads them."""
    if report is None:
        return _("no report")
    if report.progress is None:
        return state_label(report.state)
    progress = progress_label(report.progress)
    return _("{state} ({progress})", state=state_label(report.state), progress=progress)


def responsible_label(each: MilestoneStanding) -> str:
    return each.answers or _("no document names who answers")


def describe_event(event: Event) -> str:
    """What happened, without the day."""
    name = event.milestone.title if event.milestone else event.commitment or event.plan
    due = term_moment(event.milestone.row["fin_mes"]) if event.milestone else ""
    if event.kind == "reported":
        return _describe_report(event, name)
    if event.kind == "corrected":
        return _describe_correction(event, name)
    if event.kind == "redefined":
        due = format_date(event.milestone.due) if event.milestone else ""
        former = format_date(event.due) if event.due else ""
        return _(
            "{name}: the plan's text changed; due {due}, before {former}.", name=name, due=due, former=former
        )
    if event.kind == "reviewed" and event.review:
        return _describe_review(event.review, name)
    return {
        "plan": _("The plan {name} is in force.", name=name),
        "submitted": _("The plan {name} was submitted.", name=name),
        "plan-over": _("The time of the plan {name} is over.", name=name),
        "plan-loaded": _("The plan {name} was loaded.", name=name),
        "loaded": _("The commitment {name} was added.", name=name),
        "added": _("{name}: the milestone was added.", name=name),
        "removed": _("{name}: the milestone is no longer in the plan.", name=name),
        "late": _("{name}: late since this day; it was due {due}.", name=name, due=due),
        "past-due": _("{name}: it was due {due}, and no report says how it ended.", name=name, due=due),
    }[event.kind]


def _describe_review(review: Review, name: str) -> str:
    report = review.row["informe"]  # one reviewer may publish several on a plan, in one year
    reviewer = f"{review.reviewer} ({report})" if report else review.reviewer
    values = {"reviewer": reviewer, "name": name, "when": published_label(review)}
    if review.published is None:
        text = _(
            "The review of {name} by {reviewer} was loaded; no document says of which day it is.", **values
        )
    elif len(review.row["publicada"] or "") < len("2021-12-31"):
        text = _("{reviewer} published its review of {name} in {when}; the day is not known.", **values)
    else:
        text = _("{reviewer} published its review of {name}.", **values)
    return f"{text} {ending_label(review)}" if review.completion else text


def ending_label(review: Review) -> str:
    """How a review says that a commitment ended, as a sentence."""
    if review.state is None:
        state = state_label(review.in_words)
        return _("It says in words, without a code: {state}.", state=state)
    return _("Its code of completion: {state}.", state=state_label(review.state))


def published_label(review: Review) -> str:
    """A day, a month or a year, as exactly as it is known."""
    return term_label(review.row["publicada"])


def term_label(text: str | None) -> str:
    """The end of a term as precisely as its document gives it: a day, a month or a year."""
    if text and len(text) == 7 and text[5:].isdecimal():
        return format_month(text)
    return format_date(text) if text and len(text) == 10 else text or ""


def term_moment(text: str | None) -> str:
    """The same, as it follows a verb: on a day, in a month."""
    when = term_label(text)
    return _("on {date}", date=when) if text and len(text) == 10 else _("in {month}", month=when)


def month_label(text: str | None) -> str:
    return format_month(text) if text else ""


def _describe_report(event: Event, name: str) -> str:
    before, after = report_label(event.before), report_label(event.after)
    period = period_label(event.after.period) if event.after else ""
    if event.before is None:
        return _("{name}: first report, for {period}: {after}.", name=name, period=period, after=after)
    if before == after:
        return _("{name}: report for {period}, no change: {after}.", name=name, period=period, after=after)
    values = {"name": name, "period": period, "before": before, "after": after}
    return _("{name}: report for {period}: from {before} to {after}.", **values)


def _describe_correction(event: Event, name: str) -> str:
    values = {"name": name, "before": report_label(event.before)}
    values["period"] = period_label(event.before.period) if event.before else ""
    if event.after is None:
        return _(
            "{name}: correction of the report for {period}, which was taken back; it said {before}.", **values
        )
    values["after"] = report_label(event.after)
    return _("{name}: correction of the report for {period}: it said {before}, now {after}.", **values)


def web_addresses(addresses: tuple[str, ...]) -> list[str]:
    """Those that may be linked."""
    return [each for each in addresses if web(each)]
