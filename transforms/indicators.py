"""What each quantity counts: the indicator that it is read as, how sure that is, and why.

The catalogue and the words that reports use for it are data (`transforms.lexicon`). The reading
follows Chinese syntax:

- A noun phrase right after the unit names what was counted, and its last noun is the head
  (3处便民市场, 280名空巢老人); otherwise the last noun before the number does (清理积存垃圾10240吨).
- Where the number's own stretch of the sentence names nothing, the number counts what came before
  (拆除违建30处,面积2万平方米); where it names something unknown, it counts nothing catalogued.
- Nouns that many indicators share (资金, 小区, 群众) need a verb or a context that fits.
- Nouns joined by 、 or 和 before one number make one group, and a mixed group is `other`.
- 甲和乙分别达到3个和5个 gives the nouns their numbers in order.
- Parts are counted as their whole is, whatever they are called (商户953户,其中蔬菜类205户), and a noun
  before 的 is counted, not what it owns (7个老旧小区的改造工程).
- A unit whose dimension contradicts the indicator rules it out.

Every possible head of a quantity is a reading, described by the features that
`vocabulary/weights.toml` names and weighs. A quantity's candidates are the best reading as each
indicator and as none (`other`); its confidence is the softmax of their scores at the best.
"""

from functools import cache

import numpy as np
import polars as pl

from transforms.lexicon import OTHER, Lexicon, read_lexicon
from transforms.outline import BLANK, any_of, lines, scoped, vocabulary
from transforms.readings import CASE, PLACES, Readings
from transforms.vocabulary import load

# How far apart two numbers may be that belong together (46户, 186人), in code points.
BESIDE = 2
# A bracket with a number in it
BRACKET = r"\([^()\n]*[0-9xX×*零一二三四五六七八九十百千万亿两][^()\n]*\)"
# Quantities read at a time, which bounds the memory that a batch takes.
AT_A_TIME = 20_000


def catalogue(lexicon: Lexicon | None = None) -> pl.DataFrame:
    """The indicators (`core.dim_indicator`), of the project's vocabulary if no other is given.

    Raises `VocabularyError` where an entry of the vocabulary is not well formed.
    """
    return (lexicon or read_lexicon()).catalogue


def classify(quantities: pl.DataFrame, sentences: pl.DataFrame, lexicon: Lexicon | None = None) -> pl.DataFrame:
    """The quantities with what they count: `indicator_id`, `confidence` and `indicator_rules`.

    `quantities` has the columns of `stage.mention` up to `header`, `sentences` those of
    `stage.sentence`. `indicator_id` is an id of the catalogue or `other`; `confidence` estimates
    the probability that it is right; `indicator_rules` names the words that decided.
    Raises `VocabularyError` where the vocabulary is not well formed.
    """
    known = lexicon or read_lexicon()
    placed = _place(quantities, sentences, known.topics)
    decided = [part.select("case").hstack(_decide(part, Readings(part, known), known)) for part in _parts(placed)]
    if not decided:
        added = {"indicator_id": pl.String, "confidence": pl.Float64, "indicator_rules": pl.String}
        return quantities.with_columns(pl.lit(None, kind).alias(name) for name, kind in added.items())
    return (
        placed.join(pl.concat(decided), on="case", how="left", maintain_order="left")
        .unique("nth", keep="last", maintain_order=True)
        .sort("nth")
        .select(*quantities.columns, "indicator_id", "confidence", "indicator_rules")
    )


