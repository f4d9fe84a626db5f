"""Documents cut into the sentences that every later reading works on.

Offsets count code points of the document's own text. The text of a sentence is folded one
character to one character, so that an offset in the folded text is an offset in the source.
"""

from functools import cache

import polars as pl

from transforms import breaks
from transforms.schema import table
from transforms.units import alternatives, units
from transforms.vocabulary import VocabularyError, load

SENTENCE = table("stage.sentence")

# A sentence ends at a full stop, a question or exclamation mark, or the end of the line; a line
# with a tab in it is a table row and stays whole. The pattern matches every character of the text
# exactly once, so sentences tile the document.
SENTENCE_PATTERN = (
    rf"[^。！？!?\n\t{breaks.STROKE}]*[\t{breaks.STROKE}][^\n]*\n?|[^。！？!?\n]+[。！？!?\n]*|[。！？!?\n]+"
)

# Text without a full stop is cut at a comma all the same: readers look around every numeral, and
# the time that takes must not grow with the length of a line.
LONGEST = 600
PIECE_PATTERN = rf"(?s).{{0,{LONGEST - 1}}}[，,；;、\t ]|.{{1,{LONGEST}}}"

# A report that writes this many decimals with 、, and none with a point, has lost its points on the way.
FEWEST_LOST = 3
MEASURED = ("mass", "volume", "length", "area", "money")

# Put around matches while they are searched for: noncharacters, which no folded text holds.
_OPENS, _CLOSES = "\ufdd2", "\ufdd3"
_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}


@cache
def folding() -> dict[str, str]:
    """The characters that `fold` reads as others: `breaks.READ_AS`, full-width forms, `vocabulary/folding.toml`.

    Raises `VocabularyError` for lists that are not equally long, and for a character that is in two
    of them or is read as one that is folded itself.
    """
    found = breaks.READ_AS | _FULL_WIDTH | {_OPENS: " ", _CLOSES: " "}
    for name, group in load("folding.toml").items():
        written, meant = group["written"], group["meant"]
        twice = set(written) & found.keys() or {c for c in written if written.count(c) > 1}
        chained = set(meant) & (found.keys() | set(written))
        if len(written) != len(meant) or twice or chained:
            raise VocabularyError(
                f"transforms/vocabulary/folding.toml: [{name}]: {len(written)} characters written, {len(meant)} meant; "
                f"listed twice: {''.join(twice) or 'none'}; folded again: {''.join(chained) or 'none'}"
            )
        found |= dict(zip(written, meant, strict=True))
    return found


def fold(text: pl.Expr) -> pl.Expr:
    """Text with full-width forms, look-alikes and traditional script mapped to one form, one character to one."""
    return text.str.replace_many(list(folding()), list(folding().values()))


def spans(text: pl.Expr, pattern: str) -> tuple[pl.Expr, pl.Expr]:
    """List columns of the matches of `pattern` and of their ends, in code points of `text`.

    The pattern must not match the empty string. Both lists have one entry a match.
    """
    matches = text.str.extract_all(pattern)
    ends = (
        text.str.split(pattern, inclusive=True, literal=False)
        .list.eval(pl.element().str.len_chars().cum_sum())
        .list.head(matches.list.len())
    )
    return matches, ends


