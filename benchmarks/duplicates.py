"""How well and how fast copies are found: planted copies, and one more report for a warehouse of many.

    python -m benchmarks.duplicates --known 100000

Prints tables in Markdown. The known reports are sketches of generated reports, of which a part of
the slots is kept and the others are drawn anew, so that they share set phrases as real ones do.
"""

import argparse
import random
import statistics
import time

import numpy as np
import polars as pl

from tests.copied import found_pairs, frames, planted, report
from transforms.duplicates import SKETCH, SLOTS, find_copies, sketch

SEEDS = range(1, 6)
BASE = 1_000  # reports that the known ones are drawn from
KEPT = 0.25  # of the slots, shared with other reports


def quality() -> None:
    print("| seed | documents | planted | found | wrong | sketching, s | comparing, s |")
    print("|---|---|---|---|---|---|---|")
    for seed in SEEDS:
        texts, truth = planted(random.Random(seed), 700, 100)
        started = time.perf_counter()
        sketches = sketch(*frames(texts))
        sketched = time.perf_counter()
        pairs = {frozenset(pair) for pair in found_pairs(find_copies(sketches, SKETCH.empty()))}
        compared = time.perf_counter()
        wanted = {frozenset(pair) for pair in truth.items()}
        print(
            f"| {seed} | {len(texts)} | {len(wanted)} | {len(pairs & wanted)} | {len(pairs - wanted)} "
            f"| {sketched - started:.2f} | {compared - sketched:.2f} |"
        )


def known_sketches(count: int) -> pl.DataFrame:
    chance = random.Random(0)
    base = sketch(*frames([report(chance, 40) for _ in range(BASE)]))
    slots = np.frombuffer(b"".join(base.filter(pl.col("shingles") >= SLOTS)["signature"]), dtype="<u8").reshape(
        -1, SLOTS
    )
    draw = np.random.default_rng(0)
    drawn = slots[draw.integers(0, len(slots), count)]
    highest = drawn[:, -1:].astype(np.float64)
    fresh = (draw.random(drawn.shape) * highest).astype(np.uint64)
    signatures = np.sort(np.where(draw.random(drawn.shape) < KEPT, drawn, fresh), axis=1)
    return SKETCH.conform(
        base.head(1)
        .select("arrived_at", "algorithm")
        .join(pl.DataFrame({"report_id": [f"k{number}" for number in range(count)]}), how="cross")
        .with_columns(
            fingerprint="report_id",
            shingles=pl.Series(draw.integers(800, 1600, count)),
            signature=pl.Series([row.tobytes() for row in signatures], dtype=pl.Binary),
        )
    )


def speed(count: int, rounds: int = 5) -> None:
    known = known_sketches(count)
    chance = random.Random(1)
    print(f"\n| reports added to {count:,} known | median, s | longest, s |\n|---|---|---|")
    for new in (1, 100):
        taken = []
        for round_ in range(rounds):
            texts = frames([report(chance, 40) for _ in range(new)], first=round_ * new)
            started = time.perf_counter()
            find_copies(sketch(*texts), known)
            taken.append(time.perf_counter() - started)
        print(f"| {new} | {statistics.median(taken):.2f} | {max(taken):.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=100_000, help="reports in the warehouse")
    arguments = parser.parse_args()
    quality()
    speed(arguments.known)
