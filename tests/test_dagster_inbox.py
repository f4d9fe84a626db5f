"""The inbox under the real daemon, killed at random moments: every file loads exactly once."""

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from live import COMMAND, ROOT, environment, free_port, wait_for

from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.query import query

pytestmark = pytest.mark.slow

FILES = 24
KILLS = 3
SETTINGS = "[sensor]\ninterval_seconds = 2\nsettle_seconds = 3\n[batch]\nmax_documents = 5\n"


def text(number: int) -> str:
    return f"渭南市{1990 + number}年工作总结\n{1990 + number}年，渭南市共清理生活垃圾{1000 + number}吨，新增停车泊位{200 + number}个。\n"


def drop(inbox: Path, chance: random.Random) -> None:
    """Put the files into the inbox at random moments: at once, slowly, or under their name only when complete."""
    for number in range(FILES):
        target, content = inbox / f"{number:02}.txt", text(number).encode()
        way = chance.choice(["at once", "slowly", "renamed"])
        if way == "at once":
            target.write_bytes(content)
        elif way == "slowly":
            with target.open("wb") as file:
                for start in range(0, len(content), 40):
                    file.write(content[start : start + 40])
                    file.flush()
                    time.sleep(chance.uniform(0.1, 0.6))
        else:
            partial = inbox / f"{number:02}.txt.part"
            partial.write_bytes(content)
            time.sleep(chance.uniform(0, 1))
            partial.rename(target)
        time.sleep(chance.uniform(0, 2))


class Daemon:
    """The daemon and the code server in a group of processes of their own, to be killed together without warning."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.start()

    def start(self) -> None:
        log = (self.home / "daemon.log").open("ab")
        self.process = subprocess.Popen(
            [*COMMAND, "ui", "--port", str(free_port())],
            cwd=ROOT,
            env=environment(self.home),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


def test_every_file_loads_exactly_once_though_the_daemon_is_killed_three_times(tmp_path: Path) -> None:
    chance = random.Random(7)
    home = Home(tmp_path / "data")
    home.inbox.mkdir(parents=True)
    (home.root / "settings.toml").write_text(SETTINGS)
    dropping = threading.Thread(target=drop, args=(home.inbox, chance))
    daemon = Daemon(home.root)
    dropping.start()
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(15, 35))
            daemon.kill()
            daemon.start()
        dropping.join()

        def loaded() -> int:
            return int(query(home, "select count(*) from core.dim_document").item()) if home.warehouse.exists() else 0

        wait_for(lambda: loaded() == FILES, 420, f"{FILES} documents in the warehouse")
    finally:
        daemon.kill()

    names = [name for batch in Lake(home).batch_ids() for name in Lake(home).read_files(batch)["file_name"]]
    assert sorted(names) == [f"{number:02}.txt" for number in range(FILES)], "each in exactly one batch"
    loads = query(home, "select sum(documents) from ops.load").item()
    assert loads == FILES
    figures = query(home, "select raw_text from core.fact_observation where indicator_id = 'garbage_cleared'")[
        "raw_text"
    ]
    assert sorted(figures) == sorted(f"{1000 + number}吨" for number in range(FILES))
