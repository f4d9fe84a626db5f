"""The asset graph as Dagster has it: what is made from what, down to the column."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets import PUBLISH_POOL
from orchestration.catalogue import catalogue
from orchestration.checks import GATE
from orchestration.definitions import EXTRACT, LOAD, RECHECK, build_definitions
from transforms.schema import tables
from warehouse.home import Home

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOT = ROOT / "tests" / "snapshots" / "asset_graph.txt"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(Home(tmp_path_factory.mktemp("graph")))


def test_the_asset_graph_is_the_one_reviewed_last(definitions: dg.Definitions) -> None:
    """`make snapshot` writes the graph anew; the difference is what a reviewer looks at."""
    drawn = "\n".join(_drawn(definitions)) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(drawn, "utf-8")
    assert drawn == SNAPSHOT.read_text("utf-8")


def _drawn(definitions: dg.Definitions) -> list[str]:
    lines = []
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        kinds = ", ".join(sorted(node.kinds))
        lines.append(f"{key.to_user_string()} [{node.group_name}; {kinds}; {', '.join(node.owners)}]")
        lines += [f"  < {parent.to_user_string()}" for parent in sorted(node.parent_keys)]
        lineage = node.metadata.get("dagster/column_lineage")
        for column, deps in (lineage.deps_by_column if lineage else {}).items():
            lines.append(f"    {column}: " + ", ".join(f"{d.asset_key.to_user_string()}.{d.column_name}" for d in deps))
        checks = sorted(key.name for key in graph.get_check_keys_for_assets({key}))
        lines += [f"  ? {name}" for name in checks]
    return lines


def test_every_table_of_the_warehouse_is_an_asset_with_its_declared_columns(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for table in tables().values():
        if table.schema != "stage":
            schema = graph.get(dg.AssetKey([table.schema, table.name])).metadata["dagster/column_schema"]
            assert [column.name for column in schema.columns] == table.column_names
            assert all(column.description for column in schema.columns)


def test_every_asset_has_group_owner_kinds_description_and_code(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.group_name and spec.owners and spec.kinds and spec.description, spec.key
        if spec.key.path[0] != "inbox":
            (reference,) = spec.metadata["dagster/code_references"].code_references
            assert Path(reference.file_path).is_file() and reference.line_number >= 1
            assert ":" not in reference.label or reference.line_number > 1, f"{reference.label} was not found"


def test_every_column_of_the_lake_and_the_warehouse_says_where_it_comes_from() -> None:
    for entry in catalogue().values():
        made_by_the_run = {column for column, origins in entry.about.get("from", {}).items() if not origins}
        for column, origins in entry.lineage.items():
            explained = origins or column in made_by_the_run or "*" in made_by_the_run
            assert explained or not entry.deps, f"{entry.name}.{column}"


def test_column_lineage_leads_from_a_mart_back_to_the_text_of_the_document() -> None:
    found, todo = set(), ["mart/city_comparison:low"]
    while todo:
        origin = todo.pop()
        found.add(origin)
        asset, _, column = origin.partition(":")
        todo += [o for o in catalogue()[asset].lineage[column] if o not in found]
    assert "lake/documents:text" in found


def test_only_the_publish_step_is_in_a_pool_and_only_steps_that_touch_files_are_retried(
    definitions: dg.Definitions,
) -> None:
    operations = {node.name: node.definition for node in definitions.resolve_job_def(LOAD).graph.nodes}
    assert {name for name, op in operations.items() if op.pool == PUBLISH_POOL} == {"publish_warehouse"}
    assert {name for name, op in operations.items() if op.retry_policy} == {"read_documents", "publish_warehouse"}


def test_the_jobs_hold_the_steps_that_their_names_say(definitions: dg.Definitions) -> None:
    steps = {
        job: {node.name for node in definitions.resolve_job_def(job).graph.nodes} for job in (LOAD, EXTRACT, RECHECK)
    }
    assert steps[LOAD] - steps[EXTRACT] == {"publish_warehouse"}
    assert steps[RECHECK] == {"validate_batch", "accept_observations", "publish_warehouse"}


def test_the_gate_blocks_and_stands_before_what_may_load(definitions: dg.Definitions) -> None:
    assert GATE.blocking
    dependencies = definitions.resolve_job_def(LOAD).graph.dependency_structure
    for step in ("accept_observations", "publish_warehouse"):
        upstream = {handle.node_name for handle in dependencies.all_upstream_outputs_from_node(step)}
        assert "validate_batch" in upstream


def test_schedules_run_in_the_time_zone_of_the_settings(definitions: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in definitions.get_repository_def().schedule_defs}
    assert set(schedules) == {"nightly_ingestion", "weekly_check"}
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"Asia/Shanghai"}


def test_definitions_load_in_under_four_seconds_without_the_heavy_libraries(tmp_path: Path) -> None:
    program = (
        "import sys, time, orchestration.definitions;"
        "heavy = {'great_expectations', 'trafilatura', 'pandas'} & sys.modules.keys();"
        "sys.exit(f'{heavy} loaded') if heavy else print(time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "CAMPAIGN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    # Of the processor, not of the clock, so that other work on the machine does not decide.
    assert float(done.stdout) < 4
