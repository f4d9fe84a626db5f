"""The warehouse as a whole: a function of the batches, the corrections and the decisions, and of nothing else."""

import json
import math
import random
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import generated
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from told import ARRIVED, Figure, Report, add, load, new_home, place_id, year

from checks.quarantine import decide, entries_of, record
from transforms.indicators import catalogue
from transforms.places import places
from transforms.schema import table
from warehouse import corrections
from warehouse.build import build
from warehouse.diff import diff
from warehouse.explain import explain
from warehouse.home import Home, WarehouseError
from warehouse.lake import STAGES, Lake
from warehouse.publish import publish, rollback
from warehouse.query import query
from warehouse.summary import summary
from warehouse.tables import warehouse_tables
from warehouse.versions import read_version, versions

# What tells one file of the warehouse from another, and so is not the same in two.
IDENTITY = {"ops.version", "ops.source_file"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def publish_all(home: Home) -> int:
    return publish(home, build(home))


def garbage(value: float | None, period: str = "2018", **more: object) -> Figure:
    return Figure("garbage_cleared", value, **{**year(period), **more})


def content(home: Home) -> dict[str, pl.DataFrame]:
    """Every table and view, its rows in the order of its key."""
    return {
        declared.full_name: query(home, f"from {declared.full_name} order by all")
        for declared in warehouse_tables()
        if declared.full_name not in IDENTITY
    }


def assert_same(left: Home, right: Home) -> None:
    others = content(right)
    for name, frame in content(left).items():
        try:
            assert_frame_equal(frame, others[name], check_exact=True)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def scenario(root: Path) -> tuple[list[dict[str, pl.DataFrame]], list[str], list[str]]:
    """Batches with copies, cut copies, documents delivered twice and rejected rows; lines of corrections and decisions."""
    where = places().filter(pl.col("level") == "city", pl.col("valid_to").is_null()).head(8)
    indicators = catalogue().head(6)
    batches = [generated.stages(number, 10, where, indicators, figures=12) for number in range(4)]
    later = (
        batches[0]["documents"]
        .head(4)
        .with_columns(pl.col("arrived_at") + timedelta(days=9), file_name=pl.lit("again"))
    )
    earlier = batches[1]["documents"].tail(3).with_columns(pl.col("arrived_at") - timedelta(days=9))
    batches += [generated.only(batches[0], later), generated.only(batches[1], earlier)]
    batches += [generated.shortened(batches[2], 0.8, 1), generated.shortened(batches[2], 0.6, 2)]
    for number, frames in enumerate(batches):
        batches[number] = with_quarantine(frames)
    home = Home(root)
    for frames in batches:
        generated.add(home, frames)
    publish_all(home)
    ids = query(home, "from core.fact_observation select observation_id where not redacted order by 1")[
        "observation_id"
    ]
    corrections.correct(home, ids[3], {"value": 5, "period": "2015/.."}, "甲", "看错了")
    corrections.correct(home, ids[3], {"indicator": indicators["name_zh"][1]}, "乙", "又看了")
    corrections.reject(home, ids[40], "甲", "不是数量")
    corrections.correct(home, ids[77], {"place": "苏州市", "status": "target"}, "甲", "计划")
    corrections.correct(home, ids[90], {"value": None}, "乙", "遮盖了")
    document_id, start = query(
        home,
        "from core.document_text semi join (from core.dim_report where duplicate_of is null) using (document_id) "
        "select document_id, instr(text, '年创建') - 1 order by 1 limit 1",
    ).row(0)
    found = {"indicator": indicators["name_zh"][2], "value": 17, "period": "2016"}
    corrections.add(home, document_id, start, start + 3, found, "甲", "漏了")
    # What a person has added can be corrected like anything else; what no longer stands there is told.
    add_line = home.corrections.read_text("utf-8").splitlines()[-1]
    publish_all(home)
    corrections.correct(home, json.loads(add_line)["observation_id"], {"low": 17, "high": 19}, "乙", "约数")
    lost = {**json.loads(add_line), "correction_id": "lost", "raw_text": "另一句"}
    with home.corrections.open("a", encoding="utf-8") as file:
        file.write(json.dumps(lost, ensure_ascii=False) + "\n")
    held = query(home, "from ops.quarantine select quarantine_id where kind = 'row' order by 1").unique("quarantine_id")
    quarantine = query(home, "from ops.quarantine")
    released, rejected = held["quarantine_id"][0], held["quarantine_id"][1]
    now = datetime(2021, 1, 1, tzinfo=UTC)
    record(home.decisions, decide(quarantine, [released], "release", "甲", "没错", now))
    record(home.decisions, decide(quarantine, [rejected], "reject", "甲", "确实错", now))
    record(home.decisions, decide(quarantine, [rejected], "release", "乙", "又对了", now + timedelta(hours=1)))
    lines = home.corrections.read_text("utf-8").splitlines(), home.decisions.read_text("utf-8").splitlines()
    return batches, *lines


def with_quarantine(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """One row in twenty held back by a check."""
    failing = (
        frames["observations"].filter(pl.col("observation_id").str.slice(0, 4).str.to_integer(base=16) % 5 == 0).head(4)
    )
    findings = failing.select(
        key="observation_id",
        check_name=pl.lit("core.fact_observation__plausible"),
        table_name=pl.lit("core.fact_observation"),
        explanation=pl.lit("不可信"),
    )
    entries = entries_of(findings, frames["observations"].with_columns(batch_id=pl.lit("")), "", ARRIVED)
    accepted = frames["accepted"].join(failing, on="observation_id", how="anti")
    return {**frames, "quarantine": entries, "accepted": accepted}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list, list, list]:
    root = tmp_path_factory.mktemp("everything")
    batches, corrected, decided = scenario(root)
    home = Home(root)
    home.warehouse.unlink()
    shutil.rmtree(home.versions)
    publish_all(home)
    return home, batches, corrected, decided


def test_the_scenario_has_what_could_go_wrong(everything: tuple) -> None:
    home, *_ = everything
    found = query(
        home,
        """
        select
            (from core.dim_report select count(*) where duplicate_of is not null) as copies,
            (from ops.delivery select count(*) - count(distinct document_id)) as deliveries_again,
            (from core.fact_observation select count(*) where corrected) as corrected,
            (from ops.correction select count(*) where applied) as applied,
            (from ops.correction select string_agg(correction_id) where not applied) as unapplied,
            (from ops.quarantine select count(distinct quarantine_id) where state = 'released') as released,
            (from ops.quarantine select count(*) where state = 'open') as open
        """,
    ).row(0, named=True)
    assert found["copies"] >= 15
    assert found["deliveries_again"] == 7
    assert (found["corrected"], found["applied"], found["released"]) == (4, 7, 2)
    assert found["unapplied"] == "lost"
    assert found["open"] > 3


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_batches_corrections_and_decisions_gives_the_rebuilt_warehouse(
    everything: tuple, tmp_path: Path, seed: int
) -> None:
    rebuilt, batches, corrected, decided = everything
    chance = random.Random(seed)
    home = new_home(tmp_path)
    events: list = [("batch", frames) for frames in batches]
    events += [("batch", chance.choice(batches)) for _ in range(2)]
    chance.shuffle(events)
    # Lines of a file stay in their order; when they are written is left to chance.
    for kind, lines in (("corrections", corrected), ("decisions", decided)):
        places = sorted(chance.randrange(len(events) + 1) for _ in lines)
        for offset, (place, line) in enumerate(zip(places, lines, strict=True)):
            events.insert(place + offset, (kind, line))
    for kind, what in events:
        if kind == "batch":
            generated.add(home, what)
        else:
            with getattr(home, kind).open("a", encoding="utf-8") as file:
                file.write(what + "\n")
        if chance.random() < 0.7:
            publish_all(home)
    publish_all(home)
    assert_same(rebuilt, home)


def test_a_batch_taken_out_of_the_lake_leaves_no_trace(everything: tuple, tmp_path: Path) -> None:
    _, batches, *_ = everything
    home, other = new_home(tmp_path / "home"), new_home(tmp_path / "other")
    for frames in batches[:4]:
        generated.add(home, frames)
    for frames in batches[4:]:
        name = generated.add(home, frames)
        publish_all(home)
        shutil.rmtree(home.batches / name)
    publish_all(home)
    for frames in batches[:4]:
        generated.add(other, frames)
    publish_all(other)
    assert_same(home, other)


def test_nothing_new_makes_no_new_version(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    stamp = home.warehouse.stat()
    number = publish_all(home)
    add(home, Report("苏州市", [garbage(900)]))
    assert publish_all(home) == number
    assert home.warehouse.stat().st_mtime_ns == stamp.st_mtime_ns


def test_a_batch_without_all_its_stages_is_not_loaded_yet(home: Home) -> None:
    name = add(home, Report("苏州市", [garbage(900)]))
    Lake(home).stage_path(name, "accepted").unlink()
    publish_all(home)
    assert query(home, "from ops.load").is_empty()


def test_the_facts_of_a_copy_count_once_and_stay_visible_as_quantities(tmp_path: Path) -> None:
    where = places().filter(pl.col("level") == "city", pl.col("valid_to").is_null()).head(3)
    frames = generated.stages(0, 3, where, catalogue().head(6), figures=12)
    home = new_home(tmp_path)
    copies = generated.shortened(frames, 0.8, 1)
    generated.add(home, copies)
    publish_all(home)
    counted = query(home, "from core.fact_observation")
    assert len(counted) == len(copies["accepted"])
    generated.add(home, frames)
    publish_all(home)
    assert query(home, "select count(*) from core.fact_observation").item() == len(frames["accepted"])
    quantities = query(home, "select count(*) from core.fact_quantity").item()
    assert quantities == len(frames["mentions"]) + len(copies["mentions"])
    assert set(query(home, "from core.dim_report where duplicate_of is not null")["copy_kind"]) == {"truncated"}
    lost = counted["observation_id"][0]
    assert "is a copy of" in str(explain(home, lost))


def test_a_copy_that_differs_in_a_figure_is_a_conflict(home: Home) -> None:
    report = Report("苏州市", [garbage(900)])
    load(home, report, Report("苏州市", [garbage(901)], words_of=report))
    (conflict,) = query(home, "from mart.conflict").to_dicts()
    assert (conflict["kind"], {conflict["low"], conflict["other_low"]}) == ("copy", {900, 901})
    assert conflict["other_raw_text"] in conflict["other_evidence"]
    assert [row["conflicts"] for row in query(home, "from mart.city_comparison").to_dicts()] == [0]


def observation(home: Home, where: str = "true") -> str:
    return query(home, f"from core.fact_observation where {where}")["observation_id"].item()


def test_a_correction_changes_the_figure_and_keeps_what_was_read(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]), Report("无锡市", [garbage(700)]))
    wrong = observation(home, "value = 900")
    made = corrections.correct(home, wrong, {"value": 90, "period": "2015/.."}, "王", "少看一位")
    publish_all(home)
    (row,) = query(home, f"from core.fact_observation where observation_id = '{wrong}'").to_dicts()
    assert (row["low"], row["high"], row["period_start"], row["period_end"], row["corrected"]) == (
        90,
        90,
        "2015",
        None,
        True,
    )
    assert f"correction={made}:王" in row["rules"]
    assert query(home, f"from core.fact_quantity where quantity_id = '{wrong}'")["low"].item() == 900
    assert query(home, "from mart.city_comparison where corrected")["period"].to_list() == ["2015/.."]
    assert "少看一位 (applied)" in str(explain(home, wrong))


