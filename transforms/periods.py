"""When a figure holds: its period, and its rate (每年, 日均).

A period is read from the sentence of the figure, from what stands before it; else from the date that
opens its paragraph, from the heading above it, or from the title or lead paragraph of the report
(annotation guidelines, cases 2, 6, 7, 10, 11, 12 and 14). Words are data, in
`vocabulary/periods.toml`; the grammar of dates is here.
"""

import re
from functools import cache

import polars as pl

from transforms.outline import (
    BLANK,
    ITEM,
    MARKS,
    PLAIN_HEADING,
    TITLE,
    any_of,
    first_after,
    last_before,
    lines,
    located,
    occurrences,
    scoped,
    stretch,
    vocabulary,
)
from transforms.status import passages
from transforms.vocabulary import VocabularyError

VOCABULARY = "periods.toml"
# Longest stretch before a date that still opens its sentence (全市自2015年以来), and between a date
# and the 以来 that belongs to it (2015年启动创建工作以来), in code points.
OPENING, SINCE = 8, 24
# Paragraphs in which a lead is looked for.
_FRONT = 4
# How far behind a figure its sentence is read, in code points.
REACH = 12

_DIGITS = "零一二三四五六七八九"


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


NUMERALS = {form: n for n in range(1, 32) for form in (str(n), f"0{n}", _chinese(n))} | {"两": 2}

_YEAR = r"(?:(?:19|20)[0-9]{2}|(?:一九|二[零○O])[零○O一二三四五六七八九]{2})"
_MONTH, _DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12][0-9]|0?[1-9])"
_CHINESE_MONTH, _CHINESE_DAY = (
    r"(?:十[一二]?|[一二三四五六七八九])",
    r"(?:三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])",
)
_TO = r" ?(?:至|到|[-—–―─~]+) ?"
_EDGE = r"(?:年?底|年?末|年?初|[上中下]旬)"
_MASK = r"[xX×*_]"
_MASKED_MONTH = rf"(?: ?{_MASK}+ ?月份?(?: ?[0-9xX×*_]+ ?[日号])?)"


@cache
def _parts() -> dict[str, tuple[int, int]]:
    """The first and last month of every named part of a year.

    Raises `VocabularyError` for one that is not two months in order.
    """
    found = {}
    for span, words in vocabulary(VOCABULARY)["parts"].items():
        months = re.fullmatch("(1[0-2]|[1-9])-(1[0-2]|[1-9])", span)
        if not months or not (first := int(months[1])) <= (last := int(months[2])):
            raise VocabularyError(
                f"transforms/vocabulary/{VOCABULARY}: [parts] {span!r}: is no span of months such as 1-6"
            )
        found |= dict.fromkeys(words, (first, last))
    return found


def _point(tag: str, relative: str, part: str) -> str:
    """The pattern of one date, its groups named with `tag`."""
    day = rf"(?: ?(?P<d{tag}>{_DAY}|{_CHINESE_DAY}) ?[日号])"
    return (
        rf"(?:(?:(?P<y{tag}>{_YEAR}) ?年度?|(?P<r{tag}>{relative}))"
        rf"(?: ?(?P<p{tag}>{part})| ?(?P<m{tag}>{_MONTH}|{_CHINESE_MONTH}) ?月份?{day}?|{_MASKED_MONTH})?(?:{_EDGE})?"
        rf"|(?P<q{tag}>{part})"
        rf"|(?P<n{tag}>{_MONTH}) ?月份?(?: ?(?P<o{tag}>{_DAY}) ?[日号])?(?:{_EDGE})?"
        rf"|(?P<s{tag}>{_CHINESE_MONTH})月(?:份|(?P<t{tag}>{_CHINESE_DAY})[日号]|{_EDGE}))"
    )


