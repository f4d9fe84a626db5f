"""Copies are found wherever they arrive: exact, near and cut short, and no report is taken for a copy that is none."""

import json
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from copied import cut_short, found_pairs, frames, planted, report, reworded
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.duplicates import COPIES, SKETCH, SLOTS, find_copies, sketch

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
NONE = SKETCH.empty()
HASHES = [2688386139659340351, 12988580024749910959, 17536360775304376682]


def copies_among(*texts):
    return {
        copy: (original, kind) for copy, original, kind in find_copies(sketch(*frames(list(texts))), NONE).iter_rows()
    }


@pytest.fixture(scope="module")
def warehouse():
    texts, truth = planted(random.Random(7), 700, 100)
    return texts, truth, sketch(*frames(texts))


def test_of_three_hundred_planted_copies_at_least_295_are_found_and_none_else(warehouse):
    texts, truth, sketches = warehouse
    assert len(texts) == 1000
    found = set(found_pairs(find_copies(sketches, NONE)))
    assert len(found & set(truth.items())) >= 295
    assert found - set(truth.items()) == set()


def test_the_kind_of_each_copy_is_told(warehouse):
    _, _, sketches = warehouse
    kinds = find_copies(sketches, NONE).select(pl.col("report_id").cast(int), "copy_kind")
    for kind, first in (("exact", 700), ("truncated", 800), ("near", 900)):
        told = kinds.filter(pl.col("report_id").is_between(first, first + 99))["copy_kind"]
        assert (told == kind).sum() >= 90


def test_copies_are_found_among_what_is_known_when_they_arrive_one_by_one(warehouse):
    _, truth, sketches = warehouse
    known, latest = sketches.head(700), sketches.tail(300)
    alone = [find_copies(one, known) for one in latest.head(130).tail(60).iter_slices(1)]
    found = {pair for copies in alone for pair in found_pairs(copies)}
    assert len(found & set(truth.items())) >= 58
    assert not found - set(truth.items())


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_reports_does_not_matter(warehouse, chance):
    _, _, sketches = warehouse
    some = sketches.filter(pl.col("report_id").cast(int) % 7 == 3)
    order = list(range(len(some)))
    chance.shuffle(order)
    assert find_copies(some[order], NONE).equals(find_copies(some, NONE))


