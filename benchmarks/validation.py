"""A million observations against the full suite: time, memory, and whether every planted fault is found.

    python -m benchmarks.validation [OBSERVATIONS]

The batch is made up: sentences with one figure each in documents of two hundred, and in every hundredth
observation a value that lost its 万.
"""

import resource
import sys
import time
from datetime import UTC, datetime

import polars as pl

from checks.subjects import Vocabulary
from transforms.schema import table

PER_DOCUMENT = 200
ARRIVED = datetime(2024, 6, 1, tzinfo=UTC)

# Before the number, what is counted and its unit, factor, dimension, canonical unit; the filler gives the sentence its usual length.
KINDS = pl.DataFrame(
    [
        ("共清理积存垃圾", "吨", 1.0, "mass", "t", "garbage_cleared"),
        ("共划定停车泊位", "个", 1.0, "count", "count", "parking_spaces"),
        ("共发展注册志愿者", "名", 1.0, "person", "person", "volunteers"),
        ("共投入整治资金", "元", 1.0, "money", "CNY", "funds_invested"),
        ("共拆除违法建筑", "平方米", 1.0, "area", "m2", "illegal_construction_area"),
    ],
    ["lead", "raw_unit", "factor", "dimension", "unit", "indicator_id"],
    orient="row",
)
FILLER = "各街道和有关部门按照统一部署分片包干、错时上岗，背街小巷和城乡结合部的环境面貌明显改善。"
INDICATORS = KINDS.select(
    "indicator_id",
    "unit",
    "dimension",
    kind=pl.lit("flow"),
    plausible_low=pl.lit(0.0),
    plausible_high=pl.lit(1e12),
    per_capita_high=pl.lit(1e6),
)
PLACE = {"place_id": "410900-1983", "adcode": "410900", "name": "濮阳市", "level": "city", "parent_id": None, "province": "河南省",
         "city": "濮阳市", "valid_from": 1983, "valid_to": None, "population": 3_772_088, "population_year": 2020}  # fmt: skip
VOCABULARY = Vocabulary(
    places=pl.DataFrame([PLACE], schema=table("core.dim_place").frame_schema),
    indicators=INDICATORS,
    units=KINDS.select("raw_unit", "dimension", "unit", "factor"),
    accepted=KINDS.select("indicator_id", "dimension"),
    preferred=KINDS.select("indicator_id", "raw_unit"),
)


