"""What a file is, by its content and never by its name; what is not a table is named, with what its sender
can do."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path

from messages import gettext as _
from pipelines.read.grid import Unreadable

HEAD = 1 << 16
"""Bytes at the beginning that are enough to know a form by."""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


# The marks with which forms begin (Gary Kessler's table of signatures, and the forms' own specifications).
MARKS = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    OLE: "ole",
    b"\x1f\x8b": "gzip",
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"8BPS": "PSD",
    b"BZh": "bzip2",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"SQLite format 3\0": "SQLite",
    b"\0\x01\0\0Standard ": "Access",
    b"\0\0\x27\x0a": "shapefile",
    b"%!PS": "PostScript",
    b"L\0\0\0\x01\x14\x02\0": "shortcut",
    b"MZ": "program",
    b"\x7fELF": "program",
}


# Streams of an OLE file (MS-CFB), in the order in which they decide: an encrypted workbook holds nothing
# else.
STREAMS = {
    "EncryptedPackage": "locked",
    "Workbook": "xls",
    "Book": "xls",
    "WordDocument": "DOC",
    "PowerPoint Document": "PPT",
    "__properties_version1.0": "MSG",
}


# Parts of ZIP files that are something of their own.
PARTS = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "xlsb",
    "word/document.xml": "DOCX",
    "ppt/presentation.xml": "PPTX",
    "Index/Document.iwa": "Numbers",
    "META-INF/MANIFEST.MF": "program",
}
OPEN_DOCUMENTS = {
    "spreadsheet": "ods",
    "text": "ODT",
    "presentation": "ODP",
    "graphics": "ODG",
    "epub+zip": "EPUB",
}
PAGE = re.compile(
    r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|meta|title|script|style|table|div|p)\b",
    re.DOTALL | re.IGNORECASE,
)
JSON = re.compile(r'\{\s*["}]|\[\s*([\[{"\]]|-?\d|true\b|false\b|null\b)')


def kind_by_head(head: bytes) -> str:
    """The form by a file's first bytes: `zip`, `ole`, `gzip`, `json`, `text`, or the name of what is no
    table."""
    for mark, kind in MARKS.items():
        if head.startswith(mark) and not (kind == "program" and _is_printable(head)):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return "video"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return _kind_by_text(head)


def _is_printable(head: bytes) -> bool:
    return not re.search(rb"[\0-\x08\x0e-\x1f]", head[:1000])


def _kind_by_text(head: bytes) -> str:
    text = _decode_head(head).lstrip("\ufeff \t\r\n")
    if not text:
        return "empty"
    if JSON.match(text):
        return (
            "GeoJSON"
            if re.search(r'"type"\s*:\s*"(FeatureCollection|Feature|Topology)"', text[:5000])
            else "json"
        )
    if PAGE.match(text[:2000]):
        sheet = re.match(r"\s*<table", text, re.IGNORECASE) or re.search(
            r"urn:schemas-microsoft-com:office|Excel\.Sheet", text[:5000]
        )
        return "HTML table" if sheet else "HTML page"
    if text[:1] == "<":
        names = {
            r"urn:schemas-microsoft-com:office:spreadsheet": "XML 2003",
            r"<kml\b": "KML",
            r"<gpx\b": "GPX",
            r"<svg\b": "SVG",
        }
        return next(
            (kind for sign, kind in names.items() if re.search(sign, text[:5000])),
            "XML" if re.match(r"<[\w:?!-]", text) else "text",
        )
    if re.match(r"(MIME-Version|From|Received|Return-Path|X-[\w-]+): ", text) and re.search(
        r"^Content-Type: ", text, re.MULTILINE
    ):
        return "mail"
    if not _is_binary(head):
        return "text"
    return "zeros" if head.count(0) > len(head) // 2 else "binary"


def _decode_head(head: bytes) -> str:
    """The beginning as text, for a look at it only."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if head.startswith(mark):
            return head.decode(encoding, "ignore")
    return head.decode("utf-8", "replace")


