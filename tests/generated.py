"""Lakes filled with generated reports, for tests and benchmarks of the warehouse.

The documents are real texts: every figure stands in a sentence at the span it is said to stand at.
Several reports tell of one place and year, mostly in agreement.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from transforms.duplicates import sketch
from warehouse.home import Home
from warehouse.lake import STAGES, Lake, batch_id

START = datetime(2020, 1, 1, tzinfo=UTC)


def stages(
    batch: int, documents: int, places: pl.DataFrame, indicators: pl.DataFrame, figures: int = 30, seed: int = 0
) -> dict[str, pl.DataFrame]:
    """The stages of one batch of documents, one report a document, `figures` figures a report.

    `places` are rows of `core.dim_place`, `indicators` of `core.dim_indicator`. The same arguments
    make the same frames.
    """
    random = np.random.default_rng([seed, batch])
    size = documents * figures
    place = random.integers(0, len(places), documents)
    year = random.integers(2010, 2020, documents)
    report = pl.DataFrame({"document": np.arange(documents), "year": year}).hstack(
        places[place].select("place_id", place_name="name", adcode="adcode", place_level="level")
    )
    report = report.with_columns(
        level=pl.when(pl.Series(random.random(documents) < 0.05)).then(pl.lit("unit")).otherwise("place_level"),
        organisation=pl.concat_str("place_name", pl.lit("创建办")),
    )
    indicator = random.integers(0, len(indicators), size)
    figure = pl.DataFrame(
        {"document": np.repeat(np.arange(documents), figures), "j": np.tile(np.arange(figures), documents)}
    )
    figure = figure.hstack(indicators[indicator].select("indicator_id", "unit", "name_zh", "dimension"))
    # One true value a place, indicator and year; a report in ten departs from it.
    true = 10 + (np.repeat(place, figures) * 7919 + indicator * 104729 + np.repeat(year, figures) * 31) % 90000
    departs = np.where(random.random(size) < 0.1, random.integers(1, 50, size), 0)
    masked, kind, target, fuzzy = (random.random(size) for _ in range(4))
    # Reports have words of their own, or they would be copies of one another.
    words = random.integers(0x4E00, 0x9FA5, (size, 10)).astype("<u4").tobytes().decode("utf-32-le")
    kinds = np.select([kind < 0.6, kind < 0.7, kind < 0.8, kind < 0.9], ["year", "since", "until", "rate"], "undated")
    figure = figure.with_columns(
        words=pl.Series([words[start : start + 10] for start in range(0, len(words), 10)]),
        number=pl.Series(true + departs),
        kind=pl.Series(kinds),
        redacted=pl.Series(masked < 0.05),
        status=pl.Series(np.where(target < 0.1, "target", "actual")),
        qualifier=pl.Series(np.where(fuzzy < 0.2, "over", "exact")),
    ).join(report, on="document")
    since = pl.when(pl.col("year") < 2015).then(pl.lit("2010")).otherwise(pl.lit("2015"))
    text_year = pl.col("year").cast(pl.String)
    figure = figure.with_columns(
        period_start=pl.when(kind="year").then(text_year).when(kind="since").then(since),
        period_end=pl.when(pl.col("kind").is_in(["year", "until"])).then(text_year),
        per=pl.when(kind="rate").then(pl.lit("year")),
        qualifier=pl.when("redacted").then(pl.lit("exact")).otherwise("qualifier"),
        digits=pl.when("redacted").then(pl.lit("xx")).otherwise(pl.col("number").cast(pl.String)),
    )
    over = pl.col("qualifier") == "over"
    figure = figure.with_columns(
        raw_text=pl.concat_str("digits", pl.when(over).then(pl.lit("余")).otherwise(pl.lit("")), pl.lit("个")),
    ).with_columns(before=pl.concat_str(text_year, pl.lit("年，"), "words", "name_zh", pl.lit("达到")))
    figure = figure.with_columns(evidence=pl.concat_str("before", "raw_text", pl.lit("。")))
    title = pl.concat_str(
        "place_name", text_year, pl.lit(f"年创建工作总结（{seed}-{batch}-"), "document", pl.lit("）\n")
    )
    figure = figure.with_columns(title=title).with_columns(
        evidence_start=pl.col("title").str.len_chars().cast(pl.Int64)
        + pl.col("evidence").str.len_chars().cast(pl.Int64).cum_sum().over("document")
        - pl.col("evidence").str.len_chars()
    )
    figure = figure.with_columns(
        span_start=pl.col("evidence_start") + pl.col("before").str.len_chars(),
    ).with_columns(span_end=pl.col("span_start") + pl.col("raw_text").str.len_chars())
    texts = figure.group_by("document", maintain_order=True).agg(
        text=pl.concat_str(pl.col("title").first(), pl.col("evidence").str.join(""))
    )
    texts = texts.with_columns(
        document_id=pl.Series([hashlib.sha256(text.encode()).hexdigest() for text in texts["text"]], dtype=pl.String)
    )
    report = report.join(texts, on="document").with_columns(
        report_id=pl.concat_str(pl.col("document_id").str.head(16), pl.lit("-0"))
    )
    figure = figure.join(report.select("document", "document_id", "report_id"), on="document")
    arrived = pl.lit(START + timedelta(hours=batch))
    value = pl.when(~pl.col("redacted")).then(pl.col("number").cast(pl.Float64))
    # 余 reaches up to the next unit of the last significant digit; here, of the last digit.
    figure = figure.with_columns(
        observation_id=pl.concat_str(pl.col("document_id").str.head(16), pl.lit("-"), "span_start"),
        value=value,
        low=value,
        high=value + pl.when(over).then(1.0).otherwise(0.0),
        low_open=pl.lit(False),
        high_open=over,
        raw_unit=pl.lit("个"),
        period_basis=pl.when(pl.col("kind").is_in(["year", "since", "until"])).then(pl.lit("stated")),
        confidence=pl.lit(0.9),
        rules=pl.lit("indicator=head:生成"),
        corrected=pl.lit(False),
        extractor_version=pl.lit("generated"),
        paragraph_id=pl.lit(1),
        sentence_id=pl.col("j") + 1,
        value_high=pl.lit(None),
        factor=pl.lit(1.0),
        header=pl.lit(None),
    )
    figure = figure.with_columns(quantity_id="observation_id")
    documents_frame = report.with_columns(
        file_name=pl.concat_str(pl.lit(f"{batch}/"), "document", pl.lit(".txt")),
        media_type=pl.lit("text/plain"),
        byte_size=pl.col("text").str.len_bytes(),
        arrived_at=arrived,
        char_count=pl.col("text").str.len_chars(),
        title=pl.lit(None),
        author=pl.lit(None),
        created_on=pl.lit(None),
        encoding=pl.lit("utf-8"),
        source=pl.lit(None),
    )
    reports = report.with_columns(
        span_start=pl.lit(0),
        span_end=pl.col("text").str.len_chars(),
        is_report=pl.lit(True),
        title=pl.concat_str("place_name", text_year, pl.lit("年创建工作总结")),
        place_basis=pl.lit("stated"),
        place_evidence="place_name",
        place_candidates=pl.lit(None),
        reported_on=pl.lit(None),
        duplicate_of=pl.lit(None),
        copy_kind=pl.lit(None),
    )
    numerals = figure.with_columns(
        numeral_id="observation_id",
        rule=pl.lit("generated"),
        **{"class": pl.lit("quantity")},
    )
    frames = {
        "documents": documents_frame,
        "reports": reports,
        "sketches": sketch(reports, documents_frame),
        "numerals": numerals,
        "mentions": figure,
        "observations": figure,
        "accepted": figure,
    }
    return {
        stage: frames[stage].select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        if stage in frames
        else pl.DataFrame(schema=schema)
        for stage, schema in STAGES.items()
    }


def only(frames: dict[str, pl.DataFrame], documents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The stages cut to these documents, which may have arrived at another time and under another name."""
    kept = {
        stage: frame.join(documents, on="document_id", how="semi") if "document_id" in frame.columns else frame
        for stage, frame in frames.items()
    }
    return {**kept, "documents": documents, "sketches": sketch(kept["reports"], documents)}