def each_match(frame: pl.DataFrame, pattern: str, name: str) -> pl.DataFrame:
    """One row a match of `pattern` in `text` (folded), in order; rows without one are dropped.

    Adds `name`, the match, and its span in `text`, `offset` and `to`, in code points. As `spans`, for
    many texts at once and faster: the pattern is searched for once.
    """
    pieces = pl.col("text").str.replace_all(pattern, f"{_OPENS}${{0}}{_CLOSES}").str.split(_OPENS)
    found = frame.select(piece=pieces).with_row_index("row").filter(pl.col("piece").list.len() > 1)
    found = found.explode("piece", empty_as_null=False)
    # The first piece of a text stands before its first match; the others begin with a match and its closing mark.
    is_first = (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
    length = pl.col("piece").str.len_chars().cast(pl.Int64) - (~is_first).cast(pl.Int64)
    start = length.cum_sum() - length
    matches = (
        found.with_columns(is_first=is_first, offset=start - pl.when(is_first).then(start).forward_fill())
        .filter(~pl.col("is_first"))
        .select("row", "offset", pl.col("piece").str.split_exact(_CLOSES, 1).struct.field("field_0").alias(name))
        .with_columns(to=pl.col("offset") + pl.col(name).str.len_chars().cast(pl.Int64))
    )
    return frame[matches["row"]].hstack(matches.select(name, "to", "offset"))


def _tiles(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """The matches of a `pattern` that leaves out nothing of `text`, one a row, with their `start` in the document."""
    rows = frame.with_columns(pl.col("text").str.extract_all(pattern)).with_row_index("text_row")
    rows = rows.explode("text", empty_as_null=False)
    length = pl.col("text").str.len_chars().cast(pl.Int64)
    is_first = (pl.col("text_row") != pl.col("text_row").shift(1)).fill_null(True)
    before = pl.when(is_first).then(length.cum_sum() - length).forward_fill()
    return rows.with_columns(start=pl.col("start") + length.cum_sum() - length - before).drop("text_row")


def sentences(documents: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The sentences of the documents, in text order (`stage.sentence`).

    `documents` has `document_id` and `text`; `reports` has `document_id`, `report_id`,
    `span_start`, `span_end` and `is_report` (`core.dim_report`). No sentence is longer than
    `LONGEST` code points.
    """
    line_end = pl.col("text").str.ends_with("\n").cast(pl.Int64)
    marked = breaks.mark(documents).select("document_id", "text", start=pl.lit(0, pl.Int64))
    lines = _tiles(marked, SENTENCE_PATTERN).with_columns(
        paragraph_id=line_end.cum_sum().over("document_id") - line_end
    )
    is_long = pl.col("text").str.len_chars() > LONGEST
    cut = (
        pl.concat([lines.filter(~is_long), _tiles(lines.filter(is_long), PIECE_PATTERN)])
        .sort("document_id", "start")
        .with_columns(
            end=pl.col("start") + pl.col("text").str.len_chars().cast(pl.Int64),
            sentence_id=pl.int_range(pl.len(), dtype=pl.Int64).over("document_id"),
            source=breaks.as_written(pl.col("text")),
            text=fold(pl.col("text")),
        )
    )
    bounds = reports.select("document_id", "report_id", "is_report", "span_end", start="span_start").sort(
        "document_id", "start"
    )
    # A report begins behind the indentation of its first line, the sentence before it.
    last = bounds.rename({"start": "last"})
    found = cut.with_columns(last=pl.col("end") - 1).join_asof(
        last, on="last", by="document_id", check_sortedness=False
    )
    inside = pl.col("start") < pl.col("span_end")
    return (
        found.with_columns(
            report_id=pl.when(inside).then("report_id"),
            is_report=(inside & pl.col("is_report")).fill_null(False),
        )
        .pipe(_with_points)
        .pipe(SENTENCE.conform)
    )


def _with_points(found: pl.DataFrame) -> pl.DataFrame:
    """The sentences with the decimal points put back in reports that have lost them all: 42、29%, 1571、95万元."""
    comma = _decimal_comma()
    counts = pl.col("text").str.count_matches
    lost = (counts(comma).sum() >= FEWEST_LOST) & (counts(r"[0-9]\.[0-9]").sum() == 0)
    in_doubt = found.filter(pl.col("text").str.contains(comma)).select("document_id", "report_id").unique()
    reports = (
        found.join(in_doubt, on=["document_id", "report_id"], how="semi", nulls_equal=True)
        .group_by("document_id", "report_id")
        .agg(lost=lost)
        .filter("lost")
    )
    if reports.is_empty():
        return found
    point = pl.when("lost").then(pl.col("text").str.replace_all(comma, "${1}.${2}")).otherwise("text")
    return found.join(
        reports, on=["document_id", "report_id"], how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(text=point)


@cache
def _decimal_comma() -> str:
    """The pattern of a number with 、 for its point: no list and no list number, and in a unit that is measured."""
    measured = units().filter(pl.col("dimension").is_in(MEASURED))["raw_unit"].to_list()
    return rf"([^0-9、\s.][0-9]+)、([0-9]{{1,4}} ?(?:%|[万亿]? ?(?:{alternatives(measured)})))"