@cache
def _grammar() -> str:
    """The pattern of every expression of time, with named groups for its parts."""
    declared = vocabulary(VOCABULARY)
    words = declared["words"]
    relative = any_of([*declared["relative"], *words["same_year"]])
    part = any_of(_parts())
    number = r"[0-9]{1,2}|[一二两三四五六七八九十]{1,2}"
    before = "|".join(
        rf"(?P<{name}>{any_of(words[name])})"
        for name in ("changed_before", "not_before", "since_before", "until_before")
    )
    behind = "|".join(
        rf"(?P<{name}>{any_of(words[name])})" for name in ("plain_after", "since_next", "until_after", "not_after")
    )
    date = "|".join(
        [
            rf"{_point('1', relative, part)}{_TO}{_point('2', relative, part)}",
            rf"(?P<y3>{_YEAR})(?: ?年)?(?:(?:、|和|及){_YEAR}(?: ?年)?)*(?:{_TO}|、|和|及)(?P<y4>{_YEAR}) ?年度?",
            rf"(?:(?P<y5>{_YEAR}) ?年度?|(?P<r5>{relative}))? ?(?P<m5>{_MONTH})(?: ?月份?)?{_TO}(?P<m6>{_MONTH}) ?月份?(?:{_EDGE})?",
            rf"(?:(?P<y7>{_YEAR}) ?年|(?P<r7>{relative}))? ?(?P<m7>{_MONTH}) ?月 ?(?P<d7>{_DAY}) ?[日号]?{_TO}(?P<d8>{_DAY}) ?[日号]",
            rf"(?P<y9>{_YEAR})[-./](?:(?P<m9>{_MONTH})[-./](?P<d9>{_DAY})|(?P<n9>0[1-9]|1[0-2]))",
            rf"[\"'“‘]?(?P<plan>{any_of(declared['plans'])})[\"'”’]?(?:规划)?(?:期间|时期|期末|末|(?P<plan_on>以来|至今))",
            rf"(?:{any_of(words['recent_before'])})(?P<years>{number}) ?年多?(?:{any_of(words['recent_after'])})?",
            rf"(?P<years_on>{number}) ?年多?(?:来|以来)",
            _point("0", relative, part),
        ]
    )
    masked = rf"[0-9一二零]{{0,3}}{_MASK}+[0-9xX×*_]* ?年度?{_MASKED_MONTH}?|{_MASK}+ ?月份?(?: ?[0-9xX×*_]+ ?[日号])?(?:{_EDGE})?"
    since = rf"(?P<since_after>[^,，。;；:：、(《》0-9\n]*?{any_of(words['since_after'])})"
    return "|".join(
        [
            rf"(?P<masked>{masked}){since.replace('since_after', 'masked_since')}?",
            rf"(?:{before})?(?:{date})(?:{behind}|{since}|(?P<of>的))?",
            rf"(?P<vague>{any_of(words['vague'])})",
            rf"(?P<now>{any_of(words['now'])})",
        ]
    )


def _year(group: pl.Expr) -> pl.Expr:
    return group.str.replace_many([*_DIGITS, "○", "O"], [*"0123456789", "0", "0"]).cast(pl.Int64, strict=False)


def _number(group: pl.Expr) -> pl.Expr:
    return group.replace_strict(NUMERALS, default=None, return_dtype=pl.Int64)


def _parsed(words: pl.Series) -> pl.DataFrame:
    """What each expression of time says, one row a distinct `word`.

    `mode` is `point` (or a span), `since`, `until`, `vague`, `now`, `masked`, or null where the date
    dates something else (2012年版). `y1 m1 d1 y2 m2 d2` are its bounds, the second null for one
    point; `relative` the years between the report's year and `y1` where that is not written;
    `context` true where the year is that of the passage or the report; `years` the length of 近三年.
    """
    declared = vocabulary(VOCABULARY)
    f = pl.col("said").struct.field
    plans, relative = declared["plans"], declared["relative"]

    def first(*names: str) -> pl.Expr:
        return pl.coalesce(f(name) for name in names)

    def month(bound: int, *names: str) -> pl.Expr:
        months = {word: span[bound] for word, span in _parts().items()}
        return first(*names).replace_strict(months, default=None, return_dtype=pl.Int64)

    plan = [
        f("plan").replace_strict(
            {name: years[bound] for name, years in plans.items()}, default=None, return_dtype=pl.Int64
        )
        for bound in (0, 1)
    ]
    year_word = first("r1", "r5", "r7", "r0")
    since = pl.any_horizontal(
        f(name).is_not_null() for name in ("since_before", "since_after", "since_next", "plan_on")
    )
    until = pl.any_horizontal(f(name).is_not_null() for name in ("until_before", "until_after"))
    spans_two = pl.any_horizontal(f(name).is_not_null() for name in ("y2", "y4", "m2", "n2", "s2", "m6", "d8", "plan"))
    fixed = (spans_two & f("plan_on").is_null()) | pl.any_horizontal(
        f(name).is_not_null() for name in ("of", "plain_after", "changed_before")
    )
    mode = (
        pl.when(f("masked").is_not_null())
        .then(pl.lit("masked"))
        .when(f("vague").is_not_null())
        .then(pl.lit("vague"))
        .when(f("now").is_not_null())
        .then(pl.lit("now"))
        .when(f("not_before").is_not_null() | f("not_after").is_not_null())
        .then(None)
        .when(fixed)
        .then(pl.lit("point"))
        .when(until & f("since_after").is_null())
        .then(pl.lit("until"))
        .when(since)
        .then(pl.lit("since"))
        .otherwise(pl.lit("point"))
    )
    return (
        pl.DataFrame({"word": words.unique()})
        .with_columns(said=pl.col("word").str.extract_groups(f"^(?:{_grammar()})"))
        .with_columns(
            y1=pl.coalesce(_year(first("y1", "y3", "y5", "y7", "y9", "y0")), plan[0]),
            m1=pl.coalesce(
                _number(first("m1", "n1", "s1", "m5", "m7", "m9", "n9", "m0", "n0", "s0")),
                month(0, "p1", "q1", "p0", "q0"),
            ),
            d1=_number(first("d1", "o1", "t1", "d7", "d9", "d0", "o0", "t0")),
            y2=pl.coalesce(_year(first("y2", "y4")), pl.when(f("plan_on").is_null()).then(plan[1])),
            m2=pl.coalesce(_number(first("m2", "n2", "s2", "m6")), month(1, "p2", "q2", "p0", "q0")),
            d2=_number(first("d2", "o2", "t2", "d8")),
            relative=year_word.replace_strict(relative, default=None, return_dtype=pl.Int64),
            years=_number(first("years", "years_on")),
        )
        .with_columns(
            mode=mode,
            context=pl.col("y1").is_null() & pl.col("relative").is_null() & pl.col("years").is_null(),
            m2=pl.when(pl.col("d2").is_not_null()).then(pl.coalesce("m2", "m1")).otherwise("m2"),
        )
        .drop("said")
    )


