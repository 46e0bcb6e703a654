"""Renews catalog/portal/vendor: the programs of others that the portal's pages run, each as its makers
publish it, in one minified file, with its licence, version and hash.

    make vendor     needs npm; nobody else does
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

HOME = Path(__file__).parents[1] / "catalog" / "portal" / "vendor"
LIST = HOME / "vendor.json"
BUNDLE = "hyparquet.min.js"
# What the pages use of them. Releases are packed with zstd alone; Snappy would need WebAssembly, which the
# pages' policy forbids: so the bundler is told that what is not named here may be left out.
ENTRY = """\
export { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
export { decompressZstd } from 'hyparquet-compressors'
"""
PACKAGES = ("hyparquet", "hyparquet-compressors", "fzstd")
TOOL = "esbuild"


def renew() -> None:
    """Fetches the newest of each package and writes the bundle, the licences and `vendor.json`."""
    HOME.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vereda-vendor-") as name:
        folder = Path(name)
        (folder / "package.json").write_text('{"private": true}')
        _run(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES[:2], TOOL)
        _leave_out_unused(folder / "node_modules" / "hyparquet-compressors" / "package.json")
        (folder / "entry.js").write_text(ENTRY)
        bundle = ("--bundle", "--minify", "--format=iife", "--global-name=hyparquet", "--target=es2020")
        _run(folder, f"node_modules/.bin/{TOOL}", "entry.js", *bundle, f"--outfile={BUNDLE}")
        shutil.copyfile(folder / BUNDLE, HOME / BUNDLE)
        versions = {}
        for package in PACKAGES:
            home = folder / "node_modules" / package
            shutil.copyfile(home / "LICENSE", HOME / f"{package}.LICENSE.txt")
            versions[package] = _about(home)
        tool = {TOOL: _about(folder / "node_modules" / TOOL)["version"]}
    files = sorted(path.name for path in HOME.iterdir() if path != LIST)
    note = {"packages": versions, "bundler": tool, "sha256": {name: hash_of(name) for name in files}}
    LIST.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def hash_of(name: str) -> str:
    """The sha256 of a file in the folder."""
    return hashlib.sha256((HOME / name).read_bytes()).hexdigest()


def _about(package: Path) -> dict[str, str]:
    told = json.loads((package / "package.json").read_bytes())
    return {"version": told["version"], "licence": told["license"]}


def _leave_out_unused(manifest: Path) -> None:
    manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), "sideEffects": False}))


def _run(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    renew()