def settle(mentions: pl.DataFrame, lexicon: Lexicon | None = None) -> pl.DataFrame:
    """The mentions with the indicators that only their status and rate decide between.

    In and out, in text order: `document_id`, `span_start`, `span_end`, `dimension`, `indicator_id`, `status`, `per` and
    `indicator_rules` beside other columns. 投入 that is a target is money only planned; 志愿者 each day are people
    turning out, not people registered; the people of 382户1699人 are those who live there.
    """
    settled = (lexicon or read_lexicon()).settled
    indicator, document = pl.col("indicator_id"), pl.col("document_id")
    beside = (document == document.shift(1)) & (pl.col("span_start") - pl.col("span_end").shift(1) <= BESIDE)
    unnamed = (indicator == OTHER) & (pl.col("dimension") == "person")
    cases = {
        "planned": (pl.col("status") == "target", indicator),
        "recurring": (pl.col("per").is_in(["day", "week", "month"]), indicator),
        "peopled": (beside & unnamed, indicator.shift(1)),
    }
    for case, (holds, of) in cases.items():
        others = dict(settled.filter(pl.col("case") == case).select("indicator_id", "other_id").iter_rows())
        changed = (holds & of.is_in(list(others))).fill_null(False)
        mentions = mentions.with_columns(
            indicator_rules=pl.when(changed)
            .then(pl.format("{}; {}={}", "indicator_rules", pl.lit(case), of))
            .otherwise("indicator_rules"),
            indicator_id=pl.when(changed).then(of.replace(others)).otherwise("indicator_id"),
        )
    return mentions


