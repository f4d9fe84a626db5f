"""Characters a second of extraction, beside the floor that Polars sets.

    python -m benchmarks.extraction [MILLION_CHARACTERS]

The text is made up by `tests/grammar`: sentences with figures, and between them sentences without,
until there is a numeral every thirty-odd characters, as in a real report. The floor is one
`str.extract_all` of digits and Chinese numerals over the same text in the same run: machines differ,
the ratio to the floor hardly does. Each figure is the median of several rounds.
"""

import statistics
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

import polars as pl

from tests.grammar.sentences import sentence
from transforms.extraction import extract
from transforms.numerals import tokens
from transforms.passages import sentences
from transforms.quantities import quantity_rows

ROUNDS = 3
DOCUMENT = 6000
FLOOR = "[0-9][0-9.,]*|[零一二三四五六七八九十百千万亿两]+"
FILLER = [
    "各级各部门高度重视，主要领导靠前指挥，分管领导具体负责，形成了上下联动、齐抓共管的工作格局。",
    "坚持以人民为中心的发展思想，把群众满意作为检验工作成效的根本标准，让创建成果惠及广大市民。",
    "部分老旧小区基础设施欠账较多，市民文明素质与创建要求还有差距，长效管理机制有待健全。",
    "通过电视、广播、报纸和新媒体广泛宣传，营造了人人参与、人人支持的浓厚氛围。",
]


def documents(characters: int) -> pl.DataFrame:
    """Documents of made-up sentences, the same ones every time."""
    random, texts, text, written = Random(1), [], "", 0
    while written < characters:
        text += sentence(random).text + "".join(random.sample(FILLER, 2)) + random.choice(["", "", "\n"])
        if len(text) >= DOCUMENT:
            texts.append(text)
            written, text = written + len(text), ""
    return pl.DataFrame({"document_id": [f"{number:064x}" for number in range(len(texts))], "text": texts})


def reports_of(made: pl.DataFrame) -> pl.DataFrame:
    """One report a document, as `transforms.extraction.extract` takes them."""
    return made.select(
        "document_id",
        report_id=pl.col("document_id").str.tail(16) + "-0",
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
        is_report=pl.lit(True),
        title=pl.lit(None, pl.String),
        organisation=pl.lit(None, pl.String),
        place_id=pl.lit(None, pl.String),
        place_name=pl.lit(None, pl.String),
        adcode=pl.lit(None, pl.String),
        place_basis=pl.lit(None, pl.String),
        level=pl.lit(None, pl.String),
        year=pl.lit(2020, pl.Int64),
        reported_on=pl.lit(None, pl.String),
        duplicate_of=pl.lit(None, pl.String),
    )


def seconds(work: Callable[[], Any]) -> float:
    """The median time of `ROUNDS` runs, after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main(millions: float = 4) -> None:
    """Print a table in Markdown."""
    made = documents(int(millions * 1e6))
    reports = reports_of(made)
    characters = int(made["text"].str.len_chars().sum())
    numerals = tokens(sentences(made, reports)).height
    stages = {
        "floor: one `extract_all`": lambda: made.select(pl.col("text").str.extract_all(FLOOR)),
        "sentences": lambda: sentences(made, reports),
        "sentences, numerals and quantities": lambda: quantity_rows(tokens(sentences(made, reports))),
        "whole extraction": lambda: extract(made, reports),
    }
    print(f"{characters:,} characters, a numeral every {characters / numerals:.0f}; {pl.thread_pool_size()} threads\n")
    print("| stage | million characters/s | times the floor |\n|---|---|---|")
    floor = 0.0
    for name, work in stages.items():
        taken = seconds(work)
        floor = floor or taken
        print(f"| {name} | {characters / taken / 1e6:.1f} | {taken / floor:.0f} |")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
