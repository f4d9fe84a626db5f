"""The frames that the suites look at: a table of the batch beside what its rows refer to.

A rule speaks of one row, so whatever a row is held against is joined to it here: the document's text at
its span, the report and the place, the bounds of its indicator, the figures of a copy or of another year.
The comment at the head of each `suites/*.toml` says which columns a subject adds to those of its table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from checks.suites import part_of
from transforms.lexicon import read_lexicon
from transforms.passages import fold
from transforms.places import places
from transforms.units import units

# A text's bytes are marked every so many characters.
_STRIDE = 64
# A sentence is looked at from so many characters before its first figure.
_LEAD = 60
# Batches before this many say little about what is usual.
_ENOUGH_HISTORY = 5

# A second reading of a number: plain digits with at most one fuzz word and a multiplier, and ranges of them.
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)[余多几]?([十百千万亿]*)[余多]?"
_REST = r"[^0-9一二两三四五六七八九十百千万亿点.]*$"
_SINGLE = f"^{_NUMBER}{_REST}"
_RANGE = f"^{_NUMBER}[^0-9余多几十百千万亿]?[至到~～—–-]+{_NUMBER}{_REST}"
_MULTIPLIERS = {
    "": 1.0,
    "十": 1e1,
    "百": 1e2,
    "千": 1e3,
    "万": 1e4,
    "十万": 1e5,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "十亿": 1e9,
    "百亿": 1e10,
    "千亿": 1e11,
    "万亿": 1e12,
}
_RATE_WORDS = r"每|均|年年|逐年|常年|全年|年度|天天|日常|定期|[一1][年月周天日]|[/／][年月周天日]|周[一二三四五六日末]|双休|[年月日][销产收营利处接吞培纳列]|列支"


class Texts:
    """The texts of documents, to be read at many spans.

    Slicing by characters walks a text from its beginning, once a span. So the place in bytes of every `_STRIDE`th
    character is noted once, and a span is cut out of the few bytes around it.
    """

    def __init__(self, documents: pl.DataFrame) -> None:
        """`documents` has `document_id` and `text`."""
        marks = [np.zeros(0, np.int64)]
        for text in documents["text"]:
            codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
            widths = 1 + (codes > 0x7F).astype(np.uint8) + (codes > 0x7FF) + (codes > 0xFFFF)
            ends = np.cumsum(widths, dtype=np.int64)
            marks.append(np.concatenate([[0], ends[_STRIDE - 1 :: _STRIDE], ends[-1:]]))
        self._marks = np.concatenate(marks)
        self._documents = documents.select(
            "document_id",
            content=pl.col("text").cast(pl.Binary),
            length=pl.col("text").str.len_chars().cast(pl.Int64),
            mark=pl.Series(np.cumsum([len(m) for m in marks])[:-1]),
        )

    def at(self, spans: pl.DataFrame, start: str, end: str) -> pl.Series:
        """For each of `spans` the characters of its `document_id` from `start` to `end`; null outside the text."""
        wanted = spans.select("document_id", start=start, end=end)
        placed = wanted.hstack(_beside(wanted, self._documents, "document_id"))
        inside = pl.col("start").is_between(0, "end") & (pl.col("end") <= pl.col("length"))
        first, last = pl.col("start") // _STRIDE, -(-pl.col("end") // _STRIDE)
        marks = placed.select(
            first=pl.when(inside).then(pl.col("mark") + first).fill_null(0),
            last=pl.when(inside).then(pl.col("mark") + last).fill_null(0),
        )
        begin, stop = self._marks[marks["first"]], self._marks[marks["last"]]
        around = pl.col("content").bin.slice(pl.lit(begin), pl.lit(stop - begin)).cast(pl.String)
        return placed.select(
            pl.when(inside).then(around.str.slice(pl.col("start") % _STRIDE, (pl.col("end") - pl.col("start")).clip(0)))
        ).to_series()


@dataclass(frozen=True)
class Vocabulary:
    """What figures are held against.

    places      `core.dim_place`
    indicators  `core.dim_indicator`
    units       one row a unit word: `raw_unit`, `dimension`, `unit` (canonical), `factor`
    accepted    one row an indicator and a dimension that it accepts: `indicator_id`, `dimension`
    preferred   one row an indicator and a unit word that it accepts: `indicator_id`, `raw_unit`
    """

    places: pl.DataFrame
    indicators: pl.DataFrame
    units: pl.DataFrame
    accepted: pl.DataFrame
    preferred: pl.DataFrame

    @classmethod
    def read(cls) -> "Vocabulary":
        """The project's own; raises `VocabularyError` where an entry is not well formed."""
        lexicon = read_lexicon()
        return cls(places(), lexicon.catalogue, units(), lexicon.accepted, lexicon.preferred)


