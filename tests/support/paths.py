"""Where this checkout is, its datasets, and the real files that may lie beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATASETS = ROOT / "datasets"
SHARED = ROOT.parent / "shared"
