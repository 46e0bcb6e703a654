"""A year of residents' requests, as large as SUACI's: handed in as the city's system writes it, and released.

`python -m benchmarks.suaci [ROWS]`: a million rows unless said otherwise, all invented. Prints seconds,
processor and the most memory that one process held: of the check, and of the run that releases.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent
DATASET, PUBLISHER = "gestion-colaborativa", "secretaria-de-atencion-y-gestion-ciudadana"
HEADER = (
    "nro_solicitud;periodo;categoria;prestacion;tipo;fecha_ingreso;hora_ingreso;comuna;barrio;calle;altura;"
    "esquina_proxima;canal;long;lat;genero;estado_general;lat_wgs84;long_wgs84"
)
SUBJECTS = (
    ("VEREDAS", "Reparación de vereda"),
    ("ARBOLADO", "Plantación de árbol"),
    ("ALUMBRADO", "Luminaria apagada"),
    ("LIMPIEZA", "Retiro de residuos voluminosos"),
    ("TRANSPORTE Y TRANSITO", "Semáforo apagado"),
)
PLACES = ((14, "PALERMO"), (12, "SAAVEDRA"), (6, "CABALLITO"), (1, "RETIRO"), (10, "VILLA REAL"))
PLACES += ((13, "NUÑEZ"),)
STREETS = ("THAMES", "ESTOMBA", "RIVADAVIA AV.", "LIBERTADOR AV.", "MOLIERE")
KINDS, CHANNELS = ("Solicitud", "Reclamo", "Denuncia"), ("GCS Web", "Call Center", "App")
GENDERS, STATES = ("Femenino", "Masculino", ""), ("Cerrado", "Abierto")


def write_year(path: Path, rows: int, seed: int = 2019) -> None:
    """A file of so many requests of 2019, in the columns of the city's extract of that year."""
    chance = np.random.default_rng(seed)
    columns = [chance.integers(0, limit, rows) for limit in (5, 6, 5, 3, 3, 3, 2, 365, 86_400, 9_000)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        for number, picks in enumerate(zip(*columns, strict=True)):
            file.write(_request(number, [int(pick) for pick in picks]))


def _request(number: int, picks: Sequence[int]) -> str:
    subject, place, street, kind, channel, gender, state, day, second, house = picks
    date = np.datetime64("2019-01-01") + day
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    comuna, barrio = PLACES[place]
    return ";".join(
        (
            f"{number:08}/19",
            f"2019{str(date)[5:7]}",
            *SUBJECTS[subject],
            KINDS[kind],
            str(date),
            clock,
            str(comuna),
            barrio,
            STREETS[street],
            f"{house}.0",
            "",
            CHANNELS[channel],
            str(90_000 + house),
            str(100_000 + house),
            GENDERS[gender],
            STATES[state],
            f"-34,{550_000 + house * 10}",
            f"-58,{350_000 + house * 15}\n",
        )
    )


def measure(words: Sequence[str], environment: dict[str, str]) -> str:
    """Runs a command of Vereda; its time, its processor and the most memory of one of its processes so
    far."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:.0f} s, {spent:.0f} s of processor, at most {after.ru_maxrss / 1024:.0f} MB"


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        inbox = room / "inbox" / PUBLISHER / DATASET
        inbox.mkdir(parents=True)
        year = inbox / "suaci-2019.csv"
        write_year(year, rows)
        os.utime(year, (1, 1))  # it is not being copied any more
        print(f"{rows:,} rows, {year.stat().st_size / 1e6:.0f} MB")
        environment = os.environ | {
            "VEREDA_ARCHIVE": str(room / "archive"),
            "VEREDA_PORTAL": str(room / "portal"),
            "VEREDA_INBOX": str(room / "inbox"),
        }
        print("check:", measure(("check", DATASET, str(year)), environment), flush=True)
        print("run:  ", measure(("run", DATASET), environment), flush=True)
        sizes = sum(path.stat().st_size for path in (room / "archive").rglob("*") if path.is_file())
        print(f"archive: {sizes / 1e6:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