@dataclass(frozen=True)
class Batch:
    """What one validation looks at: the frames of the batch and, empty where there are none, those around it.

    `known` holds the observations of other batches, `history` their loads (`ops.load`); `rejected` counts the
    observations that have failed so far.
    """

    batch_id: str
    vocabulary: Vocabulary
    texts: Texts
    documents: pl.DataFrame
    reports: pl.DataFrame
    numerals: pl.DataFrame
    mentions: pl.DataFrame
    observations: pl.DataFrame
    known: pl.DataFrame
    history: pl.DataFrame
    rejected: int = 0


def _found(column: str, keys: pl.Series) -> pl.Expr:
    """Whether the value is among the keys, null where there is no value."""
    return pl.col(column).is_in(keys.implode()).alias(f"{column.removesuffix('_id')}_found")


def _next_start() -> pl.Expr:
    """Where the document's next row starts, in the order of the text."""
    order = pl.col("span_start").rank("ordinal").over("document_id")
    return (
        pl.col("span_start")
        .sort()
        .shift(-1)
        .over("document_id")
        .gather(order - 1)
        .over("document_id")
        .alias("next_start")
    )


def _readings() -> dict[str, pl.Expr]:
    """`read_value` and `read_high`: the number and the range's end as the plain digits of `raw_text` have them.

    The cells of a table are left alone unless they name their unit: its heads may count in 万.
    """
    alone = pl.col("header").is_null() | (
        (pl.col("raw_unit") != "") & pl.col("raw_text").str.ends_with(pl.col("raw_unit"))
    )
    plain = pl.when(alone).then(fold(pl.col("raw_text")))
    number = plain.str.strip_suffix(pl.col("raw_unit")).str.replace_all("[, ]", "")
    single, span = number.str.extract_groups(_SINGLE).struct, number.str.extract_groups(_RANGE).struct

    def read(digits: pl.Expr, multiplier: pl.Expr) -> pl.Expr:
        return digits.cast(pl.Float64) * multiplier.replace_strict(_MULTIPLIERS, default=None)

    # 3至5万 means 3万 to 5万: an end without a multiplier takes the other's.
    shared = pl.when(span.field("2") == "").then(span.field("4")).otherwise(span.field("2"))
    return {
        "read_value": pl.coalesce(read(span.field("1"), shared), read(single.field("1"), single.field("2"))),
        "read_high": read(span.field("3"), span.field("4")),
    }


def _beside(frame: pl.DataFrame, other: pl.DataFrame, *on: str) -> pl.DataFrame:
    """The columns of the row of `other` that each row of `frame` refers to; joining them in would copy the frame."""
    return frame.select(on).join(other.unique(on, keep="any"), on=on, how="left", maintain_order="left").drop(on)


def documents(batch: Batch) -> pl.DataFrame:
    """`core.dim_document` with the counts that its text and its numerals must agree on."""
    digit = "[0-9０-９]"
    classified = batch.numerals.group_by("document_id").agg(
        digits_classified=pl.col("raw_text").str.count_matches(digit).sum()
    )
    rows = batch.documents
    return rows.drop("text").with_columns(
        text_chars=rows["text"].str.len_chars().cast(pl.Int64),
        replaced_chars=rows["text"].str.count_matches("\ufffd", literal=True),
        digits=rows["text"].str.count_matches(digit),
        digits_classified=_beside(rows, classified, "document_id").to_series().fill_null(0),
    )


