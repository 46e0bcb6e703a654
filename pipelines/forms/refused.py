"""Files that are no table: each is named, with what whoever sent it can do."""

from __future__ import annotations

from messages import gettext as _
from pipelines.grid import Unreadable

PICTURES = ("PNG", "JPEG", "GIF", "TIFF", "PSD", "WebP", "BMP", "SVG", "PDF", "PostScript", "ODG")
DOCUMENTS = ("RTF", "DOC", "DOCX", "ODT", "PPT", "PPTX", "ODP", "EPUB")
ARCHIVES = ("bzip2", "7z", "RAR", "xz", "zstd", "tar")
MAPS = ("shapefile", "GeoJSON", "KML", "GPX")
STORES = ("Parquet", "Arrow", "SQLite", "Access")


def refused(kind: str) -> Unreadable:
    """The answer for a file of this kind (pipelines/forms/kind.py)."""
    return Unreadable("source-error" if kind == "empty" else "format-error", _sentence(kind))


def _sentence(kind: str) -> str:
    if kind in PICTURES:
        return _("the file is {kind}: cells cannot be read from it; hand in the sheet that it was made from (XLSX, ODS or CSV)", kind=kind)
    if kind in DOCUMENTS:
        return _(
            "the file is a document ({kind}), not a table; copy its table into a sheet and hand that in as XLSX, ODS or CSV", kind=kind
        )
    if kind in ARCHIVES:
        return _("the file is packed as {kind}, which is not read; unpack it and hand in the table itself, or pack it as ZIP", kind=kind)
    if kind in MAPS:
        return _("the file is a map layer ({kind}), not a table; export its attributes as CSV, with columns for lat and long", kind=kind)
    if kind in STORES:
        return _("the file is {kind}, a form of databases that is not read; export the table as CSV", kind=kind)
    return _odd(kind)


def _odd(kind: str) -> str:
    sentences = {
        "empty": _("the file is empty; ask for the extract again"),
        "HTML page": _("the file is an HTML page, not CSV; the address leads to a page, give that of the file itself"),
        "HTML table": _(
            "the file is a web page (HTML) with a table, saved under a workbook's name; open it in Excel or LibreOffice, choose “Save as”, "
            "type XLSX, and hand that in"
        ),
        "XML 2003": _("the file is an XML spreadsheet of 2003; open it in Excel or LibreOffice, save it as XLSX and hand that in"),
        "XML": _("the file is XML, not a table; hand in the table as CSV, XLSX, ODS or JSON"),
        "Numbers": _("the file is from Apple's Numbers; choose “Export to”, “Excel” there, and hand that in"),
        "mail": _("the file is an e-mail or a page saved as one file; save the attached table itself and hand that in"),
        "MSG": _("the file is an e-mail of Outlook; save the attached table itself and hand that in"),
        "shortcut": _("the file is a shortcut of Windows and holds no data; hand in the file that it points to"),
        "zeros": _("the file is full of zeros: it was damaged when it was copied; export it again and hand that in"),
        "locked": _("the workbook is locked with a password; save it without one and hand it in again"),
    }
    return sentences.get(kind) or _("the file is of a form that is not known, not a table; hand it in as CSV, XLSX, ODS or JSON")
