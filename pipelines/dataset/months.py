"""What months are called, in Spanish and English."""

from __future__ import annotations

_NAMES = (
    "enero january",
    "febrero february",
    "marzo march",
    "abril april",
    "mayo may",
    "junio june",
    "julio july",
    "agosto august",
    "septiembre setiembre september",
    "octubre october",
    "noviembre november",
    "diciembre december",
)

MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
"""The number of each month by its whole name, small and without accents."""

SHORT_MONTHS = {name[:3]: number for name, number in MONTHS.items()}
"""The number of each month by the first three letters of its name."""
