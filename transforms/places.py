"""The place that each report is about.

Names of divisions are found in one pass over the text, weighed by the words around them (a partner,
a neighbour or a superior is not the place reported on), and matched with the level that the report
speaks from (我市, 我区, 我镇, 我局). A masked place is inferred from what the text gives away: counties
named as its own, towns, bynames. Where nothing decides, none is claimed.

The divisions are `vocabulary/places.csv` and `towns.csv`, compiled by `scripts/compile_places.py`;
the words that weigh a mention are `vocabulary/places.toml`, organisations `organisations.toml`.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import polars as pl

from transforms.passages import fold, spans
from transforms.reports import voices
from transforms.schema import table

PLACE = table("core.dim_place")
CLAUSE = r"[^,。;!?\r\n]+[,。;!?\r\n]*|[,。;!?\r\n]+"
# Year of the list of towns, the first in which they are known to be in force.
TOWNS_AS_OF = 2023
LOCATED = [
    "place_id",
    "place_name",
    "adcode",
    "place_basis",
    "place_evidence",
    "place_candidates",
    "organisation",
    "level",
]
LEVELS = {1: "province", 2: "city", 3: "county", 4: "town", 5: "unit"}


@cache
def _vocabulary(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("vocabulary", name).read_text("utf-8"))


@cache
def places() -> pl.DataFrame:
    """All divisions from province to town (`core.dim_place`).

    A town or street carries the code of its county, or of the prefecture where it lies in a
    development zone without a code of its own.
    """
    folder = resources.files(__package__).joinpath("vocabulary")
    divisions = pl.read_csv(folder.joinpath("places.csv").read_bytes(), schema_overrides={"adcode": pl.String})
    divisions = divisions.with_columns(place_id=pl.format("{}-{}", "adcode", "valid_from"))
    current = divisions.filter(pl.col("valid_to").is_null())
    towns = pl.read_csv(folder.joinpath("towns.csv").read_bytes(), schema_overrides={"code": pl.String}).select(
        place_id="code", name="name", county=pl.col("code").str.head(6), prefecture=pl.col("code").str.head(4) + "00"
    )
    above = current.select(
        county="adcode", prefecture="adcode", adcode="adcode", parent_id="place_id", province="province", city="city"
    )
    in_county = towns.join(above.drop("prefecture"), on="county")
    in_zone = towns.join(in_county, on="place_id", how="anti").join(above.drop("county"), on="prefecture")
    columns = ["place_id", "name", "adcode", "parent_id", "province", "city"]
    below = pl.concat([in_county.select(columns), in_zone.select(columns)]).with_columns(
        level=pl.lit("town"),
        valid_from=pl.lit(TOWNS_AS_OF),
        valid_to=pl.lit(None, pl.Int64),
        population=pl.lit(None, pl.Int64),
        population_year=pl.lit(None, pl.Int64),
    )
    return PLACE.conform(pl.concat([PLACE.conform(divisions), PLACE.conform(below)]).sort("place_id"))


@cache
def _names() -> pl.DataFrame:
    """`name, place_id, …, short`: every name a division goes by, full and short."""
    words = _vocabulary("places.toml")["names"]
    divisions = places().with_columns(short=pl.lit(False)).filter(~pl.col("name").is_in(words["ordinary"]))
    towns = pl.col("level") == "town"
    full = divisions.filter(
        ~towns | (pl.col("name").str.contains(words["towns"]) & (pl.col("name").str.len_chars() > 2))
    )
    bare = pl.col("name").str.replace(words["endings"], "").str.replace(words["peoples"], "")
    short = (
        divisions.filter(~towns)
        .with_columns(name=bare, short=pl.lit(True))
        .filter(pl.col("name").str.len_chars() > 1, ~pl.col("name").is_in(words["common"]))
    )
    return pl.concat([full, short]).unique(["name", "place_id"]).sort("name", "place_id")


@cache
def _patterns(short: bool) -> list[str]:
    """The names, decoys among them, longest first: the first that matches wins."""
    names = _names().filter(pl.col("short") == short)["name"].unique().to_list()
    decoys = _vocabulary("places.toml")["names"]["decoys"]
    return sorted({*names, *decoys}, key=lambda name: (-len(name), name))


def find_places(texts: pl.DataFrame) -> pl.DataFrame:
    """The names of divisions in the columns `key` and `text`.

    Returns `key`, `start`, `end` (code points of `text`), `name`, `short` (the name without its
    ending), and `before`, `after`: the rest of its clause.
    """
    clauses, ends = spans(pl.col("text"), CLAUSE)
    cut = (
        texts.select("key", clause=clauses, end=ends)
        .explode("clause", "end")
        .drop_nulls("clause")
        .with_columns(
            offset=(pl.col("end") - pl.col("clause").str.len_chars()).cast(pl.Int64), clause=fold(pl.col("clause"))
        )
    )
    found = pl.concat([_matches(cut, False), _matches(cut, True)])
    covered = found.filter(~pl.col("short")).select("key", covered_from="start", covered_to="end")
    hidden = (
        found.filter("short")
        .join(covered, on="key")
        .filter(pl.col("start") < pl.col("covered_to"), pl.col("covered_from") < pl.col("end"))
    )
    return (
        found.join(hidden, on=["key", "start", "short"], how="anti")
        .filter(~pl.col("name").is_in(_vocabulary("places.toml")["names"]["decoys"]))
        .sort("key", "start")
    )


def _matches(clauses: pl.DataFrame, short: bool) -> pl.DataFrame:
    patterns = _patterns(short)
    clause = pl.col("clause")
    found = clauses.with_columns(name=clause.str.extract_many(patterns, leftmost=True)).filter(
        pl.col("name").list.len() > 0
    )
    bytes_before = pl.col("at").cast(pl.Int64)
    raw = clause.cast(pl.Binary)
    return (
        found.with_columns(at=clause.str.find_many(patterns, leftmost=True))
        .explode("name", "at")
        .with_columns(
            before=raw.bin.slice(0, bytes_before).cast(pl.String),
            after=raw.bin.slice(bytes_before + pl.col("name").str.len_bytes().cast(pl.Int64)).cast(pl.String),
            short=pl.lit(short),
        )
        .with_columns(start=pl.col("offset") + pl.col("before").str.len_chars().cast(pl.Int64))
        .select(
            "key",
            "start",
            end=pl.col("start") + pl.col("name").str.len_chars().cast(pl.Int64),
            name="name",
            short="short",
            before="before",
            after="after",
        )
    )


def locate(reports: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The reports with the place that each is about.

    `reports` has the columns of `transforms.reports.find_reports`; `documents` has `document_id`,
    `text`, `title` and `created_on`. Adds `place_id`, `place_name`, `adcode` (of the county for a
    town), `place_basis` (`stated` or `inferred`), `place_evidence`, `place_candidates` (adcodes that
    an ambiguous name leaves open), `organisation` and `level`; all null for what is no report.
    """
    span = pl.col("span_end") - pl.col("span_start")
    texts = (
        reports.filter("is_report")
        .join(documents.select("document_id", "text", "created_on"), on="document_id")
        .select(
            key="report_id",
            text=fold(pl.col("text").str.slice("span_start", span)),
            title=fold(pl.col("title").fill_null("")),
            dated=pl.coalesce(
                "year", pl.coalesce("reported_on", "created_on").str.head(4).cast(pl.Int64, strict=False)
            ),
        )
    )
    speakers = _speakers(texts)
    mentions = _weighed(
        pl.concat(
            [find_places(texts), find_places(texts.select("key", text="title")).with_columns(title=True)],
            how="diagonal",
        )
    )
    supports = _supports(_resolved(_candidates(mentions, texts, speakers)))
    chosen = _chosen(supports, speakers).select("key", *LOCATED)
    return reports.join(chosen, left_on="report_id", right_on="key", how="left")


