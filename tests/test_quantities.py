"""The sentences of `cases/quantities.txt`, each with the quantities and classes that a reader finds in it."""

import re
from pathlib import Path

import polars as pl
import pytest

from transforms.numerals import find_numerals
from transforms.passages import sentences
from transforms.quantities import read_quantities

CASES = (Path(__file__).parent / "cases" / "quantities.txt").read_text("utf-8").splitlines()
MARK = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}|\[([^\[\]|]*) \| (\w+)\]")


def cut(text: str, is_report: bool = True) -> pl.DataFrame:
    """The sentences of a document that is one report."""
    documents = pl.DataFrame({"document_id": ["0" * 64], "text": [text]})
    reports = pl.DataFrame(
        {
            "document_id": ["0" * 64],
            "report_id": ["r"],
            "is_report": [is_report],
            "span_start": [0],
            "span_end": [len(text)],
        }
    )
    return sentences(documents, reports)


def parse(line: str) -> tuple[str, list[tuple], list[tuple]]:
    """The text of a case, its quantities and its other numerals, with their spans."""
    text, quantities, others, last = "", [], [], 0
    line = line.replace("⇥", "\t").replace("↵", "\n")
    for mark in MARK.finditer(line):
        text += line[last : mark.start()]
        last = mark.end()
        raw, spec, numeral, of_class = mark.groups()
        if numeral is not None:
            others.append((len(text), numeral, of_class))
            text += numeral
            continue
        if spec is None:
            spec = " ".join(re.fullmatch(r"([0-9.]+)(.*)", raw).groups())
        number, *rest = spec.split()
        qualifier = rest.pop() if rest and rest[-1] in ("approx", "over", "nearly", "at_least", "at_most") else "exact"
        low, _, high = number.partition("-")
        value, value_high = (None if number == "?" else float(low)), (float(high) if high else None)
        quantities.append((len(text), raw, value, value_high, rest[0] if rest else "", qualifier, number == "?"))
        text += raw
    return text + line[last:], quantities, others


@pytest.mark.parametrize("line", [line for line in CASES if line and not line.startswith("#")])
def test_a_sentence_holds_the_quantities_and_classes_that_a_reader_finds(line):
    text, quantities, others = parse(line)
    found = read_quantities(cut(text))
    fields = ["span_start", "raw_text", "value", "value_high", "raw_unit", "qualifier", "redacted"]
    assert found.select(fields).rows() == quantities
    classes = {row[0]: row[1:] for row in find_numerals(cut(text)).select("span_start", "raw_text", "class").rows()}
    assert {start: classes.get(start) for start, *_ in others} == {start: tuple(rest) for start, *rest in others}


def test_a_report_that_has_lost_its_decimal_points_is_read_with_them():
    text = "新增绿地12、65公顷，铺设草坪431、6平方米，投入571、95万元，绿地率38、03%（增长0、5%），\n1、300吨垃圾运走，2、3、5万元。"
    found = read_quantities(cut(text))
    assert found["value"].to_list()[:5] == [12.65, 431.6, 5719500.0, 38.03, 0.5]
    assert all(text[start:end] == raw for start, end, raw in found["span_start", "span_end", "raw_text"].rows())
    assert found["raw_text"].to_list()[5:] == ["300吨", "2", "3", "5万元"]
    # One point elsewhere, or two numbers so written, and 、 stands between numbers.
    assert 65.0 in read_quantities(cut(text + "另有1.5吨。"))["value"]
    assert 65.0 in read_quantities(cut("新增绿地12、65公顷，投入571、95万元。"))["value"]
