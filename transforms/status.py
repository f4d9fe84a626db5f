"""Whether a figure is something achieved (`actual`) or something meant to be (`target`).

The nearest cue before the figure in its sentence decides; without one, the passage and the headings
above it do. The words are data, in `vocabulary/status.toml`; the rules are those of the annotation
guidelines (cases 6 and 12): plans, goals, requirements, standards and money only planned are targets.
"""

import polars as pl

from transforms.outline import (
    BLANK,
    ITEM,
    MARKS,
    TITLE,
    any_of,
    last_before,
    lines,
    located,
    occurrences,
    scoped,
    stretch,
    vocabulary,
)

VOCABULARY = "status.toml"
# How far behind a figure its sentence is read, in code points.
REACH = 60
# Over so many pauses of the sentence a cue that requires something of somebody reaches.
REQUIRED = 3


def read_status(quantities: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """The quantities, in their order, with `status` and `status_rules`.

    `quantities` has the columns of `stage.mention` up to `header`, `sentences` those of
    `stage.sentence`. `status` is `actual` or `target`; `status_rules` names the rule and the word
    that decided, as `status=rule:word`, and is empty where nothing spoke against `actual`.
    Raises `VocabularyError` for a word of the vocabulary that can't be looked for.
    """
    words = vocabulary(VOCABULARY)
    outline = lines(sentences)
    mentions = located(quantities, outline)
    cued = last_before(
        mentions,
        _cues(outline.join(mentions.select("line").unique(), on="line", how="semi")),
        ["state", "clause_only", "inside", "cue", "cue_end"],
    )
    right = pl.col("text").str.slice(pl.col("after"), REACH)
    between = stretch(pl.col("cue_end"), pl.col("offset"))
    required = pl.col("cue").str.contains(f"^{any_of(words['cues']['requiring'])}") & (
        between.str.count_matches("[,;:]") > REQUIRED
    )
    out_of_reach = (
        (pl.col("clause_only") & between.str.contains("[,;:]"))
        | (pl.col("inside") & between.str.contains(r"\)"))
        | required
    )
    of_stock = (
        pl.col("cue").is_in(words["cues"]["before_stock"])
        & (pl.col("cue_end") == pl.col("offset"))
        & right.str.contains(f"^[^,。;]*?{any_of(words['cues']['of_stock'])}")
    )
    assigned = pl.col("text").str.slice(0, pl.col("offset")).str.extract(f"({any_of(words['before']['assigned'])})$")
    is_task = pl.col("raw_unit").is_in(["", *words["before"]["tasks"]])
    standard, unstarted = (right.str.extract(f"({any_of(words['after'][name])})") for name in ("standard", "unstarted"))
    planned = pl.col("header").str.extract(f"({any_of([*words['headings']['target'], *words['headings']['plans']])})")
    decided = (
        cued.join(passages(outline), on="line", how="left", maintain_order="left")
        .with_columns(state=pl.when(~(of_stock | out_of_reach).fill_null(False)).then("state"), planned=planned)
        .with_columns(
            assigned=pl.when(~is_task).then(assigned),
            behind=pl.coalesce(unstarted, pl.when(pl.col("state").ne_missing(pl.lit("actual"))).then(standard)),
        )
        .with_columns(
            rule=pl.when(pl.col("planned").is_not_null())
            .then(pl.lit("header"))
            .when(pl.col("assigned").is_not_null())
            .then(pl.lit("before"))
            .when(pl.col("behind").is_not_null())
            .then(pl.lit("after"))
            .when(pl.col("state").is_not_null())
            .then(pl.lit("cue"))
            .when(pl.col("passage").is_not_null())
            .then(pl.lit("passage"))
        )
    )
    rule = pl.col("rule")
    word = (
        pl.when(rule == "header")
        .then("planned")
        .when(rule == "before")
        .then("assigned")
        .when(rule == "after")
        .then("behind")
        .when(rule == "cue")
        .then("cue")
        .otherwise("passage")
    )
    target = rule.is_not_null() & ((rule != "cue") | (pl.col("state") == "target"))
    return quantities.with_columns(
        decided.select(
            status=pl.when(target).then(pl.lit("target")).otherwise(pl.lit("actual")),
            status_rules=pl.format("status={}:{}", rule, word).fill_null(""),
        )
    )


def _cues(outline: pl.DataFrame) -> pl.DataFrame:
    """The cue words of the lines: `place`, `line`, `state` (`target`, `actual`, null: undecided), `clause_only`, `inside` (brackets), `cue`, `cue_end`."""
    cues = vocabulary(VOCABULARY)["cues"]
    future = f"{any_of(cues['future'])}{any_of(cues['adverbs'])}*{any_of(cues['verbs'])}"
    kinds = {
        "neutral": any_of(cues["neutral"]),
        "target": f"(?:{future}|{any_of(cues['target'])})",
        "standard": any_of(cues["standard"]),
        "weak": any_of(cues["weak"]),
        "actual": any_of(cues["actual"]),
        "pause": any_of(cues["pause"]),
    }
    word, same = pl.col("word"), pl.col("line") == pl.col("line").shift(1)
    kind, last = pl.col("kind"), pl.col("kind").shift(1)
    # 计划绿地不少于15亩,新建公厕5座: a standard within a plan ends nothing.
    firm = pl.when(kind != "standard").then("kind").forward_fill().over("line")
    # What a list is led in by holds for all of it: 下半年,将抓好:一是新建3处;二是…
    leads = ~pl.col("before").str.contains("[;:]") & pl.col("text").str.contains("^[^;]*:.*;")
    deadline = (kind == "weak") & word.str.contains("^[到至]")
    opening = (kind == "target") & (~pl.col("before").str.contains("[,;:]") | leads) | deadline & (
        pl.col("before").str.strip_chars() == ""
    )
    return (
        occurrences(outline, kinds)
        .filter(kind != "neutral")
        .join(outline.select("line", "text"), on="line", how="left", maintain_order="left")
        .with_columns(before=pl.col("text").str.slice(0, pl.col("offset")))
        .with_columns(opened_by=pl.when(~same.fill_null(False)).then(pl.when(opening).then("word").fill_null("")))
        .with_columns(opened_by=pl.col("opened_by").forward_fill().replace("", None))
        .select(
            "place",
            "line",
            state=pl.when(kind == "pause")
            .then(pl.when(pl.col("opened_by").is_not_null()).then(pl.lit("target")))
            .when(kind.is_in(["weak", "standard"]))
            .then(pl.when(same & (last == "actual")).then(pl.lit("actual")).otherwise(pl.lit("target")))
            .otherwise(kind),
            clause_only=(kind == "standard") & ~firm.is_in(["target", "weak"]).fill_null(False),
            inside=pl.col("before").str.count_matches(r"\(") > pl.col("before").str.count_matches(r"\)"),
            cue=pl.when(kind == "pause").then("opened_by").otherwise(word),
            cue_end=pl.col("offset") + word.str.len_chars().cast(pl.Int64),
        )
    )


def with_passages(outline: pl.DataFrame) -> pl.DataFrame:
    """The lines of `outline` with `passage` and `since` of `passages`, so that these are not read again."""
    return outline.join(passages(outline), on="line", how="left", maintain_order="left")


def passages(outline: pl.DataFrame) -> pl.DataFrame:
    """The lines of `outline` whose figures are targets for what stands above them: `line`, `passage` (the words), `since` (the line that has them)."""
    if "since" in outline.columns:
        return outline.select("line", "passage", "since").drop_nulls("since")
    words = vocabulary(VOCABULARY)
    text, heading, first = pl.col("text"), pl.col("heading"), pl.col("first")
    mark = f"^{BLANK}(?:{'|'.join(MARKS.values())})? ?"
    known = {name: any_of(listed) for name, listed in words["headings"].items()}
    plan = rf"({known['plans']})[。:)\s]*$"
    headings = outline.filter(heading.is_not_null() & ~text.str.contains(known["past"])).select(
        "line",
        passage=pl.coalesce(
            text.str.extract(f"({known['target']})"),
            pl.when(~text.str.contains(known["acts"])).then(text.str.extract(plan)),
        ),
    )
    lasting = [*words["openers"]["target"], *words["openers"]["plan"]]
    opener = f"{mark}({any_of([*lasting, *words['openers']['passing']])})"
    moved = f"{mark}[^,，。;；]*{any_of(words['openers']['moved'])}"
    openers = outline.filter(text.str.contains(opener) & ~text.str.contains(moved)).select(
        "line", passage=text.str.extract(opener)
    )
    said = (
        pl.concat([headings, openers])
        .drop_nulls()
        .unique("line", keep="first")
        .join(
            outline.select(
                "line",
                leads=heading.is_not_null()
                | (first & text.str.contains(f"{mark}{any_of(lasting)}"))
                | text.str.contains(any_of(words["openers"]["leads_list"])),
            ),
            on="line",
        )
    )
    enclosing = pl.coalesce(
        pl.when(first & (pl.col("mark") < ITEM)).then("mark"), heading, pl.when("opens").then(pl.lit(TITLE, pl.Int8))
    ).forward_fill()
    here = pl.when(pl.col("passage").is_not_null()).then("line")
    framed = outline.join(said, on="line", how="left", maintain_order="left").with_columns(
        here=here, enclosing=enclosing, leads=pl.col("leads").fill_null(False)
    )
    rank = pl.coalesce(
        pl.when((heading > TITLE) | pl.col("here").is_not_null()).then(heading),
        pl.when(first).then("mark"),
        pl.when("leads").then("enclosing"),
    )
    widely = scoped(framed, rank, pl.when("leads").then("here"))
    nearby = pl.coalesce("here", pl.when(first).then(0)).forward_fill()
    return (
        framed.select("line", since=pl.max_horizontal(widely, nearby))
        .filter(pl.col("since") > 0)
        .join(said.select("passage", since="line"), on="since", how="left", maintain_order="left")
    )
