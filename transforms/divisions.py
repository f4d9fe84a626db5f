"""The administrative divisions of China since 1981, and their names in texts.

The tables `vocabulary/places.csv` and `towns.csv` are compiled by `scripts/compile_places.py`, which
credits their sources; `[names]` of `vocabulary/places.toml` says how names are shortened.
"""

from functools import cache
from importlib import resources
from typing import Any

import polars as pl

from transforms.passages import fold, spans
from transforms.schema import table
from transforms.vocabulary import VocabularyError, expression, load

PLACE = table("core.dim_place")
RANKS = {"province": 1, "city": 2, "county": 3, "town": 4}
# Year of the list of towns, the first in which they are known to be in force.
TOWNS_AS_OF = 2023
CLAUSE = r"[^，,。；;！!？?\r\n]+[，,。；;！!？?\r\n]*|[，,。；;！!？?\r\n]+"


@cache
def places() -> pl.DataFrame:
    """All divisions from province to town (`core.dim_place`).

    A town or street carries the code of its county, or of the prefecture where it lies in a
    development zone that has no code of its own.
    """
    folder = resources.files("transforms.vocabulary")
    divisions = pl.read_csv(folder.joinpath("places.csv").read_bytes(), schema_overrides={"adcode": pl.String})
    divisions = divisions.with_columns(place_id=pl.format("{}-{}", "adcode", "valid_from"))
    current = divisions.filter(pl.col("valid_to").is_null())
    above = current.select("adcode", "province", "city", parent_id="place_id")
    towns = pl.read_csv(folder.joinpath("towns.csv").read_bytes(), schema_overrides={"code": pl.String})
    county, prefecture = pl.col("code").str.head(6), pl.col("code").str.head(4) + "00"
    below = (
        towns.with_columns(adcode=pl.when(county.is_in(current["adcode"].implode())).then(county).otherwise(prefecture))
        .join(above, on="adcode")
        .select(pl.exclude("code"), place_id="code", level=pl.lit("town"), valid_from=pl.lit(TOWNS_AS_OF))
    )
    return PLACE.conform(pl.concat([divisions, below], how="diagonal_relaxed").sort("place_id"))


@cache
def _words() -> dict[str, Any]:
    words = load("places.toml")["names"]
    for entry in ("endings", "peoples", "towns", "inside", "beyond"):
        expression(words[entry], f"places.toml: names.{entry}")
    return words


@cache
def names() -> pl.DataFrame:
    """Every name that a division goes by: `written`, `kind`, `rank`, `grandparent_id` and the columns of `places()`.

    `kind` is `full`, `short` for one without its ending (濮阳), which may be an ordinary word as
    well, or `byname` (鹭岛).

    Raises `VocabularyError` for an alias or byname of no division.
    """
    words = _words()
    name, rank = pl.col("name"), pl.col("rank")
    parents = places().select(parent_id="place_id", grandparent_id="parent_id")
    divisions = (
        places()
        .with_columns(rank=pl.col("level").replace_strict(RANKS, return_dtype=pl.Int64))
        .join(parents, on="parent_id", how="left")
    )
    above = divisions.filter(rank < RANKS["town"])
    towns = divisions.filter(rank == RANKS["town"], name.str.contains(words["towns"]), name.str.len_chars() > 2)
    bare = name.str.replace(words["endings"], "").str.replace(words["peoples"], "")
    ending = name.str.extract("自治([县州旗])$", 1)
    aliases = [("full", written, meant) for written, meant in words["aliases"].items()]
    bynames = [("byname", written, meant) for meant, entries in words["bynames"].items() for written in entries]
    others = pl.DataFrame(aliases + bynames, schema=["kind", "written", "name"], orient="row")
    unknown = others.join(divisions, on="name", how="anti")
    if len(unknown):
        raise VocabularyError(f"transforms/vocabulary/places.toml: names: no division {unknown['name'][0]!r}")
    full, short = pl.lit("full"), pl.lit("short")
    frames = [
        above.with_columns(written=name, kind=full),
        towns.with_columns(written=name, kind=full),
        towns.filter(name.str.ends_with("街道")).with_columns(written=name.str.replace("街道$", "办事处"), kind=full),
        above.filter(ending.is_not_null()).with_columns(written=bare + ending, kind=full),
        divisions.join(others, on="name"),
        above.with_columns(written=bare, kind=short).filter(~pl.col("written").is_in(words["common"])),
    ]
    return (
        pl.concat(frames, how="diagonal")
        .filter(pl.col("written").str.len_chars() > 1)
        # A name found as a full one is no short one too.
        .filter(pl.col("kind") == pl.col("kind").first().over("written"))
        .unique(["written", "place_id"], keep="first", maintain_order=True)
    )


