"""The frames that the suites look at: a table of the batch beside what its rows refer to.

A rule speaks of one row, so whatever a row is held against is joined to it here: the document's text at
its span, the report and the place, the bounds of its indicator, the figures of a copy or of another year.
The comment at the head of each `suites/*.toml` says which columns a subject adds to those of its table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from checks.suites import part_of
from transforms.passages import fold

# Spans are read out of blocks of this many characters: slicing a long text once a span is quadratic.
_BLOCK = 256
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
_RATE_WORDS = r"每|均|年年|逐年|常年|全年|年度|天天|日常|定期|[一1][年月周天日]|[/／][年月周天日]|周[一二三四五六日末]|双休|年列|列支"


@dataclass(frozen=True)
class Batch:
    """What one validation looks at: the frames of the batch and, empty where there are none, those around it.

    `known` holds the observations of other batches, `history` their loads (`ops.load`), `places` and
    `indicators` the vocabulary (`core.dim_place`, `core.dim_indicator`).
    """

    batch_id: str
    documents: pl.DataFrame
    reports: pl.DataFrame
    numerals: pl.DataFrame
    mentions: pl.DataFrame
    observations: pl.DataFrame
    known: pl.DataFrame
    history: pl.DataFrame
    places: pl.DataFrame
    indicators: pl.DataFrame
    rejected: int = 0


def text_at(documents: pl.DataFrame, spans: pl.DataFrame, start: str, end: str, name: str) -> pl.DataFrame:
    """`spans` with the characters of their document from `start` to `end` as column `name`, null outside the text.

    `documents` has `document_id` and `text`; `spans` has `document_id` and the two offsets in code points.
    """
    blocks = (
        documents.lazy()
        .select("document_id", block=pl.col("text").str.extract_all(f"(?s).{{1,{_BLOCK}}}"))
        .with_columns(number=pl.int_ranges(pl.col("block").list.len(), dtype=pl.Int64))
        .explode("block", "number")
    )
    first, last = pl.col(start) // _BLOCK, (pl.max_horizontal(pl.col(end), pl.col(start) + 1) - 1) // _BLOCK
    wanted = spans.lazy().select("document_id", start, end).unique().with_columns(number=first, last=last)
    short = wanted.filter(pl.col("last") == pl.col("number")).join(blocks, on=["document_id", "number"])
    long = (
        wanted.filter(pl.col("last") > pl.col("number"))
        .with_columns(number=pl.int_ranges("number", pl.col("last") + 1))
        .explode("number")
        .join(blocks, on=["document_id", "number"])
        .group_by("document_id", start, end)
        .agg(pl.col("block").sort_by("number").str.join())
    )
    read = pl.concat([short.select("document_id", start, end, "block"), long]).select(
        "document_id", start, end, pl.col("block").str.slice(pl.col(start) % _BLOCK, pl.col(end) - pl.col(start)).alias(name)
    )
    return spans.lazy().join(read, on=["document_id", start, end], how="left", maintain_order="left").collect()


def _found(column: str, keys: pl.Series) -> pl.Expr:
    """Whether the value is among the keys, null where there is no value."""
    return pl.col(column).is_in(keys.implode()).alias(f"{column.removesuffix('_id')}_found")


def _next_start() -> pl.Expr:
    """Where the document's next row starts, in the order of the text."""
    order = pl.col("span_start").rank("ordinal").over("document_id")
    return pl.col("span_start").sort().shift(-1).over("document_id").gather(order - 1).over("document_id").alias("next_start")


def _readings(raw_text: str, raw_unit: str) -> dict[str, pl.Expr]:
    """`read_value` and `read_high`: the number and the range's end as the plain digits of the text have them."""
    number = fold(pl.col(raw_text)).str.strip_suffix(pl.col(raw_unit)).str.replace_all("[, ]", "")
    single, span = number.str.extract_groups(_SINGLE).struct, number.str.extract_groups(_RANGE).struct

    def read(digits: pl.Expr, multiplier: pl.Expr) -> pl.Expr:
        return digits.cast(pl.Float64) * multiplier.replace_strict(_MULTIPLIERS, default=None)

    # 3至5万 means 3万 to 5万: an end without a multiplier takes the other's.
    shared = pl.when(span.field("2") == "").then(span.field("4")).otherwise(span.field("2"))
    return {
        "read_value": pl.coalesce(read(span.field("1"), shared), read(single.field("1"), single.field("2"))),
        "read_high": read(span.field("3"), span.field("4")),
    }


