"""Publishing while others read, while others publish, and while the process is killed."""

import mmap
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import generated
import pytest
from told import new_home

from transforms.indicators import catalogue
from transforms.places import places
from warehouse import home
from warehouse.build import build
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.publish import publish
from warehouse.query import query
from warehouse.versions import read_version, versions

ROOT = Path(__file__).resolve().parents[1]

# Any client of DuckDB: opens the file, asks, closes, over and over, until the file `stop` is there.
READER = """
import os, sys, pathlib, time, duckdb
home = pathlib.Path(sys.argv[1])
seen = 0
while not (home / "stop").exists():
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        version, loaded, stored, documents, texts = connection.execute('''
            select
                (from ops.version select version),
                (from ops.load select coalesce(sum(quantities), 0)),
                (from core.fact_quantity select count(*)),
                (from ops.load select coalesce(sum(documents), 0)),
                (from core.document_text select count(*))
        ''').fetchone()
    assert loaded == stored and documents == texts, (version, loaded, stored, documents, texts)
    assert version >= seen, (version, seen)
    seen = version
    (home / f"reading.{os.getpid()}").touch()
    time.sleep(0.3)
"""

# One run: every batch that the lake does not have is put into it and published.
RUN = """
import pickle, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import pathlib, generated
from warehouse import home
from warehouse.build import build
from warehouse.home import Home
from warehouse.publish import publish
home = Home(pathlib.Path(sys.argv[3]))
batches = pickle.loads(pathlib.Path(sys.argv[4]).read_bytes())
print("ready", flush=True)
for frames in batches:
    generated.add(home, frames)
    publish(home, build(home))
print("done", flush=True)
"""


def batches(number: int, documents: int = 3) -> list[dict]:
    where = places().filter(level="city").head(50)
    return [generated.stages(each, documents, where, catalogue(), figures=5) for each in range(number)]


def run(home: Home, pickled: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, str(ROOT), str(ROOT / "tests"), str(home.root), str(pickled)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def whole(home: Home) -> bool:
    """Whether the published file holds all of the loads that it names, and nothing else."""
    counts = query(
        home,
        """
        select
            (from ops.load select coalesce(sum(quantities), 0)) = (from core.fact_quantity select count(*)),
            (from ops.load select coalesce(sum(documents), 0)) = (from core.dim_document select count(*)),
            (from ops.load select coalesce(sum(observations), 0)) = (from core.fact_observation select count(*)),
            (from ops.load select coalesce(sum(observations), 0)) = (from mart.figure select coalesce(sum(figures), 0)),
        """,
    ).row(0)
    return all(counts)


@pytest.mark.parametrize("is_able", [True, False])
@pytest.mark.parametrize("end", [b"", b"end"])
def test_a_copy_is_the_file_piece_by_piece_whether_the_disk_can_fetch_it_or_not(tmp_path, monkeypatch, is_able, end):
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(b"".join(bytes([page]) * mmap.PAGESIZE for page in range(5)) + end)
    monkeypatch.setattr(home, "_PIECE", 2 * mmap.PAGESIZE)
    if not is_able:
        monkeypatch.delattr("os.O_DIRECT")
    home.copy_flushed(source, copy)
    assert copy.read_bytes() == source.read_bytes()


def test_eight_processes_go_on_querying_while_twenty_loads_are_published(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    first = read_version(home.warehouse).number
    readers = [
        subprocess.Popen([sys.executable, "-c", READER, str(tmp_path)], stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    try:
        while len(list(tmp_path.glob("reading.*"))) < len(readers):
            assert all(reader.poll() is None for reader in readers)
            time.sleep(0.05)
        for frames in batches(20):
            generated.add(home, frames)
            publish(home, build(home))
    finally:
        (tmp_path / "stop").touch()
        ends = [(reader.communicate(timeout=60)[1], reader.returncode) for reader in readers]
    assert ends == [("", 0)] * 8
    assert read_version(home.warehouse).number == first + 20
    assert whole(home)


def test_an_open_reader_keeps_its_version_and_a_new_one_sees_the_next(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    count = "select count(*) from core.fact_quantity"
    with duckdb.connect(str(home.warehouse), read_only=True) as reader:
        (frames,) = batches(1)
        generated.add(home, frames)
        publish(home, build(home))
        assert reader.execute(count).fetchone() == (0,)
        assert query(home, count).item() == 15
    with duckdb.connect(str(home.warehouse), read_only=True) as reader:
        assert reader.execute(count).fetchone() == (15,)


def test_runs_at_the_same_time_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    runs = []
    for number, frames in enumerate(batches(3)):
        pickled = tmp_path / f"{number}.pickle"
        pickled.write_bytes(pickle.dumps([frames]))
        runs.append(run(home, pickled))
    assert [process.communicate(timeout=120)[1] for process in runs] == [""] * 3
    assert [process.returncode for process in runs] == [0] * 3
    assert query(home, "select count(*) from ops.load").item() == 3
    assert whole(home)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_a_whole_version_and_the_next_completes_it(tmp_path: Path) -> None:
    kills = int(os.environ.get("CAMPAIGN_KILLS", "100"))
    told = batches(2)
    pickled = tmp_path / "batches.pickle"
    pickled.write_bytes(pickle.dumps(told))
    expected = sum(len(frames["mentions"]) for frames in told)

    def finish(home: Home) -> float:
        process = run(home, pickled)
        assert process.stdout.readline() == "ready\n"
        began = time.perf_counter()
        assert process.communicate(timeout=120)[0] == "done\n"
        return time.perf_counter() - began

    def kill_after(seconds: float, home: Home) -> int:
        process = run(home, pickled)
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert whole(home)
        left = query(home, "select count(*) from ops.load").item()
        for frames in told:
            generated.add(home, frames)
        publish(home, build(home))
        assert whole(home)
        assert query(home, "select count(*) from core.fact_quantity").item() == expected
        assert set(query(home, "from ops.load")["batch_id"]) == set(Lake(home).batch_ids())
        assert not [file for file in (home.root / "partial").iterdir() if not file.name.startswith("dropped.")]
        assert versions(home)[-1] == read_version(home.warehouse).number
        shutil.rmtree(home.root)
        return left

    # Two at a time, as long as two at a time take: half of each is waiting.
    homes = [new_home(tmp_path / f"home{number}") for number in range(kills + 2)]
    chance = random.Random(5)
    with ThreadPoolExecutor(2) as pool:
        length = max(pool.map(finish, homes[kills:]))
        moments = [length * (kill + chance.random()) / kills for kill in range(kills)]
        chance.shuffle(moments)
        left = list(pool.map(kill_after, moments, homes[:kills]))
    # Some were killed before anything was published, some between one version and the next.
    assert {0, 1} <= set(left)