def _speakers(texts: pl.DataFrame) -> pl.DataFrame:
    """`key, rank, masked, region`: the level that each report speaks from, and whether its own name is masked."""
    words = voices()
    level, masks = _vocabulary("places.toml")["level"], _vocabulary("places.toml")["masks"]
    own = (
        texts.select("key", word=pl.col("text").str.extract_many(words["word"].to_list(), leftmost=True))
        .explode("word")
        .join(words, on="word")
        .group_by("key", "voice", "rank")
        .len()
    )
    # A bureau also says 我市, a city never 我局: the lowest voice that is heard more than in passing speaks.
    heard = (
        own.with_columns(share=pl.col("len") / pl.col("len").sum().over("key"))
        .filter((pl.col("share") > 0.2) | ((pl.col("rank") == 5) & (pl.col("len") > 1)))
        .group_by("key")
        .agg(pl.col("rank").max())
    )
    text = pl.col("text")
    return texts.join(heard, on="key", how="left").select(
        "key",
        "title",
        "text",
        rank=pl.when(pl.col("rank").is_null() & text.str.contains(level["town"]))
        .then(4)
        .when(pl.col("rank").is_null() & (text.str.count_matches("全区") > 1))
        .then(3)
        .when(pl.col("rank").is_null() & (text.str.count_matches("全市") > 3))
        .then(2)
        .otherwise("rank"),
        masked=text.str.contains(masks["own"]),
        region=text.str.contains(level["region"]),
        small=text.str.contains(level["of_county"]) & ~text.str.contains(level["of_city"]),
    )


