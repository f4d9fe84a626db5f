"""Texts with the quantities marked by hand, 建成【10座】公厕, as frames for the readers of one field."""

import re

import polars as pl

from transforms.passages import sentences
from transforms.schema import table

MENTION = table("stage.mention")
COLUMNS = MENTION.column_names[: MENTION.column_names.index("header") + 1]


def marked(text, year=None, reported_on=None, title=None, headers=None):
    """`quantities, sentences, reports` for a report of that text; `headers` are those of its marked cells.

    Without a `title` of its own, the report is entitled as one on the `year`.
    """
    title = title or (f"{year}年工作总结" if year else None)
    plain, spans = "", []
    for piece in re.split("(【[^】]*】)", text):
        if piece.startswith("【"):
            spans.append((len(plain), len(plain) + len(piece) - 2))
        plain += piece.strip("【】")
    documents = pl.DataFrame({"document_id": ["d"], "text": [plain]})
    reports = pl.DataFrame(
        {
            "document_id": ["d"],
            "report_id": ["r"],
            "span_start": [0],
            "span_end": [len(plain)],
            "is_report": [True],
            "title": [title],
            "year": [year],
            "reported_on": [reported_on],
        },
        schema_overrides={"title": pl.String, "year": pl.Int64, "reported_on": pl.String},
    )
    found = sentences(documents, reports)
    rows = [
        {
            "quantity_id": f"d-{start}",
            "document_id": "d",
            "report_id": "r",
            "span_start": start,
            "span_end": end,
            "raw_text": plain[start:end],
            "raw_unit": re.sub(r"^[0-9.零一二三四五六七八九十百千万亿多余xX×*-]+", "", plain[start:end]),
        }
        for start, end in spans
    ]
    if not rows:
        return MENTION.empty().select(COLUMNS), found, reports
    quantities = pl.DataFrame(rows, schema_overrides=MENTION.frame_schema)
    starts = found.select("sentence_id", "paragraph_id", start="start").sort("start")
    quantities = quantities.sort("span_start").join_asof(starts, left_on="span_start", right_on="start")
    if headers:
        quantities = quantities.with_columns(header=pl.Series(headers))
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in MENTION.frame_schema.items() if name not in quantities.columns
    ]
    return quantities.with_columns(missing).select(COLUMNS), found, reports