@cache
def _patterns(full: bool) -> list[str]:
    """The names to search for, and the words that they occur in by accident, longest first."""
    found = names().filter((pl.col("kind") == "full") == full)["written"].unique().to_list()
    return sorted({*found, *_words()["decoys"]}, key=lambda name: (-len(name), name))


def find_places(texts: pl.DataFrame) -> pl.DataFrame:
    """The names of divisions in `text`, in text order.

    Keeps the other columns of `texts`, and adds `start`, `end` (code points of `text`), `written`,
    `full` (whether it is a full name), the rest of the `clause` (its number) `before` and `after`
    it, folded, and `between`, what stands between it and the name before it in its clause. Where
    names overlap, the full one, then the longer one, is found. A name that is an ordinary word as
    well, or part of one, is found only right behind another name.
    """
    kept = [column for column in texts.columns if column != "text"]
    text = pl.col("text")
    matches, ends = spans(text, CLAUSE)
    clauses = (
        texts.with_columns(text=matches, end=ends)
        .explode("text", "end", empty_as_null=False)
        .select(*kept, text=fold(text), offset=(pl.col("end") - text.str.len_chars()).cast(pl.Int64))
        .with_row_index("clause")
    )
    full, short = _matches(clauses, True), _matches(clauses, False)
    covered = short.join(full.select("clause", full_start="start", full_end="end"), on="clause").filter(
        pl.col("start") < pl.col("full_end"), pl.col("full_start") < pl.col("end")
    )
    words = _words()
    written, before = pl.col("written"), pl.col("before")
    passed = (before.str.len_chars() + written.str.len_chars()).shift(1).over("clause")
    length, ending = written.str.len_chars(), written.str.tail(1)
    brief = pl.col("full") & (
        (length == 2) | ((length == 3) & ending.is_in(["镇", "乡"])) | written.is_in(words["brief"])
    )
    part = (
        (brief & before.str.contains(words["inside"]))
        | (written.is_in(words["bounded"]) & before.str.contains(r"\p{Han}$"))
        | (ending + pl.col("after")).str.contains(words["beyond"])
        # 沿河街道 is no part of 沿河县.
        | (~pl.col("full") & pl.col("after").str.contains(words["below"]))
    )
    doubtful = part | written.is_in(words["ordinary"])
    return (
        pl.concat([full, short.join(covered, on=["clause", "start"], how="anti")])
        .filter(~written.is_in(words["decoys"]))
        .sort("clause", "start")
        .with_columns(between=pl.when(passed.is_not_null()).then(before.str.slice(passed)))
        .filter(~doubtful | (pl.col("between") == ""))
    )


def _matches(clauses: pl.DataFrame, full: bool) -> pl.DataFrame:
    text, written, at = pl.col("text"), pl.col("written"), pl.col("at").cast(pl.Int64)
    found = clauses.with_columns(written=text.str.extract_many(_patterns(full), leftmost=True)).filter(
        written.list.len() > 0
    )
    # What was found is all that there is to find: the search for the places need not know the rest.
    there = found.select(written.explode().unique()).sort(written.str.len_chars(), written, descending=True)
    after = at + written.str.len_bytes().cast(pl.Int64)
    return (
        found.with_columns(at=text.str.find_many(there["written"].implode(), leftmost=True))
        .explode("written", "at")
        .with_columns(
            before=text.cast(pl.Binary).bin.slice(0, at).cast(pl.String),
            after=text.cast(pl.Binary).bin.slice(after).cast(pl.String),
            full=pl.lit(full),
        )
        .with_columns(start=pl.col("offset") + pl.col("before").str.len_chars().cast(pl.Int64))
        .with_columns(end=pl.col("start") + written.str.len_chars().cast(pl.Int64))
        .drop("text", "offset", "at")
    )
