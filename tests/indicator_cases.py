"""Our own sentences with the indicators of their quantities, as frames: `data/indicator_sentences.tsv`, `data/indicator_phrases.tsv`."""

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from transforms.passages import sentences
from transforms.quantities import read_quantities

SENTENCES = Path(__file__).with_name("data") / "indicator_sentences.tsv"
PHRASES = SENTENCES.with_name("indicator_phrases.tsv")


def read_cases(path: Path = SENTENCES) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`cases` of the lines of a file: a text with its quantities in 【】, a tab, an indicator for each of them.

    Lines that begin with # are headings.
    """
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return cases((line.partition("\t")[0], line.partition("\t")[2].split()) for line in lines)


def cases(marked: Iterable[tuple[str, list[str]]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The `quantities` of the marked texts as extraction finds them, with the `expected` indicator, and the `sentences`.

    Every text is a document of its own, named by its number.
    """
    texts, spans = [], []
    for text, expected in marked:
        pieces = re.split("(【[^】]*】)", text)
        starts = [len("".join(pieces[:i]).translate({ord(c): None for c in "【】"})) for i in range(1, len(pieces), 2)]
        if len(starts) != len(expected):
            raise ValueError(f"{text}: {len(starts)} quantities, {len(expected)} indicators")
        spans += [(f"{len(texts):04}", start, indicator) for start, indicator in zip(starts, expected, strict=True)]
        texts.append("".join(pieces).translate({ord(c): None for c in "【】"}))
    documents = pl.DataFrame({"document_id": [f"{i:04}" for i in range(len(texts))], "text": texts})
    reports = documents.select(
        "document_id",
        report_id="document_id",
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
        is_report=pl.lit(True),
    )
    found = sentences(documents, reports)
    wanted = pl.DataFrame(spans, ["document_id", "span_start", "expected"], orient="row")
    return read_quantities(found).join(wanted, on=["document_id", "span_start"], maintain_order="left"), found
