"""When a dataset is due, as a cron line (crontab(5)): five fields of numbers, names, ranges, lists and steps."""

from __future__ import annotations

import re

MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
# Minute, hour, day, month, day of the week: lowest and highest number, and names that stand for numbers.
FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = ((0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, MONTHS), (0, 7, DAYS))


def is_cron(line: str) -> bool:
    parts = line.split()
    return len(parts) == 5 and all(_fits(part, *limits) for part, limits in zip(parts, FIELDS, strict=True))


def _fits(text: str, low: int, high: int, names: dict[str, int]) -> bool:
    for part in text.split(","):
        span, slash, step = part.partition("/")
        ends = [str(names.get(end.lower(), end)) for end in span.split("-")] if span != "*" else [str(low)]
        numbers = [int(end) for end in ends if re.fullmatch(r"[0-9]{1,2}", end)]
        if len(numbers) != len(ends) or len(ends) > 2 or numbers != sorted(numbers) or not all(low <= n <= high for n in numbers):
            return False
        if slash and not re.fullmatch(r"[1-9][0-9]?", step):
            return False
    return True
