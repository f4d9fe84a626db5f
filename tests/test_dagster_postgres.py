"""Dagster on PostgreSQL as in `deploy/`: runs in parallel that share one warehouse."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg2
import pytest
from live import FINISHED, ROOT, campaign, free_port, running, wait_for

from orchestration.ingest import discover, ingest
from orchestration.settings import read_settings
from transforms.schema import tables
from warehouse.home import Home
from warehouse.lake import Lake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="needs Debian's postgresql"
    ),
]

BATCHES = 20
CITIES = ["西安市", "福州市", "宁波市", "太原市", "广州市", "绍兴市", "本溪市", "渭南市", "平凉市", "茂名市"]
BACKFILL = """
mutation ($keys: [String!]!) {
  launchPartitionBackfill(backfillParams: {
    selector: {
      partitionSetName: "load_batch_partition_set"
      repositorySelector: {repositoryLocationName: "campaign", repositoryName: "__repository__"}
    }
    partitionNames: $keys
  }) { __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } }
}
"""
STATUS = "query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
EVENTS = "query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events { ... on MessageEvent { message } } } } }"


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """A cluster of its own, run by a user who is not root; the environment that `deploy/dagster.yaml` reads.

    It lies beside the folders of pytest, which close these to other users whenever they start.
    """
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    # The server refuses to run as root: Debian's package brings a user for it.
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    cluster, password, port = folder / "cluster", folder / "password", free_port()
    password.write_text("test only")
    password.chmod(0o644)

    def run(program: str, *arguments: str) -> None:
        command = [*user, str(programs / program), "-D", str(cluster), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    run("initdb", "-U", "campaign", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-w", "-o", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1", "-l", f"{folder}/log", "start")
    try:
        yield {
            "CAMPAIGN_PG_HOST": "127.0.0.1",
            "CAMPAIGN_PG_PORT": str(port),
            "CAMPAIGN_PG_USER": "campaign",
            "CAMPAIGN_PG_PASSWORD": "test only",
            "CAMPAIGN_PG_DATABASE": "postgres",
        }
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def ingested(home: Home, folder: Path) -> list[str]:
    """Batches of one document each, in the lake and not yet run."""
    folder.mkdir()
    for number in range(BATCHES):
        city, year = CITIES[number % len(CITIES)], 2012 + number // len(CITIES)
        (folder / f"{number:02}.txt").write_text(
            f"{city}{year}年创建文明城市工作总结\n{year}年，{city}共清理生活垃圾{1000 + number * 37}吨，"
            f"新增停车泊位{200 + number * 11}个，注册志愿者{3 + number}万余人，投入资金{number + 1}00万元。\n",
            "utf-8",
        )
    home.root.mkdir(parents=True)
    (home.root / "settings.toml").write_text("[batch]\nmax_documents = 1\n[sensor]\ninterval_seconds = 86400\n")
    arrivals, _ = discover(str(folder))
    list(ingest(Lake(home), arrivals, read_settings(home.root)))
    return Lake(home).batch_ids()


def content(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """Every table of the warehouse, rows in order, without what tells when and how often it was built.

    A check against other years counts the figures that other runs had published by then: that count is left out too.
    """
    found = {}
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        for table in tables().values():
            if table.schema != "stage" and table.full_name not in ("ops.version", "ops.source_file"):
                columns = ", ".join(f'"{c.name}"' for c in table.columns if c.name != "checked_at")
                rows = connection.sql(f"select {columns} from {table.full_name}")
                if table.full_name == "ops.check_result":
                    rows = rows.select("* replace (if(check_name = 'series__no_jump', null, checked) as checked)")
                found[table.full_name] = rows.order("all").fetchall()
    return found


def test_a_backfill_of_20_batches_with_4_runs_in_parallel_equals_a_sequential_load(tmp_path: Path) -> None:
    parallel, sequential = Home(tmp_path / "parallel"), Home(tmp_path / "sequential")
    batches = ingested(sequential, tmp_path / "files")
    parallel.root.mkdir()
    shutil.copy(sequential.root / "settings.toml", parallel.root)

    with postgresql() as secrets:
        instance = tmp_path / "instance"
        instance.mkdir()
        shutil.copy(ROOT / "deploy" / "dagster.yaml", instance)
        more = {**secrets, "DAGSTER_HOME": str(instance), "CAMPAIGN_LOGS": str(tmp_path / "logs")}
        with running(parallel.root, **more) as live:
            # The sensor would ask for runs of its own on what no run was made for: it has looked before the batches come.
            wait_for(lambda: "Sensor watch_inbox skipped" in live.log(), 120, "the first tick of the sensor")
            shutil.copytree(sequential.root / "lake", parallel.root / "lake", dirs_exist_ok=True)
            for key in batches:
                live.graphql(
                    'mutation ($key: String!) { addDynamicPartition(partitionsDefName: "batch", partitionKey: $key, '
                    'repositorySelector: {repositoryLocationName: "campaign", repositoryName: "__repository__"}) '
                    "{ __typename } }",
                    key=key,
                )
            launched = live.graphql(BACKFILL, keys=batches)["launchPartitionBackfill"]
            assert launched["__typename"] == "LaunchBackfillSuccess", launched
            runs = wait_for(
                lambda: (
                    len(found := live.runs()) >= BATCHES
                    and all(r["status"] in FINISHED for r in found.values())
                    and found
                ),
                2400,
                "the end of all runs",
            )
            assert [run["status"] for run in runs.values()] == ["SUCCESS"] * BATCHES
            state = live.graphql(STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
            assert state in ("COMPLETED", "COMPLETED_SUCCESS", "REQUESTED")
            messages = [
                event.get("message", "")
                for run_id in runs
                for event in live.graphql(EVENTS, id=run_id)["logsForRun"]["events"]
            ]
        with (
            psycopg2.connect(
                host=secrets["CAMPAIGN_PG_HOST"],
                port=secrets["CAMPAIGN_PG_PORT"],
                user=secrets["CAMPAIGN_PG_USER"],
                password=secrets["CAMPAIGN_PG_PASSWORD"],
                dbname=secrets["CAMPAIGN_PG_DATABASE"],
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select count(*) from runs where status = 'SUCCESS'")
            assert cursor.fetchone() == (BATCHES,)

    spans = [(run["startTime"], run["endTime"]) for run in runs.values()]
    assert max(sum(start <= moment < end for start, end in spans) for moment, _ in spans) == 4
    assert not [message for message in messages if "lock" in message.lower() and "block" not in message.lower()]

    assert campaign(sequential.root, "run", timeout=1800).returncode == 0
    assert content(parallel) == content(sequential)
