import json
import math
from pathlib import Path

import polars as pl
import pytest

from transforms.evaluation import evaluate
from transforms.extraction import (
    LATER,
    MENTION,
    OBSERVATION,
    RECORD_FIELDS,
    digest,
    extract,
    extractor_version,
    records,
)
from transforms.indicators import OTHER, catalogue
from transforms.schema import table

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared annotation is not at hand")

REPORT = table("core.dim_report")
TEXT = (
    "全区创建工作汇报\n"
    "2018年以来，我区共清运垃圾1200余吨，施划停车位３５０个，投入资金2.5亿元。\r\n"
    "　　招募志愿者x万名，计划新建公厕12座。食堂采购大米九袋。\n"
)


def documents_and_reports(*texts):
    ids = [f"{number:02}" * 32 for number in range(len(texts))]
    documents = pl.DataFrame(
        {"document_id": ids, "text": texts, "file_name": [f"市/汇报{n}.v1.txt" for n in range(len(texts))]}
    )
    rows = [
        {
            "report_id": f"{document_id[:16]}-0",
            "document_id": document_id,
            "span_start": len(text) - len(text.lstrip()),
            "span_end": len(text),
            "is_report": True,
            "place_id": "410900-1983",
            "place_name": "濮阳市",
            "adcode": "410900",
        }
        for document_id, text in zip(ids, texts, strict=True)
    ]
    return documents, pl.DataFrame(rows, schema=REPORT.frame_schema)


@pytest.fixture(scope="module")
def given():
    return documents_and_reports(TEXT)


@pytest.fixture(scope="module")
def extraction(given):
    return extract(*given)


def test_frames_have_the_declared_columns(extraction):
    assert extraction.mentions.schema == MENTION.frame_schema
    declared = {name: kind for name, kind in OBSERVATION.frame_schema.items() if name not in LATER}
    assert dict(extraction.observations.schema) == declared
    for name in ("report_id", "indicator_id", "unit", "status", "evidence", "rules", "extractor_version"):
        assert extraction.observations[name].null_count() == 0


def test_an_observation_is_a_mention_with_an_indicator_in_the_canonical_unit(extraction):
    read = {row["indicator_id"]: row for row in extraction.observations.iter_rows(named=True)}
    assert set(read) == {"garbage_cleared", "parking_spaces", "funds_invested", "volunteers", "toilets_built"}
    garbage, funds = read["garbage_cleared"], read["funds_invested"]
    assert (garbage["value"], garbage["low"], garbage["high"], garbage["high_open"]) == (1200, 1200, 1300, True)
    assert (garbage["unit"], garbage["raw_unit"], garbage["qualifier"]) == ("t", "吨", "over")
    assert (funds["value"], funds["unit"], funds["raw_unit"]) == (2.5e8, "CNY", "元")
    assert read["volunteers"]["redacted"]
    assert read["volunteers"]["value"] is read["volunteers"]["low"] is read["volunteers"]["high"] is None
    assert read["toilets_built"]["status"] == "target"
    assert (garbage["period_start"], garbage["period_end"]) == ("2018", None)
    assert garbage["place_id"] == "410900-1983"


def test_every_span_and_every_evidence_is_found_in_the_document(extraction):
    for frame in (extraction.numerals, extraction.mentions, extraction.observations):
        for row in frame.iter_rows(named=True):
            assert TEXT[row["span_start"] : row["span_end"]] == row["raw_text"]
    for row in extraction.observations.iter_rows(named=True):
        evidence, start = row["evidence"], row["evidence_start"]
        assert TEXT[start : start + len(evidence)] == evidence == evidence.strip()
        assert start <= row["span_start"] < row["span_end"] <= start + len(evidence)


def test_nothing_counted_is_lost(extraction):
    assert "九袋" in extraction.mentions["raw_text"].to_list()
    quantities = extraction.numerals.filter(pl.col("class") == "quantity")
    assert set(quantities["quantity_id"]) == set(extraction.mentions["quantity_id"])


@pytest.mark.parametrize("indentation", ["", "　　", "    ", "\n \n　　"])
def test_the_first_sentence_of_an_indented_report_is_read(indentation):
    found = extract(*documents_and_reports(f"{indentation}全镇清理垃圾30吨，完成整治。\n　　新建公厕5座。\n"))
    assert found.mentions["raw_text"].to_list() == ["30吨", "5座"]