def _place(quantities: pl.DataFrame, sentences: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    """The quantities with the columns of `CASE`, and `case`, the row of the first that has the same of them.

    A number in a table stands after its header. A sentence that opens with 其中, or with an act and
    a number (目前已完工52个), goes on from the one before it. A quantity that is followed by another row of its `nth`
    is only there for the others of its passage.
    """
    length = pl.col("header").str.len_chars().cast(pl.Int64)
    words = vocabulary("periods.toml")["words"]
    continuing = pl.col("text").str.contains(f"^{BLANK}{any_of([*words['continuing'], *words['going_on']])}")
    opens = ~continuing | (pl.col("paragraph_id") != pl.col("paragraph_id").shift(1)).fill_null(True)
    passages = (
        sentences.sort("document_id", "start")
        .with_columns(group=opens.cum_sum().over("document_id"))
        .select(
            "document_id",
            "sentence_id",
            passage=pl.col("text").str.join("").over("document_id", "group"),
            from_start=-pl.col("start").first().over("document_id", "group"),
        )
    )
    placed = (
        quantities.join(passages, on=["document_id", "sentence_id"], how="left", maintain_order="left")
        .join(_topics(sentences, topics), on=["document_id", "sentence_id"], how="left", maintain_order="left")
        .with_columns(
            passage=pl.coalesce("header", "passage"),
            in_table=pl.col("header").is_not_null(),
            begin=pl.coalesce(length, pl.col("span_start") + pl.col("from_start")),
            end=pl.coalesce(length, pl.col("span_end") + pl.col("from_start")),
        )
        .with_row_index("nth")
    )
    beside, inside = _inside(placed)
    return (
        pl.concat([beside, placed, _outside(placed), inside])
        .with_row_index("row")
        .with_columns(passage_id=pl.col("row").first().over("passage"))
        .with_columns(case=pl.col("row").first().over(set(CASE) - {"passage"}))
    )


def _topics(sentences: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    """`document_id`, `sentence_id`, `topics`: the indicators whose topic a heading above or the paragraph so far names."""
    outline = lines(sentences)
    patterns = topics.group_by("indicator_id", maintain_order=True).agg(pl.col("word").str.join("|"))
    about = patterns.group_by("word", maintain_order=True).agg(pl.col("indicator_id").str.join(" "))

    def spoken_of(pattern: str) -> pl.Expr:
        here = pl.col("text").str.contains(pattern)
        above = scoped(outline, pl.col("heading"), pl.when(here).then(1)) > 0
        return above | here.cum_max().over("paragraph")

    named = [pl.when(spoken_of(pattern)).then(pl.lit(indicators)) for pattern, indicators in about.iter_rows()]
    topics_of = pl.concat_str(named, separator=" ", ignore_nulls=True) if named else pl.lit("")
    return outline.select("document_id", "sentence_id", topics=topics_of)


def _outside(placed: pl.DataFrame) -> pl.DataFrame:
    """The quantities beside a bracket with a number in it, in their passages without such brackets.

    What is counted in a bracket is part of what stands before it, and no bound to those around it:
    对38个小区(其中失管小区11个)实施改造.
    """
    before = pl.col("passage").str.slice(0, pl.col("begin"))
    left_out = before.str.len_chars() - before.str.replace_all(BRACKET, "").str.len_chars()
    return placed.filter(
        ~pl.col("in_table"),
        pl.col("passage").str.contains(BRACKET),
        before.str.count_matches(r"\(") == before.str.count_matches(r"\)"),
    ).with_columns(
        (pl.col("begin", "end") - left_out).cast(pl.Int64),
        passage=pl.col("passage").str.replace_all(BRACKET, ""),
    )


def _inside(placed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The quantities in a bracket, in their passages up to its end: 停车位50个(含限时泊位9个)、公园3座.

    First come all quantities of those passages, only to be there.
    """
    before, behind = pl.col("passage").str.head(pl.col("begin")), pl.col("passage").str.slice("end")
    inside = placed.filter(
        ~pl.col("in_table"), before.str.contains(r"\([^()\n]*$"), behind.str.contains(r"\)")
    ).with_columns(until=pl.col("passage").str.head(pl.col("end")) + behind.str.extract(r"^([^)]*)\)"))
    there = placed.join(inside.select("passage", "until").unique(maintain_order=True), on="passage").filter(
        pl.col("end") <= pl.col("until").str.len_chars()
    )
    beside, inside = (rows.with_columns(passage="until").drop("until") for rows in (there, inside))
    return beside, inside


def _parts(placed: pl.DataFrame) -> list[pl.DataFrame]:
    """The distinct cases, about `AT_A_TIME` of them at a time, those of a passage together."""
    # A passage is numbered by the row that it is first in.
    part = pl.col("passage_id") // AT_A_TIME
    parts = placed.filter(pl.col("case") == pl.col("row")).select(*CASE, "case", part=part)
    return parts.partition_by("part", maintain_order=True, include_key=False) if len(parts) else []


@cache
def _weights() -> dict[str, float]:
    return {name: weight for group in load("weights.toml").values() for name, weight in group.items()}


def _decide(cases: pl.DataFrame, readings: Readings, lexicon: Lexicon) -> pl.DataFrame:
    """`indicator_id`, `confidence` and `indicator_rules` of each case."""
    weights = dict(_weights())
    temperature = weights.pop("temperature")
    score = np.zeros(len(readings.case))
    for name, values in readings.features().items():
        score += weights[name] / temperature * values
    # The best reading of each candidate, and the candidates of each case, the best first
    candidate = readings.candidate
    highest = np.maximum.reduceat(score, np.flatnonzero(np.diff(candidate, prepend=-1)))
    best = np.flatnonzero(score == highest[candidate])
    best = best[np.diff(candidate[best], prepend=-1) != 0]
    best = best[np.lexsort((-score[best], readings.case[best]))]
    case = readings.case[best]
    opens = np.flatnonzero(np.diff(case, prepend=-1))
    share = np.exp(score[best] - score[best[opens]][case])
    share /= np.add.reduceat(share, opens)[case]
    second = np.minimum(opens + 1, len(best) - 1)

    names = pl.Series(readings.known.names)
    words = pl.concat([lexicon.words["word"], pl.Series([""])])
    top = best[opens]
    return pl.DataFrame(
        {
            "indicator_id": names.gather(readings.indicator[top]),
            "confidence": share[opens],
            "place": pl.Series(PLACES).gather(readings.place[top]),
            "head": words.gather(readings.head[top]),
            "verb": words.gather(readings.verb[top]),
            "unit": cases["raw_unit"],
            "in_topic": readings.in_topic[top],
            "second": names.gather(readings.indicator[best[second]]),
            "second_share": pl.Series(share[second]).round(2).cast(pl.String),
            "has_second": (second > opens) & (case[second] == case[opens]),
        }
    ).select(
        "indicator_id",
        "confidence",
        indicator_rules=pl.concat_str(
            pl.when(pl.col("head") != "").then(pl.format("head={}:{}", "place", "head")).otherwise(pl.lit("head=none")),
            pl.when(pl.col("verb") != "").then(pl.format("verb={}", "verb")),
            pl.when(pl.col("unit") != "").then(pl.format("unit={}", "unit")),
            pl.when("in_topic").then(pl.lit("topic=named")),
            pl.when("has_second").then(pl.format("runner_up={}:{}", "second", "second_share")),
            separator="; ",
            ignore_nulls=True,
        ),
    )
