"""Documents cut into the sentences that every later reading works on.

Offsets count code points of the document's own text. The text of a sentence is folded one
character to one character, so that an offset in the folded text is an offset in the source.
"""

import polars as pl

from transforms.schema import table

SENTENCE = table("stage.sentence")

# A sentence ends at a full stop, a question or exclamation mark, or the end of the line. The
# pattern matches every character of the text exactly once, so sentences tile the document.
SENTENCE_PATTERN = r"[^。！？!?\n]+[。！？!?\n]*|[。！？!?\n]+"

_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
FOLD = {**_FULL_WIDTH, "\u3000": " ", "\u00a0": " ", "〇": "零", "﹪": "%", "㎡": "㎡"}


def fold(text: pl.Expr) -> pl.Expr:
    """Text with full-width forms and look-alikes mapped to one form, one character to one."""
    return text.str.replace_many(list(FOLD), list(FOLD.values()))


def spans(text: pl.Expr, pattern: str) -> tuple[pl.Expr, pl.Expr]:
    """List columns of the matches of `pattern` and of their ends, in code points of `text`.

    The pattern must not match the empty string. The list of ends may be one longer than that of
    the matches (the stretch after the last match) and is cut to it by the caller.
    """
    matches = text.str.extract_all(pattern)
    ends = (
        text.str.split(pattern, inclusive=True, literal=False)
        .list.eval(pl.element().str.len_chars().cum_sum())
        .list.head(matches.list.len())
    )
    return matches, ends


def sentences(documents: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The sentences of the documents, in text order (`stage.sentence`).

    `documents` has `document_id` and `text`; `reports` has `document_id`, `report_id`,
    `span_start`, `span_end` and `is_report` (`core.dim_report`).
    """
    matches, ends = spans(pl.col("text"), SENTENCE_PATTERN)
    cut = (
        documents.select("document_id", match=matches, end=ends)
        .explode("match", "end")
        .drop_nulls("match")
        .with_columns(pl.col("end").cast(pl.Int64))
        .with_columns(start=pl.col("end") - pl.col("match").str.len_chars().cast(pl.Int64))
        .with_columns(
            sentence_id=pl.int_range(pl.len(), dtype=pl.Int64).over("document_id"),
            paragraph_id=pl.col("match").str.contains("\n").cast(pl.Int64).cum_sum().over("document_id")
            - pl.col("match").str.contains("\n").cast(pl.Int64),
            text=fold(pl.col("match")),
        )
        .sort("document_id", "start")
    )
    bounds = reports.select("document_id", "report_id", "is_report", "span_end", start="span_start").sort("document_id", "start")
    found = cut.join_asof(bounds, on="start", by="document_id", check_sortedness=False)
    inside = pl.col("start") < pl.col("span_end")
    return SENTENCE.conform(
        found.with_columns(
            report_id=pl.when(inside).then("report_id"),
            is_report=(inside & pl.col("is_report")).fill_null(False),
        )
    )