def reports(batch: Batch) -> pl.DataFrame:
    """`core.dim_report` beside its document and its place."""
    holders = batch.documents.select("document_id", "char_count", arrived_year=pl.col("arrived_at").dt.year())
    divisions = batch.vocabulary.places.select(
        "place_id", place_adcode="adcode", place_from="valid_from", place_to="valid_to"
    )
    rows = batch.reports
    beside = [rows, _beside(rows, holders, "document_id"), _beside(rows, divisions, "place_id")]
    return pl.concat(beside, how="horizontal").with_columns(
        _next_start(),
        _found("document_id", batch.documents["document_id"]),
        _found("place_id", batch.vocabulary.places["place_id"]),
    )


def numerals(batch: Batch) -> pl.DataFrame:
    """`core.fact_numeral` beside the text at its span."""
    return batch.numerals.with_columns(
        _next_start(),
        _found("document_id", batch.documents["document_id"]),
        _found("report_id", batch.reports["report_id"]),
        _found("quantity_id", batch.mentions["quantity_id"]),
        at_span=batch.texts.at(batch.numerals, "span_start", "span_end"),
    )


def mentions(batch: Batch) -> pl.DataFrame:
    """`stage.mention` beside the text at its span, a second reading of it, and whether its observation exists."""
    real = batch.reports.filter("is_report")["report_id"]
    return batch.mentions.with_columns(
        at_span=batch.texts.at(batch.mentions, "span_start", "span_end"),
        observation_found=pl.col("quantity_id").is_in(batch.observations["observation_id"].implode()),
        loadable=(pl.col("indicator_id") != "other") & pl.col("report_id").is_in(real.implode()).fill_null(False),
        written_value="value",
        **_readings(),
    )


def observations(batch: Batch) -> pl.DataFrame:
    """`core.fact_observation` beside its evidence, quantity, report, place, indicator, unit and document."""
    rows, vocabulary = batch.observations, batch.vocabulary
    quantities = batch.mentions.select(
        "header", observation_id="quantity_id", written_value="value", written_high="value_high"
    )
    regions = vocabulary.places.select("place_id", "province", "city", "population")
    holders = batch.reports.select(
        "report_id", "is_report", report_start="span_start", report_end="span_end", report_place="place_id"
    ).join(
        regions.select(report_place="place_id", report_province="province", report_city="city"),
        on="report_place",
        how="left",
    )
    bounds = vocabulary.indicators.select(
        "indicator_id",
        "kind",
        "plausible_low",
        "plausible_high",
        "per_capita_high",
        canonical_unit="unit",
        indicator_dimension="dimension",
    )
    words = vocabulary.units.select("raw_unit", "dimension", "factor", word_unit="unit")
    arrivals = batch.documents.select("document_id", arrived_on=pl.col("arrived_at").dt.strftime("%Y-%m-%d"))
    beside = pl.concat(
        [
            rows,
            _beside(rows, quantities, "observation_id"),
            _beside(rows, holders, "report_id"),
            _beside(rows, regions, "place_id"),
            _beside(rows, arrivals, "document_id"),
            _beside(rows, bounds, "indicator_id"),
            _beside(rows, words, "raw_unit"),
            _beside(rows, vocabulary.preferred.with_columns(word_accepted=True), "indicator_id", "raw_unit"),
        ],
        how="horizontal",
    )
    accepted = _beside(beside, vocabulary.accepted.with_columns(dimension_accepted=True), "indicator_id", "dimension")
    sentences = rows.select(
        "document_id", "evidence_start", evidence_end=pl.col("evidence_start") + pl.col("evidence").str.len_chars()
    )
    there = batch.texts.at(sentences, "evidence_start", "evidence_end")
    at = pl.col("span_start") - pl.col("evidence_start")
    length = pl.col("span_end") - pl.col("span_start")
    context = pl.min_horizontal(at, pl.lit(30))
    return beside.hstack(accepted).with_columns(
        _next_start(),
        _found("document_id", batch.documents["document_id"]),
        _found("report_id", batch.reports["report_id"]),
        _found("indicator_id", vocabulary.indicators["indicator_id"]),
        _found("place_id", vocabulary.places["place_id"]),
        evidence_stands=(pl.col("evidence") == there).fill_null(False),
        at_span=pl.col("evidence").str.slice(at, length),
        before=pl.col("evidence").str.slice(at - context, context),
        after=pl.col("evidence").str.slice(at + length, 10),
        unit_stands=pl.col("evidence").str.contains(pl.col("raw_unit"), literal=True)
        | fold(pl.col("raw_text")).str.contains(pl.col("raw_unit"), literal=True)
        | pl.col("header").is_not_null(),
        has_rate=pl.col("evidence").str.contains(_RATE_WORDS)
        | pl.col("header").str.contains(_RATE_WORDS).fill_null(False),
        **_readings(),
    )


