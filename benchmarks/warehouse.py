"""How the warehouse scales: publishing one more batch, and five questions, on generated observations.

    python -m benchmarks.warehouse --observations 10000000 --home /tmp/warehouse-bench

The lake is generated once and kept; each run builds from it, publishes, asks the questions of
`docs/questions.md`, then publishes one more batch of 1 000 documents and compares the time with that
of copying the file. It prints a table in Markdown.
"""

import argparse
import os
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


def copied_to_disk(source: Path, target: Path) -> None:
    """Copy a file so that it is on the disk when this returns, as a version is when it is published."""
    shutil.copyfile(source, target)
    with target.open("rb") as copy:
        os.fsync(copy.fileno())


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
    copy = home.root / "copy.duckdb"
    work: dict[str, Callable[[], object]] = {
        "copy the file": lambda: shutil.copyfile(home.warehouse, copy),
        "copy it to the disk": lambda: copied_to_disk(home.warehouse, copy),
        "publish": lambda: publish(home, build(home)),
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for number in range(arguments.batches):
        generate(home, len(Lake(home).batch_ids()))
        shutil.copyfile(home.warehouse, copy)  # so that what is copied is in memory for each of them
        for name, step in work.items():
            copy.unlink(missing_ok=True)
            os.sync()
            taken[name].append(timed(step)[0])
        figures = ", ".join(f"{name} {seconds[-1]:.2f} s" for name, seconds in taken.items())
        print(f"{number + 1}: {figures}", flush=True)
    bare, on_disk, published = (statistics.median(seconds) for seconds in taken.values())
    rows.append(("copy the file", f"{bare:.2f} s"))
    rows.append(("copy it to the disk", f"{on_disk:.2f} s"))
    rows.append((f"publish {DOCUMENTS:,} documents more, to the disk", f"{published:.2f} s"))
    rows.append(("ratio to the bare copy", f"{published / bare:.2f}"))
    rows.append(("ratio to the copy on the disk", f"{published / on_disk:.2f}"))
    print("\n| | |\n|---|---|")
    print("\n".join(f"| {name} | {figure} |" for name, figure in rows))


if __name__ == "__main__":
    main()
