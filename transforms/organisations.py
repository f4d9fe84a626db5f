"""Who reports, where it is more than the place itself: offices, schools, companies.

The endings of their names are `vocabulary/organisations.toml`.
"""

from functools import cache
from typing import NamedTuple

import polars as pl

from transforms.vocabulary import expression, load

DIVISION = "(?:市|县|区|旗|州|地区|镇|乡|街道)"
# Beginning of a report, in code points, in which who reports is named.
LEAD = 200
# How often a report names the office that reports, where it does not say 我局 or the like.
OFTEN = 3


class Offices(NamedTuple):
    """Patterns of an office's name and of one that reports on its place; `voice, ending` of those that report on themselves."""

    name: str
    on_behalf: str
    no_office: str
    endings: pl.DataFrame


@cache
def _offices() -> Offices:
    declared = load("organisations.toml")
    endings = [(voice, ending) for voice, entries in declared["units"].items() for ending in entries]
    # The longest ending first, so that an office is not cut short: 委员会, not 委.
    either = sorted({*declared["on_behalf"], *(ending for _, ending in endings)}, key=lambda word: (-len(word), word))
    return Offices(
        name=expression(f"{DIVISION}(?:市场|市政)?{declared['inner']}(?:{'|'.join(either)})", "organisations.toml"),
        on_behalf=expression(f"(?:{'|'.join(declared['on_behalf'])})$", "organisations.toml: on_behalf"),
        no_office=expression(f"(?:{declared['no_office']})$", "organisations.toml: no_office"),
        endings=pl.DataFrame(endings, schema=["voice", "ending"], orient="row"),
    )


def name_organisations(reports: pl.DataFrame) -> pl.DataFrame:
    """Adds `organisation`, and makes `level` a unit's where a unit reports.

    `reports` has `key`, `text`, `title`, `voice` (how it calls itself: 局 in 我局), `speaker` (rank of
    the level that speaks, null if unknown), `place_name`, `own` (whether that place is at the level
    that speaks) and `level`. A unit is the office named in the title, or named most with an ending
    that fits the voice; a place reports for itself; else an office that the first sentences name
    reports on its place. 市档案局 is completed by the place: 黄山市档案局.
    """
    offices, office = _offices(), pl.col("office")
    named = (
        reports.select("key", "voice", "speaker", "title", "text", office=pl.col("text").str.extract_all(offices.name))
        .explode("office", empty_as_null=False)
        .filter(~office.str.contains(offices.no_office))
        .group_by("key", "office", maintain_order=True)
        .agg(pl.first("voice", "speaker", "title", "text"), times=pl.len())
        .with_columns(
            leading=pl.col("text").str.head(LEAD).str.contains(office, literal=True),
            entitled=pl.col("title").str.contains(office, literal=True),
            on_behalf=office.str.contains(offices.on_behalf),
        )
    )
    fitting = named.join(offices.endings, on="voice").filter(office.str.ends_with(pl.col("ending")))
    silent = pl.col("speaker").is_null() & pl.col("leading") & (pl.col("times") >= OFTEN)
    units = (
        named.join(fitting.select("key", "office", fits=True).unique(), on=["key", "office"], how="left")
        .filter(~pl.col("on_behalf"), pl.col("fits") | pl.col("entitled") | silent)
        .sort("key", "entitled", "times", descending=[False, True, True], maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(unit=pl.first("office"))
    )
    others = named.filter("on_behalf", "leading").group_by("key", maintain_order=True).agg(other=pl.first("office"))
    reporter, unit = pl.coalesce("unit", "other"), pl.col("unit").is_not_null()
    # 市场监督管理局 begins with no division.
    division = reporter.str.extract(f"^({DIVISION})[^场政]")
    completed = pl.col("place_name") + reporter.str.strip_prefix(division)
    of_place = pl.col("place_name").str.ends_with(division).fill_null(False)
    return (
        reports.join(units, on="key", how="left")
        .join(others, on="key", how="left")
        .with_columns(
            organisation=pl.when(~unit & pl.col("own"))
            .then("place_name")
            .otherwise(pl.when(of_place).then(completed).otherwise(reporter)),
            level=pl.when(unit).then(pl.lit("unit")).otherwise("level"),
        )
        .drop("unit", "other")
    )
