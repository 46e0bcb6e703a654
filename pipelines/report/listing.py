"""Every problem on a line of its own, as a CSV that spreadsheets open well."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from messages import gettext as _
from messages import ngettext
from pipelines.report.groups import Group, example


def write_listing(found: Iterable[Group], into: Path) -> None:
    """Writes the list: UTF-8 with a mark, so that Excel reads its accents. What comes from the agency's file is text and nothing else."""
    with into.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(
            [_("table"), _("severity"), _("problem"), _("column"), _("row"), _("cell"), _("value"), _("expected"), _("how to put it right")]
        )
        for group in found:
            writer.writerows([harmless(cell) for cell in line] for line in _lines(group))


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it (OWASP, "CSV Injection"); numbers stay as they are."""
    if re.match(r"\s*[=@＝＠\t\r]|\s*[+\-＋－](?![\d.,\s]*%?$)", text):
        return f"'{text}"
    return text


def _lines(group: Group) -> Iterator[list[str]]:
    severity = {"critical": _("stops the release"), "held": _("holds its row back"), "warning": _("worth a look")}[group.severity]
    before = [group.resource, severity, group.title, group.column or ""]
    for problem in group.problems:
        each = example(problem, group)
        expected = each.told or group.expected
        yield [*before, str(each.row or ""), each.cell or "", each.value or "", expected, group.remedy]
    if more := group.count - group.listed:
        said = ngettext("and {n} more such problem, whose row was not kept", "and {n} more such problems, whose rows were not kept", more)
        yield [*before, "", "", "", said, _("Correct these first, then check again.")]
