"""When a figure holds: its period, and its rate (每年, 日均).

A period is read from the sentence of the figure, from what stands before it; else from the date that
opens its paragraph, from the heading above it, or from the title or lead paragraph of the report
(annotation guidelines, cases 2, 6, 10, 11 and 12). The words are data, in `vocabulary/periods.toml`.
"""

import polars as pl

from transforms.dates import CLAUSE, VOCABULARY, find_dates
from transforms.outline import (
    BLANK,
    ITEM,
    PLAIN,
    PLAIN_HEADING,
    TITLE,
    any_of,
    first_after,
    last_before,
    lines,
    located,
    scoped,
    stretch,
    vocabulary,
)
from transforms.rates import read_rates
from transforms.status import passages

# Between a date and the figures that it alone speaks for: 由2015年的35%、28%提高到40%和33%.
_BESIDE = "^(?:[0-9.%万亿余多]+[、和及])?[^、]{0,2}$"
# What a date says to a mention.
_SAID = ["mode", "start", "end", "basis", "word"]


def read_periods(quantities: pl.DataFrame, sentences: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The quantities, in their order, with `period_start, period_end, period_basis, per, period_rules`.

    `quantities` has the columns of `stage.mention` up to `header`, `sentences` those of
    `stage.sentence`, `reports` at least `report_id`, `title`, `year` and `reported_on` (`core.dim_report`).
    Bounds are ISO, as coarse as written; null and null where no period is stated. `period_basis` is
    `stated`, `governing` or `resolved` (今年 and the like, against the year that the report's title or
    date states; unresolved and null where none does). `per` is `day`, `week`, `month`, `quarter`, `year` or null.
    `period_rules` names rule and word, as `period=rule:word` and `per=rule:word` joined by `; `.
    Raises `VocabularyError` for a word of the vocabulary that can't be looked for.
    """
    outline = lines(sentences)
    mentions = located(quantities, outline).with_columns(
        clause=pl.col("text").str.slice(0, pl.col("offset")).str.count_matches(CLAUSE)
    )
    headers = (
        mentions.select("report_id", text="header")
        .drop_nulls("text")
        .unique(maintain_order=True)
        # Headers are lines of their own, numbered downwards from -1.
        .with_columns(line=-1 - pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(paragraph="line", front=False, heading=pl.lit(None, pl.Int8))
    )
    dates = find_dates(pl.concat([headers, outline.select(headers.columns)]), reports).pipe(_outside, mentions)
    headed = headers.rename({"text": "header", "line": "h_line"}).join(
        dates.filter(pl.col("mode").is_in(["point", "since", "until"]))
        .unique("line", keep="first", maintain_order=True)
        .select(h_line="line", **{f"h_{name}": name for name in _SAID}),
        on="h_line",
    )
    mentions = mentions.join(headed, on=["header", "report_id"], how="left", maintain_order="left")
    periods = _periods(mentions, outline, dates)
    rates = read_rates(mentions, outline, dates)
    return quantities.with_columns(
        *periods.drop("rule").get_columns(),
        rates["per"],
        pl.concat([periods.select("rule"), rates.select(per_rule="rule")], how="horizontal")
        .select(period_rules=pl.concat_str("rule", "per_rule", separator="; ", ignore_nulls=True))
        .to_series(),
    )


def _outside(dates: pl.DataFrame, mentions: pl.DataFrame) -> pl.DataFrame:
    """The dates that no mention covers."""
    covered = dates.sort("place").join_asof(
        mentions.select(start_place="place", end_place=pl.col("place") + pl.col("after") - pl.col("offset")).sort(
            "start_place"
        ),
        left_on="place",
        right_on="start_place",
    )
    return covered.filter((pl.col("end_place") <= pl.col("place")).fill_null(True)).drop(
        "end_place", "start_place", strict=False
    )


def _governing(outline: pl.DataFrame, dates: pl.DataFrame, mentions: pl.DataFrame) -> pl.DataFrame:
    """The dates that govern a line: `line`, `paragraph_date`, `section_date` (from further above), `title_date`.

    They are places in running order (0 for none); that of a title is null where it names no months.
    """
    words = vocabulary(VOCABULARY)["words"]
    # What was done on one day says nothing of other things.
    day = pl.col("fine") & (pl.col("start") == pl.col("end")).fill_null(pl.col("mode") == "point")
    day |= pl.col("word").str.contains("[年月]初$")
    spoken = dates.filter(
        (pl.col("mode") != "now") & ~day & ~pl.any_horizontal("event", "happened", "document", "attached")
    )
    begins = pl.col("opens") | (pl.col("opens_lead") & (pl.col("mode") == "since"))
    this_year = pl.when(pl.col("basis") == "resolved").then("start").sort_by("place").last()
    # 2020年改造小区25个,今年扩面提速: what follows is of this year.
    begins |= pl.col("word").str.contains("^[今本]年度?$") & begins.any().over("line")
    opening = (
        spoken.filter(begins | (pl.col("mode") == "masked"))
        .group_by("line")
        .agg(opener=pl.col("place").max(), opener_year=this_year)
    )
    # 自2019年3月以来……,截至2021年8月底,进展顺利 gives both bounds, of no figure in particular.
    quiet = ~pl.col("line").is_in(mentions["line"].implode())
    both = (pl.col("mode") == "until") & pl.col("until_now") & pl.col("start").is_not_null()
    leading = (
        spoken.filter((pl.col("opens_lead") & (pl.col("mode") != "until")) | both)
        .group_by("line")
        .agg(
            leader=pl.col("place").max(),
            leader_year=this_year,
            begins=((pl.col("mode") == "since") & pl.col("word").str.contains(any_of(words["campaign"]))).any(),
        )
    )
    heading = spoken.group_by("line").agg(
        headed=pl.col("place").max(),
        titled=pl.col("place").min(),
        begun=pl.col("start").sort_by("place").first(),
    )
    first, text = pl.col("first"), pl.col("text")
    marked = pl.coalesce("heading", pl.when("first").then("mark"))
    # 首先,我谨代表市委、市政府 greets, and is no first item.
    new_item = (pl.col("mark") == ITEM).fill_null(False) & ~text.str.contains(f"^{BLANK}{any_of(words['greeting'])}")
    is_section = marked.is_between(TITLE + 1, ITEM - 1).fill_null(False)
    before_sections = pl.coalesce(
        pl.when(is_section | (first & new_item)).then(False), pl.when("opens").then(True)
    ).forward_fill()
    framed = (
        outline.join(opening, on="line", how="left", maintain_order="left")
        .join(leading, on="line", how="left", maintain_order="left")
        .join(heading, on="line", how="left", maintain_order="left")
        .with_columns(
            new_item=new_item,
            marked=marked,
            quiet=quiet,
            report=pl.col("opens").cum_sum(),
            is_section=is_section,
            front=before_sections & pl.col("front"),
            leads=first | (first & (text.str.len_chars() <= PLAIN_HEADING)).shift(1, fill_value=False) | new_item,
            in_item=pl.coalesce(pl.when(new_item).then(True), pl.when(first).then(False)).forward_fill(),
        )
    )
    # A report's lead is its first paragraph, under a title or without a figure, and what stands before its sections
    # or announces it.
    announced = framed.filter("front").filter(text.str.contains(any_of(words["lead"])))
    paragraph, body = pl.col("paragraph"), pl.col("heading").is_null()
    # A short line by itself may be a caption.
    introduced = (
        pl.concat([announced.filter(body), framed.filter("is_section", pl.col("heading") != PLAIN)])
        .group_by("report")
        .agg(announced=paragraph.max())
    )
    framed = framed.join(introduced, on="report", how="left", maintain_order="left")
    entitled = (framed.filter(pl.col("heading") == TITLE)["report"]).unique()
    opened = (paragraph == paragraph.filter(body).min().over("report")) & (
        pl.col("quiet").all().over("paragraph")
        | ((first | pl.col("quiet") | pl.col("begins")) & pl.col("report").is_in(entitled.implode()))
    )
    is_title = (pl.col("heading") == TITLE).fill_null(False)
    # Under a title of 2021年1-10月 a lead of 今年以来 is of those months.
    months = (
        pl.when(is_title & (pl.col("begun").str.len_chars() > len("2021")))
        .then(pl.col("begun").str.slice(0, 4))
        .max()
        .over("report")
    )
    opener = pl.when(
        pl.coalesce(
            pl.when(pl.col("leads") & pl.col("opener").is_not_null()).then(True), pl.when(first).then(False)
        ).forward_fill()
        & (pl.col("opener_year") != months).fill_null(True)
    ).then("opener")
    # 自2021年9月启动创建以来 may follow a paragraph that introduces the school.
    opened |= pl.col("begins").fill_null(False) & pl.col("report").is_in(entitled.implode())
    introduces = pl.col("front") & (is_title | (paragraph <= pl.col("announced")).fill_null(False) | opened)
    leader = pl.when((pl.col("leader_year") != months).fill_null(True)).then("leader")
    says = (
        pl.when(introduces)
        .then(pl.coalesce(pl.when(is_title).then("titled"), leader))
        .when(pl.col("heading").is_not_null())
        .then("headed")
    )
    framed = framed.with_columns(opener=opener, says=says, introduces=introduces)
    rank = (
        pl.when(pl.col("introduces") & pl.col("says").is_not_null())
        .then(pl.lit(TITLE, pl.Int8))
        .when(pl.col("marked") > TITLE)
        .then("marked")
    )
    in_item = pl.coalesce("opener", pl.when(first | pl.col("new_item")).then(0)).forward_fill()
    in_paragraph = pl.coalesce(pl.when(~pl.col("in_item")).then("opener"), pl.when(first).then(0)).forward_fill()
    # 其中 goes on from the sentence before, with the time that that one states.
    continues = ~first & text.str.contains(f"^{BLANK}{any_of(words['continuing'])}")
    before = pl.when(continues).then(pl.col("headed").shift(1))
    return framed.select(
        "line",
        paragraph_date=pl.coalesce(before, pl.when(in_item > 0).then(in_item).otherwise(in_paragraph)),
        section_date=scoped(framed, rank, pl.col("says")),
        title_date=pl.when(months.is_not_null()).then(pl.when(is_title).then("titled").max().over("report")),
    )


def _shared_out(mentions: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """The mentions with the dates of lists put right: 2016年、2017年 is both years, with 分别 each figure has its own."""
    told = stretch(pl.col("stop"), pl.col("offset"))
    apart = told.str.contains(any_of(vocabulary(VOCABULARY)["words"]["respectively"])).fill_null(False)
    own = dates.select("run", share="nth", own_start="start", own_end="end")
    is_list = pl.col("nth") > 0
    return (
        mentions.with_columns(
            share=pl.when(is_list & apart).then(pl.col("place").rank("ordinal").over("run").cast(pl.Int64) - 1)
        )
        .join(own, on=["run", "share"], how="left", maintain_order="left")
        .with_columns(
            start=pl.coalesce("own_start", pl.when(is_list).then("from").otherwise("start")),
            end=pl.coalesce("own_end", "end"),
        )
    )


def _periods(mentions: pl.DataFrame, outline: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """`period_start, period_end, period_basis, rule` of each mention, in order."""
    words = vocabulary(VOCABULARY)["words"]
    spoken = dates.select(
        "place",
        "line",
        "offset",
        "clause",
        "event",
        "attached",
        "bracketed",
        "inside",
        "stop",
        "until_now",
        "run",
        "nth",
        "from",
        *_SAID,
    )
    section = dates.select(section_date="place", section_start="start", section_end="end")
    title = dates.select(title_date="place", title_start="start", title_end="end")
    governing = dates.select("place", governing_line="line", **{f"g_{name}": name for name in _SAID})
    read = (
        mentions.pipe(
            last_before,
            spoken.filter(~pl.col("bracketed") & ~pl.col("attached")).rename({"clause": "date_clause"}),
            ["date_clause", "event", "inside", "stop", "until_now", "run", "nth", "from", *_SAID],
        )
        .pipe(
            last_before,
            spoken.filter("attached").rename({name: f"a_{name}" for name in ("stop", *_SAID)}),
            [f"a_{name}" for name in ("stop", *_SAID)],
        )
        .with_columns(attached=stretch(pl.col("a_stop"), pl.col("offset")).str.contains(_BESIDE).fill_null(False))
        .pipe(
            first_after,
            spoken.rename(
                {name: f"n_{name}" for name in ("offset", "clause", "bracketed", *_SAID)},
            ),
            ["n_offset", "n_clause", "n_bracketed", *(f"n_{name}" for name in _SAID)],
        )
        .join(_governing(outline, dates, mentions), on="line", how="left", maintain_order="left")
        .with_columns(
            governor=pl.coalesce(pl.col("paragraph_date").replace(0, None), "section_date"),
            in_paragraph=pl.col("paragraph_date") > 0,
        )
        .join(governing.rename({"place": "governor"}), on="governor", how="left", maintain_order="left")
        .join(section, on="section_date", how="left", maintain_order="left")
        .join(title, on="title_date", how="left", maintain_order="left")
        .join(passages(outline).select("line", "since"), on="line", how="left", maintain_order="left")
        .pipe(_shared_out, dates)
    )
    told = stretch(pl.col("stop"), pl.col("offset"))
    left_behind = (
        (pl.col("event") & (pl.col("date_clause") != pl.col("clause")))
        | (pl.col("inside") & told.str.contains(r"\)"))
        # A deadline is that of its part of the sentence, and so is what stands at the time of writing.
        | (((pl.col("mode") == "until") & ~pl.col("until_now") | (pl.col("mode") == "now")) & told.str.contains(";"))
    )
    read = read.with_columns(in_reach=pl.col("mode").is_not_null() & ~left_behind)
    in_reach = pl.col("in_reach")
    bracket = pl.col("n_bracketed") & (pl.col("n_offset") == pl.col("after") + 1)
    # 截至6月底完成56个,其余34个将于9月底前完成: what stands in the figure's own clause is nearer.
    apart = ~in_reach | (pl.col("date_clause") != pl.col("clause"))
    deadline = (pl.col("n_mode") == "until") & (pl.col("n_clause") == pl.col("clause")) & apart
    governed = (
        pl.col("g_mode").is_not_null()
        & (pl.col("governor") < pl.col("place"))
        & ~(pl.col("since") > pl.col("governing_line")).fill_null(False)
    )
    # 目前 goes on from what began before.
    ongoing = governed & (pl.col("g_mode") == "since")
    now = (pl.col("mode") == "now") & pl.col("start").is_null()
    goes_on = now & ongoing & told.str.contains(any_of(words["cumulative"]))
    # In a report on one year, 截至目前 and 现有 are of that year; 目前 alone is of no stated time.
    of_report = (pl.col("g_start") == pl.col("section_start")) & (pl.col("g_end") == pl.col("section_end"))
    of_year = (
        now
        & pl.col("word").str.contains("^截|现")
        & governed
        & (~pl.col("in_paragraph") | of_report.fill_null(False))
        & pl.col("g_start").is_not_null()
        & pl.col("g_end").is_not_null()
    )
    clause = pl.col("text").str.slice(0, pl.col("offset")).str.extract("([^,;:。]*)$")
    # A level does not add up from year to year.
    level = clause.str.contains(any_of(words["level"]))
    standing = ongoing & (clause.str.contains(any_of(words["standing"])) | level)
    rule = (
        pl.when(pl.col("h_mode").is_not_null())
        .then(pl.lit("header"))
        .when(bracket)
        .then(pl.lit("bracket"))
        .when("attached")
        .then(pl.lit("attached"))
        .when(deadline)
        .then(pl.lit("deadline"))
        .when(in_reach & (goes_on | of_year))
        .then(pl.lit("governing"))
        .when(in_reach)
        .then(pl.lit("sentence"))
        .when(governed & ~standing)
        .then(pl.lit("governing"))
    )
    read = read.with_columns(rule=rule)

    def by_rule(name: str) -> pl.Expr:
        prefix = {
            "header": "h_",
            "attached": "a_",
            "bracket": "n_",
            "deadline": "n_",
            "sentence": "",
            "governing": "g_",
        }
        return pl.coalesce(pl.when(pl.col("rule") == rule).then(f"{mark}{name}") for rule, mark in prefix.items())

    by_sentence = pl.col("rule") == "sentence"
    until_now = by_sentence & (pl.col("mode") == "until") & pl.col("until_now")
    # 截至2021年底,全市共有志愿者3万人 is a stock, too.
    stock = told.str.contains(f"^,?[^,;:。]*{any_of(words['stock'])}")
    start = pl.when(~(until_now & (level | stock)).fill_null(False)).then(by_rule("start"))
    # 2018年4月启动创建,累计投入2亿元: since then.
    begun = f"^[^,;:]*{any_of(words['begun'])}[^;:]*,[^,;:]*{any_of(words['summed'])}"
    since_then = by_sentence & (pl.col("mode") == "point") & told.str.contains(begun).fill_null(False)
    end = pl.when(~since_then).then(by_rule("end"))
    # 今年 in a report on 2023年1-10月 is those months.
    months = by_sentence & pl.col("word").str.contains("^[今本]年度?(?:以来)?$")
    months &= pl.all_horizontal(
        pl.col(bound).str.starts_with(pl.col("start")) for bound in ("title_start", "title_end")
    )
    months = months.fill_null(False)
    return read.with_columns(
        period_start=pl.when(months).then("title_start").otherwise(start),
        period_end=pl.when(months).then("title_end").otherwise(end),
        said=by_rule("word"),
    ).select(
        "period_start",
        "period_end",
        period_basis=pl.when(pl.col("period_start").is_not_null() | pl.col("period_end").is_not_null()).then(
            pl.when(by_rule("basis") == "resolved")
            .then(pl.lit("resolved"))
            .when(pl.col("rule") == "governing")
            .then(pl.lit("governing"))
            .otherwise(pl.lit("stated"))
        ),
        rule=pl.format(
            "period={}:{}",
            pl.when(pl.col("rule") != "governing")
            .then("rule")
            .otherwise(pl.when("in_paragraph").then(pl.lit("paragraph")).otherwise(pl.lit("section"))),
            "said",
        ),
    )