def documents(batch: Batch) -> pl.DataFrame:
    """`core.dim_document` with the counts that its text and its numerals must agree on."""
    digit = "[0-9０-９]"
    classified = batch.numerals.group_by("document_id").agg(digits_classified=pl.col("raw_text").str.count_matches(digit).sum())
    return (
        batch.documents.with_columns(
            text_chars=pl.col("text").str.len_chars().cast(pl.Int64),
            replaced_chars=pl.col("text").str.count_matches("\ufffd", literal=True),
            digits=pl.col("text").str.count_matches(digit),
        )
        .drop("text")
        .join(classified, on="document_id", how="left")
        .with_columns(pl.col("digits_classified").fill_null(0))
    )


def reports(batch: Batch) -> pl.DataFrame:
    """`core.dim_report` beside its document and its place."""
    holders = batch.documents.select("document_id", "char_count", arrived_year=pl.col("arrived_at").dt.year())
    places = batch.places.select("place_id", place_adcode="adcode", place_from="valid_from", place_to="valid_to")
    return (
        batch.reports.with_columns(
            _next_start(),
            _found("document_id", batch.documents["document_id"]),
            _found("place_id", batch.places["place_id"]),
        )
        .join(holders, on="document_id", how="left")
        .join(places, on="place_id", how="left")
    )


def numerals(batch: Batch) -> pl.DataFrame:
    """`core.fact_numeral` beside the text at its span."""
    return text_at(batch.documents, batch.numerals, "span_start", "span_end", "at_span").with_columns(
        _next_start(),
        _found("document_id", batch.documents["document_id"]),
        _found("report_id", batch.reports["report_id"]),
        _found("quantity_id", batch.mentions["quantity_id"]),
    )


def mentions(batch: Batch) -> pl.DataFrame:
    """`stage.mention` beside the text at its span, a second reading of it, and whether its observation exists."""
    real = batch.reports.filter("is_report")["report_id"]
    return text_at(batch.documents, batch.mentions, "span_start", "span_end", "at_span").with_columns(
        observation_found=pl.col("quantity_id").is_in(batch.observations["observation_id"].implode()),
        loadable=(pl.col("indicator_id") != "other") & pl.col("report_id").is_in(real.implode()).fill_null(False),
        written_value="value",
        **_readings("raw_text", "raw_unit"),
    )


def observations(batch: Batch) -> pl.DataFrame:
    """`core.fact_observation` beside its evidence, quantity, report, place, indicator and document."""
    sentences = batch.observations.select(
        "document_id", "evidence_start", "evidence", evidence_end=pl.col("evidence_start") + pl.col("evidence").str.len_chars()
    ).unique()
    stands = text_at(batch.documents, sentences, "evidence_start", "evidence_end", "there").select(
        "document_id", "evidence_start", "evidence", evidence_stands=(pl.col("there") == pl.col("evidence")).fill_null(False)
    )
    quantities = batch.mentions.select(
        "factor", "dimension", "header", observation_id="quantity_id", written_value="value", written_high="value_high"
    )
    regions = batch.places.select("place_id", "province", "city", "population")
    holders = batch.reports.select(
        "report_id", "is_report", "place_id", report_start="span_start", report_end="span_end", report_place="place_id"
    ).join(regions.select("place_id", report_province="province", report_city="city"), on="place_id", how="left")
    arrivals = batch.documents.select("document_id", arrived_on=pl.col("arrived_at").dt.strftime("%Y-%m-%d"))
    bounds = batch.indicators.select(
        "indicator_id",
        "kind",
        "plausible_low",
        "plausible_high",
        "per_capita_high",
        canonical_unit="unit",
        indicator_dimension="dimension",
    )
    at = pl.col("span_start") - pl.col("evidence_start")
    length = pl.col("span_end") - pl.col("span_start")
    context = pl.min_horizontal(at, pl.lit(30))
    return (
        batch.observations.lazy()
        .join(stands.lazy(), on=["document_id", "evidence_start", "evidence"], how="left", maintain_order="left")
        .join(quantities.lazy(), on="observation_id", how="left", maintain_order="left")
        .join(holders.drop("place_id").lazy(), on="report_id", how="left", maintain_order="left")
        .join(regions.lazy(), on="place_id", how="left", maintain_order="left")
        .join(arrivals.lazy(), on="document_id", how="left", maintain_order="left")
        .join(bounds.lazy(), on="indicator_id", how="left", maintain_order="left")
        .with_columns(
            _next_start(),
            _found("document_id", batch.documents["document_id"]),
            _found("report_id", batch.reports["report_id"]),
            _found("indicator_id", batch.indicators["indicator_id"]),
            _found("place_id", batch.places["place_id"]),
            at_span=pl.col("evidence").str.slice(at, length),
            before=fold(pl.col("evidence").str.slice(at - context, context)),
            after=fold(pl.col("evidence").str.slice(at + length, 10)),
            unit_stands=pl.col("evidence").str.contains(pl.col("raw_unit"), literal=True)
            | fold(pl.col("evidence")).str.contains(pl.col("raw_unit"), literal=True)
            | pl.col("header").str.contains(pl.col("raw_unit"), literal=True).fill_null(False),
            has_rate=pl.col("evidence").str.contains(_RATE_WORDS) | pl.col("header").str.contains(_RATE_WORDS).fill_null(False),
            **_readings("raw_text", "raw_unit"),
        )
        .drop("header")
        .collect()
    )