def _is_binary(head: bytes) -> bool:
    """Whether so many bytes are control characters that this is no text; of UTF-16, every second byte is zero
    or nearly so."""
    few, many = sorted((head[::2].count(0), head[1::2].count(0)))
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or (many > len(head) // 4 and few < many // 10):
        return False
    text = head.rstrip(b"\x1a\r\n")  # with a block of 0x1A programs of DOS end a text
    return len(re.findall(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]", text)) > max(10, len(text) // 20)


def kind_of_ole(path: Path) -> str:
    """What an OLE file holds, by the names of its streams: each stands in an entry of 128 bytes, its length
    after its 64th (MS-CFB 2.6)."""
    found = set()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            for stream in STREAMS:
                wide = stream.encode("utf-16-le") + b"\0\0"
                entry = wide.ljust(64, b"\0") + len(wide).to_bytes(2, "little")
                place = block.find(entry)
                while place >= 0 and place % 128:
                    place = block.find(entry, place + 1)
                if place >= 0:
                    found.add(stream)
    return next((kind for stream, kind in STREAMS.items() if stream in found), "OLE")


def kind_of_zip(packed: zipfile.ZipFile) -> str:
    """What a ZIP file is: a workbook, something that is no table, or `zip`, which holds files."""
    names: Collection[str] = set(packed.namelist())
    for part, kind in PARTS.items():
        if part in names:
            return kind
    if "mimetype" in names and packed.getinfo("mimetype").file_size < 200:
        said = packed.read("mimetype").decode("latin-1").strip()
        return next(
            (
                kind
                for end, kind in OPEN_DOCUMENTS.items()
                if said.startswith("application/") and said.endswith(end)
            ),
            "zip",
        )
    endings = {name.lower().rpartition(".")[2] for name in names}
    if "shp" in endings or "gdb" in endings or "gdbtable" in endings:
        return "shapefile"
    return "KML" if "kml" in endings else "zip"


PICTURES = ("PNG", "JPEG", "GIF", "TIFF", "PSD", "WebP", "BMP", "SVG", "PDF", "PostScript", "ODG")
DOCUMENTS = ("RTF", "DOC", "DOCX", "ODT", "PPT", "PPTX", "ODP", "EPUB")
ARCHIVES = ("bzip2", "7z", "RAR", "xz", "zstd", "tar")
MAPS = ("shapefile", "GeoJSON", "KML", "GPX")
STORES = ("Parquet", "Arrow", "SQLite", "Access")


def refused_kind_error(kind: str) -> Unreadable:
    """The answer for a file of this kind (pipelines/read/forms/kind.py)."""
    return Unreadable("source-error" if kind == "empty" else "format-error", _refusal_sentence(kind))


def _refusal_sentence(kind: str) -> str:
    if kind in PICTURES:
        return _(
            "the file is {kind}: cells cannot be read from it; hand in the sheet that it was made from "
            "(XLSX, ODS or CSV)",
            kind=kind,
        )
    if kind in DOCUMENTS:
        return _(
            "the file is a document ({kind}), not a table; copy its table into a sheet and hand that in as "
            "XLSX, ODS or CSV",
            kind=kind,
        )
    if kind in ARCHIVES:
        return _(
            "the file is packed as {kind}, which is not read; unpack it and hand in the table itself, or "
            "pack it as ZIP",
            kind=kind,
        )
    if kind in MAPS:
        return _(
            "the file is a map layer ({kind}), not a table; export its attributes as CSV, with columns for "
            "lat and long",
            kind=kind,
        )
    if kind in STORES:
        return _(
            "the file is {kind}, a form of databases that is not read; export the table as CSV", kind=kind
        )
    return _odd_kind_sentence(kind)


def _odd_kind_sentence(kind: str) -> str:
    sentences = {
        "empty": _("the file is empty; ask for the extract again"),
        "HTML page": _(
            "the file is an HTML page, not CSV: if it came from an address, give that of the file itself; if "
            "a page was saved, open it in Excel or LibreOffice and save it as XLSX"
        ),
        "HTML table": _(
            "the file is a web page (HTML) with a table, saved under a workbook's name; open it in Excel "
            "or LibreOffice, choose “Save as”, "
            "type XLSX, and hand that in"
        ),
        "XML 2003": _(
            "the file is an XML spreadsheet of 2003; open it in Excel or LibreOffice, save it as XLSX and "
            "hand that in"
        ),
        "XML": _("the file is XML, not a table; hand in the table as CSV, XLSX, ODS or JSON"),
        "Numbers": _("the file is from Apple's Numbers; choose “Export to”, “Excel” there, and hand that in"),
        "mail": _(
            "the file is an e-mail or a page saved as one file; save the attached table itself and hand "
            "that in"
        ),
        "MSG": _("the file is an e-mail of Outlook; save the attached table itself and hand that in"),
        "shortcut": _(
            "the file is a shortcut of Windows and holds no data; hand in the file that it points to"
        ),
        "zeros": _(
            "the file is full of zeros: it was damaged when it was copied; export it again and hand that in"
        ),
        "locked": _("the workbook is locked with a password; save it without one and hand it in again"),
    }
    return sentences.get(kind) or _(
        "the file is of a form that is not known, not a table; hand it in as CSV, XLSX, ODS or JSON"
    )