def series(batch: Batch) -> pl.DataFrame:
    """Actual figures of the batch for one year beside those of the same place, indicator and rate for other years."""
    wanted = [
        "observation_id",
        "document_id",
        "indicator_id",
        "place_id",
        "per",
        "low",
        "high",
        "value",
        "raw_text",
        "evidence",
    ]
    figures = pl.concat(
        [
            frame.lazy()
            .filter(
                pl.col("status") == "actual", ~pl.col("redacted"), pl.col("place_id").is_not_null(), pl.col("value") > 0
            )
            .select(
                *wanted,
                year=pl.col("period_end").str.head(4).cast(pl.Int64, strict=False),
                since=pl.col("period_start").str.head(4).cast(pl.Int64, strict=False),
                fresh=pl.lit(fresh),
            )
            .filter(pl.col("since").fill_null(pl.col("year")) == pl.col("year"))
            .drop("since")
            for frame, fresh in ((batch.observations, True), (batch.known, False))
        ]
    )
    by = ["indicator_id", "place_id", "per"]
    years = figures.group_by(*by, "year").agg(pl.col("value").median(), pl.col("evidence").first())
    others = (
        years.join(years, on=by, suffix="_other", nulls_equal=True)
        .filter(pl.col("year") != pl.col("year_other"))
        .group_by(*by, "year")
        .agg(
            other_value=pl.col("value_other").median(),
            other_years=pl.col("year_other").sort().cast(pl.String).str.join(", "),
            other_evidence=pl.col("evidence_other").sort_by("year_other").first(),
        )
    )
    return figures.filter("fresh").join(others, on=[*by, "year"], nulls_equal=True).drop("fresh").collect()


def copies(batch: Batch) -> pl.DataFrame:
    """Figures of copied reports beside those of their originals."""
    pairs = batch.reports.filter(pl.col("duplicate_of").is_not_null()).select("report_id", original="duplicate_of")
    by = ["original", "indicator_id", "status"]
    known = pl.concat(
        [frame.select(*_COPIED, "report_id", "low", "high") for frame in (batch.observations, batch.known)]
    )
    intervals = pl.struct("low", "high")
    originals = (
        known.rename({"report_id": "original"})
        .join(pairs.select("original").unique(), on="original", how="semi")
        .group_by(by)
        .agg(
            original_intervals=intervals.unique(),
            original_texts=pl.col("raw_text").unique(maintain_order=True).str.join("、"),
            original_evidence=pl.col("evidence").first(),
        )
    )
    return (
        batch.observations.join(pairs, on="report_id")
        .join(originals, on=by)
        .with_columns(agrees=pl.col("original_intervals").list.contains(intervals))
        .drop("original_intervals")
    )


_COPIED = ["indicator_id", "status", "raw_text", "evidence"]


def parts(batch: Batch) -> pl.DataFrame:
    """Figures that count part of a whole beside the largest figure of that whole in the same report."""
    by = ["report_id", "status", "per", "period_start", "period_end"]
    figures = batch.observations.filter(~pl.col("redacted"))
    wholes = (
        figures.sort("high", descending=True)
        .group_by(*by, "indicator_id", maintain_order=True)
        .first()
        .select(
            *by,
            whole_indicator="indicator_id",
            whole_id="observation_id",
            whole_high="high",
            whole_text="raw_text",
            whole_evidence="evidence",
        )
    )
    pairs = pl.DataFrame(part_of(), ["indicator_id", "whole_indicator"], orient="row")
    return figures.join(pairs, on="indicator_id").join(wholes, on=[*by, "whole_indicator"], nulls_equal=True)


