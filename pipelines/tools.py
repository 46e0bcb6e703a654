"""Which program this is: the versions of Python, of the libraries that touch data, and of Vereda itself."""

from __future__ import annotations

import hashlib
import platform
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import catalog
import messages
import pipelines
import validation

LIBRARIES = ("frictionless", "pyarrow", "pandas", "duckdb", "great-expectations", "python-stdnum")


@cache
def tool_versions() -> Mapping[str, str]:
    """The versions of Python, of the libraries that touch data, and of Vereda: its number, and a hash of its
    own code."""
    digest = hashlib.sha256()
    for package in (catalog, messages, pipelines, validation):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    ours = f"{version('vereda')}+{digest.hexdigest()[:12]}"
    return {
        "vereda": ours,
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **{name: version(name) for name in LIBRARIES},
    }
