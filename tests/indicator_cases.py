"""Our own sentences with the indicator of each quantity, as frames (`data/indicator_sentences.tsv`)."""

import re
from pathlib import Path

import polars as pl

from transforms.passages import sentences
from transforms.quantities import read_quantities

SENTENCES = Path(__file__).with_name("data") / "indicator_sentences.tsv"


def read_cases(path: Path = SENTENCES) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`quantities` as extraction finds them, with the `expected` indicator, and the `sentences` they are in.

    A line holds a text with its quantities in 【】, a tab, and an indicator for each of them; a line
    that begins with # is a heading. Every line is a document of its own, named by its number.
    """
    texts, marks = {}, []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        marked, _, indicators = line.partition("\t")
        expected = indicators.split()
        if marked.count("【") != len(expected):
            raise ValueError(f"{path.name}:{number}: {marked.count('【')} quantities, {len(expected)} indicators")
        document, text = f"{number:04}", ""
        for piece in re.split("(【[^】]*】)", marked):
            if piece.startswith("【"):
                marks.append((document, len(text), expected[len([m for m in marks if m[0] == document])]))
            text += piece.strip("【】")
        texts[document] = text
    documents = pl.DataFrame({"document_id": list(texts), "text": list(texts.values())})
    reports = documents.select(
        "document_id",
        report_id="document_id",
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
        is_report=pl.lit(True),
    )
    found = sentences(documents, reports)
    wanted = pl.DataFrame(marks, ["document_id", "span_start", "expected"], orient="row")
    return read_quantities(found).join(wanted, on=["document_id", "span_start"], maintain_order="left"), found