def _weighed(mentions: pl.DataFrame) -> pl.DataFrame:
    """Adds `weight`: how much each mention says about the place reported on; drops what says nothing."""
    words = _vocabulary("places.toml")["contexts"]
    before, after = pl.col("before"), pl.col("after")
    foreign = before.str.contains(words["foreign_before"]) | after.str.contains(words["foreign_after"])
    own = before.str.contains(words["own_before"]) | after.str.contains(words["own_after"])
    subject = (pl.col("start") < 200) & (before.str.len_chars() < 6) & ~pl.col("short")
    weight = (
        pl.when(pl.col("title").fill_null(False))
        .then(5.0)
        .when(foreign)
        .then(0.0)
        .when(own | subject)
        .then(3.0)
        .when(after.str.contains(words["weak_after"]) | pl.col("short"))
        .then(0.5)
        .otherwise(1.0)
    )
    return mentions.with_columns(weight=weight, own=own | subject).filter(pl.col("weight") > 0)


def _candidates(mentions: pl.DataFrame, texts: pl.DataFrame, speakers: pl.DataFrame) -> pl.DataFrame:
    """The divisions in force that each mention can mean: `key, name, weight, evidence, place_id, …`"""
    named = mentions.group_by("key", "name", "short").agg(
        weight=pl.col("weight").sum(),
        own=pl.col("own").any(),
        evidence=pl.concat_str(pl.col("before").str.tail(10), "name", pl.col("after").str.head(10))
        .sort_by("weight", descending=True)
        .first(),
    )
    rank = pl.col("level").replace_strict({name: n for n, name in LEVELS.items()}, return_dtype=pl.Int64)
    pairs = (
        named.join(_names(), on=["name", "short"])
        .rename({"name": "written"})
        .with_columns(rank=rank)
        .join(texts.select("key", "dated"), on="key")
        .join(speakers.select("key", "region"), on="key")
    )
    names = places().select("place_id", "name")
    when = pl.col("dated").fill_null(9000)
    ends = pl.col("valid_to").fill_null(9999)
    stale = (
        pl.when(when < pl.col("valid_from"))
        .then(pl.col("valid_from") - when)
        .when(when >= ends)
        .then(when - ends + 1)
        .otherwise(0)
    )
    stale = pl.when(pl.col("level") == "town").then(0).otherwise(stale)
    region = pl.col("region") & (pl.col("level") == "city")
    pairs = pairs.join(names, on="place_id").with_columns(
        stale=pl.when(region & pl.col("name").str.ends_with("地区")).then(-1).otherwise(stale)
    )
    group = ["key", "written", "short"]
    current = pairs.filter(pl.col("stale") == pl.col("stale").min().over(group))
    full = pl.col("written").filter(~pl.col("short"))
    known = current.filter(~pl.col("short")).select("key", "place_id").unique().with_columns(spelled=pl.lit(True))
    return (
        current.filter(~pl.col("short") | (pl.col("rank") == pl.col("rank").min().over(group)))
        .join(known, on=["key", "place_id"], how="left")
        .filter(
            ~pl.col("short")
            | pl.col("spelled").fill_null(False)
            | (pl.col("own") | (pl.col("weight") > 2)) & (pl.col("rank") < 4)
        )
    )