def test_the_rules_name_what_decided_each_field(extraction):
    rules = dict(extraction.observations.select("indicator_id", "rules").rows())
    assert "status=cue:计划新" in rules["toilets_built"]
    assert "period=sentence:2018年以来" in rules["garbage_cleared"]
    for rule in extraction.mentions["rules"]:
        assert all("=" in decision for decision in rule.split("; "))


def test_a_document_reads_the_same_whatever_arrives_with_it():
    other = "2016年，我市拆除违建300处。\n近年来，新增绿地20亩。"
    documents, reports = documents_and_reports(other, TEXT)
    together = extract(documents, reports)
    for document_id in documents["document_id"]:
        mine = pl.col("document_id") == document_id
        alone = extract(documents.filter(mine), reports.filter(mine))
        for name in ("numerals", "mentions", "observations"):
            assert getattr(together, name).filter(mine).equals(getattr(alone, name))


@pytest.mark.parametrize("texts", [[], [" \n"], ["没有数字。"]])
def test_documents_without_a_figure_yield_empty_frames(texts):
    documents, reports = documents_and_reports(*texts)
    found = extract(documents.cast({"document_id": pl.String, "text": pl.String, "file_name": pl.String}), reports)
    assert found.mentions.schema == MENTION.frame_schema
    assert found.mentions.is_empty() and found.observations.is_empty()
    assert found.unclassified == 0


def test_records_have_the_fields_of_the_annotation_and_no_infinity(extraction, given):
    documents, reports = given
    found = records(extraction, documents, reports)
    assert found.columns == RECORD_FIELDS
    assert found.height == extraction.mentions.height
    first = found.row(0, named=True)
    assert (first["document"], first["place"], first["adcode"]) == ("汇报0.v1", "濮阳市", "410900")
    assert TEXT[first["start"] : first["end"]] == first["text"]
    assert OTHER in found["indicator"].to_list()
    for line in found.write_ndjson().splitlines():
        row = json.loads(line)
        assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))


def test_an_interval_open_above_has_no_high_in_the_records():
    documents, reports = documents_and_reports("志愿者超过9万名。")
    extraction = extract(documents, reports)
    if extraction.mentions["high"].is_infinite().any():
        assert records(extraction, documents, reports)["high"].to_list() == [None]
    assert records(extraction, documents, reports)["low"].to_list() == [90000]


def test_a_change_of_a_word_makes_another_version(tmp_path):
    (tmp_path / "vocabulary").mkdir()
    words = tmp_path / "vocabulary" / "status.toml"
    words.write_text('target = ["计划"]', "utf-8")
    before = digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    assert digest(tmp_path) == before
    words.write_text('target = ["计划", "打算"]', "utf-8")
    assert digest(tmp_path) != before
    assert extractor_version() == extractor_version()


def test_a_unit_that_contradicts_the_indicator_is_never_loaded():
    documents, reports = documents_and_reports("清运垃圾300吨、垃圾40平方米，停车位500公里，绿化覆盖率42人。")
    observations = extract(documents, reports).observations
    accepted = catalogue().select("indicator_id", "unit")
    read = observations.join(accepted, on="indicator_id", suffix="_expected")
    assert read["unit"].to_list() == read["unit_expected"].to_list() == ["t"]


@needs_shared
def test_the_development_report_is_read_well_enough():
    text = (SHARED / "reports" / "compilation-13.txt").open(encoding="utf-8", newline="").read()
    spans = pl.read_ndjson(SHARED / "gold" / "reports.jsonl").rename(
        {"start": "span_start", "end": "span_end", "report": "report_id"}
    )
    documents = pl.DataFrame({"document_id": ["d"], "text": [text], "file_name": ["compilation-13.txt"]})
    given = spans.select("report_id", "span_start", "span_end", "is_report", "year", document_id=pl.lit("d"))
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in REPORT.frame_schema.items() if name not in given.columns
    ]
    reports = REPORT.conform(given.with_columns(missing))
    found = records(extract(documents, reports), documents, reports)
    gold = [json.loads(line) for line in (SHARED / "gold" / "compilation-13.jsonl").read_text("utf-8").splitlines()]
    figures = evaluate(gold, found.to_dicts(), dict(catalogue().select("indicator_id", "family").rows())).figures
    assert figures["observation"]["f1"] >= 0.9
    assert min(figures["accuracy"].values()) >= 0.97