def test_a_correction_survives_that_the_document_is_read_again(home: Home) -> None:
    name = add(home, Report("苏州市", [garbage(900)]))
    publish_all(home)
    corrections.correct(home, observation(home), {"value": 90}, "王", "少看一位")
    publish_all(home)
    again = Lake(home).read_stage(name, "accepted").with_columns(value=9000.0, low=9000.0, high=9000.0)
    Lake(home).write_stage(name, "accepted", again)
    publish_all(home)
    assert query(home, "from core.fact_observation")["low"].to_list() == [90]


def test_a_correction_makes_an_observation_of_a_quantity_that_was_not_read_as_one(home: Home) -> None:
    load(home, Report("苏州市", [Figure("other", 12, **year("2018"))]))
    unread = query(home, "from core.fact_quantity")["quantity_id"].item()
    corrections.correct(home, unread, {"indicator": "停车位"}, "王", "是停车位")
    publish_all(home)
    (row,) = query(home, "from core.fact_observation").to_dicts()
    assert (row["indicator_id"], row["low"], row["period_start"]) == ("parking_spaces", 12, "2018")


def test_an_observation_can_be_added_at_a_span_and_explained(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    document_id, text = query(home, "from core.document_text").row(0)
    start = text.index("苏州市")
    corrections.add(
        home, document_id, start, start + 3, {"indicator": "停车位", "value": 7, "period": "2018"}, "王", "漏了"
    )
    publish_all(home)
    (row,) = query(home, "from core.fact_observation where corrected").to_dicts()
    assert (row["raw_text"], row["low"], row["unit"], row["place_id"]) == ("苏州市", 7, "count", place_id("苏州市"))
    assert row["evidence"] == text[row["evidence_start"] :][: len(row["evidence"])]
    assert "停车位" in str(explain(home, row["observation_id"]))


def test_an_added_observation_can_be_corrected_and_rejected(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    document_id, text = query(home, "from core.document_text").row(0)
    start = text.index("苏州市")
    corrections.add(home, document_id, start, start + 3, {"indicator": "停车位", "value": 7}, "王", "漏了")
    publish_all(home)
    added = observation(home, "corrected")
    corrections.correct(home, added, {"status": "target"}, "李", "是计划")
    publish_all(home)
    assert query(home, "from core.fact_observation where corrected").select("value", "status").rows() == [(7, "target")]
    corrections.reject(home, added, "王", "还是没有")
    publish_all(home)
    assert query(home, "from core.fact_observation")["value"].to_list() == [900]
    assert query(home, "from ops.correction where applied").height == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"value": 90}, {"value": 90, "low": 90, "high": 90, "qualifier": "exact"}),
        ({"value": 90, "high": math.inf}, {"low": 90, "high": math.inf, "high_open": True, "qualifier": "at_least"}),
        ({"low": 80, "high": 99}, {"value": 80, "low": 80, "high": 99, "qualifier": "approx"}),
        ({"value": None}, {"value": None, "low": None, "high": None, "redacted": True}),
        ({"indicator": "停车位"}, {"indicator_id": "parking_spaces", "confidence": 1.0}),
        ({"status": "target"}, {"status": "target"}),
        ({"period": "2015/.."}, {"period_start": "2015", "period_end": None, "period_basis": "stated"}),
        ({"period": "../2019-06"}, {"period_start": None, "period_end": "2019-06"}),
        ({"period": ""}, {"period_start": None, "period_end": None, "period_basis": None}),
        ({"per": "day"}, {"per": "day", "period_start": "2018"}),
        ({"place": "昆山市"}, {"place_id": place_id("昆山市")}),
        ({"unit": "m3"}, {"unit": "m3"}),
    ],
)
def test_a_correction_changes_what_it_names_and_nothing_else(home: Home, changes: dict, expected: dict) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    (before,) = query(home, "from core.fact_observation").to_dicts()
    corrections.correct(home, before["observation_id"], changes, "王", "看错了")
    publish_all(home)
    (after,) = query(home, "from core.fact_observation").to_dicts()
    assert {name: after[name] for name in expected} == expected
    assert after["corrected"]
    also = {
        "value": {"value", "low", "high", "low_open", "high_open", "qualifier", "redacted"},
        "low": {"value", "low", "high", "low_open", "high_open", "qualifier"},
        "indicator": {"confidence"},
        "period": {"period_start", "period_end", "period_basis"},
    }
    tells_apart = {"indicator", "status", "period", "per", "place", "unit"}
    assert (after["figure_id"] == before["figure_id"]) == changes.keys().isdisjoint(tells_apart)
    follows = {"corrected", "rules", "figure_id"}.union(*(also.get(name, ()) for name in changes))
    kept = before.keys() - expected.keys() - follows
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"raw_text": "901个"}, "the text at the anchor now reads '900个'"),
        ({"document_id": "0" * 64}, "the document is not in the warehouse"),
        ({"changes": {"place_id": "000000-1900"}}, "there is no place 000000-1900"),
        ({"changes": {"indicator_id": "no_such"}}, "is read as no_such"),
    ],
)
def test_a_correction_whose_anchor_no_longer_matches_is_reported(home: Home, line: dict, problem: str) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    corrections.correct(home, observation(home), {"value": 90}, "王", "少看一位")
    home.corrections.write_text(json.dumps({**json.loads(home.corrections.read_text("utf-8")), **line}), "utf-8")
    publish_all(home)
    (row,) = query(home, "from ops.correction").to_dicts()
    assert not row["applied"]
    assert problem in row["problem"]
    assert query(home, "from core.fact_observation")["low"].to_list() == [900]


