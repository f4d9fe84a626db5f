"""The inbox sensor: what it hands over, when, and what it says of the rest."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from hypothesis import given
from hypothesis import strategies as st

from orchestration.alerts import WEBHOOK, alert
from orchestration.ingest import Arrival, discover
from orchestration.partitions import BATCH
from orchestration.resources import DataDirectory
from orchestration.runs import fail_dead_runs
from orchestration.sensors import Cursor, build_inbox_sensor, fingerprint, settle
from orchestration.settings import Inbox, read_settings
from warehouse.home import Home
from warehouse.lake import Lake


def arrival(name: str, stamp: str = "1") -> Arrival:
    return Arrival(f"/inbox/{name}", name, 10, stamp)


class Watch:
    """An inbox with its sensor, ticked by hand as the daemon would."""

    def __init__(self, root: Path, **settings: int) -> None:
        self.home = Home(root)
        self.home.inbox.mkdir(parents=True)
        self.settings = replace(read_settings(root), settle_seconds=0, **settings)
        self.inbox = Inbox("inbox", str(self.home.inbox), 1, 2)
        self.instance = dg.DagsterInstance.ephemeral()
        self.cursor: str | None = None

    def put(self, name: str, text: str) -> Path:
        path = self.home.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def tick(self, keep: bool = True) -> dg.SensorResult:
        """One evaluation; with `keep` false the daemon dies before it has kept anything of it."""
        sensor = build_inbox_sensor(self.inbox, self.settings, dg.define_asset_job("load_batch"))
        context = dg.build_sensor_context(
            self.instance, cursor=self.cursor, resources={"data": DataDirectory(path=str(self.home.root))}
        )
        result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        if keep:
            self.cursor = result.cursor
            for request in result.dynamic_partitions_requests or ():
                self.instance.add_dynamic_partitions(BATCH, list(request.partition_keys))
            for request in result.run_requests or ():
                self.instance.create_run_for_job(
                    _empty_job,
                    tags={"dagster/partition": request.partition_key or ""},
                    status=dg.DagsterRunStatus.STARTED,
                )
        return result


@dg.job
def _empty_job() -> None:
    pass


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "data")


def requested(result: dg.SensorResult) -> list[str]:
    return [request.partition_key or "" for request in result.run_requests or ()]


def names_in_lake(home: Home) -> list[str]:
    lake = Lake(home)
    return sorted(name for batch in lake.batch_ids() for name in lake.read_files(batch)["file_name"])


def test_a_file_is_ready_once_it_has_not_changed_for_the_settling_time() -> None:
    ready, cursor = settle([arrival("a", "1")], Cursor(), now=100, seconds=20)
    assert not ready
    ready, cursor = settle([arrival("a", "2")], cursor, now=115, seconds=20)
    assert not ready
    ready, cursor = settle([arrival("a", "2")], cursor, now=130, seconds=20)
    assert not ready, "it changed 15 seconds ago"
    ready, _ = settle([arrival("a", "2")], cursor, now=135, seconds=20)
    assert [a.name for a in ready] == ["a"]


def test_a_file_that_left_the_inbox_is_forgotten_and_one_that_changed_is_new() -> None:
    cursor = Cursor(done={fingerprint(arrival("kept")), fingerprint(arrival("left")), fingerprint(arrival("changed"))})
    ready, cursor = settle([arrival("kept"), arrival("changed", "2")], cursor, now=0, seconds=0)
    assert [a.name for a in ready] == ["changed"]
    assert cursor.done == {fingerprint(arrival("kept"))}


@given(
    st.dictionaries(st.text(min_size=1), st.tuples(st.text(), st.floats(0, 2e9))),
    st.sets(st.binary(min_size=8, max_size=8)),
)
def test_a_cursor_survives_being_stored(waiting: dict[str, tuple[str, float]], done: set[bytes]) -> None:
    cursor = Cursor(waiting, done)
    assert Cursor.load(cursor.dump()) == cursor


def test_a_hundred_thousand_files_leave_a_cursor_under_two_megabytes() -> None:
    cursor = Cursor(done={fingerprint(arrival(str(number))) for number in range(100_000)})
    assert len(cursor.done) == 100_000
    assert len(cursor.dump()) < 2_000_000


def test_what_is_new_becomes_one_batch_with_one_run_and_is_not_requested_again(watch: Watch) -> None:
    watch.put("甲市.txt", "清理垃圾10吨。")
    watch.put("下级/乙市.txt", "清理垃圾20吨。")
    (batch,) = requested(watch.tick())
    assert names_in_lake(watch.home) == ["乙市.txt", "甲市.txt"]
    assert watch.instance.get_dynamic_partitions(BATCH) == [batch]
    again = watch.tick()
    assert requested(again) == []
    assert again.skip_reason and "nothing new" in str(again.skip_reason.skip_message)


def test_batches_stay_within_the_limits(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "data", max_documents=3)
    for number in range(8):
        watch.put(f"{number}.txt", f"清理垃圾{number}吨。")
    assert len(requested(watch.tick())) == 3
    assert sorted(len(Lake(watch.home).read_files(batch)) for batch in Lake(watch.home).batch_ids()) == [2, 3, 3]


def test_a_batch_of_large_files_holds_fewer_of_them(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "data", max_bytes=1000)
    for number in range(4):
        watch.put(f"{number}.txt", str(number) * 600)
    assert len(requested(watch.tick())) == 4


def test_the_same_bytes_under_another_name_are_known_and_the_tick_says_so(watch: Watch) -> None:
    watch.put("a.txt", "清理垃圾10吨。")
    watch.tick()
    watch.put("copy.txt", "清理垃圾10吨。")
    result = watch.tick()
    assert requested(result) == []
    assert "1 known already (copy.txt)" in str(result.skip_reason)


def test_a_tick_says_which_files_it_leaves_alone_and_why(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "data")
    watch.settings = replace(watch.settings, settle_seconds=60)
    watch.put("growing.txt", "清理")
    watch.put("upload.txt.part", "清理")
    watch.put(".hidden.txt", "清理")
    said = str(watch.tick().skip_reason)
    assert "1 may still be growing (growing.txt)" in said
    assert "2 unfinished or hidden by name (.hidden.txt, upload.txt.part)" in said


def test_a_file_too_large_for_a_document_is_never_read_and_is_named_in_every_tick(watch: Watch) -> None:
    huge = watch.put("huge.txt", "")
    os.truncate(huge, 3 * 2**30)
    watch.put("good.txt", "清理垃圾10吨。")
    assert len(requested(watch.tick())) == 1
    assert "huge.txt: 3,072 MB" in str(watch.tick().skip_reason)


def test_a_missing_inbox_is_said_and_fails_no_tick(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "data")
    watch.inbox = replace(watch.inbox, address=str(tmp_path / "nowhere"))
    assert "there is no such file or folder" in str(watch.tick().skip_reason)


def test_a_batch_whose_tick_died_before_its_run_was_requested_is_requested_by_the_next_one(watch: Watch) -> None:
    watch.put("a.txt", "清理垃圾10吨。")
    (lost,) = requested(watch.tick(keep=False))
    assert requested(watch.tick()) == [lost]


def test_an_inbox_may_be_any_fsspec_address(tmp_path: Path) -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe("/reports/甲市.txt", "清理垃圾10吨。".encode())
    watch = Watch(tmp_path / "data")
    watch.inbox = replace(watch.inbox, address="memory://reports")
    assert len(requested(watch.tick())) == 1
    (batch,) = Lake(watch.home).batch_ids()
    assert Lake(watch.home).read_files(batch)["source"].to_list() == ["memory:///reports/甲市.txt"]
    system.rm("/reports", recursive=True)


@pytest.mark.parametrize("seed", range(5))
def test_files_arriving_at_random_moments_between_ticks_that_may_die_are_each_taken_once(
    seed: int, tmp_path: Path
) -> None:
    chance, watch = random.Random(seed), Watch(tmp_path / "data", max_documents=4)
    expected = []
    for number in range(30):
        expected.append(watch.put(f"{number}.txt", f"清理垃圾{number}吨。").name)
        if chance.random() < 0.4:
            watch.tick(keep=chance.random() < 0.5)
    watch.tick()
    assert names_in_lake(watch.home) == sorted(expected)
    assert sorted(watch.instance.get_dynamic_partitions(BATCH)) == Lake(watch.home).batch_ids()


def test_discover_finds_a_single_file_and_everything_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).write_text("x")
    assert [a.name for a in discover(str(tmp_path))[0]] == ["a.txt", "b.txt"]
    (found,) = discover(str(tmp_path / "a.txt"))[0]
    assert (found.name, found.size, found.address) == ("a.txt", 1, str(tmp_path / "a.txt"))
    assert found.changed is not None and abs(found.changed.timestamp() - time.time()) < 60
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        discover(str(tmp_path / "nothing"))


def test_a_run_whose_process_is_gone_is_marked_as_failed_and_one_at_work_is_not() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with dg.instance_for_test() as instance:
        runs = {}
        for number in (gone.pid, os.getpid()):
            run = instance.create_run_for_job(_empty_job, status=dg.DagsterRunStatus.STARTED)
            instance.report_engine_event("Started process", run, EngineEventData.in_process(number))
            runs[number] = run.run_id
        assert fail_dead_runs(instance) == [runs[gone.pid]]
        states = {number: instance.get_run_by_id(run_id).status for number, run_id in runs.items()}  # type: ignore[union-attr]
        assert states == {gone.pid: dg.DagsterRunStatus.FAILURE, os.getpid(): dg.DagsterRunStatus.STARTED}
        assert fail_dead_runs(instance) == []


def test_a_failed_run_is_told_in_the_log_file_and_at_the_webhook_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv(WEBHOOK, f"http://127.0.0.1:{server.server_port}/secret-token")
    alert(Home(tmp_path), "load_batch", "b0123", "run-1", ["find_reports"], "no such file")
    server.server_close()
    (logged,) = [json.loads(line) for line in (tmp_path / "alerts.log").read_text("utf-8").splitlines()]
    assert received == [logged]
    assert logged["batch"] == "b0123" and logged["steps"] == ["find_reports"]
    with pytest.raises(OSError, match="did not take the alert") as refused:
        alert(Home(tmp_path), "load_batch", "b0123", "run-2", [], "")
    assert "secret-token" not in str(refused.value)
    assert len((tmp_path / "alerts.log").read_text("utf-8").splitlines()) == 2, "the log file comes first"