def read_periods(quantities: pl.DataFrame, sentences: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The quantities, in their order, with `period_start, period_end, period_basis, per, period_rules`.

    `quantities` has the columns of `stage.mention` up to `header`, `sentences` those of
    `stage.sentence`, `reports` at least `report_id`, `year` and `reported_on` (`core.dim_report`).
    Bounds are ISO, as coarse as written; null and null where no period is stated. `period_basis` is
    `stated`, `governing` or `resolved` (今年 and the like, against the report's year; unresolved and
    null where that is unknown). `per` is `day`, `week`, `month`, `quarter`, `year` or null.
    `period_rules` names rule and word, as `period=rule:word` and `per=rule:word` joined by `; `.
    Raises `VocabularyError` for a word of the vocabulary that can't be looked for.
    """
    outline = lines(sentences)
    mentions = located(quantities, outline).with_columns(
        clause=pl.col("text").str.slice(0, pl.col("offset")).str.count_matches(_CLAUSE)
    )
    headers = (
        mentions.select("report_id", text="header")
        .drop_nulls("text")
        .unique(maintain_order=True)
        # Headers are lines of their own, numbered downwards from -1.
        .with_columns(line=-1 - pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(paragraph="line")
    )
    dates = _dates(pl.concat([headers, outline.select(headers.columns)]), reports).pipe(_outside, mentions)
    headed = headers.rename({"text": "header", "line": "h_line"}).join(
        dates.filter(pl.col("mode").is_in(["point", "since", "until"]))
        .unique("line", keep="first", maintain_order=True)
        .select(h_line="line", **{f"h_{name}": name for name in _SAID}),
        on="h_line",
    )
    mentions = mentions.join(headed, on=["header", "report_id"], how="left", maintain_order="left")
    periods = _periods(mentions, outline, dates)
    rates = _rates(mentions, outline, dates)
    return quantities.with_columns(
        *periods.drop("rule").get_columns(),
        rates["per"],
        pl.concat([periods.select("rule"), rates.select(per_rule="rule")], how="horizontal")
        .select(period_rules=pl.concat_str("rule", "per_rule", separator="; ", ignore_nulls=True))
        .to_series(),
    )


_CLAUSE = "[,;:]"
# What a date says to a mention.
_SAID = ["mode", "start", "end", "basis", "word"]
# A sentence without one of these says nothing of time.
_TIME = "年|月|季度|[0-9][-./][0-9]|五.?(?:规划)?[期时末]|以来|目前|当前|现[有已共辖]|迄今|如今|眼下|入[春夏秋冬]|连日"


def _stamp(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """ISO, as coarse as its parts; without the day where the month has no such day."""
    full = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return pl.coalesce(
        pl.when(full.str.to_date("%Y-%m-%d", strict=False).is_not_null()).then(full),
        pl.format("{}-{}", year, month.cast(pl.String).str.zfill(2)),
        year.cast(pl.String),
    )


def _dates(texts: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The expressions of time of the texts (`line, paragraph, report_id, text`), in running order, with the period that each gives by itself or with its neighbours.

    `line, place, offset, word, mode, start, end, basis`; `clause` (commas before it), `opens` (its
    sentence), `opens_lead`, `event` (dates only its clause), `document` (is the year of a plan that
    the sentence names), `fine` (a day).
    """
    words = vocabulary(VOCABULARY)["words"]
    found = occurrences(texts.filter(pl.col("text").str.contains(_TIME)), {"time": _grammar()})
    year = pl.coalesce(pl.col("year"), pl.col("reported_on").str.slice(0, 4).cast(pl.Int64, strict=False))
    before, behind = pl.col("before"), pl.col("behind")
    titled = before.str.count_matches("《") > before.str.count_matches("》")
    opening = rf"^{BLANK}(?:{'|'.join(MARKS.values())})?"
    short = rf"[^,;:。]{{0,{OPENING}}}$"
    dates = (
        found.join(_parsed(found["word"]), on="word", how="left", maintain_order="left")
        .filter(pl.col("mode").is_not_null())
        .join(texts, on="line", how="left", maintain_order="left")
        .join(reports.select("report_id", year=year), on="report_id", how="left", maintain_order="left")
        .with_columns(
            before=pl.col("text").str.slice(0, pl.col("offset")),
            behind=pl.col("text").str.slice(pl.col("offset") + pl.col("word").str.len_chars(), 2 * SINCE),
        )
        .with_columns(
            clause=before.str.count_matches(_CLAUSE),
            opens=before.str.contains(opening + short) & ~before.str.contains(any_of([*words["aside"], r"\($"])),
            bracketed=before.str.ends_with("(") & behind.str.starts_with(")"),
            opens_lead=before.str.contains(rf"{opening}(?:{any_of(words['preamble'])}[^,;:。]*,)?{short}"),
            event=(pl.col("mode") == "point") & behind.str.contains(f"^[^,;:。]*{any_of(words['event'])}"),
            document=titled,
            plan=behind.str.contains(f"^[^《》]*{any_of(words['documents'])}》")
            & pl.col("y2").is_null()
            & pl.col("y1").is_not_null(),
            fine=pl.col("d1").is_not_null(),
        )
        .filter(~pl.col("document") | (pl.col("plan") & (pl.col("mode") == "point")))
        # The year of a plan says something only where the sentence itself has not yet said more.
        .filter(~pl.col("document") | (pl.col("document").not_().cum_sum().over("line") == 0))
    )
    context = (
        pl.when(pl.col("mode") == "masked").then(-1).otherwise(pl.coalesce("y2", "y1")).forward_fill().over("paragraph")
    )
    base = (
        pl.when(pl.col("context"))
        .then(pl.coalesce(context, "year"))
        .otherwise(pl.col("year") + pl.coalesce("relative", pl.lit(0)))
    )
    two = pl.any_horizontal(pl.col(name).is_not_null() for name in ("y2", "m2", "d2", "years"))
    late = pl.col("y2").is_null() & (pl.col("m2") < pl.col("m1"))
    dated = (
        dates.with_columns(base=pl.when(base > 0).then(base))
        .with_columns(
            from_year=pl.coalesce("y1", pl.col("base") - pl.coalesce("years", pl.lit(1)) + 1),
            to_year=pl.coalesce("y2", pl.coalesce("y1", "base") + late.fill_null(False).cast(pl.Int64)),
            basis=pl.when(pl.col("y1").is_null()).then(pl.lit("resolved")).otherwise(pl.lit("stated")),
        )
        .with_columns(first=_stamp(pl.col("from_year"), pl.col("m1"), pl.col("d1")))
        .with_columns(last=pl.when(two).then(_stamp(pl.col("to_year"), pl.col("m2"), pl.col("d2"))).otherwise("first"))
    )
    timed = (
        pl.col("mode").is_in(["point", "since", "until"])
        & pl.col("first").is_not_null()
        & (pl.col("first") <= pl.col("last"))
    )
    mode = pl.when(timed | pl.col("mode").is_in(["now", "masked"])).then("mode").otherwise(pl.lit("vague"))
    # 2015年以来 … 截至2018年底 gives both bounds, in either order; any other time between them ends the first.
    began = (
        pl.when(pl.col("mode") == "since")
        .then("first")
        .when(pl.col("mode").is_in(["point", "vague", "masked"]))
        .then(pl.lit(""))
    )
    in_line = began.forward_fill().over("line")
    in_paragraph = pl.when(pl.col("opens") & ~pl.col("fine")).then(began).forward_fill().over("paragraph")
    until_now = pl.col("word").str.starts_with("截")
    previous_until = (
        pl.when((pl.col("mode").shift(1) == "until") & until_now.shift(1)).then(pl.col("last").shift(1)).over("line")
    )
    return dated.with_columns(mode=mode).with_columns(
        start=pl.when(pl.col("mode").is_in(["point", "since"]))
        .then("first")
        .when(pl.col("mode") == "now")
        .then(pl.when(in_line != "").then(in_line))
        .when((pl.col("mode") == "until") & until_now)
        .then(pl.coalesce(pl.when(bound != "").then(bound) for bound in (in_line, in_paragraph))),
        end=pl.when(pl.col("mode").is_in(["point", "until"]))
        .then("last")
        .when(pl.col("mode") == "since")
        .then(previous_until),
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


def _governing(outline: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """`line`, `paragraph_date`, `section_date`: the dates that govern a line from its paragraph and from further above.

    They are places in running order (0 for none).
    """
    words = vocabulary(VOCABULARY)["words"]
    spoken = dates.filter((pl.col("mode") != "now") & ~pl.col("fine") & ~pl.col("event") & ~pl.col("document"))
    opening = (
        spoken.filter(pl.col("opens") | (pl.col("mode") == "masked")).group_by("line").agg(opener=pl.col("place").max())
    )
    leading = spoken.filter("opens_lead").group_by("line").agg(leader=pl.col("place").max())
    heading = spoken.group_by("line").agg(headed=pl.col("place").max())
    first, text = pl.col("first"), pl.col("text")
    marked = pl.coalesce("heading", pl.when("first").then("mark"))
    new_item = (pl.col("mark") == ITEM).fill_null(False)
    is_section = marked.is_between(TITLE + 1, ITEM - 1).fill_null(False)
    before_sections = pl.coalesce(pl.when(is_section).then(False), pl.when("opens").then(True)).forward_fill()
    distance = pl.col("paragraph") - pl.when("opens").then("paragraph").forward_fill()
    framed = (
        outline.join(opening, on="line", how="left", maintain_order="left")
        .join(leading, on="line", how="left", maintain_order="left")
        .join(heading, on="line", how="left", maintain_order="left")
        .with_columns(
            new_item=new_item,
            marked=marked,
            report=pl.col("opens").cum_sum(),
            is_section=is_section,
            front=before_sections & (distance < _FRONT),
            leads=first | (first & (text.str.len_chars() <= PLAIN_HEADING)).shift(1, fill_value=False) | new_item,
            in_item=pl.coalesce(pl.when(new_item).then(True), pl.when(first).then(False)).forward_fill(),
        )
    )
    # Only what stands before sections, or announces a report, can be its lead.
    announced = framed.filter("front").filter(text.str.contains(any_of(words["lead"])))
    introduced = pl.concat([announced.select("report"), framed.filter("is_section").select("report")]).unique()
    opener = pl.when(
        pl.coalesce(
            pl.when(pl.col("leads") & pl.col("opener").is_not_null()).then(True), pl.when(first).then(False)
        ).forward_fill()
    ).then("opener")
    introduces = pl.col("front") & pl.col("report").is_in(introduced["report"].implode())
    says = (
        pl.when(introduces)
        .then(pl.coalesce(pl.when(pl.col("heading") == TITLE).then("headed"), "leader"))
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
    return framed.select(
        "line",
        paragraph_date=pl.when(in_item > 0).then(in_item).otherwise(in_paragraph),
        section_date=scoped(framed, rank, pl.col("says")),
    )


def _periods(mentions: pl.DataFrame, outline: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """`period_start, period_end, period_basis, rule` of each mention, in order."""
    words = vocabulary(VOCABULARY)["words"]
    spoken = dates.with_columns(token_end=pl.col("offset") + pl.col("word").str.len_chars()).select(
        "place", "line", "offset", "clause", "event", "bracketed", "token_end", *_SAID
    )
    governing = dates.select("place", governing_line="line", **{f"g_{name}": name for name in _SAID})
    read = (
        mentions.pipe(
            last_before,
            spoken.filter(~pl.col("bracketed")).rename({"clause": "date_clause"}),
            ["date_clause", "event", "token_end", *_SAID],
        )
        .pipe(
            first_after,
            spoken.rename(
                {name: f"n_{name}" for name in ("offset", "clause", "bracketed", *_SAID)},
            ),
            ["n_offset", "n_clause", "n_bracketed", *(f"n_{name}" for name in _SAID)],
        )
        .join(_governing(outline, dates), on="line", how="left", maintain_order="left")
        .with_columns(
            governor=pl.coalesce(pl.col("paragraph_date").replace(0, None), "section_date"),
            in_paragraph=pl.col("paragraph_date") > 0,
        )
        .join(governing.rename({"place": "governor"}), on="governor", how="left", maintain_order="left")
        .join(passages(outline).select("line", "since"), on="line", how="left", maintain_order="left")
    )
    in_reach = pl.col("mode").is_not_null() & ~(pl.col("event") & (pl.col("date_clause") != pl.col("clause")))
    bracket = pl.col("n_bracketed") & (pl.col("n_offset") == pl.col("after") + 1)
    deadline = (pl.col("n_mode") == "until") & (pl.col("n_clause") == pl.col("clause")) & ~in_reach
    governed = (
        pl.col("g_mode").is_not_null()
        & (pl.col("governor") < pl.col("place"))
        & ~(pl.col("since") > pl.col("governing_line")).fill_null(False)
    )
    ongoing = governed & (pl.col("g_mode") == "since")
    told = stretch(pl.col("token_end"), pl.col("offset"))
    goes_on = (
        ongoing & (pl.col("mode") == "now") & pl.col("start").is_null() & told.str.contains(any_of(words["cumulative"]))
    )
    clause = pl.col("text").str.slice(0, pl.col("offset")).str.extract("([^,;:。]*)$")
    standing = clause.str.contains(any_of(words["standing"]))
    rule = (
        pl.when(pl.col("h_mode").is_not_null())
        .then(pl.lit("header"))
        .when(bracket)
        .then(pl.lit("bracket"))
        .when(deadline)
        .then(pl.lit("deadline"))
        .when(in_reach & goes_on)
        .then(pl.lit("governing"))
        .when(in_reach)
        .then(pl.lit("sentence"))
        .when(governed & ~standing)
        .then(pl.lit("governing"))
    )
    read = read.with_columns(rule=rule, from_above=pl.when(ongoing).then("g_start"))

    def by_rule(name: str) -> pl.Expr:
        prefix = {"header": "h_", "bracket": "n_", "deadline": "n_", "sentence": "", "governing": "g_"}
        return pl.coalesce(pl.when(pl.col("rule") == rule).then(f"{mark}{name}") for rule, mark in prefix.items())

    until_now = (pl.col("rule") == "sentence") & (pl.col("mode") == "until") & pl.col("word").str.starts_with("截")
    start = pl.coalesce(by_rule("start"), pl.when(until_now).then("from_above"))
    return read.with_columns(period_start=start, period_end=by_rule("end"), said=by_rule("word")).select(
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


def _rates(mentions: pl.DataFrame, outline: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """`per, rule` of each mention, in order."""
    declared = vocabulary(VOCABULARY)
    rates, pers = declared["rates"], declared["per"]
    flows = any_of(rates["flows"])
    kinds = {
        **{f"mean:{name}": any_of(per["mean"]) for name, per in pers.items()},
        **{f"each:{name}": any_of(per["words"]) for name, per in pers.items()},
        "no": f"{any_of(rates['not_flow'])}{any_of([per['flow'] for per in pers.values()])}",
        **{f"flow:{name}": f"{per['flow']}(?:均|平均)?{flows}" for name, per in pers.items()},
        "done": any_of(rates["done"]),
        "stop": any_of(rates["stop"]),
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
            token_clause=pl.col("before").str.count_matches(_CLAUSE),
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
    per_unit = pl.coalesce(
        pl.when(right.str.contains(f"^ ?{pattern}") | pl.col("raw_unit").str.contains(f"{pattern}$")).then(pl.lit(name))
        for name, pattern in behind.items()
    )
    return read.select(
        per=pl.coalesce(per_unit, pl.when(reaches).then("rate")),
        rule=pl.when(per_unit.is_not_null())
        .then(pl.format("per=unit:{}", per_unit))
        .when(reaches)
        .then(pl.format("per={}:{}", pl.col("how").replace("done", "each"), "cue")),
    )