def test_a_correction_taken_back_leaves_no_trace(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]))
    before = content(home)
    corrections.reject(home, observation(home), "王", "不是")
    publish_all(home)
    assert query(home, "from core.fact_observation").is_empty()
    assert query(home, "from mart.city_comparison").is_empty()
    home.corrections.unlink()
    publish_all(home)
    for name, frame in content(home).items():
        assert_frame_equal(frame, before[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "many"}, "not a number"),
        ({"low": 5, "high": 2}, "does not lie between"),
        ({"period": "2018-13"}, "no period"),
        ({"period": "今年"}, "no period"),
        ({"period": "2018/2015"}, "ends before it starts"),
        ({"value": None, "low": 3}, "has no bounds"),
        ({"unit": "xyz"}, "no unit"),
        ({"place": "鼓楼区"}, "could be"),
        ({"place": "无此地"}, "there is no place"),
        ({"indicator": "no_such"}, "there is no indicator"),
        ({"status": "done"}, "no status"),
        ({"colour": "red"}, "can't change colour"),
        ({}, "something to change"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(everything: tuple, changes: dict, message: str) -> None:
    home, *_ = everything
    recorded = home.corrections.read_bytes()
    some = query(home, "from core.fact_observation limit 1")["observation_id"].item()
    with pytest.raises(WarehouseError, match=message):
        corrections.correct(home, some, changes, "王", "试")
    assert home.corrections.read_bytes() == recorded


def test_diff_shows_what_a_load_would_change_before_it_is_published(home: Home) -> None:
    load(home, Report("苏州市", [garbage(900)]), Report("无锡市", [garbage(700)]))
    first, second = query(home, "from core.fact_observation order by value desc")["observation_id"]
    corrections.correct(home, first, {"value": 90}, "王", "少看一位")
    corrections.reject(home, second, "王", "不是")
    add(home, Report("南通市", [garbage(800)]))
    found = diff(home, home.warehouse, build(home)).sort("change")
    assert found["change"].to_list() == ["appeared", "changed", "vanished"]
    assert "low: 900.0 → 90.0" in found["fields"][1]
    assert found["observation_id"].to_list()[1:] == [first, second]
    assert query(home, "select count(*) from core.fact_observation").item() == 2
    assert diff(home, home.warehouse, home.warehouse).is_empty()


def test_the_last_versions_are_kept_and_one_can_be_published_again(home: Home) -> None:
    for value in range(4):
        load(home, Report("苏州市", [garbage(value + 1)]))
        publish(home, build(home), keep=2)
    newest = read_version(home.warehouse).number
    assert versions(home) == [newest - 1, newest]
    with pytest.raises(WarehouseError, match=f"kept are: {newest - 1}, {newest}"):
        rollback(home, 1)
    rollback(home, newest - 1)
    assert query(home, "select count(*) from core.fact_observation").item() == 3
    assert publish_all(home) == newest + 1
    assert query(home, "select count(*) from core.fact_observation").item() == 4


def test_the_space_of_a_version_that_is_no_longer_kept_is_freed(home: Home) -> None:
    for value in range(3):
        add(home, Report("苏州市", [garbage(value + 1)]))
        publish(home, build(home), keep=1)
    assert versions(home) == [read_version(home.warehouse).number]
    deadline = time.monotonic() + 10
    while list((home.root / "partial").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_killed_process_was_about_to_free_is_freed_by_the_next_build(home: Home) -> None:
    (home.root / "partial").mkdir(exist_ok=True)
    (home.root / "partial" / "dropped.1.000001.duckdb").write_bytes(b"")
    build(home)
    assert not list((home.root / "partial").iterdir())


def test_a_version_built_on_one_that_is_no_longer_published_is_built_again(home: Home) -> None:
    add(home, Report("苏州市", [garbage(900)]))
    built = build(home)
    aside = built.rename(home.root / "aside.duckdb")
    load(home, Report("无锡市", [garbage(700)]))
    publish(home, aside)
    assert query(home, "select count(*) from core.fact_observation").item() == 2


def test_a_query_can_neither_write_nor_reach_other_files(home: Home) -> None:
    for statement in (
        "delete from core.fact_observation",
        "create table core.x as select 1",
        "copy core.dim_place to '/tmp/places.csv'",
        "from read_csv('/etc/hostname')",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ):
        with pytest.raises(duckdb.Error):
            query(home, statement)
    with pytest.raises(WarehouseError, match="there is no warehouse"):
        query(Home(home.root / "elsewhere"), "select 1")


def test_every_table_column_and_macro_has_its_comment_and_is_what_the_declarations_say(home: Home) -> None:
    columns = query(
        home,
        "from duckdb_columns() select schema_name, table_name, column_name, comment "
        "where database_name = 'warehouse' and schema_name in ('core', 'mart', 'ops') order by all",
    )
    declared = {(t.schema, t.name, c.name) for t in warehouse_tables() for c in t.columns}
    assert set(columns.select("schema_name", "table_name", "column_name").rows()) == declared
    assert columns["comment"].null_count() == 0
    described = query(
        home,
        "from duckdb_tables() select comment where database_name = 'warehouse' "
        "union all from duckdb_views() select comment where database_name = 'warehouse' and not internal",
    )
    assert len(described) == len(warehouse_tables())
    assert described["comment"].null_count() == 0
    macros = query(home, "from duckdb_functions() select comment where database_name = 'warehouse' and not internal")
    assert len(macros) > 20
    assert macros["comment"].null_count() == 0


def test_every_table_has_the_columns_types_values_and_keys_that_are_declared(everything: tuple) -> None:
    home, *_ = everything
    for declared in warehouse_tables():
        frame = query(home, f"from {declared.full_name}")
        assert frame.schema == declared.frame_schema, declared.full_name
        assert frame.select(declared.key).is_unique().all(), declared.full_name
        for column in declared.columns:
            values = frame[column.name]
            assert not (column.required and values.null_count()), f"{declared.full_name}.{column.name}"
            if column.values:
                assert set(values.drop_nulls()) <= set(column.values), f"{declared.full_name}.{column.name}"
            if column.minimum is not None and len(values.drop_nulls()):
                assert values.min() >= column.minimum, f"{declared.full_name}.{column.name}"


def test_every_reference_leads_somewhere(everything: tuple) -> None:
    home, *_ = everything
    for declared in warehouse_tables():
        for column in declared.columns:
            if column.references:
                target, _, name = column.references.rpartition(".")
                lost = query(
                    home,
                    f'select count(*) from {declared.full_name} where "{column.name}" is not null '
                    f'and "{column.name}" not in (select "{name}" from {target} where "{name}" is not null)',
                ).item()
                assert lost == 0, f"{declared.full_name}.{column.name}"


def test_the_characters_at_every_span_are_the_raw_text(everything: tuple) -> None:
    home, *_ = everything
    for name in ("core.fact_observation", "core.fact_quantity", "core.fact_numeral"):
        wrong = query(
            home,
            f"select count(*) from {name} join core.document_text using (document_id) "
            "where substr(text, span_start + 1, span_end - span_start) <> raw_text",
        ).item()
        assert wrong == 0, name


def test_a_summary_counts_what_batches_brought_and_names_what_failed(home: Home) -> None:
    name = add(home, Report("苏州市", [garbage(900), garbage(None)]))
    failure = dict.fromkeys(STAGES["quarantine"]) | {
        "quarantine_id": "x",
        "kind": "file",
        "item": "坏.docx",
        "expectation": "documents.corrupt",
        "reason": "坏.docx can't be opened",
        "rejected_at": ARRIVED,
        "state": "open",
    }
    Lake(home).write_stage(name, "quarantine", pl.DataFrame([failure], schema=STAGES["quarantine"]))
    add(home, Report("无锡市", [garbage(700)]))
    publish_all(home)
    found = summary(home, [name])
    assert (found.batches, found.documents, found.observations, found.redacted, found.quarantined) == (1, 1, 2, 1, 1)
    assert found.failed == ["坏.docx: 坏.docx can't be opened"]


def test_the_lake_refuses_a_stage_that_lacks_a_column(home: Home) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        Lake(home).write_stage("b1", "reports", pl.DataFrame({"report_id": ["x"]}))
    with pytest.raises(WarehouseError, match="no stage reports"):
        Lake(home).read_stage("b1", "reports")


def test_the_same_files_make_the_same_batch_and_keep_their_first_arrival(home: Home) -> None:
    lake = Lake(home)
    files = pl.DataFrame(
        {"file_name": ["a.txt", "b.txt"], "source": [None, None], "content": [b"a", b"b"], "arrived_at": [ARRIVED] * 2},
        schema=table("stage.file").frame_schema,
    )
    name = lake.add_batch(files)
    again = files.reverse().with_columns(pl.col("arrived_at") + timedelta(days=1))
    assert lake.add_batch(again) == name
    assert lake.batch_ids() == [name]
    assert lake.read_files(name).sort("file_name").equals(files)
    assert len(lake.document_ids()) == 2


def test_a_damaged_line_of_corrections_is_named(home: Home) -> None:
    home.corrections.write_text('{"correction_id": 1\n', "utf-8")
    with pytest.raises(WarehouseError, match=r"corrections.jsonl, line 1"):
        build(home)
