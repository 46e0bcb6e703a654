"""Makes datasets/presupuesto-ejecucion/source/archivos.csv: which file of the city each quarter was added up
from, how many rows it had, and how many CEPOES left out.

`python -m tools.budget_files PRESUPUESTO_HISTORICO.JSON`: that file of cepoes100b/CEPOES, in the version that
the dataset's sources name.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "datasets/presupuesto-ejecucion/source/archivos.csv"
AMOUNTS = ("sancionado", "vigente", "definitivo", "devengado")
HEADER = ("periodo", "nombre", "url", "last_modified", "filas", "filas_sinteticas_descartadas", *AMOUNTS)


def files_table(text: str) -> str:
    """The table as CSV, of the text of presupuesto_historico.json."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for quarter in json.loads(text)["periodos"]:
        file, total = quarter["resource"], quarter["total"]
        known = (file["name"], file["url"], file["last_modified"])
        counts = (quarter["filas"], quarter["filas_sinteticas_descartadas"])
        writer.writerow((quarter["periodo"], *known, *counts, *(total[name] for name in AMOUNTS)))
    return out.getvalue()


if __name__ == "__main__":
    SHIPPED.write_text(files_table(Path(sys.argv[1]).read_text("utf-8")), "utf-8")