def batch(observations: int) -> dict[str, pl.DataFrame]:
    """The frames of a batch with that many observations."""
    year, number = pl.lit("2018"), (pl.int_range(pl.len()) % 900 + 100).cast(pl.String)
    rows = (
        pl.select(n=pl.int_range(observations, dtype=pl.Int64))
        .with_columns(kind=pl.col("n") % KINDS.height, document=pl.col("n") // PER_DOCUMENT)
        .join(KINDS.with_row_index("kind").cast({"kind": pl.Int64}), on="kind", maintain_order="left")
        .with_columns(
            document_id=pl.col("document").cast(pl.String).str.pad_start(16, "0") + "f" * 48,
            sentence_id=pl.col("n") % PER_DOCUMENT,
            raw_text=pl.concat_str(number, pl.lit("万"), "raw_unit"),
            value=(pl.int_range(pl.len()) % 900 + 100).cast(pl.Float64) * 10_000,
        )
        .with_columns(evidence=pl.concat_str(year, pl.lit("年，全市"), "lead", "raw_text", pl.lit("，" + FILLER)))
        .with_columns(length=pl.col("evidence").str.len_chars().cast(pl.Int64))
        .with_columns(evidence_start=pl.col("length").cum_sum().over("document") - pl.col("length"))
        .with_columns(span_start=pl.col("evidence_start") + 8 + pl.col("lead").str.len_chars().cast(pl.Int64))
        .with_columns(
            span_end=pl.col("span_start") + pl.col("raw_text").str.len_chars().cast(pl.Int64),
            report_id=pl.col("document_id").str.head(16) + "-0",
        )
        .with_columns(observation_id=pl.concat_str(pl.col("document_id").str.head(16), "span_start", separator="-"))
        .with_columns(value=pl.when(pl.col("n") % 100 == 7).then(pl.col("value") / 10_000).otherwise("value"))
    )
    return {
        "documents": _documents(rows),
        "reports": _reports(rows),
        "numerals": _numerals(rows),
        "mentions": _fill("stage.mention", rows.rename({"observation_id": "quantity_id"})),
        "observations": _fill("core.fact_observation", rows),
    }


COMMON = {
    "paragraph_id": 0, "value_high": None, "qualifier": "exact", "redacted": False, "low_open": False, "high_open": False,
    "header": None, "confidence": 0.95, "status": "actual", "period_start": "2018", "period_end": "2018", "period_basis": "stated",
    "per": None, "rules": "", "place_id": PLACE["place_id"], "corrected": False, "batch_id": "b0", "extractor_version": "1",
}  # fmt: skip


def _fill(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as that table, what they do not have taken from `COMMON`."""
    schema = table(name).frame_schema
    missing = [
        pl.lit(COMMON[c], kind).alias(c) for c, kind in schema.items() if c not in {*rows.columns, "low", "high"}
    ]
    return table(name).conform(rows.with_columns(*missing, low="value", high="value"))


def _documents(rows: pl.DataFrame) -> pl.DataFrame:
    texts = rows.group_by("document_id", maintain_order=True).agg(text=pl.col("evidence").str.join())
    counted = texts.with_columns(
        file_name=pl.col("document_id") + ".txt",
        media_type=pl.lit("text/plain"),
        byte_size=pl.col("text").str.len_bytes().cast(pl.Int64),
        arrived_at=pl.lit(ARRIVED).cast(pl.Datetime("us", "UTC")),
        char_count=pl.col("text").str.len_chars().cast(pl.Int64),
    )
    missing = [
        pl.lit(None, pl.String).alias(c) for c in table("core.dim_document").column_names if c not in counted.columns
    ]
    return counted.with_columns(missing)


def _reports(rows: pl.DataFrame) -> pl.DataFrame:
    spans = rows.group_by("document_id", "report_id", maintain_order=True).agg(span_end=pl.col("length").sum())
    known = {"span_start": 0, "is_report": True, "place_id": PLACE["place_id"], "adcode": "410900", "level": "city", "year": 2018,
             "batch_id": "b0", "place_basis": "stated"}  # fmt: skip
    schema = table("core.dim_report").frame_schema
    return table("core.dim_report").conform(
        spans.with_columns(pl.lit(known.get(c), kind).alias(c) for c, kind in schema.items() if c not in spans.columns)
    )


def _numerals(rows: pl.DataFrame) -> pl.DataFrame:
    of_year = rows.select("document_id", "report_id", span_start="evidence_start", span_end=pl.col("evidence_start") + 4,
                          raw_text=pl.lit("2018"), quantity_id=pl.lit(None, pl.String)).with_columns(pl.lit("date").alias("class"))  # fmt: skip
    number = pl.col("raw_text").str.head(4)
    of_figure = rows.select("document_id", "report_id", "span_start", span_end=pl.col("span_start") + 4, raw_text=number,
                            quantity_id="observation_id").with_columns(pl.lit("quantity").alias("class"))  # fmt: skip
    return table("core.fact_numeral").conform(
        pl.concat([of_year, of_figure]).with_columns(
            numeral_id=pl.concat_str(pl.col("document_id").str.head(16), "span_start", separator="-"),
            rule=pl.lit("made_up"),
            batch_id=pl.lit("b0"),
        )
    )


def main() -> None:
    observations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    frames = batch(observations)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    started = time.perf_counter()
    import checks.runner  # noqa: F401
    from checks.validation import validate

    loaded, busy = time.perf_counter(), time.process_time()
    validation = validate(frames, "b0", datetime.now(UTC), vocabulary=VOCABULARY)
    took, worked = time.perf_counter() - loaded, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    faults = observations // 100
    print("| measured | figure |\n|---|---|")
    print(f"| observations | {observations:,} |")
    print(f"| mentions, numerals | {frames['mentions'].height:,}, {frames['numerals'].height:,} |")
    print(f"| checks | {validation.results.height:,} |")
    print(f"| failing rows found | {validation.quarantine['item'].n_unique():,} of {faults:,} |")
    print(f"| loading GX | {loaded - started:.1f} s |")
    print(f"| validation | {took:.1f} s ({worked:.1f} s of processor time) |")
    print(f"| peak memory | {peak:.2f} GB (frames alone {before:.2f}) |")
    unexpected = validation.results.filter(~pl.col("passed")).select("check_name", "failed")
    print("".join(f"| failed: {name} | {failed:,} |\n" for name, failed in unexpected.iter_rows()), end="")


if __name__ == "__main__":
    main()
