"""How the warehouse scales: publishing one more batch, and five questions, on generated observations.

    python -m benchmarks.warehouse --observations 10000000 --home /tmp/warehouse-bench

The lake is generated once and kept; each run builds from it, publishes, asks the questions of
`docs/questions.md`, then publishes one more batch of 1 000 documents and compares the time with that
of copying the file. It prints a table in Markdown.
"""

import argparse
import re
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from tests import generated
from transforms.indicators import catalogue
from transforms.places import places
from warehouse.build import build
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.publish import publish
from warehouse.query import connect, query

DOCUMENTS, FIGURES = 1000, 30


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def generate(home: Home, number: int) -> None:
    where = places().filter(pl.col("level").is_in(["city", "county"]), pl.col("valid_to").is_null())
    frames = generated.stages(number, DOCUMENTS, where, catalogue(), FIGURES)
    generated.add(home, frames, originals=False)


def questions() -> dict[str, str]:
    text = (Path(__file__).parents[1] / "docs" / "questions.md").read_text("utf-8")
    return dict(re.findall(r"^## (.+?)\n+```sql\n(.+?)```", text, re.MULTILINE | re.DOTALL))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=3, help="batches to publish one by one, for the median")
    arguments = parser.parse_args()
    home = Home(arguments.home)

    wanted = arguments.observations // (DOCUMENTS * FIGURES)
    for number in range(len(Lake(home).batch_ids()), wanted):
        generate(home, number)
    seconds, file = timed(lambda: build(home))
    print(f"build from the lake: {seconds:.1f} s")
    publish(home, file)
    size = home.warehouse.stat().st_size
    count = query(home, "select count(*) from core.fact_observation").item()
    print(f"{count:,} observations, {size / 2**20:,.0f} MB\n")

    rows = []
    with connect(home.warehouse) as connection:
        for question, sql in questions().items():
            once = [timed(lambda sql=sql: connection.execute(sql).fetchall())[0] for _ in range(3)]
            rows.append((question, f"{once[0]:.2f} s first, {statistics.median(once):.2f} s median of 3"))
    copies, publishes = [], []
    for number in range(arguments.batches):
        generate(home, len(Lake(home).batch_ids()))
        copy = home.root / "copy.duckdb"
        copies.append(timed(lambda copy=copy: shutil.copyfile(home.warehouse, copy))[0])
        copy.unlink()
        publishes.append(timed(lambda: publish(home, build(home)))[0])
        print(f"{number + 1}: copy {copies[-1]:.2f} s, publish {publishes[-1]:.2f} s", flush=True)
    rows.append(("copy the file", f"{statistics.median(copies):.2f} s"))
    rows.append((f"publish {DOCUMENTS:,} documents more", f"{statistics.median(publishes):.2f} s"))
    rows.append(("ratio", f"{statistics.median(publishes) / statistics.median(copies):.2f}"))
    print("\n| | |\n|---|---|")
    print("\n".join(f"| {name} | {figure} |" for name, figure in rows))


if __name__ == "__main__":
    main()