def _with_lead(batch: Batch, mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions with `lead`: their sentence up to the end of their span."""
    by = ["document_id", "sentence_id"]
    first = (
        batch.mentions.join(mentions, on=by, how="semi")
        .group_by(by)
        .agg(before_first=(pl.col("span_start").min() - _LEAD).clip(0))
    )
    placed = mentions.join(first, on=by, maintain_order="left")
    lead = batch.texts.at(placed, "before_first", "span_end").str.extract("([^。！？!?\n]*)$")
    return placed.with_columns(lead=lead)


def _repeated(mentions: pl.DataFrame, *by: str) -> pl.DataFrame:
    """The mentions that are not the only one of their sentence (and of what `by` names)."""
    together = mentions.filter(pl.struct("document_id", "sentence_id").is_duplicated())
    return together.filter(pl.struct("document_id", "sentence_id", *by).is_duplicated()) if by else together


def items(batch: Batch) -> pl.DataFrame:
    """Totals beside what their sentence lists after 其中 in the same unit."""
    repeated = _repeated(batch.mentions.filter(~pl.col("redacted"), pl.col("unit") != "percent"), "raw_unit")
    placed = _with_lead(batch, repeated).with_columns(listed=pl.col("lead").str.contains("其中"))
    by = ["document_id", "sentence_id", "unit", "raw_unit"]
    totals = placed.filter(~pl.col("listed")).sort("span_start").group_by(by, maintain_order=True).last()
    listed = (
        placed.filter("listed")
        .group_by(by)
        .agg(
            items_low=pl.col("low").sum(),
            items=pl.col("raw_text").sort_by("span_start").str.join("、"),
            evidence=pl.col("lead").sort_by("span_start").last(),
        )
    )
    return totals.join(listed, on=by).with_columns(total_text="raw_text", total_high="high")


def shares(batch: Batch) -> pl.DataFrame:
    """Sentences that give several percentages of one whole, each after 占."""
    repeated = _repeated(batch.mentions.filter(~pl.col("redacted"), pl.col("unit") == "percent"))
    return (
        _with_lead(batch, repeated)
        .filter(pl.col("lead").str.contains(r"占[^，。；、,;0-9]{0,8}[0-9.]+[%％]$"))
        .sort("span_start")
        .group_by("document_id", "sentence_id", maintain_order=True)
        .agg(
            pl.col("quantity_id").first(),
            shares_low=pl.col("low").sum(),
            shares=pl.col("raw_text").str.join("、"),
            evidence=pl.col("lead").last(),
        )
    )


def load(batch: Batch) -> pl.DataFrame:
    """The batch in figures (one row), beside the median of earlier batches and how far they spread around it."""
    counts = {
        "batch_id": batch.batch_id,
        "documents": batch.documents.height,
        "reports": int(batch.reports["is_report"].sum()),
        "numerals": batch.numerals.height,
        "quantities": batch.mentions.height,
        "observations": batch.observations.height - batch.rejected,
        "redacted": int(batch.observations["redacted"].sum()),
        "unclassified": batch.numerals.filter(pl.col("class") == "unclassified").height,
        "quarantined": batch.rejected,
    }
    measures = {
        "coverage": pl.col("observations") / pl.col("reports"),
        "mask_share": pl.col("redacted") / pl.col("observations"),
        "unclassified_share": pl.col("unclassified") / pl.col("numerals"),
        "rejection_share": pl.col("quarantined") / (pl.col("observations") + pl.col("quarantined")),
    }
    past = batch.history.filter(pl.col("batch_id") != batch.batch_id).select(
        expression.fill_nan(None).alias(name) for name, expression in measures.items()
    )
    if past.height < _ENOUGH_HISTORY:
        past = past.clear()
    usual = past.select(
        *(pl.col(name).median().alias(f"usual_{name}") for name in measures),
        *((pl.col(name) - pl.col(name).median()).abs().median().alias(f"spread_{name}") for name in measures),
    )
    return pl.concat([pl.DataFrame([counts]).with_columns(**measures), usual], how="horizontal")


SUBJECTS: dict[str, Callable[[Batch], pl.DataFrame]] = {
    subject.__name__: subject
    for subject in (documents, reports, numerals, mentions, observations, series, copies, parts, items, shares, load)
}