def test_the_fullest_is_the_original_even_when_it_arrives_last():
    text = report(random.Random(1))
    assert copies_among(text[: len(text) // 2], text) == {"000000": ("000001", "truncated")}


def test_of_two_versions_the_earliest_is_the_original_even_where_the_other_is_a_little_longer():
    text = report(random.Random(16), 40)
    longer = text.replace("。", "，工作扎实有序、稳步推进。", 3)
    assert copies_among(text, longer) == {"000001": ("000000", "near")}


def test_two_reports_that_share_a_part_are_no_copies_though_the_part_is_one_of_either():
    part, one, other = (report(random.Random(seed), 12) for seed in (17, 18, 19))
    found = copies_among(one + part + report(random.Random(20), 12), other + part + report(random.Random(21), 12), part)
    assert set(found) == {"000002"}


def test_of_equal_reports_the_earliest_is_the_original():
    text = report(random.Random(2))
    assert copies_among(text, text, text) == {"000001": ("000000", "exact"), "000002": ("000000", "exact")}


def test_a_known_report_becomes_a_copy_when_a_fuller_one_arrives():
    text = report(random.Random(3))
    known = sketch(*frames([text[: len(text) // 2]]))
    assert find_copies(sketch(*frames([text], first=1)), known).rows() == [("000000", "000001", "truncated")]


def test_copies_of_copies_name_the_original():
    chance = random.Random(4)
    text = report(chance, 60)
    half, quarter = text[: len(text) // 2], text[: len(text) // 4]
    found = copies_among(quarter, text, half, quarter, reworded(text, chance))
    assert {original for original, _ in found.values()} <= {"000001", "000004"}
    assert not {original for original, _ in found.values()} & set(found)
    assert len(found) == 4


def test_a_report_cut_to_a_tenth_is_found():
    text = report(random.Random(5), 100)
    assert copies_among(text, text[: len(text) // 10]) == {"000001": ("000000", "truncated")}


def test_spacing_punctuation_width_and_masks_make_no_difference():
    text = "临河区2020年清运垃圾1200吨，新建公厕25座；" + report(random.Random(6))
    changed = (
        text.replace("，", " , ")
        .replace("。", "。\n\u3000\u3000")
        .replace("1200", "１２００")
        .replace("临河区", "**临河区")
    )
    assert copies_among(text, changed) == {"000001": ("000000", "exact")}


def test_a_copy_in_which_a_figure_differs_is_a_near_copy():
    text = "全区清运垃圾1200吨。" + report(random.Random(8))
    assert copies_among(text, text.replace("1200", "1300")) == {"000001": ("000000", "near")}


def test_reports_written_after_one_model_are_no_copies():
    text = report(random.Random(9), 40)
    chance = random.Random(10)
    other = "".join(str(chance.randint(0, 9)) if character.isdigit() else character for character in text)
    assert copies_among(text, other) == {}


def test_short_texts_are_copies_only_when_they_are_equal():
    assert copies_among("清运3吨。", "清运3吨", "清运4吨。", "") == {"000001": ("000000", "exact")}


def test_stretches_that_are_no_reports_have_no_sketch():
    reports, documents = frames([report(random.Random(11))] * 2)
    assert sketch(reports.with_columns(is_report=pl.lit(False)), documents).is_empty()


def test_several_reports_of_one_document_are_sketched_by_their_spans():
    text = report(random.Random(12))
    reports, documents = frames([f"篇一{text}篇二{text}"])
    spans = [(2, 2 + len(text)), (4 + len(text), 4 + 2 * len(text))]
    reports = pl.concat(
        reports.with_columns(report_id=pl.lit(f"r{n}"), span_start=start, span_end=end)
        for n, (start, end) in enumerate(spans)
    )
    assert find_copies(sketch(reports, documents), NONE).rows() == [("r1", "r0", "exact")]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("甲乙丙丁戊12。", max_size=200), max_size=8))
def test_a_sketch_holds_the_smallest_hashes_once_each_in_order(texts):
    sketches = sketch(*frames(texts))
    assert sketches.schema == SKETCH.frame_schema
    for shingles, signature in sketches.select("shingles", "signature").iter_rows():
        hashes = np.frombuffer(signature, dtype="<u8")
        assert len(hashes) == min(shingles, SLOTS)
        assert (hashes[1:] > hashes[:-1]).all()


def test_a_sketch_is_the_same_alone_and_among_others():
    chance = random.Random(13)
    texts = [report(chance) for _ in range(5)]
    assert sketch(*frames(texts))[3].equals(sketch(*frames(texts[3:4], first=3)))


def test_the_hash_that_is_stored_does_not_change():
    [signature] = sketch(*frames(["全市清理垃圾三万余吨，新建公厕"]))["signature"]
    assert np.frombuffer(signature, dtype="<u8").tolist() == HASHES


def test_sketches_of_another_algorithm_are_refused():
    sketches = sketch(*frames([report(random.Random(14))] * 2))
    with pytest.raises(ValueError, match="sketch those reports again"):
        find_copies(sketches.head(1), sketches.tail(1).with_columns(algorithm=pl.lit("older")))


def test_nothing_known_and_nothing_new_gives_no_copies():
    assert find_copies(NONE, NONE).schema == COPIES
    assert find_copies(sketch(*frames([])), pl.DataFrame()).is_empty()


@pytest.mark.skipif(not SHARED.exists(), reason="needs the annotated reports")
def test_the_annotated_compilation_repeats_one_report_cut_short():
    gold = [json.loads(line) for line in (SHARED / "gold" / "reports.jsonl").read_text("utf-8").splitlines()]
    reports = pl.DataFrame(gold).select(
        report_id="report", document_id="document", span_start="start", span_end="end", is_report="is_report"
    )
    text = (SHARED / "reports" / "compilation-13.txt").read_bytes().decode()
    _, documents = frames([text])
    documents = documents.with_columns(document_id=pl.lit("compilation-13"))
    assert find_copies(sketch(reports, documents), NONE).rows() == [("R10", "R02", "truncated")]


def test_a_cut_report_shares_no_more_than_its_own_part():
    chance = random.Random(15)
    text = report(chance, 40)
    sketches = sketch(*frames([text, cut_short(text, chance)]))
    assert sketches["shingles"][1] < sketches["shingles"][0]