def shortened(frames: dict[str, pl.DataFrame], share: float, days: int) -> dict[str, pl.DataFrame]:
    """The stages of other documents, whose texts are the beginnings of these and arrive so many days later."""
    documents = frames["documents"].with_columns(
        text=pl.col("text").str.head((pl.col("char_count") * share).cast(pl.Int64)), old="document_id"
    )
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in documents["text"]]
    documents = documents.with_columns(
        document_id=pl.Series(digests),
        char_count=pl.col("text").str.len_chars().cast(pl.Int64),
        byte_size=pl.col("text").str.len_bytes().cast(pl.Int64),
        arrived_at=pl.col("arrived_at") + timedelta(days=days),
    )
    names = documents.select(document_id="old", new="document_id", length="char_count")
    cut = {"documents": documents.drop("old")}
    for stage, frame in frames.items():
        if stage == "documents" or not {"document_id", "span_end"} <= set(frame.columns):
            continue
        moved = frame.join(names, on="document_id").filter(
            pl.lit(stage == "reports") | (pl.col("span_end") <= pl.col("length"))
        )
        identifiers = [name for name in ("report_id", "observation_id", "quantity_id", "numeral_id") if name in frame]
        cut[stage] = (
            moved.with_columns(
                pl.concat_str(pl.col("new").str.head(16), pl.col(name).str.slice(16)).alias(name)
                for name in identifiers
            )
            .with_columns(
                document_id="new",
                span_end=pl.when(pl.lit(stage == "reports")).then("length").otherwise("span_end"),
            )
            .select(frame.columns)
        )
    cut["sketches"] = sketch(cut["reports"], cut["documents"])
    return {stage: cut.get(stage, frame) for stage, frame in frames.items()}


def add(home: Home, frames: dict[str, pl.DataFrame], originals: bool = True) -> str:
    """Put the documents of these stages into the lake as a batch, with all its stages, and return its name.

    Without `originals` the documents themselves are left out, which nothing that follows needs.
    """
    lake = Lake(home)
    files = frames["documents"].select("file_name", "source", "arrived_at", content=pl.col("text").cast(pl.Binary))
    if originals:
        name = lake.add_batch(files)
    else:
        name = batch_id(frames["documents"]["document_id"])
        entries = frames["documents"].select(
            "document_id", "file_name", "source", arrived_at=pl.col("arrived_at").dt.to_string("iso:strict")
        )
        manifest = home.batches / name / "manifest.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(json.dumps(entries.to_dicts(), ensure_ascii=False), "utf-8")
    for stage, frame in frames.items():
        lake.write_stage(name, stage, frame)
    return name
