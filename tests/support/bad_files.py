"""Files that nobody should have to be afraid of: made here, small as they lie there, each a trap for whoever
reads them.

As a program (`python bad_files.py FOLDER MEGABYTES`) it reads every file of a folder with so much memory and
no more, and prints what was answered, a line each: `[name, {labels, rows, problems: [[type, code, row,
note]], seconds, peak}]` (peak: MB of this process and of its readers, the largest so far).
"""

from __future__ import annotations

import gzip
import io
import json
import re
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MIB = 1 << 20
ROWS = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
ROWS += '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
ROWS += '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'


def xlsx(
    rows: str = ROWS,
    before: str = "",
    after: str = "",
    prolog: str = "",
    parts: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook of one sheet, its XML as given, and more parts of it."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    made = {
        "[Content_Types].xml": (
            f'<Types xmlns="{types}"><Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{REL}">'
        '<sheets><sheet name="Hoja" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{SHEET}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>",
        **(parts or {}),
    }
    return packed(made)


def ods(table: str, **parts: str) -> bytes:
    """An ODS of one sheet, the rows as given."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0" '
        f'xmlns:text="{names}:text:1.0">'
        f"<office:body><office:spreadsheet><table:table "
        f'table:name="Hoja">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return packed(
        {"mimetype": mimetype, "META-INF/manifest.xml": "<manifest/>", "content.xml": content, **parts}
    )


def ods_row(*cells: str, row: str = "", cell: str = "") -> str:
    written = "".join(
        f'<table:table-cell office:value-type="string"{cell}><text:p>{each}</text:p></table:table-cell>'
        for each in cells
    )
    return f"<table:table-row{row}>{written}</table:table-row>"


def packed(parts: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def overlapping() -> bytes:
    """Two names in the list of parts, one part: what some bombs are made of."""
    content = packed({"a.csv": b"0" * 10_000, "b.csv": b"0" * 10_000})
    at = content.rfind(b"PK\1\2")
    return content[: at + 42] + struct.pack("<I", 0) + content[at + 46 :]


def lying() -> bytes:
    """A part that says that it has 100 bytes, and unpacks to 30 million."""
    return changed(
        packed({"a.csv": b"a,b\n" + b"1,2\n" * 7_500_000}),
        struct.pack("<I", 30_000_004),
        struct.pack("<I", 100),
    )


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "ja">{entities}]>'


def made() -> dict[str, bytes]:
    far = ROWS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    string = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    strings = f'{laughs()}<sst xmlns="{SHEET}"><si><t>&l11;</t></si></sst>'
    nothing = '<table:table-cell table:number-columns-repeated="16384"/>'
    table, good = ods_row("a", "b") + ods_row("1", "2"), b"a,b\n1,2\n"
    zeros = b"a,b\n" + b"1,2\n" * 7_500_000
    rows = json.dumps([{"a": n, "b": "x" * 10} for n in range(1000)]).encode()
    return {
        "bomb.zip": packed({"a.csv": zeros}),
        "bomb-in-bomb.zip": packed({"a.zip": packed({"a.csv": zeros})}),
        "bomb-lying.zip": lying(),
        "bomb-overlapping.zip": overlapping(),
        "bomb-claiming.zip": changed(
            packed({"a.csv": b"x" * 1000}), struct.pack("<I", 1000), struct.pack("<I", 4_000_000_000)
        ),
        "bomb.gz": gzip.compress(zeros),
        "bomb.xlsx": xlsx(parts={"xl/sharedStrings.xml": " " * 30_000_000}),
        "far.xlsx": xlsx(far, before='<dimension ref="A1:XFD1048576"/>'),
        "far-rows.xlsx": xlsx(ROWS + '<row r="200000"><c r="A200000"><v>1</v></c></row>'),
        "impossible-row.xlsx": xlsx(ROWS + '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>'),
        "no-row-numbers.xlsx": xlsx(
            ROWS.replace(' r="A1"', "").replace(' r="B1"', "").replace(' r="1"', "").replace(' r="2"', "")
        ),
        "claims-much.xlsx": xlsx(before='<dimension ref="A1:XFD1048576"/>'),
        "laughs.xlsx": xlsx(string, parts={"xl/sharedStrings.xml": strings}),
        "laughs-in-sheet.xlsx": xlsx(ROWS.replace(">a<", ">&l11;<"), prolog=laughs()),
        "external.xlsx": xlsx(
            ROWS.replace(">a<", ">&e;<"), prolog='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        ),
        "external.ods": changed_ods(table),
        "repeated-rows.ods": ods(table + ods_row("x", "y", row=' table:number-rows-repeated="20000"')),
        "repeated-columns.ods": ods(
            ods_row("a", "b") + ods_row("1", cell=' table:number-columns-repeated="16384"') * 2000
        ),
        "repeated-both.ods": ods(
            ods_row(
                "x",
                row=' table:number-rows-repeated="1048576"',
                cell=' table:number-columns-repeated="16384"',
            )
        ),
        "repeated-empty.ods": ods(
            f'{table}<table:table-row table:number-rows-repeated="1048573">{nothing}</table:table-row>'
        ),
        "locked.ods": ods(table, **{"META-INF/manifest.xml": "<manifest><encryption-data/></manifest>"}),
        "locked.zip": changed(packed({"a.csv": good}), b"\x14\0\0\0\x08\0", b"\x14\0\x01\0\x08\0"),
        "long-line.csv": b"a,b\n1," + b"x" * 50_000_000 + b"\n",
        "long-row.csv": b'a,b\n1,"' + b"xyz\n" * 10_000_000,
        "long.json": b'[{"a": "' + b"x" * 50_000_000 + b'"}]',
        "wide.csv": (",".join(f"c{n}" for n in range(1500)) + "\n" + ",".join(["1"] * 1500) + "\n")
        .encode()
        .replace(b"c0,c1", b"a,b"),
        "wider.csv": b",".join([b"a"] * 100_000) + b"\n",
        "wide.json": json.dumps([{f"c{n}": 1 for n in range(10_000)}]).encode(),
        "nul.csv": b"a,b\n1,2\n3,\x004\n",
        "zeros.csv": b"\0" * 100_000,
        "cut-quote.csv": b'a,b\n1,2\n3,"x',
        "cut-row.csv": b"a,b\n1,2\n3",
        "cut.xlsx": xlsx()[:-300],
        "cut.zip": packed({"a.csv": good * 1000})[:-60],
        "cut.gz": gzip.compress(rows)[:-400],
        "cut.json": rows[:20_010],
        "cut.jsonl": b'{"a": 1, "b": 2}\n{"a": 3, "b',
        "nothing.csv": b"",
        "mark-only.csv": b"\xef\xbb\xbf",
        "header-only.csv": b"a,b\n",
        "blank-lines.csv": b"a,b\n1,2\n" + b"\n" * 100_000,
        "deep.json": b"[" * 100_000,
        "deep-objects.json": b'{"a":' * 100_000,
        "deep-row.json": b'[{"a":' + b"[" * 500 + b"]" * 500 + b"}]",
        "nul.json": b'[{"a": "x\\u0000y", "b": 1}]',
        "half.json": b'[{"a": "\\ud800", "b": 1}]',
        "twice.json": b'[{"a": 1, "a": 2, "b": 1}]',
        "names.zip": packed(
            {"../../x/a.csv": good, "\u202evsc.exe": good, "CON": good, "b\n.csv": good, "x" * 300: good}
        ),
        "one-odd-name.zip": packed({"../../\u202ea.csv": good}),
        "litter.zip": packed(
            {"__MACOSX/._a.csv": b"x", ".DS_Store": b"x", "datos/": b"", "datos/a.csv": good}
        ),
        "empty.zip": packed({}),
    }


def changed_ods(table: str) -> bytes:
    content = zipfile.ZipFile(io.BytesIO(ods(table))).read("content.xml").decode()
    prolog = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": prolog + content.replace(">a<", ">&e;<"),
        }
    )


def answered(path: Path, folder: Path) -> dict[str, object]:
    """What reading the file as a table of `a` and `b` gives."""
    from pipelines.dataset.dataset import Resource
    from pipelines.dataset.declaration import ResourcePipeline
    from pipelines.read.read import read

    pipeline = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a"}})
    schema = {"fields": [{"name": name, "type": "any"} for name in ("a", "b")]}
    start = time.monotonic()
    found = read(
        path,
        Resource("obras", "obras.csv", {"schema": schema}, pipeline, None),
        folder / f"{path.name}.arrow",
    )
    rows = sum(batch.num_rows for batch in found.table.batches()) if found.table else None
    # Not getrusage of the process itself: that counts what the process had that started it.
    own = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    return {
        "labels": found.table and found.table.labels[:2],
        "rows": rows,
        "problems": [(p.type, p.code, p.row, p.note) for p in found.problems],
        "seconds": round(time.monotonic() - start, 2),
        "peak": round(peak),
    }


def main(folder: Path, megabytes: int) -> None:
    import pipelines.read  # noqa: F401 (what it takes to start is not counted)

    there = (
        int(
            next(
                line
                for line in Path("/proc/self/status").read_text().splitlines()
                if line.startswith("VmSize")
            ).split()[1]
        )
        * 1024
    )
    resource.setrlimit(resource.RLIMIT_AS, (there + megabytes * MIB,) * 2)
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        room = folder / "rooms" / path.name
        room.mkdir(parents=True)
        print(json.dumps([path.name, answered(path, room)]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
