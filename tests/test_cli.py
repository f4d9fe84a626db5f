"""The command line: what users and scripts rely on."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import polars as pl
import pytest
from live import COMMAND, POINTS_LOST, ROOT, campaign, environment

from orchestration.cli import cli
from orchestration.cli.reference import EXAMPLES, markdown

REPORT = (
    "渭南市2018年创建文明城市工作总结\n"
    "2018年，渭南市共清理生活垃圾1200吨，新增停车泊位3万余个，注册志愿者x万人，投入资金500万元。\n"
)
OTHER = "宁波市2018年创建文明城市工作总结\n2018年，宁波市共清理生活垃圾900吨，新增停车泊位800个，发放宣传单2万份。\n"

SECRET = "https://hooks.example.org/very-secret-token"


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "渭南市.txt").write_text(REPORT, "utf-8")
    (folder / "宁波市.txt").write_bytes(OTHER.encode("gb18030"))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, files: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The run that loads the two reports into a data directory; a minute's work that many tests look at."""
    home = tmp_path_factory.mktemp("loaded") / "data"
    done = subprocess.run(
        [*COMMAND, "run", str(files), "--format", "json"],
        cwd=ROOT,
        env=environment(home, CAMPAIGN_ALERT_WEBHOOK=SECRET),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return home, done


@pytest.fixture(scope="module")
def loaded(run: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """A data directory into which the two reports have been loaded."""
    return run[0]


@pytest.fixture(scope="module")
def stand_ins(loaded: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """What the examples of the documentation name: an observation and its document, and a folder with the files."""
    (row, *_) = rows(loaded, "select observation_id, document_id from core.fact_observation order by 1")
    folder = tmp_path_factory.mktemp("examples")
    (folder / "reports").symlink_to(files)
    (folder / "gold.jsonl").write_text(campaign(loaded, "extract", str(files)).stdout, "utf-8")
    return {name.upper(): str(value) for name, value in row.items()}, folder


@pytest.fixture
def own(loaded: Path, tmp_path: Path) -> Path:
    """A copy of that data directory, to be changed."""
    return Path(shutil.copytree(loaded, tmp_path / "own"))


def rows(home: Path, sql: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(campaign(home, "query", sql, "--format", "json").stdout)
    return found


def test_help_takes_under_three_tenths_of_a_second_and_loads_no_heavy_library() -> None:
    program = (
        "import sys, time; sys.argv[1:] = ['--help']\n"
        "from orchestration.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'dagster', 'duckdb', 'great_expectations'} & sys.modules.keys()\n"
        "print(heavy or '', time.process_time(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage: campaign" in done.stdout
    assert float(done.stderr) < 0.3


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    from click.testing import CliRunner

    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0 and "Usage: cli " + " ".join(command) in result.output


def test_the_documentation_holds_every_command_and_option() -> None:
    """`make snapshot` writes docs/commands.md anew."""
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == markdown()


@pytest.mark.parametrize(
    "arguments", [["compare"], ["run", "--hold"], ["run", "x", "--all"], ["nonsense"], ["extract"]]
)
def test_wrong_usage_ends_with_status_two(arguments: list[str], tmp_path: Path) -> None:
    done = campaign(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query", "select 1"], "there is no warehouse"),
        (["compare", "garbage_cleared"], "there is no warehouse"),
        (["extract", "/nowhere/at/all.txt"], "no such file or folder"),
        (["run", "/nowhere/at/all.txt"], "no such file or folder"),
    ],
)
def test_a_failure_is_one_line_on_standard_error_and_status_one(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = campaign(tmp_path, *arguments)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("campaign: ")]
    assert said in line
    assert "Traceback" not in done.stderr


def test_a_wrong_statement_is_one_line_too(loaded: Path) -> None:
    done = campaign(loaded, "query", "select nonsense from core.fact_observation")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "nonsense" in done.stderr


def test_a_run_ends_with_the_summary(run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = run
    summary = json.loads(done.stdout)
    assert summary["documents"] == 2 and summary["reports"] == 2
    assert summary["observations"] >= 6 and summary["masked"] == 1
    assert summary["quarantined"] == 0 and summary["failed"] == []
    assert 0 <= summary["unclassified_share"] < 0.5
    assert "publish warehouse" in done.stderr, "progress"


def test_a_second_run_over_the_same_files_says_nothing_is_new_and_changes_nothing(loaded: Path, files: Path) -> None:
    before = (loaded / "warehouse.duckdb").stat()
    done = campaign(loaded, "run", str(files))
    assert done.returncode == 0
    assert done.stdout == "Nothing new: 2 known already.\n"
    after = (loaded / "warehouse.duckdb").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_without_a_path_the_inbox_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "渭南市.txt").write_text(REPORT, "utf-8")
    assert "Loaded 1 batch" in campaign(tmp_path, "run").stdout
    assert campaign(tmp_path, "run").stdout == "Nothing new: 1 known already.\n"


def test_broken_files_among_good_ones_are_named_and_quarantined_and_the_good_ones_load(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.txt").write_text(REPORT, "utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "corrupt.docx").write_bytes(b"PK\x03\x04 this is no archive")
    (folder / "noise.pdf").write_bytes(bytes(range(256)) * 8)
    home = tmp_path / "data"
    done = campaign(home, "run", str(folder))
    assert done.returncode == 1
    named = [line for line in done.stderr.splitlines() if line.startswith("campaign: ")]
    assert len(named) == 3
    for name in ("empty.txt", "corrupt.docx", "noise.pdf"):
        assert sum(name in line for line in named) == 1
    assert "Traceback" not in done.stderr
    assert [row["item"] for row in rows(home, "from ops.quarantine where kind = 'file' order by item")] == [
        "corrupt.docx",
        "empty.txt",
        "noise.pdf",
    ]
    assert rows(home, "select count(*) as n from core.dim_document") == [{"n": 1}]


def test_a_batch_that_the_checks_stop_is_named_with_the_check_and_why(tmp_path: Path) -> None:
    (tmp_path / "小结.txt").write_text(POINTS_LOST, "utf-8")
    done = campaign(tmp_path / "data", "run", str(tmp_path / "小结.txt"))
    assert done.returncode == 1
    (named,) = [line for line in done.stderr.splitlines() if line.startswith("campaign: ")]
    assert "load__rejections_few" in named and "More than a quarter of the observations are quarantined" in named
    assert rows(tmp_path / "data", "select count(*) as n from core.fact_observation") == [{"n": 0}]


def test_a_run_goes_on_while_another_process_keeps_the_warehouse_open(own: Path, tmp_path: Path) -> None:
    (another := tmp_path / "another.txt").write_text(OTHER.replace("宁波", "太原"), "utf-8")
    program = (
        "import duckdb, sys\n"
        "reader = duckdb.connect(sys.argv[1], read_only=True)\n"
        "count = lambda: reader.sql('select count(*) from core.dim_document').fetchall()[0][0]\n"
        "print(count(), flush=True); input(); print(count(), flush=True)"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", program, str(own / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout and reader.stdin
    assert reader.stdout.readline() == "2\n"
    assert campaign(own, "run", str(another)).returncode == 0
    reader.stdin.write("\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == "2\n", "the open reader keeps its version"
    reader.wait(30)
    assert rows(own, "select count(*) as n from core.dim_document") == [{"n": 3}]


def test_a_batch_that_an_interrupted_run_left_is_completed_by_the_next_one(tmp_path: Path, files: Path) -> None:
    from orchestration.ingest import discover, ingest
    from orchestration.settings import read_settings
    from warehouse.home import Home
    from warehouse.lake import Lake

    home = Home(tmp_path)
    list(ingest(Lake(home), discover(str(files))[0], read_settings(tmp_path)))
    assert "Loaded 1 batch" in campaign(tmp_path, "run", str(files)).stdout


def test_large_inputs_are_split_into_batches_of_the_settings(tmp_path: Path, files: Path) -> None:
    tmp_path.joinpath("settings.toml").write_text("[batch]\nmax_documents = 1\n")
    assert "Loaded 2 batches" in campaign(tmp_path, "run", str(files)).stdout


def test_a_wrong_setting_is_named(tmp_path: Path, files: Path) -> None:
    tmp_path.joinpath("settings.toml").write_text("[batch]\nmax_document = 1\n")
    done = campaign(tmp_path, "run", str(files))
    assert done.returncode == 1 and "batch.max_document: no such setting" in done.stderr


def test_extracted_offsets_count_code_points_of_the_file_without_newline_translation(tmp_path: Path) -> None:
    text = "渭南市2018年总结\r\n\r\n2018年，渭南市清理垃圾１２０吨。\r\n新增停车泊位3万余个。\r\n"
    file = tmp_path / "渭南市.txt"
    file.write_bytes(text.encode("utf-8"))
    done = campaign(tmp_path / "data", "extract", str(file))
    mentions = [json.loads(line) for line in done.stdout.splitlines()]
    assert mentions
    for mention in mentions:
        assert mention["document"] == "渭南市"
        assert text[mention["start"] : mention["end"]] == mention["text"]
    assert not (tmp_path / "data").exists(), "extraction makes no data directory"


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
def test_extract_and_reports_write_the_same_rows_in_every_format(format_: str, files: Path, tmp_path: Path) -> None:
    readers = {"jsonl": pl.read_ndjson, "csv": pl.read_csv, "parquet": pl.read_parquet}
    for command, height in (("extract", None), ("reports", 2)):
        target = tmp_path / f"{command}.{format_}"
        done = campaign(tmp_path / "data", command, str(files), "--format", format_, "-o", str(target))
        assert done.returncode == 0 and done.stdout == ""
        frame = readers[format_](target)
        assert frame.height == (height or frame.height) and frame.height > 0
        assert frame["document"].unique().sort().to_list() == ["宁波市", "渭南市"]


@pytest.mark.parametrize("format_", ["table", "csv", "json", "jsonl", "parquet"])
def test_a_query_answers_in_every_format(format_: str, loaded: Path) -> None:
    sql = "select raw_text from core.fact_observation where indicator_id = 'garbage_cleared' order by low"
    done = subprocess.run(
        [*COMMAND, "query", sql, "--format", format_],
        cwd=ROOT,
        env=environment(loaded),
        capture_output=True,
        check=True,
    )
    if format_ == "parquet":
        found = pl.read_parquet(io.BytesIO(done.stdout))["raw_text"].to_list()
    else:
        text = done.stdout.decode()
        found = [value for value in ("900吨", "1200吨") if value in text]
        assert text.index("900吨") < text.index("1200吨")
    assert found == ["900吨", "1200吨"]


def test_a_query_is_read_from_standard_input_too(loaded: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "query", "-", "--format", "csv"],
        cwd=ROOT,
        env=environment(loaded),
        input="select 6 * 7 as answer",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "answer\n42\n"


def test_a_query_can_not_write(loaded: Path) -> None:
    done = campaign(loaded, "query", "delete from core.fact_observation")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1


def test_the_data_directory_may_be_named_before_or_after_the_command(loaded: Path, tmp_path: Path) -> None:
    for arguments in (["--home", str(loaded), "query", "select 1"], ["query", "select 1", "--home", str(loaded)]):
        assert campaign(tmp_path, *arguments).returncode == 0


def test_compare_ranks_places_and_explain_shows_the_evidence(loaded: Path) -> None:
    ranked = json.loads(campaign(loaded, "compare", "garbage_cleared", "--format", "json").stdout)
    assert [row["place_name"] for row in ranked] == ["渭南市", "宁波市"]
    done = campaign(loaded, "explain", ranked[0]["observation_id"])
    assert "【1200吨】" in done.stdout and "渭南市.txt" in done.stdout
    assert (
        "【"
        not in json.loads(campaign(loaded, "explain", ranked[0]["observation_id"], "--format", "json").stdout)[
            "raw_text"
        ]
    )


def test_a_correction_takes_effect_with_the_next_run_and_shows_in_the_diff(own: Path) -> None:
    (row,) = rows(own, "from core.fact_observation where raw_text = '900吨'")
    done = campaign(own, "correct", str(row["observation_id"]), "--value", "990", "--reason", "printed wrongly")
    assert done.returncode == 0, done.stderr
    changed = json.loads(campaign(own, "diff", "--format", "json").stdout)
    assert [entry["change"] for entry in changed] == ["changed"]
    assert campaign(own, "run").stdout.startswith("Nothing new. Published anew: corrections")
    assert rows(own, "select value, corrected from core.fact_observation where raw_text = '900吨'") == [
        {"value": 990.0, "corrected": True}
    ]
    assert "published: version 1" in campaign(own, "rollback", "1").stdout
    assert rows(own, "select value from core.fact_observation where raw_text = '900吨'") == [{"value": 900.0}]


def test_every_kind_of_correction_is_made_by_command_and_one_that_fits_nothing_is_told(own: Path) -> None:
    read = {row["raw_text"]: row for row in rows(own, "from core.fact_observation")}
    document = read["1200吨"]["document_id"]
    text = rows(own, f"from core.document_text where document_id = '{document}'")[0]["text"]
    start = str(text).index("渭南市")
    corrections = [
        [read["900吨"], "--value", "990"],
        [read["800个"], "--indicator", "volunteers"],
        [read["1200吨"], "--status", "target"],
        [read["500万元"], "--period", "2015/.."],
        [read["3万余个"], "--place", "苏州市"],
        [read["2万份"], "--reject"],
        [
            {"observation_id": document},
            "--add",
            str(start),
            str(start + 3),
            "--indicator",
            "volunteers",
            "--value",
            "7",
        ],
    ]
    for row, *changes in corrections:
        done = campaign(
            own, "correct", str(row["observation_id"]), *changes, "--reason", "read again", "--author", "王"
        )
        assert done.returncode == 0, done.stderr
    lines = (own / "corrections.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(corrections)
    moved = {**json.loads(lines[0]), "correction_id": "moved", "raw_text": "900斤"}
    (own / "corrections.jsonl").write_text("\n".join([*lines, json.dumps(moved)]) + "\n", "utf-8")
    done = campaign(own, "run")
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "moved" in line] == [
        f"campaign: correction moved of {moved['observation_id']}: the text at the anchor now reads '900吨'"
    ]
    found = {row["raw_text"]: row for row in rows(own, "from core.fact_observation where corrected")}
    assert found["900吨"]["low"] == found["900吨"]["high"] == 990
    assert found["1200吨"]["status"] == "target"
    assert (found["500万元"]["period_start"], found["500万元"]["period_end"]) == ("2015", None)
    assert found["3万余个"]["place_id"].startswith("3205")
    assert (found["渭南市"]["indicator_id"], found["渭南市"]["low"]) == ("volunteers", 7)
    assert found["800个"]["indicator_id"] != read["800个"]["indicator_id"]
    assert not rows(own, "from core.fact_observation where raw_text = '2万份'")
    told = rows(own, "select author, reason, applied from ops.correction where applied")
    assert told == [{"author": "王", "reason": "read again", "applied": True}] * len(corrections)


def test_what_a_new_extraction_changes_can_be_seen_before_it_is_published(own: Path) -> None:
    """A lake that an older extractor has left: one figure read otherwise, one not read at all."""
    figures = "select observation_id, indicator_id, low, high, status from core.fact_observation order by all"
    before = rows(own, figures)
    (batch,) = (own / "lake" / "batches").iterdir()
    older = pl.read_parquet(batch / "accepted.parquet").filter(pl.col("raw_text") != "2万份")
    older = older.with_columns(low=pl.when(raw_text="900吨").then(9.0).otherwise("low"))
    older.write_parquet(batch / "accepted.parquet")
    assert campaign(own, "run").returncode == 0
    done = campaign(own, "run", "--all", "--hold")
    assert done.returncode == 0, done.stderr
    assert rows(own, "select low from core.fact_observation where raw_text = '900吨'") == [{"low": 9.0}]
    changes = json.loads(campaign(own, "diff", "--format", "json").stdout)
    assert sorted((entry["change"], entry["raw_text"]) for entry in changes) == [
        ("appeared", "2万份"),
        ("changed", "900吨"),
    ]
    assert campaign(own, "run").returncode == 0
    assert rows(own, figures) == before, "extracting everything again changes no figure"


def test_the_marts_are_exported(loaded: Path, tmp_path: Path) -> None:
    done = campaign(loaded, "export", str(tmp_path / "out"))
    written = [Path(line) for line in done.stdout.splitlines()]
    assert all(path.is_file() for path in written)
    assert {path.suffix for path in written} >= {".parquet", ".csv", ".xlsx", ".json"}


def test_evaluation_scores_extraction_against_annotation(files: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    extracted = campaign(tmp_path / "data", "extract", str(files)).stdout
    gold.write_text(extracted, "utf-8")
    figures = json.loads(campaign(tmp_path / "data", "evaluate", str(files), str(gold), "--format", "json").stdout)
    assert figures["quantity"]["f1"] == 1.0 and figures["observation"]["f1"] == 1.0


def test_nothing_that_a_command_prints_leaks_a_secret_of_the_environment(
    run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    home, done = run
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert "very-secret" in SECRET
    assert "very-secret" not in done.stdout + done.stderr
    assert b"very-secret" not in stored


@pytest.mark.parametrize("example", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_of_the_documentation_works(
    example: str, loaded: Path, stand_ins: tuple[dict[str, str], Path]
) -> None:
    """The examples name `reports`, `gold.jsonl`, `OBSERVATION_ID`; here they stand for what the fixtures hold."""
    names, folder = stand_ins
    for name, value in names.items():
        example = example.replace(name, value)
    arguments = shlex.split(example)
    assert arguments[0] == "campaign"
    done = subprocess.run(
        [*COMMAND, *arguments[1:]],
        cwd=folder,
        env={**environment(loaded), "PYTHONPATH": str(ROOT), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_the_published_file_opens_in_any_client(loaded: Path) -> None:
    with duckdb.connect(str(loaded / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.sql("select count(*) from mart.city_comparison").fetchall()[0][0] > 0
