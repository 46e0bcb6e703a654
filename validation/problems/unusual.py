"""The names and remedies of what guards find: an extract that is not like the ones before it."""

from __future__ import annotations

from messages import gettext as _


def unusual() -> dict[str, tuple[str, str]]:
    """By code: its name and its remedy."""
    look = _(
        "Look at the column in the file, and at the one of the last version. If it is right, nothing is to "
        "be done: the next releases "
        "learn from it; if it stops the run, `vereda accept` lets it through."
    )
    whole = _(
        "Check that the file is whole and the newest one, and ask the agency for it again where it is not."
    )
    return {
        "unusual-extract": (
            _("An extract unlike the ones before it"),
            _(
                "Compare it with the last version. If it is right, say so with `vereda accept`; if not, "
                "ask the agency for it again."
            ),
        ),
        "nulls-unusual": (_("Unusually many or few empty cells"), look),
        "categories-unusual": (_("Categories that are new, or gone"), look),
        "numbers-unusual": (_("Numbers of another size"), look),
        "writing-unusual": (_("Texts written in another way"), look),
        "dates-as-serials": (
            _("Dates that became a spreadsheet's numbers"),
            _("Format the column as a date in the spreadsheet, and export the file again."),
        ),
        "length-unusual": (_("Texts of another length"), look),
        "rows-lost": (_("Rows that are gone"), whole),
        "rows-replaced": (_("Keys that are gone"), look),
        "rows-unusual": (_("Another number of rows than usual"), whole),
        "rows-repeated": (
            _("Rows that are there twice"),
            _("Look whether the file was loaded or copied twice, and export it again."),
        ),
        "rows-truncated": (
            _("A file that ends where a spreadsheet does"),
            _("Export the table as CSV and not through a spreadsheet, which holds no more rows than these."),
        ),
        "month-shortened": (_("A month that lost its rows"), whole),
        "month-short": (_("A last month with few rows"), whole),
        "period-short": (_("A period with few rows"), whole),
        "dates-standing": (_("Dates that do not go on"), whole),
        "dates-ahead": (_("Dates after the day of the extract"), look),
        "stale-extract": (_("An old file, sent again"), whole),
        "warnings-unusual": (_("Unusually many warnings"), look),
        "repairs-unusual": (_("Unusually many repairs"), look),
    }
