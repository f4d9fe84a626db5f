"""Expressions of time in a text: dates, parts of a year, spans, 以来, 截至, 目前.

Each is read by itself, then beside its neighbours in the sentence and against the year of its
report. The grammar of dates is here; the words are data, in `vocabulary/periods.toml`.
"""

import re
from functools import cache

import polars as pl

from transforms.outline import BLANK, MARKS, any_of, occurrences, vocabulary
from transforms.vocabulary import VocabularyError

VOCABULARY = "periods.toml"
# Longest stretch before a date that still opens its sentence (全市自2015年以来), code points.
OPENING = 8
# How far behind a date its sentence is read, code points.
REACH = 48
# Who wrote it stands before the first sentence: 本报讯(通讯员某某)2019年以来.
_BYLINE = r"[^,;:。()]{0,12}\([^()]{2,30}\) ?(?:讯 ?)?"
# Ends a clause.
CLAUSE = "[,;:]"
# A figure begins here.
_FIGURE = "^(?:约|近|超|超过|不足)?[0-9xX×*一二两三四五六七八九十百千]"
# Before an act that is no event: a number says how often it was done (2020年共有3人获评).
_UNCOUNTED = "[^,;:。0-9xX×*一二两三四五六七八九十百千]"
# A sentence without one of these says nothing of time.
_TIME = "年|月|季度|[0-9][-./][0-9]|五.?(?:规划)?[期时末]|以来|目前|当前|现[有已共辖]|迄今|如今|眼下|入[春夏秋冬]|连日"

_DIGITS = "零一二三四五六七八九"


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


NUMERALS = {form: n for n in range(1, 32) for form in (str(n), f"0{n}", _chinese(n))} | {"两": 2}