def series(batch: Batch) -> pl.DataFrame:
    """Actual figures of the batch beside those of the same place, indicator and rate for other years."""
    wanted = ["observation_id", "document_id", "indicator_id", "place_id", "per", "low", "high", "value", "raw_text", "evidence"]
    figures = pl.concat(
        [
            frame.lazy()
            .filter(pl.col("status") == "actual", ~pl.col("redacted"), pl.col("place_id").is_not_null(), pl.col("value") > 0)
            .select(
                *wanted,
                year=pl.coalesce("period_end", "period_start").str.head(4).cast(pl.Int64, strict=False),
                fresh=pl.lit(fresh),
            )
            .drop_nulls("year")
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
    known = pl.concat([frame.select(*_COPIED, "report_id", "low", "high") for frame in (batch.observations, batch.known)])
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


def _sentences_of(batch: Batch, mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions with `between`: the text of their document from the sentence's first mention of any kind to their span."""
    first = batch.mentions.group_by("document_id", "sentence_id").agg(sentence_start=pl.col("span_start").min())
    return text_at(
        batch.documents, mentions.join(first, on=["document_id", "sentence_id"]), "sentence_start", "span_end", "between"
    )


def items(batch: Batch) -> pl.DataFrame:
    """Totals beside what their sentence lists after 其中 in the same unit."""
    plain = batch.mentions.filter(~pl.col("redacted"), pl.col("unit") != "percent")
    repeated = plain.filter(pl.len().over("document_id", "sentence_id", "unit", "raw_unit") >= 2)
    placed = _sentences_of(batch, repeated).with_columns(listed=pl.col("between").str.contains("其中"))
    by = ["document_id", "sentence_id", "unit", "raw_unit"]
    totals = placed.filter(~pl.col("listed")).sort("span_start").group_by(by, maintain_order=True).last()
    listed = (
        placed.filter("listed")
        .group_by(by)
        .agg(
            items_low=pl.col("low").sum(),
            items=pl.col("raw_text").sort_by("span_start").str.join("、"),
            evidence=pl.col("between").sort_by("span_start").last(),
        )
    )
    return totals.join(listed, on=by).with_columns(total_text="raw_text", total_high="high")


def shares(batch: Batch) -> pl.DataFrame:
    """Sentences that give several percentages of one whole, each after 占."""
    plain = batch.mentions.filter(~pl.col("redacted"), pl.col("unit") == "percent")
    repeated = plain.filter(pl.len().over("document_id", "sentence_id") >= 2)
    return (
        _sentences_of(batch, repeated)
        .filter(pl.col("between").str.contains(r"占[^，。；、,;0-9]{0,8}[0-9.]+[%％]$"))
        .sort("span_start")
        .group_by("document_id", "sentence_id", maintain_order=True)
        .agg(
            pl.col("quantity_id").first(),
            shares_low=pl.col("low").sum(),
            shares=pl.col("raw_text").str.join("、"),
            evidence=pl.col("between").last(),
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
