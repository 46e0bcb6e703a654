"""`python -m pipelines.cli` is `vereda`."""

from __future__ import annotations

from pipelines.cli import main

main()
