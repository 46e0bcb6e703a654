"""The judged questions over our datasets and BA Data's 383 packages, and what a question loads at 10,000
datasets: `.venv/bin/python -m benchmarks.search [NUMBER]`. Needs node: it runs the page's own script."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog.portal.search.index import Document, scripts
from catalog.portal.search.text import stem
from catalog.portal.site import ASSETS
from tests.support.questions import Question, catalogue, gain, questions

ASK = """
const fs = require("fs"), path = require("path"), folder = process.argv[1];
const S = require(path.join(folder, "search.js")), index = S.read(folder), fetch = index.fetch;
const first = ["search.js", "index.js", "find.js"];
const size = name => fs.statSync(path.join(folder, name)).size;
const answers = JSON.parse(fs.readFileSync(0, "utf8")).map(question => {
  if (!index.base.whole) { index.held = {}; index.postings = {}; }
  let bytes = first.reduce((sum, name) => sum + size(name), 0);
  index.fetch = (name, back) => { bytes += size(path.join("search", name + ".js")); fetch(name, back); };
  const begun = process.hrtime.bigint(), found = index.find(question, { limit: 10 });
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  return { found: found.results.map(each => each.path), bytes, ms };
});
console.log(JSON.stringify(answers));
"""


def write(documents: Sequence[Document], folder: Path) -> float:
    """Writes the index into the folder; the seconds that it took."""
    for name in ("search.js", "find.js"):
        shutil.copy(ASSETS / name, folder)
    clock = time.perf_counter()
    for path, content in scripts(documents):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return time.perf_counter() - clock


def ask(folder: Path, texts: Sequence[str]) -> list[dict]:
    done = subprocess.run(
        ["node", "-e", ASK, str(folder)], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


WORDS_OF_ROWS = 150  # of each dataset: what the portal leaves each of 10,000


def multiply(documents: Sequence[Document], number: int) -> list[Document]:
    """So many datasets, each with words that few others have, and with words of its rows."""
    draw = random.Random(1)
    syllables = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ra", "su", "te"]
    rare = ["".join(draw.choices(syllables, k=draw.randint(2, 5))) for _ in range(30_000)]
    made = []
    for place in range(number):
        each = documents[place % len(documents)]
        text = f"{each.texts.get('description', '')} {' '.join(draw.choices(rare, k=25))}"
        title = f"{each.titles[0]} {rare[place % len(rare)]}"
        texts = {**each.texts, "title": title, "description": text}
        in_rows = {word: (draw.randint(1, 5_000), False) for word in draw.choices(rare, k=WORDS_OF_ROWS)}
        texts["contents"] = " ".join(in_rows)
        titles, path = (title, each.titles[1]), f"{each.path}-{place}"
        counts = {stem(word): count for word, count in in_rows.items()}
        made.append(replace(each, path=path, titles=titles, texts=texts, row_counts=counts))
    return made


def is_of(question: Question, name: str) -> bool:
    if name == "unseen":
        return question.is_unseen
    return not question.is_unseen and (question.held_out or name != "held out")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    asked, documents = questions(), catalogue()
    with tempfile.TemporaryDirectory() as temporary:
        small, large = Path(temporary) / "small", Path(temporary) / "large"
        small.mkdir()
        large.mkdir()
        write(documents, small)
        found = [
            [path.rpartition("/")[2] for path in each["found"]]
            for each in ask(small, [q.text for q in asked])
        ]
        for language in ("es", "en"):
            for name in ("all but unseen", "held out", "unseen"):
                some = [
                    gain(answer, each.grades)
                    for each, answer in zip(asked, found, strict=True)
                    if each.language == language and is_of(each, name)
                ]
                mean, none = sum(some) / len(some), sum(not value for value in some)
                print(f"{language} {name}: {len(some)} questions, nDCG@10 {mean:.3f}, nothing right {none}")
        print(
            f"index of {len(documents)}: "
            f"{sum(each.stat().st_size for each in small.rglob('*.js')) / 1000:.0f} kB"
        )
        seconds = write(multiply(documents, number), large)
        answers = ask(large, [each.text for each in asked])
        sizes, times = sorted(each["bytes"] for each in answers), sorted(each["ms"] for each in answers)
        files = list(large.rglob("*.js"))
        print(f"{number} datasets: written in {seconds:.1f} s, {len(files)} files")
        print(f"all of it {sum(each.stat().st_size for each in files) / 1e6:.1f} MB")
        print(
            f"loaded before the first answer: {sizes[len(sizes) // 2] / 1000:.0f} kB, "
            f"at most {sizes[-1] / 1000:.0f}"
        )
        print(
            f"an answer: {times[len(times) // 2]:.0f} ms, at most {times[-1]:.0f}, "
            "with its files read from disk"
        )


if __name__ == "__main__":
    main()