def _resolved(candidates: pl.DataFrame) -> pl.DataFrame:
    """Drops the candidates of an ambiguous name that the rest of the report speaks against."""
    group = ["key", "written", "short"]
    candidates = candidates.with_columns(
        many=pl.len().over(group), prefecture=pl.col("adcode").str.head(4), region_code=pl.col("adcode").str.head(2)
    )
    sure = candidates.filter(pl.col("many") == 1)
    near = sure.group_by("key", "prefecture").agg(near=pl.col("weight").sum())
    far = sure.group_by("key", "region_code").agg(far=pl.col("weight").sum())
    return (
        candidates.join(near, on=["key", "prefecture"], how="left")
        .join(far, on=["key", "region_code"], how="left")
        .with_columns(context=2 * pl.col("near").fill_null(0) + pl.col("far").fill_null(0))
        .filter((pl.col("many") == 1) | (pl.col("context") == pl.col("context").max().over(group)))
        .with_columns(many=pl.len().over(group))
    )


def _supports(candidates: pl.DataFrame) -> pl.DataFrame:
    """`key, place_id, …, score, evidence`: what the mentions of a report say for each place."""
    return candidates.group_by("key", "place_id").agg(
        pl.first("name", "adcode", "level", "rank", "parent_id", "province", "city"),
        score=(pl.col("weight") / pl.col("many")).sum(),
        many=pl.col("many").min(),
        evidence=pl.col("evidence").sort_by("weight", descending=True).first(),
        own=pl.col("own").any(),
    )


def _chosen(supports: pl.DataFrame, speakers: pl.DataFrame) -> pl.DataFrame:
    """One row a report: the place with the most support at the level that speaks, else the one above."""
    said = supports.join(speakers.select("key", speaker="rank", masked="masked"), on="key")
    county_city = (pl.col("rank") == 3) & pl.col("name").str.ends_with("市")
    fits = (
        (pl.col("rank") == pl.col("speaker"))
        | ((pl.col("speaker") == 2) & county_city)
        | (pl.col("speaker") == 5)
        | pl.col("speaker").is_null()
    )
    direct = said.filter(fits, pl.col("score") >= 1).with_columns(direct=True)
    above = said.filter(pl.col("rank") < pl.col("speaker"), pl.col("rank") > 1, pl.col("score") >= 0.5).with_columns(
        direct=False
    )
    best = (
        pl.concat([direct, above.join(direct, on="key", how="anti")])
        .sort("key", "direct", "score", "place_id", descending=[False, True, True, False])
        .group_by("key", maintain_order=True)
        .agg(pl.all().first(), rivals=pl.col("adcode").filter(pl.col("score") == pl.col("score").max()).unique().sort())
    )
    open_ = pl.col("rivals").list.len() > 1
    found = speakers.join(best.drop("masked"), on="key", how="left").with_columns(
        basis=pl.when(pl.col("masked") & ~pl.col("own").fill_null(False))
        .then(pl.lit("inferred"))
        .otherwise(pl.lit("stated"))
    )
    level = pl.coalesce(
        pl.when((pl.col("rank") == 2) & (pl.col("rank_right") == 3)).then(3),
        pl.when((pl.col("rank") == 2) & pl.col("place_id").is_null() & pl.col("small")).then(3),
        "rank",
        pl.col("rank_right"),
    ).replace_strict(LEVELS, return_dtype=pl.String, default=None)
    claimed = pl.col("place_id").is_not_null() & ~open_
    return found.select(
        "key",
        place_id=pl.when(claimed).then("place_id"),
        place_name=pl.when(claimed).then("name"),
        adcode=pl.when(claimed).then("adcode"),
        place_basis=pl.when(claimed).then("basis"),
        place_evidence="evidence",
        place_candidates=pl.when(open_).then(pl.col("rivals").list.join(",")),
        organisation=pl.when(claimed & (pl.col("rank") == pl.col("rank_right"))).then("name"),
        level=level,
    )
