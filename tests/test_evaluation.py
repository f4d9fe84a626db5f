import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.reading import mention_lines, read_paths
from transforms.evaluation import evaluate, read_annotation
from transforms.indicators import catalogue
from warehouse.home import Home

GOLD = Path(__file__).resolve().parents[1].parent / "shared" / "gold"
needs_gold = pytest.mark.skipif(not GOLD.exists(), reason="the shared annotation is not at hand")


def mention(start, end, value, **fields):
    return {
        "document": "a",
        "start": start,
        "end": end,
        "text": "",
        "value": value,
        "value_high": None,
        "unit": "个",
        "qualifier": "exact",
        "redacted": value is None,
        "indicator": "parking_lots",
        "status": "actual",
        "period_start": None,
        "period_end": None,
        "per": None,
        **fields,
    }


EVALUATION = Path(__file__).with_name("data") / "evaluation"
FAMILIES = {"parking_lots": "facilities", "volunteers": "volunteering"}


def test_annotation_of_reports_beside_that_of_mentions_is_passed_over(tmp_path):
    written = json.dumps(mention(0, 2, 3.0))
    (tmp_path / "mentions.jsonl").write_text(written + "\n\n", "utf-8")
    (tmp_path / "reports.jsonl").write_text('{"document": "a", "is_report": true}\n', "utf-8")
    assert read_annotation(tmp_path) == read_annotation(tmp_path / "mentions.jsonl") == [mention(0, 2, 3.0)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"document": "a"', "gold.jsonl, line 2: not JSON"),
        ('{"document": "a", "is_report": true}', "gold.jsonl, line 2: not a mention, it lacks end, indicator"),
        ("7", "gold.jsonl, line 2: not a mention"),
    ],
)
def test_a_line_that_is_no_mention_is_named(tmp_path, line, told):
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps(mention(0, 2, 3.0)) + "\n" + line, "utf-8")
    with pytest.raises(ValueError, match=told):
        read_annotation(gold)


def test_annotation_without_a_mention_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no annotated mention"):
        read_annotation(tmp_path)


def test_equal_mentions_are_all_right():
    gold = [mention(0, 2, 3.0), mention(5, 7, None, indicator="volunteers", unit="名")]
    evaluation = evaluate(gold, gold, FAMILIES)
    assert evaluation.figures["observation"]["f1"] == evaluation.figures["quantity_redacted"]["f1"] == 1
    assert set(evaluation.figures["family"]) == {"facilities", "volunteering"}
    assert evaluation.mistakes == []


def test_each_mention_is_paired_once_and_equal_quantities_first():
    gold = [mention(0, 10, 3.0)]
    longer, equal = mention(0, 9, 4.0), mention(8, 12, 3.0)
    evaluation = evaluate(gold, [longer, equal], FAMILIES)
    assert evaluation.figures["quantity"] == {
        "precision": 0.5, "recall": 1.0, "f1": 0.6667, "right": 1, "predicted": 2, "gold": 1,
    }  # fmt: skip
    assert [line.split()[0] for line in evaluation.mistakes] == ["spurious"]


@pytest.mark.parametrize(
    ("field", "value", "stays"),
    [
        ("status", "target", {"quantity", "indicator"}),
        ("period_end", "2018", {"quantity", "indicator"}),
        ("per", "year", {"quantity", "indicator"}),
        ("indicator", "other", {"quantity"}),
        ("indicator", "volunteers", {"quantity"}),
        ("qualifier", "over", {"quantity", "indicator", "observation"}),
        ("unit", "座", set()),
        ("value", 4.0, set()),
        ("value_high", 4.0, set()),
        ("redacted", True, set()),
        ("start", 2, set()),
    ],
)
def test_a_wrong_field_costs_what_rests_on_it_and_is_named(field, value, stays):
    evaluation = evaluate([mention(0, 2, 3.0)], [mention(0, 2, 3.0) | {field: value}], FAMILIES)
    figures = evaluation.figures
    assert {name for name in ("quantity", "indicator", "observation") if figures[name]["right"]} == stays
    assert evaluation.mistakes
    if field in ("status", "per", "indicator", "qualifier"):
        assert str(value) in evaluation.mistakes[0]


