"""Characters a second of extraction, beside the floor that Polars sets and an expression written by hand.

    python -m benchmarks.extraction [MILLION_CHARACTERS] [--corpus FILE]

The text is made up by `tests/grammar`: sentences with figures, and between them sentences without,
until there is a numeral every thirty-odd characters, as in a real report. FILE holds real reports, one
JSON object with `content` a line; it is left out where there is none. The floor is one
`str.extract_all` of digits and Chinese numerals over the same text in the same run: machines differ,
the ratio to the floor hardly does. Each figure is the median of several rounds.
"""

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from tests.grammar.sentences import sentence
from transforms.extraction import extract
from transforms.numerals import tokens
from transforms.passages import sentences
from transforms.quantities import quantity_rows

CORPUS = Path(__file__).parents[2] / "shared" / "bench" / "government_work_reports.jsonl"
ROUNDS = 3
DOCUMENT = 6000
FLOOR = "[0-9][0-9.,]*|[零一二三四五六七八九十百千万亿两]+"
# What one writes by hand in an hour: a number and the unit behind it, without status, period or indicator.
BY_HAND = re.compile(
    "(?P<number>[0-9][0-9,]*(?:[.][0-9]+)?|[零一二三四五六七八九十百千万亿两]+)[余多几]?(?P<multiplier>[万亿]*)"
    "(?P<unit>平方公里|平方米|公里|公顷|立方米|万元|亿元|人次|小时|[个人名户家处座条辆块吨米元亩次场件项份%％])?"
)
DIGITS = dict(zip("零一二三四五六七八九两", [*range(10), 2], strict=True))
POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
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


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """The median of the time and of the processor time of `ROUNDS` runs, after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        started, busy = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - started, time.process_time() - busy))
    return statistics.median(taken for taken, _ in times), statistics.median(worked for _, worked in times)


def by_hand(text: str) -> list[tuple[int, int, float, str]]:
    """Start, end, value and unit of every number that `BY_HAND` finds."""
    found = []
    for match in BY_HAND.finditer(text):
        number, value = match["number"], 0.0
        if number[0] in "0123456789":
            value = float(number.replace(",", ""))
        else:
            section = digit = 0
            for character in number:
                if character in DIGITS:
                    digit = DIGITS[character]
                elif (power := POWERS[character]) < POWERS["万"]:
                    section, digit = section + (digit or 1) * power, 0
                else:
                    value, section, digit = (value + section + digit) * power, 0, 0
            value += section + digit
        for character in match["multiplier"]:
            value *= POWERS[character]
        found.append((match.start(), match.end(), value, match["unit"] or ""))
    return found


def measure(name: str, corpus: pl.DataFrame) -> None:
    """Print a table in Markdown: the stages of extraction on the documents."""
    reports, texts = reports_of(corpus), corpus["text"].to_list()
    characters = int(corpus["text"].str.len_chars().sum())
    numerals = tokens(sentences(corpus, reports)).height
    stages = {
        "floor: one `extract_all`": lambda: corpus.select(pl.col("text").str.extract_all(FLOOR)),
        "by hand, in Python: number and unit": lambda: [by_hand(text) for text in texts],
        "sentences": lambda: sentences(corpus, reports),
        "sentences, numerals and quantities": lambda: quantity_rows(tokens(sentences(corpus, reports))),
        "whole extraction": lambda: extract(corpus, reports),
    }
    print(f"{name}: {characters:,} characters, a numeral every {characters / numerals:.0f}\n")
    print("| stage | million characters/s | times the floor | processor s a million characters |\n|---|---|---|---|")
    floor = 0.0
    for stage, work in stages.items():
        taken, worked = seconds(work)
        floor = floor or taken
        speed, cost = characters / taken / 1e6, worked / characters * 1e6
        print(f"| {stage} | {speed:.1f} | {taken / floor:.0f} | {cost:.3f} |", flush=True)


def real(corpus: Path) -> pl.DataFrame:
    """The documents of a file of JSON objects, one a line."""
    texts = [json.loads(line)["content"] for line in corpus.read_text("utf-8").splitlines()]
    return pl.DataFrame({"document_id": [f"{number:064x}" for number in range(len(texts))], "text": texts})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", type=float, nargs="?", default=4, help="characters of made-up text, in millions")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="file of real reports")
    arguments = parser.parse_args()
    print(f"{pl.thread_pool_size()} threads\n")
    measure("Made-up reports", documents(int(arguments.millions * 1e6)))
    if arguments.corpus.exists():
        print()
        measure("Real reports", real(arguments.corpus))
