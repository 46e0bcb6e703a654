"""Makes datasets/solicitudes-por-barrio/source/meses.csv: the rows of BA Data's `gcba_suaci_comunas.csv`,
added up across subjects, whose names that file cuts off and encodes in several ways.

`python -m tools.suaci_counts GCBA_SUACI_COMUNAS.CSV`: that file of bitsandbricks/bitsandbricks.github.io, in
the version that the dataset's sources name.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "datasets/solicitudes-por-barrio/source/meses.csv"
KEY = ("PERIODO", "TIPO_PRESTACION", "BARRIO", "COMUNA")


def monthly_counts(content: bytes) -> str:
    """The table as CSV. Only subjects have bytes that are no UTF-8; they are not read."""
    counts: Counter[tuple[str, ...]] = Counter()
    for row in csv.DictReader(io.StringIO(content.decode("utf-8", "replace"))):
        counts[tuple(row[name] for name in KEY)] += int(row["total"])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*KEY, "total"))
    writer.writerows((*key, count) for key, count in sorted(counts.items()))
    return out.getvalue()


if __name__ == "__main__":
    SHIPPED.write_text(monthly_counts(Path(sys.argv[1]).read_bytes()), "utf-8")