def test_ways_of_writing_a_unit_are_equal():
    evaluation = evaluate([mention(0, 2, 3.0, unit="㎡")], [mention(0, 2, 3.0, unit="平方米")], FAMILIES)
    assert evaluation.figures["quantity"]["right"] == 1


def test_only_annotated_documents_are_scored():
    evaluation = evaluate([mention(0, 2, 3.0)], [mention(0, 2, 3.0), mention(0, 2, 3.0, document="b")], FAMILIES)
    assert evaluation.figures["quantity"]["predicted"] == 1


def test_calibration_counts_the_right_among_the_sure():
    gold = [mention(0, 2, 3.0), mention(5, 7, 4.0), mention(10, 12, 5.0)]
    predicted = [
        gold[0] | {"confidence": 0.95},
        gold[1] | {"confidence": 0.9, "indicator": "volunteers"},
        gold[2] | {"confidence": 0.5},
    ]
    evaluation = evaluate(gold, predicted, FAMILIES, unclassified=0.0125)
    assert (evaluation.sure, evaluation.sure_right) == (2, 1)
    assert "0.5000 right (1 of 2" in evaluation.summary()
    assert "unclassified       0.0125" in evaluation.summary()


def perturbed(rows, seed):
    """The rows with random mistakes of every kind."""
    chance = random.Random(seed)
    indicators = sorted({row["indicator"] for row in rows})
    found = []
    for row in rows:
        row = dict(row)
        if chance.random() < 0.1:
            continue
        if chance.random() < 0.2:
            row["start"] += chance.choice([-3, -1, 1, 2])
            row["end"] = max(row["start"] + 1, row["end"] + chance.choice([-2, 0, 1, 30]))
        for field, values in {
            "value": [1.0, None, 1e9, (row["value"] or 0) * (1 + 1e-12)],
            "value_high": [None, 7.0],
            "unit": ["", "个", "㎡", "平米", "％", None],
            "qualifier": ["exact", "over"],
            "redacted": [True, False],
            "indicator": [*indicators, None, "", "unheard_of"],
            "status": ["target", "actual"],
            "period_start": ["2015", "", None],
            "period_end": ["2018", None],
            "per": ["year", "", None],
        }.items():
            if chance.random() < 0.06:
                row[field] = chance.choice(values)
        found += [row] * chance.choice([1] * 9 + [2])
    chance.shuffle(found)
    return [*found, {**rows[0], "document": "another"}]


@needs_gold
@pytest.mark.parametrize("seed", range(4))
def test_figures_agree_with_the_reference_scorer_to_the_last_digit(seed, tmp_path):
    gold = read_annotation(GOLD / "compilation-13.jsonl")
    predicted = perturbed(gold, seed) if seed else gold
    file = tmp_path / "predicted.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in predicted), "utf-8")
    scorer = [sys.executable, GOLD / "score.py", GOLD / "compilation-13.jsonl", file, "--json"]
    reference = json.loads(subprocess.run(scorer, check=True, capture_output=True, text=True).stdout)
    with (GOLD / "indicators.tsv").open(encoding="utf-8") as table:
        families = {row["id"]: row["family"] for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert evaluate(gold, predicted, families).figures == reference


def test_extraction_of_our_own_annotated_reports_stays_as_good_as_it_is():
    read = []
    for part in read_paths([str(EVALUATION / "texts")], Home(EVALUATION), pytest.fail):
        read += mention_lines(part).to_dicts()
    families = dict(catalogue().select("indicator_id", "family").iter_rows())
    found = evaluate(read_annotation(EVALUATION / "gold"), read, families)
    least = {"quantity": 0.99, "quantity_redacted": 0.98, "indicator": 0.9, "indicator_core": 0.95, "observation": 0.86}
    assert {name: found.figures[name]["f1"] for name, f1 in least.items() if found.figures[name]["f1"] < f1} == {}
    assert found.sure_right / found.sure >= 0.95