_YEAR = r"(?:(?:19|20)[0-9]{2}|(?:一九|二[零○O0])[零○O0一二三四五六七八九]{2})"
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
    found: dict[str, tuple[int, int]] = {}
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
    relative = any_of([*declared["relative"], *words["same_year"], *words["next_year"]])
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
            rf"(?P<y3>{_YEAR})(?: ?年)?{_TO}(?P<y4>{_YEAR})(?: ?年度?)?",
            rf"(?:(?P<y5>{_YEAR}) ?年度?|(?P<r5>{relative}))? ?(?P<m5>{_MONTH})(?: ?月份?)?{_TO}(?P<m6>{_MONTH}) ?月份?(?:{_EDGE})?",
            rf"(?:(?P<y7>{_YEAR}) ?年|(?P<r7>{relative}))? ?(?P<m7>{_MONTH}) ?月 ?(?P<d7>{_DAY}) ?[日号]?{_TO}(?P<d8>{_DAY}) ?[日号]",
            rf"(?P<y8>{_YEAR})(?: ?年度?)?[、和及与]",
            rf"(?P<y10>{_YEAR})[-./](?P<m10>{_MONTH})[-./](?P<d10>{_DAY}){_TO}(?:(?P<y11>{_YEAR})[-./])?(?P<m11>{_MONTH})[-./](?P<d11>{_DAY})",
            rf"(?P<y9>{_YEAR})[-./](?:(?P<m9>{_MONTH})[-./](?P<d9>{_DAY})|(?P<n9>0[1-9]|1[0-2]))",
            rf"[\"'“‘]?(?P<plan>{any_of(declared['plans'])})[\"'”’]?(?:规划)?(?:期间|时期|期末|末|(?P<plan_on>以来|至今))",
            rf"(?:{any_of(words['recent_before'])})(?P<years>{number}) ?年多?(?:{any_of(words['recent_after'])})?",
            rf"(?P<years_on>{number}) ?年多?(?:来|以来|[间中]|累计)",
            _point("0", relative, part),
        ]
    )
    # x月份 alone leaves the year as it is.
    masked = rf"[0-9一二零]{{0,3}}{_MASK}+[0-9xX×*_]* ?年度?{_MASKED_MONTH}?"
    since = rf"(?P<since_after>[^,，。;；:：、(《》0-9\n]*?{any_of(words['since_after'])})"
    return "|".join(
        [
            rf"[比较]?(?P<last_year>{any_of(words['last_year'])})",
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
    point; `in_year` true of 今年以来; `relative` the years between the report's year and `y1` where that is not written;
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
    spans_two = pl.any_horizontal(
        f(name).is_not_null() for name in ("y2", "y4", "m2", "n2", "s2", "m6", "d8", "d11", "plan")
    )
    # 今年以来 can't reach beyond the year that a report is on.
    this_year = year_word.replace_strict(relative, default=None, return_dtype=pl.Int64).eq_missing(
        0
    ) & pl.all_horizontal(f(name).is_null() for name in ("m0", "p0", "m5", "m7"))
    in_year = this_year & since & ~until
    fixed = (
        (spans_two & f("plan_on").is_null())
        | in_year
        | pl.any_horizontal(f(name).is_not_null() for name in ("plain_after", "changed_before"))
        | (f("of").is_not_null() & ~f("until_before").str.starts_with("截").fill_null(False))
    )
    # 较2021年的3500万元 states a figure of that year.
    compared = f("of").is_not_null() & f("not_before").is_in(declared["words"]["compared"])
    mode = (
        pl.when(f("masked").is_not_null())
        .then(pl.lit("masked"))
        .when(f("vague").is_not_null())
        .then(pl.lit("vague"))
        .when(f("last_year").is_not_null())
        .then(pl.lit("point"))
        .when(f("now").is_not_null())
        .then(pl.lit("now"))
        .when((f("not_before").is_not_null() & ~compared) | f("not_after").is_not_null())
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
            y1=pl.coalesce(_year(first("y1", "y3", "y5", "y7", "y8", "y9", "y10", "y0")), plan[0]),
            m1=pl.coalesce(
                _number(first("m1", "n1", "s1", "m5", "m7", "m9", "n9", "m10", "m0", "n0", "s0")),
                month(0, "p1", "q1", "p0", "q0"),
            ),
            d1=_number(first("d1", "o1", "t1", "d7", "d9", "d10", "d0", "o0", "t0")),
            y2=pl.coalesce(_year(first("y2", "y4", "y11")), pl.when(f("plan_on").is_null()).then(plan[1])),
            m2=pl.coalesce(_number(first("m2", "n2", "s2", "m6", "m11")), month(1, "p2", "q2", "p0", "q0")),
            d2=_number(first("d2", "o2", "t2", "d8", "d11")),
            relative=year_word.replace_strict(relative, default=None, return_dtype=pl.Int64),
            years=_number(first("years", "years_on")),
        )
        .with_columns(
            mode=mode,
            in_year=in_year.fill_null(False),
            compared=compared.fill_null(False),
            context=pl.col("y1").is_null() & pl.col("relative").is_null() & pl.col("years").is_null(),
            m2=pl.when(pl.col("d2").is_not_null()).then(pl.coalesce("m2", "m1")).otherwise("m2"),
        )
        .drop("said")
    )


def _stamp(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """ISO, as coarse as its parts; without the day where the month has no such day."""
    to_month = pl.format("{}-{}", year, month.cast(pl.String).str.zfill(2))
    to_day = pl.format("{}-{}", to_month, day.cast(pl.String).str.zfill(2))
    return pl.coalesce(
        pl.when(to_day.str.to_date("%Y-%m-%d", strict=False).is_not_null()).then(to_day), to_month, year.cast(pl.String)
    )


def _year_before(stamp: pl.Expr) -> pl.Expr:
    return (stamp.str.head(4).cast(pl.Int64, strict=False) - 1).cast(pl.String) + stamp.str.slice(4)


def find_dates(texts: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The expressions of time of the texts, in running order.

    `texts` has `line`, `paragraph`, `report_id`, `front` (of its report), `heading` (null: none) and `text`; `reports` has `report_id`, `title`,
    `year` and `reported_on`. Out, beside `line`, `paragraph`, `place`, `offset` and `word`:

    - `mode`: `point` (a time or a span), `since`, `until`, `now`, `vague` (no bounds known), `masked`
    - `start`, `end`: the bounds that it gives, ISO, by itself or with its neighbours (2015年以来 …
      截至2018年底); `basis`: `stated`, or `resolved` where the year is not written
    - `run`, `nth`, `from`: years that follow each other as a list (2016年、2017年): the list, the
      position in it, the start of its first
    - `clause` (commas before it), `stop` (offset behind it), `opens` (its sentence), `opens_lead`,
      `inside` (brackets), `attached` and `bracketed` (speak for the figure beside them alone), `event` (dates its clause only), `happened` (its sentence only), `document` (is the year of a plan that the
      sentence names), `fine` (a day), `until_now` (截至 and the like)
    """
    found = occurrences(texts.filter(pl.col("text").str.contains(_TIME)), {"time": _grammar()})
    # A year that the text mentions somewhere is not for sure the one that 今年 means.
    entitled = pl.col("title").str.contains(_YEAR).fill_null(False)
    dated = entitled | pl.col("reported_on").is_not_null()
    year = pl.when(dated).then(
        pl.coalesce(pl.col("year"), pl.col("reported_on").str.slice(0, 4).cast(pl.Int64, strict=False))
    )
    read = (
        found.join(_parsed(found["word"]), on="word", how="left", maintain_order="left")
        .filter(pl.col("mode").is_not_null())
        .join(texts, on="line", how="left", maintain_order="left")
        .join(
            reports.select("report_id", "reported_on", year=year, entitled=entitled, latest="year"),
            on="report_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            mode=pl.when(pl.col("in_year") & ~pl.col("entitled")).then(pl.lit("since")).otherwise("mode"),
            stop=pl.col("offset") + pl.col("word").str.len_chars().cast(pl.Int64),
        )
        .drop("in_year", "entitled")
    )
    return read.pipe(_with_setting).pipe(_with_bounds).pipe(_with_neighbours)


def _with_setting(dates: pl.DataFrame) -> pl.DataFrame:
    """Adds what the text around a date says of it; without the dates that are part of a name."""
    words = vocabulary(VOCABULARY)["words"]
    before, behind = pl.col("before"), pl.col("behind")
    opening = rf"^{BLANK}(?:{'|'.join(MARKS.values())}|{_BYLINE})?"
    short = rf"[^,;:。]{{0,{OPENING}}}$"
    same_line = pl.col("line") == pl.col("line").shift(-1)
    listed = (
        pl.col("word").str.contains("[、和及与]$") & same_line & (pl.col("stop") == pl.col("offset").shift(-1))
    ).fill_null(False)
    # 由2015年的35%提高到78%: the year is that of the first figure alone.
    attached = (pl.col("word").str.contains("^从|的$") | before.str.ends_with("由")) & behind.str.contains(_FIGURE)
    # 由目前的1座增至3座
    attached |= (
        (pl.col("mode") == "now") & before.str.contains("[由从]$") & behind.str.contains(_FIGURE.replace("^", "^的?"))
    )
    bare = pl.col("word").str.contains("[0-9零○O一二三四五六七八九][、和及与]$")
    prose = ~pl.col("text").str.contains("\t")
    happened = f"{_UNCOUNTED}*{any_of(words['event'])}"
    last_year = pl.col("word").str.contains(f"{any_of(words['last_year'])}$")
    # 比去年同期的300起多 states a figure of then, 比去年同期多20起 a difference.
    difference = last_year & pl.col("word").str.contains("^[比较]") & ~behind.str.contains(_FIGURE.replace("^", "^的"))
    aside = any_of([*words["aside"], r"\($"])
    plan = (
        behind.str.contains(f"^[^《》]*{any_of(words['documents'])}》")
        & (pl.col("mode") == "point")
        & pl.col("y2").is_null()
        & pl.col("y1").is_not_null()
    )
    return (
        dates.with_columns(
            before=pl.col("text").str.slice(0, pl.col("offset")),
            behind=pl.col("text").str.slice(pl.col("stop"), REACH),
        )
        .with_columns(
            listed=listed,
            bare=bare,
            clause=before.str.count_matches(CLAUSE),
            opens=prose & before.str.contains(opening + short) & ~before.str.contains(aside),
            # It opens the sentence, or the sentence announces the report on it: 现将2015年3月至8月工作情况汇报如下.
            opens_lead=prose
            & (
                before.str.contains(rf"{opening}(?:{any_of(words['preamble'])}[^;:。]*,)?{short}")
                | (pl.col("word").str.contains("^[自从]") & before.str.contains(rf"{opening}[^,;:。]*$"))
                | behind.str.contains(rf"^[^,;:。]*{any_of(words['announced'])}")
                | before.str.contains(f"{any_of(words['figures'])}$")
            ),
            attached=attached | (last_year & ~difference),
            inside=before.str.count_matches(r"\(") > before.str.count_matches(r"\)"),
            bracketed=before.str.ends_with("(") & behind.str.starts_with(")"),
            event=(pl.col("mode") == "point") & behind.str.contains(f"^{happened}"),
            # 2018年2月,我市跻身提名行列 dates what follows in its sentence, and nothing beyond.
            happened=(pl.col("mode") == "point") & pl.col("m1").is_not_null() & behind.str.contains(f"^,{happened}"),
            difference=difference,
            document=before.str.count_matches("《") > before.str.count_matches("》"),
            plan=plan,
            fine=pl.col("d1").is_not_null(),
            until_now=pl.col("word").str.starts_with("截"),
            figured=behind.str.contains("[0-9xX×*]"),
        )
        .with_columns(mode=pl.when("attached").then(pl.lit("point")).otherwise("mode"))
        # 截至10月底,历年累计: the end stands.
        .filter(~((pl.col("mode") == "vague") & same_line.shift(1) & pl.col("until_now").shift(1)).fill_null(False))
        .filter((~pl.col("compared") | pl.col("attached")) & ~pl.col("difference"))
        .filter(
            (pl.col("mode") != "until")
            | ~pl.col("behind").str.contains(f"^{any_of(words['built'])}[^,;。]{{0,12}}[的、]")
        )
        .filter((~pl.col("bare") | pl.col("listed")) & (~pl.col("document") | pl.col("plan")))
        # The year of a plan says something only where the sentence itself has not yet said more.
        .filter(~pl.col("document") | ((~pl.col("document")).cum_sum().over("line") == 0))
        .drop("text", "before", "behind", "plan", "bare", "difference")
    )


def _with_bounds(dates: pl.DataFrame) -> pl.DataFrame:
    """Adds `first` and `last`, the bounds of the time itself, and `basis`; `mode` is `vague` where they stay unknown."""
    words = vocabulary(VOCABULARY)["words"]
    stated = pl.when(pl.col("mode") == "masked").then(-1).otherwise(pl.coalesce("y2", "y1"))
    two = pl.any_horizontal(pl.col(name).is_not_null() for name in ("y2", "m2", "d2", "years"))
    above = pl.col("heading").is_not_null() | (
        pl.col("front") & pl.col("opens_lead") & ~pl.any_horizontal("event", "happened")
    )
    # A lead of 截至2023年5月底,进展顺利 is written in that year.
    closing = pl.col("front") & (pl.col("mode") == "until") & pl.col("until_now") & ~pl.col("figured")
    # A bulletin of 3 January on 12月 is on the December before.
    written, signed = (pl.col("reported_on").str.slice(*part).cast(pl.Int64, strict=False) for part in ((0, 4), (5, 2)))
    # In a report on 2022年7月 it is 本月.
    month = above & (pl.col("mode") == "point") & pl.col("m1").is_not_null() & ~two & ~pl.col("fine")
    this_year = pl.when(pl.col("relative") == 0).then(pl.coalesce("year", "headed", -1))
    # A report that says 截至2019年8月底, and nothing of a later year, is written in 2019.
    until_month = (pl.col("mode") == "until") & pl.col("until_now") & pl.col("m1").is_not_null()
    not_yet = ((pl.col("year") == written) & (pl.col("m1") > signed)).fill_null(False).cast(pl.Int64)
    following = pl.col("word").is_in(words["next_year"]).cast(pl.Int64)
    over_new_year = (pl.col("y2").is_null() & (pl.col("m2") < pl.col("m1"))).fill_null(False).cast(pl.Int64)
    timed = (
        pl.col("mode").is_in(["point", "since", "until"])
        & pl.col("first").is_not_null()
        & (pl.col("first") <= pl.col("last"))
    )
    return (
        # The year of 6月份 and 当年 is the last that its paragraph names, or else the last in a heading
        # or the lead (rather not one since which something is so), or else that of the report. That of 今年 is the report's, or else that of a heading or the lead.
        dates.with_columns(
            year=pl.coalesce(
                "year", pl.when(until_month & (pl.col("y1") == pl.col("latest"))).then("y1").max().over("report_id")
            ),
            titled=pl.coalesce(
                pl.when(above & (pl.col("mode") != "since")).then(stated).forward_fill(),
                pl.when(above).then(stated).forward_fill(),
            ).over("report_id"),
            headed=pl.when((above & (pl.col("mode") == "point") & ~pl.col("attached")) | closing)
            .then(stated)
            .forward_fill()
            .over("report_id"),
            this_month=pl.when(month)
            .then(_stamp(pl.col("y1"), pl.col("m1"), pl.lit(None, pl.Int64)))
            .forward_fill()
            .over("report_id"),
        )
        .with_columns(
            named=pl.when(~pl.col("attached") & (pl.col("mode") != "since"))
            .then(pl.coalesce(stated, this_year))
            .forward_fill()
            .over("paragraph"),
            this_month=pl.when(pl.col("word").is_in(words["this_month"])).then("this_month"),
        )
        .with_columns(
            base=pl.when("context")
            .then(pl.coalesce("named", "titled", pl.col("year") - not_yet) + following)
            .otherwise(pl.coalesce("year", "headed") + pl.col("relative").fill_null(0))
        )
        .with_columns(base=pl.when(pl.col("base") > 0).then("base"))
        .with_columns(
            from_year=pl.coalesce("y1", pl.col("base") - pl.col("years").fill_null(1) + 1),
            to_year=pl.coalesce("y2", pl.coalesce("y1", "base") + over_new_year),
            basis=pl.when(pl.col("y1").is_null()).then(pl.lit("resolved")).otherwise(pl.lit("stated")),
        )
        .with_columns(
            first=pl.coalesce("this_month", _stamp(pl.col("from_year"), pl.col("m1"), pl.col("d1"))),
            mode=pl.when(pl.col("this_month").is_null()).then("mode").otherwise(pl.lit("point")),
        )
        .with_columns(last=pl.when(two).then(_stamp(pl.col("to_year"), pl.col("m2"), pl.col("d2"))).otherwise("first"))
        # 去年同期 is a year before the time that was named last.
        .with_columns(
            pl.when(pl.col("word").str.contains(f"{any_of(words['last_year'])}$"))
            .then(_year_before(pl.col(bound).shift(1).over("report_id")))
            .otherwise(bound)
            .alias(bound)
            for bound in ("first", "last")
        )
        .with_columns(
            mode=pl.when(timed | pl.col("mode").is_in(["now", "masked"])).then("mode").otherwise(pl.lit("vague"))
        )
    )


def _with_neighbours(dates: pl.DataFrame) -> pl.DataFrame:
    """Adds `start`, `end`, `run`, `nth` and `from`: what a date says beside the others."""
    mode = pl.col("mode")
    # 2015年以来 … 截至2018年底 gives both bounds, in either order; any other time between them ends the first.
    began = pl.when(mode == "since").then("first").when(mode.is_in(["point", "vague", "masked"])).then(pl.lit(""))
    opens = pl.col("opens") | (pl.col("opens_lead") & (mode == "since"))
    # What happens every year from then on (自2018年起每年) does not add up.
    began_above = pl.when(opens & ~pl.col("fine") & ~pl.col("word").str.ends_with("每")).then(began)
    ended = pl.when((mode.shift(1) == "until") & pl.col("until_now").shift(1)).then(pl.col("last").shift(1))
    # In running order, so that what begins a line or a paragraph differs from what stands before it.
    begins = {name: (pl.col(name) != pl.col(name).shift(1)).fill_null(True) for name in ("line", "paragraph")}

    def carried(said: pl.Expr, within: str) -> pl.Expr:
        """The last that was said up to here in the line or paragraph, null for nothing and for the empty text."""
        return pl.when(begins[within]).then(said.fill_null("")).otherwise(said).forward_fill().replace("", None)

    return (
        dates.with_columns(
            began=carried(began, "line"),
            began_above=carried(began_above, "paragraph"),
            ended=pl.when(~begins["line"]).then(ended),
            run=(~pl.col("listed").shift(1, fill_value=False)).cum_sum(),
        )
        .with_columns(
            start=pl.when(mode.is_in(["point", "since"]))
            .then("first")
            .when(mode == "now")
            .then("began")
            .when((mode == "until") & pl.col("until_now"))
            .then(pl.coalesce("began", "began_above")),
            end=pl.when(mode.is_in(["point", "until"])).then("last").when(mode == "since").then("ended"),
            nth=pl.int_range(pl.len(), dtype=pl.Int64).over("run"),
        )
        .with_columns(**{"from": pl.col("start").first().over("run")})
        .select(
            "line", "paragraph", "place", "offset", "stop", "word", "mode", "start", "end", "basis", "run", "nth", "from",
            "clause", "opens", "opens_lead", "attached", "bracketed", "inside", "event", "happened", "document", "fine", "until_now",
        )
    )  # fmt: skip
