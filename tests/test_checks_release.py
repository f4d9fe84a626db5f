"""Rows in quarantine and the warehouse: whatever people decide, correct and run again, nothing is lost."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from planting import ARRIVED, HERE, KEYS, Frames, frames_of, plant

from checks.quarantine import decide, record
from checks.validation import validate
from transforms.duplicates import sketch
from transforms.schema import table
from warehouse import corrections
from warehouse.build import build
from warehouse.home import Home
from warehouse.lake import Lake
from warehouse.publish import publish
from warehouse.query import query

REPORTS = HERE / "planted" / "reports"
# Figures of the report of 2019, which no copy stands in for, and what a wrong reading makes of them.
FAULTS = {"2.8万吨": 2.8e6, "120个": -120.0}


class World:
    """A data directory, and beside it what should be in its warehouse."""

    def __init__(self, root: Path, frames: Frames) -> None:
        self.home, self.right = Home(root), frames
        self.lake = Lake(self.home)
        files = [
            {"file_name": p.name, "source": None, "content": p.read_bytes(), "arrived_at": ARRIVED}
            for p in sorted(REPORTS.iterdir())
        ]
        self.batch = self.lake.add_batch(pl.DataFrame(files, schema=table("stage.file").frame_schema))
        named = frames["observations"].filter(pl.col("raw_text").is_in(list(FAULTS)))
        self.ids = dict(named.select("raw_text", "observation_id").iter_rows())
        self.decided: dict[str, list[str]] = {text: [] for text in FAULTS}
        self.corrected: dict[str, float] = {}
        self.run(set(FAULTS))

    def run(self, misread: set[str]) -> None:
        """Extract and check the batch (again) by an extractor that misreads these figures."""
        frames = self.right
        for text in sorted(misread):
            wrong = {name: str(FAULTS[text]) for name in ("value", "low", "high")}
            frames = plant(frames, {"pick": f"raw_text = '{text}'", "set": wrong})
        past = (
            {"quarantine": self.lake.read_stage(self.batch, "quarantine")}
            if self.lake.has_stage(self.batch, "quarantine")
            else {}
        )
        validation = validate({**frames, **past}, self.batch, ARRIVED)
        uncopied = {"duplicate_of": pl.lit(None, pl.String), "copy_kind": pl.lit(None, pl.String)}
        stages = {
            **{name: frames[name] for name in KEYS},
            "reports": frames["reports"].with_columns(**uncopied),
            "observations": frames["observations"].with_columns(corrected=pl.lit(False)),
            "sketches": sketch(frames["reports"], frames["documents"]),
            "accepted": validation.accepted.with_columns(corrected=pl.lit(False)),
            "quarantine": validation.quarantine,
            "check_result": validation.results,
        }
        for name, frame in stages.items():
            self.lake.write_stage(self.batch, name, frame)
        self.misread = misread
        self.publish()

    def decide(self, text: str, action: str) -> None:
        quarantine = query(self.home, "from ops.quarantine where state <> 'resolved'")
        record(self.home.decisions, decide(quarantine, [self.ids[text]], action, "李明", "看过原文", datetime.now(UTC)))
        self.decided[text].append(action)
        self.publish()

    def correct(self, text: str, value: float) -> None:
        corrections.correct(self.home, self.ids[text], {"value": value}, "王芳", "原文如此")
        self.corrected[text] = value
        self.publish()

    def publish(self) -> None:
        publish(self.home, build(self.home))

    def check(self) -> None:
        """The warehouse holds what it should, and everything that ever happened."""
        values = dict(query(self.home, "select observation_id, value from core.fact_observation").iter_rows())
        entries = query(self.home, "from ops.quarantine")
        for text, observation in self.ids.items():
            released = self.decided[text][-1:] == ["release"]
            read = FAULTS[text] if text in self.misread else self.right_value(text)
            if text in self.corrected:
                assert values[observation] == self.corrected[text]
            elif text in self.misread and not released:
                assert observation not in values
            else:
                assert values[observation] == read
            mine = entries.filter(pl.col("item").str.ends_with(observation))
            assert not mine.is_empty()
            for history in mine["history"].drop_nulls():
                assert [d["action"] for d in json.loads(history)] == self.decided[text]
            assert bool(self.decided[text]) == bool(mine["history"].drop_nulls().len())
        others = self.right["observations"].filter(~pl.col("observation_id").is_in(list(self.ids.values())))
        assert query(self.home, "from core.fact_quantity").height == self.right["mentions"].height
        assert set(values) - set(self.ids.values()) <= set(others["observation_id"])

    def right_value(self, text: str) -> float:
        return self.right["observations"].filter(raw_text=text)["value"][0]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return frames_of(REPORTS)


def test_a_released_row_is_in_the_warehouse_with_its_history(tmp_path: Path, frames: Frames):
    world = World(tmp_path, frames)
    world.check()
    world.decide("120个", "release")
    world.check()
    entry = query(world.home, f"from ops.quarantine where item like '%{world.ids['120个']}'").row(0, named=True)
    assert entry["state"] == "released"
    assert json.loads(entry["history"])[0]["author"] == "李明"


@pytest.mark.parametrize("seed", [3])
def test_no_sequence_of_reject_release_correct_and_run_loses_anything(tmp_path: Path, frames: Frames, seed: int):
    draw = random.Random(seed)
    world = World(tmp_path, frames)
    for _ in range(6):
        text = draw.choice(sorted(FAULTS))
        step = draw.choice(["release", "reject", "correct", "run"])
        if step == "run":
            world.run({t for t in FAULTS if draw.random() < 0.6})
        elif step == "correct":
            world.correct(text, float(draw.randrange(1, 500)))
        elif text in world.misread:
            world.decide(text, step)
        world.check()
