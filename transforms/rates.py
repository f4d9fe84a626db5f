"""Figures that are a rate: 每天, 年均, 日处理, 吨/日.

A rate reaches the figures of its clause; the people and vehicles of a recurring activity keep it
beyond (annotation guidelines, cases 7 and 14). The words are data, in `vocabulary/periods.toml`.
"""

import polars as pl

from transforms.dates import CLAUSE, VOCABULARY
from transforms.outline import any_of, last_before, occurrences, stretch, vocabulary

# How far behind a figure its sentence is read, in code points.
REACH = 6


def read_rates(mentions: pl.DataFrame, outline: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """`per` and `rule` of each mention, in their order.

    `mentions` are those of `transforms.outline.located` with `clause`, the commas before them;
    `outline` its lines; `dates` those of `transforms.dates.find_dates`.
    """
    declared = vocabulary(VOCABULARY)
    rates, pers = declared["rates"], declared["per"]
    flows = any_of(rates["flows"])
    kinds = {
        **{f"mean:{name}": any_of(per["mean"]) for name, per in pers.items()},
        **{f"each:{name}": any_of(per["words"]) for name, per in pers.items()},
        "stop": any_of(rates["stop"]),
        "no": f"{any_of(rates['not_flow'])}{any_of([per['flow'] for per in pers.values()])}",
        **{f"flow:{name}": f"{per['flow']}(?:均|平均)?{flows}" for name, per in pers.items()},
        "done": any_of(rates["done"]),
    }
    word, kind = pl.col("word"), pl.col("kind")
    said = occurrences(outline.join(mentions.select("line").unique(), on="line", how="semi"), kinds)
    ended = dates.filter((pl.col("basis") == "stated") | pl.col("mode").is_in(["now", "vague", "masked"])).select(
        "line", "word", "offset", "place", kind=pl.lit("stop")
    )
    tokens = (
        pl.concat([said.filter(kind != "no"), ended], how="diagonal")
        .sort("place")
        .join(outline.select("line", "text"), on="line", how="left", maintain_order="left")
        .with_columns(before=pl.col("text").str.slice(0, pl.col("offset")))
        # “每天一次问候、每月一次活动”的服务方式: a rate in quotation marks is a name.
        .filter(pl.col("before").str.count_matches("“") <= pl.col("before").str.count_matches("”"))
        .with_columns(
            token_clause=pl.col("before").str.count_matches(CLAUSE),
            how=kind.str.split(":").list.first(),
            rate=kind.str.split(":").list.get(1, null_on_oob=True),
            token_end=pl.col("offset") + word.str.len_chars(),
            cue="word",
        )
        .with_columns(
            rate=pl.when(pl.col("how") == "stop").then(pl.lit("")).otherwise("rate").forward_fill().over("line"),
            cue=pl.when(pl.col("how") != "done").then("cue").forward_fill().over("line"),
        )
    )
    read = last_before(mentions, tokens, ["token_clause", "token_end", "how", "rate", "cue"])
    together = pl.col("token_clause") == pl.col("clause")
    people = pl.col("raw_unit").is_in(rates["people"]) & pl.col("how").is_in(["each", "mean", "done"])
    # 每天对20个社区巡查: the rate is of the act, not of what it is done to.
    between = stretch(pl.col("token_end"), pl.col("offset"))
    done_to = between.str.contains(any_of(rates["done_to"]))
    reaches = (pl.col("rate") != "") & (people | (together & (pl.col("how") != "done") & ~done_to))
    right = pl.col("text").str.slice(pl.col("after"), REACH)
    behind = {name: rf"(?:/|每){any_of(per['after'])}" for name, per in pers.items()}
    # Few figures are by a unit of time, so that only those are searched for every one.
    follows, ends = (pl.when(text.str.contains("[/每]")).then(text) for text in (right, pl.col("raw_unit")))
    is_per = {
        name: (pl.col("follows").str.contains(f"^ ?{pattern}") | pl.col("ends").str.contains(f"{pattern}$"))
        for name, pattern in behind.items()
    }
    read = read.with_columns(follows=follows, ends=ends).with_columns(
        per_unit=pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in is_per.items())
    )
    per_unit = pl.col("per_unit")
    return read.select(
        per=pl.coalesce(per_unit, pl.when(reaches).then("rate")),
        rule=pl.when(per_unit.is_not_null())
        .then(pl.format("per=unit:{}", per_unit))
        .when(reaches)
        .then(pl.format("per={}:{}", pl.col("how").replace("done", "each"), "cue")),
    )
