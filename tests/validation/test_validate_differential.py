"""Random schemas and cells: the report is frictionless's, in every word and in its order."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.support.differential import both, cases

EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "2000"))
seen: Counter[str] = Counter()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(case=cases())
def test_the_report_is_frictionless_s(case: dict[str, Any], work: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours, fast = both(case, work)
    seen["examples"] += 1
    seen["fast"] += bool(fast)
    seen["errors"] += theirs["stats"]["errors"] if isinstance(theirs, dict) else 1
    seen["raised"] += isinstance(theirs, tuple)
    assert ours == theirs


def test_most_examples_went_the_fast_way() -> None:
    print(dict(seen))
    assert seen["fast"] > seen["examples"] / 3
