"""Documents cut into the reports they hold.

A document holds none, one or many reports: pages compile a dozen of them under numbered headings,
glue some together without a heading, and pad them with introductions and recommendations. The words
that betray each of these are data, in `vocabulary/reports.toml`.

The unit of reading is the paragraph, a line that is not blank. Headings cut a document into
sections; salutations, titles, openings and closings cut a section into passages; a passage in which
one voice (我校) gives way to another (我区) is cut once more.
"""

from functools import cache
from typing import Any

import polars as pl

from transforms.passages import fold, spans
from transforms.schema import table
from transforms.vocabulary import VocabularyError, expression, load

VOCABULARY = "reports.toml"
COLUMNS = ["report_id", "document_id", "span_start", "span_end", "is_report", "title", "year", "reported_on"]
SCHEMA = pl.Schema({name: table("core.dim_report").frame_schema[name] for name in COLUMNS})

PARAGRAPH = r"[^\r\n\x0B\x0C\u{85}\u{2028}\u{2029}]+"
# Longest heading, salutation or closing, longest title and longest introduction, in code points.
LINE, TITLE, INTRODUCTION = 80, 50, 320
# Least text of a report, in code points, before another may begin without a heading, and longest
# background that a report may set out before it speaks for itself.
BODY, BACKGROUND = 150, 300
# Longest text that an editor's lines may follow at the head of a page: before an introduction, before others.
PREAMBLE, BYLINE = 150, 40
# Paragraphs from either end of a report among which its title and its date stand.
EDGE = 5
# Last month in which a report is on the year before, and how many mentions of another year make one mention passing.
EARLY, SHARE = 4, 3

# What a page may set around a title.
ORNAMENTS = " *#《》【】—-=_~"

SECTION = ["document_id", "section"]
PASSAGE = [*SECTION, "part"]

CHINESE_DIGITS = dict(zip("零一二三四五六七八九", "0123456789", strict=True))
CHINESE_DAYS = {
    tens + ones: str(10 * i + j)
    for i, tens in enumerate(["", "十", "二十", "三十"])
    for j, ones in enumerate(["", *"一二三四五六七八九"])
    if i + j
}


@cache
def _declared() -> dict[str, Any]:
    return load(VOCABULARY)


@cache
def pattern(section: str, entry: str) -> str:
    """The regular expression of an entry of `vocabulary/reports.toml`, the members of a list as alternatives.

    Raises `VocabularyError` where the entry is missing or is no regular expression.
    """
    declared = _declared()
    try:
        value = declared[section][entry]
    except KeyError:
        raise VocabularyError(f"transforms/vocabulary/{VOCABULARY}: {section}.{entry} is missing") from None
    found = "|".join([value] if isinstance(value, str) else value)
    for name, part in declared["parts"].items():
        found = found.replace(name, part)
    return expression(found, f"{VOCABULARY}: {section}.{entry}")


@cache
def voices() -> pl.DataFrame:
    """`word, voice, rank`: the words that a report calls itself by, such as 我区, longest first.

    `rank` is the level, from 1 for the province to 5 for a unit. Words that only look like one have
    neither voice nor rank; they are listed so that a search finds them first.
    """
    declared = _declared()
    rows = [
        {"word": before + word, "voice": voice, "rank": entry["rank"]}
        for voice, entry in declared["voice"].items()
        for befores, kind in (("我本", "own"), ("全", "whole"))
        for before in befores
        for word in entry.get(kind, [])
    ]
    others = [{"word": word, "voice": None, "rank": None} for word in declared["voices"]["others"]]
    frame = pl.DataFrame(rows + others, schema={"word": pl.String, "voice": pl.String, "rank": pl.Int64})
    return frame.filter(~pl.col("word").is_in(declared["voices"]["others"]) | pl.col("rank").is_null()).sort(
        pl.col("word").str.len_chars(), descending=True, maintain_order=True
    )


def heard(text: pl.Expr) -> pl.Expr:
    """The words of `voices()` in a text, as a list."""
    return text.str.extract_many(voices()["word"].to_list(), leftmost=True)


def find_reports(documents: pl.DataFrame) -> pl.DataFrame:
    """The reports of each document, and the stretches in their place that are none.

    `documents` has `document_id`, `text`, and `title`, the title that the file states. Returns
    `report_id`, `document_id`, `span_start`, `span_end` (code points of `text`), `is_report`,
    `title`, `year` (latest year reported on that the text states) and `reported_on` (ISO, as coarse
    as written), in text order. Headings and a site's padding are in no span; a list of recommended
    pages at the end is a row with `is_report` false.
    """
    paragraphs = _sectioned(_marked(_split_headings(_paragraphs(documents))))
    body = _cut_by_voice(_cut_by_marks(paragraphs.filter("body")))
    padding = paragraphs.filter("padding").with_columns(part=pl.lit(-1, pl.Int64))
    length = pl.col("span_end") - pl.col("span_start")
    found = (
        pl.concat([_passages(body), _passages(padding).filter(pl.col("paragraphs") > 1)])
        .with_columns(is_report=(pl.col("part") >= 0) & _is_report())
        # What stands before the first heading of a compilation is a report only if it looks like one.
        .filter((pl.col("section") > 0) | ~pl.col("compiled") | (pl.col("is_report") & (length > BODY)))
        .join(documents.select("document_id", "text", file_title="title"), on="document_id")
        .with_columns(text=fold(pl.col("text").str.slice("span_start", length)))
        .pipe(_dated)
    )
    alone = pl.len().over("document_id") == 1
    reported = pl.col("is_report")
    return (
        found.with_columns(
            report_id=pl.format("{}-{}", pl.col("document_id").str.head(16), "span_start"),
            title=pl.coalesce("own_title", "given_title", pl.when(alone).then("file_title")).str.strip_chars(" *#=_~"),
            year=pl.when(reported).then("year"),
            reported_on=pl.when(reported).then("reported_on"),
        )
        .sort("document_id", "span_start")
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def _paragraphs(documents: pl.DataFrame) -> pl.DataFrame:
    """`document_id, start, line`: the lines that are not blank, bare and folded."""
    matches, ends = spans(pl.col("text"), PARAGRAPH)
    match, line = pl.col("match"), pl.col("match").str.strip_chars()
    left = match.str.len_chars() - match.str.strip_chars_start().str.len_chars()
    return (
        documents.select("document_id", match=matches, end=ends)
        .explode("match", "end", empty_as_null=False)
        .filter(line.str.len_chars() > 0)
        .select("document_id", start=(pl.col("end") - match.str.len_chars() + left).cast(pl.Int64), line=fold(line))
    )


def _split_headings(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Adds `heading`, `entitles`, `paragraph`, `chars` and `end`; a heading with text or a title behind it becomes a paragraph of its own."""
    line = pl.col("line")
    short = (line.str.len_chars() <= LINE) & ~line.str.contains(r"[。;,!?]$")
    marker = line.str.extract(f"({pattern('heading', 'first')})", 1)
    counted = line.str.extract_groups(pattern("heading", "counted"))
    repeated = counted.struct["number"].n_unique().over("document_id", counted.struct["stem"]) > 1
    title = pl.concat_str(counted.struct["stem"], counted.struct["number"])
    # 篇二:沿河街道2023年工作小结 has the report's own title, unless every heading says the same.
    entitled = line.str.strip_prefix(marker).str.strip_chars(f" :{ORNAMENTS}")
    own = (entitled != "") & entitled.is_unique().over("document_id", marker.is_not_null())
    titled = pl.when(counted.struct["stem"].is_not_null() & repeated).then(title.str.len_chars())
    heading = (
        pl.when(short & ((marker.is_not_null() & ~own) | line.str.contains(pattern("heading", "last"))))
        .then(line.str.len_chars())
        .when(marker.is_not_null())
        .then(marker.str.len_chars())
        .when(titled.is_not_null() & short & (line.str.len_chars() <= titled + 2))
        .then(line.str.len_chars())
        .otherwise(titled)
        .fill_null(0)
        .cast(pl.Int64)
    )
    pieces = pl.concat_list(line.str.head(pl.col("mark")), line.str.slice(pl.col("mark")))
    return (
        paragraphs.with_columns(mark=heading, own=own.fill_null(False))
        .with_columns(line=pieces, offset=pl.concat_list(pl.lit(0, pl.Int64), "mark"), heading=[True, False])
        .explode("line", "offset", "heading")
        .filter(line.str.len_chars() > 0)
        .with_columns(
            entitles=pl.col("own") & ~pl.col("heading"),
            start=pl.col("start") + pl.col("offset"),
            chars=line.str.len_chars().cast(pl.Int64),
            paragraph=pl.int_range(pl.len(), dtype=pl.Int64),
        )
        .select(
            "document_id",
            "paragraph",
            "start",
            "chars",
            "line",
            "heading",
            "entitles",
            end=pl.col("start") + pl.col("chars"),
        )
    )


def _marked(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Adds what each paragraph is by itself: `salutation`, `opening`, `closing`, `furniture` …"""
    line, chars = pl.col("line"), pl.col("chars")
    item = line.str.contains(pattern("title", "items"))
    plain, bare = ~line.str.contains(r"[。;,:!?]"), line.str.strip_chars(ORNAMENTS)
    spoken = line.str.contains(pattern("opening", "announces")) | (heard(line).list.len() > 0)
    introduction = (chars <= INTRODUCTION) & line.str.contains(pattern("furniture", "introductions"))
    editor = introduction & line.str.contains(pattern("furniture", "editors"))
    return paragraphs.with_columns(
        item=item,
        titled=(chars <= TITLE) & plain & ~item & bare.str.contains(pattern("title", "ends")),
        entitled=(chars <= TITLE) & plain & ~item & bare.str.contains(pattern("title", "campaign")),
        salutation=(chars <= LINE) & line.str.contains(pattern("opening", "salutations")),
        opening=line.str.contains(pattern("opening", "announces")),
        partial=line.str.contains(pattern("opening", "partial")),
        begins=~item & line.str.contains(pattern("opening", "begins")),
        dated=(chars <= LINE) & line.str.contains(pattern("closing", "date")),
        closing=(chars <= LINE) & line.str.contains(pattern("closing", "ends")),
        appendix=line.str.contains(pattern("closing", "appendix")),
        furniture=((chars <= LINE) & line.str.contains(pattern("furniture", "lines"))) | editor,
        introduction=introduction & (editor | ~spoken),
        recommendation=(chars <= LINE) & line.str.contains(pattern("furniture", "recommendations")),
    )


def _sectioned(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Adds `section`, its `given_title`, and whether a paragraph is `body`, `padding` or neither.

    What a site's editor put at the head of a section, and the titles above it, is in no report;
    nor is anything after the recommendations at its foot.
    """
    text = ~(pl.col("heading") | pl.col("furniture") | pl.col("recommendation"))
    prose = text & ~pl.col("titled") & ~pl.col("dated") & ~pl.col("introduction")
    written = (pl.col("chars") * prose).cum_sum().over(SECTION)
    editor = (pl.col("introduction") & (written < PREAMBLE)) | (pl.col("furniture") & (written < BYLINE))
    return (
        paragraphs.with_columns(
            section=pl.col("heading").cast(pl.Int64).cum_sum().over("document_id"),
            compiled=pl.col("heading").any().over("document_id"),
        )
        # Recommendations may stand between reports, too.
        .with_columns(entry=(pl.col("entitled") & (pl.col("chars").shift(-1) > BODY)).cum_sum().over(SECTION))
        .with_columns(
            padding=(pl.col("recommendation") & (written > BODY)).cum_max().over([*SECTION, "entry"]),
            past_editor=~editor.cum_max(reverse=True).over(SECTION),
        )
        .with_columns(
            body=text & ~pl.col("padding") & pl.col("past_editor"),
            given_title=pl.coalesce(
                pl.col("line").filter(pl.col("titled") & (written == 0)).first(),
                pl.col("line").filter("entitles").first(),
                pl.col("line").filter("heading").first(),
            ).over(SECTION),
        )
    )


def _cut_by_marks(body: pl.DataFrame) -> pl.DataFrame:
    """Adds `part`, which counts the passages of a section that marks in the text begin.

    A passage begins with a salutation, a title above an opening or of the campaign, an opening after an earlier one, or
    the paragraph after a closing; each only where a report can have ended.
    """

    def soon(mark: str, within: int) -> pl.Expr:
        following = [pl.col(mark).shift(-n, fill_value=False).over(SECTION) for n in range(1, within + 1)]
        return pl.any_horizontal(following)

    chars, opening = pl.col("chars"), pl.col("opening") & ~pl.col("partial") & ~pl.col("item")
    before = pl.col("line").shift(1, fill_value="").over(SECTION)
    body = body.with_columns(opening=opening).with_columns(
        before=chars.cum_sum().over(SECTION) - chars,
        after=chars.cum_sum(reverse=True).over(SECTION),
        opened=(pl.col("opening").cast(pl.Int64).cum_sum().over(SECTION) - pl.col("opening").cast(pl.Int64)) > 0,
        closed=pl.col("closing").shift(1, fill_value=False).over(SECTION),
        signed=pl.col("dated").shift(1, fill_value=False).over(SECTION),
        lead=pl.col("opening") | (pl.col("begins") & soon("opening", 2)),
        led=pl.col("opening") | pl.col("salutation") | pl.col("begins"),
        repeated=~pl.col("line").is_first_distinct().over(SECTION),
    )
    over = pl.col("closed") | pl.col("signed")
    # A title that opens with a dash stands below a main title, which is not told from a caption.
    above = pl.col("line").shift(2, fill_value="").over(SECTION)
    ended = _ends(before) | (pl.col("line").str.contains("^[—-]{2}") & _ends(above))
    follows = ~pl.col("closing") & ~pl.col("dated") & ~pl.col("appendix") & ~pl.col("item")
    begins = (
        (pl.col("salutation") & ~pl.col("repeated") & (over | soon("opening", 3)))
        | (pl.col("titled") & before.str.contains(r"[。;!?…]$") & (soon("opening", EDGE) | soon("salutation", EDGE)))
        | (pl.col("titled") & over)
        | (pl.col("entitled") & ~pl.col("repeated") & ended)
        | (pl.col("lead") & pl.col("opened") & ~pl.col("lead").shift(1, fill_value=False).over(SECTION))
        | (pl.col("closed") & follows & (chars > LINE // 4))
        | (pl.col("signed") & follows & (pl.col("led") | soon("led", 2)))
    )
    cut = begins & (pl.col("before") > BODY) & (pl.col("after") > BODY // 2)
    # A title, a salutation and an opening below one another begin one report, not three.
    cut = cut & ~pl.any_horizontal(cut.shift(n, fill_value=False).over(SECTION) for n in range(1, EDGE))
    return body.with_columns(part=cut.cast(pl.Int64).cum_sum().over(SECTION))


def _ends(line: pl.Expr) -> pl.Expr:
    """Whether a report can end with the line: a sentence, a paragraph without a full stop, or a rule."""
    return line.str.contains(r"[。;!?…]$") | (line.str.len_chars() > LINE) | ~line.str.contains(r"[\p{L}\p{N}]")


def _cut_by_voice(body: pl.DataFrame) -> pl.DataFrame:
    """Cuts a passage where one voice gives way to another for good.

    Between voices of one level the new report begins with the first paragraph that speaks in the new
    one; else with the last one before it that begins like a report, for a superior may be spoken of
    in passing. A voice from further down may be what a background leads up to: there, the first
    report must have announced itself, or the second does behind more than a background.
    """
    said = (
        body.select(*PASSAGE, "paragraph", word=heard(pl.col("line")))
        .explode("word")
        .join(voices(), on="word")
        .group_by(*PASSAGE, "voice", "rank")
        .agg(first=pl.col("paragraph").min(), last=pl.col("paragraph").max(), times=pl.len())
        .filter(pl.col("times") > 1)
        .sort(*PASSAGE, "first")
    )
    turns = said.with_columns(
        until=pl.col("last").cum_max().shift(1).over(PASSAGE), rank_before=pl.col("rank").shift(1).over(PASSAGE)
    ).filter(pl.col("first") > pl.col("until"))
    begun = pl.col("begins") | pl.col("opening") | pl.col("titled") | pl.col("salutation")
    heading = (pl.col("chars") <= LINE // 2) & ~pl.col("item") & ~pl.col("dated") & ~pl.col("closing")
    behind = pl.col("before") - pl.col("before").min().over(PASSAGE)
    here = pl.col("paragraph")
    cuts = (
        body.with_columns(behind=behind, announced=pl.col("opening").cum_max().over(PASSAGE))
        .join(turns.select(*PASSAGE, "voice", "rank", "rank_before", "until", "first"), on=PASSAGE)
        .filter(here > pl.col("until"), here <= pl.col("first"))
        .sort("paragraph")
        .group_by(*PASSAGE, "voice", "rank", "rank_before", maintain_order=True)
        .agg(
            announced=pl.col("announced").first(),
            begun=here.filter(begun & (pl.col("behind") > BODY)).last(),
            announces=here.filter(pl.col("opening") & (pl.col("behind") > BACKGROUND)).last(),
            spoken=pl.when(heading.shift(1)).then(here.shift(1)).otherwise(here).last(),
        )
        .with_columns(
            at=pl.when(pl.col("rank") == pl.col("rank_before"))
            .then(pl.coalesce("begun", "spoken"))
            .when((pl.col("rank") < pl.col("rank_before")) | pl.col("announced"))
            .then("begun")
            .otherwise("announces")
        )
        .drop_nulls("at")
        .select("document_id", paragraph="at", turn=pl.lit(1))
        .unique()
    )
    turn = pl.col("turn").fill_null(0).cum_sum().over(SECTION)
    return body.join(cuts, on=["document_id", "paragraph"], how="left", maintain_order="left").with_columns(
        part=pl.col("part") + turn
    )


def _passages(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """A row for each passage: its span, titles, date line and counts of what tells its genre."""
    line, titled, dated = pl.col("line"), pl.col("titled"), pl.col("dated")

    def count(entry: str) -> pl.Expr:
        return line.str.count_matches(pattern("genre", entry)).sum().cast(pl.Int64)

    return (
        paragraphs.group_by(*PASSAGE)
        .agg(
            span_start=pl.col("start").min(),
            span_end=pl.col("end").max(),
            paragraphs=pl.len(),
            compiled=pl.col("compiled").first(),
            given_title=pl.col("given_title").first(),
            own_title=line.head(EDGE).filter(titled.head(EDGE)).first(),
            date_line=pl.coalesce(
                line.tail(EDGE).filter(dated.tail(EDGE)).last(), line.head(EDGE).filter(dated.head(EDGE)).first()
            ),
            works=count("work"),
            essays=count("essay"),
            figures=count("figure"),
            slogans=line.str.contains(pattern("genre", "slogan")).mean(),
        )
        .with_columns(given_title=pl.when(pl.col("part") == 0).then("given_title"))
    )


def _is_report() -> pl.Expr:
    """Whether a passage is an organisation's account: no slogans, no essay, nothing without work or figures."""
    works = pl.col("works") + pl.col("figures")
    slogans = (pl.col("slogans") > 0.7) & (pl.col("paragraphs") > EDGE) & (pl.col("works") < pl.col("paragraphs"))
    essay = pl.col("essays") * 3 > works
    titles = pl.concat_str("own_title", "given_title", ignore_nulls=True)
    return (works > 0) & ~slogans & ~essay & ~titles.str.contains(pattern("genre", "title"))


def _year_of(text: pl.Expr) -> pl.Expr:
    return text.str.head(4).str.replace_many(CHINESE_DIGITS).cast(pl.Int64)


def _dated(reports: pl.DataFrame) -> pl.DataFrame:
    """Adds `reported_on` from `date_line` and `year` from `text` and the report's own title.

    A law's year, a plan's, and one since which something is so are not reported on, nor is one after
    the report's own date or after the years in its title. Where the text states no other, that date states the year.
    """
    date = pl.col("date_line").str.extract_groups(pattern("closing", "date"))
    year = date.struct["year"].str.replace_many(CHINESE_DIGITS)
    month, day = (date.struct[part].replace(CHINESE_DAYS).str.zfill(2) for part in ("month", "day"))
    reported_on = pl.concat_str(year, month, day, separator="-", ignore_nulls=True)
    reports = reports.with_columns(
        reported_on=pl.when(year.is_not_null()).then(reported_on), row=pl.int_range(pl.len())
    )
    prose = pl.col("text").str.replace_all(pattern("year", "named"), "")
    phrase, year = pl.col("phrase"), pl.col("year")
    in_phrase = phrase.str.extract(f"({_declared()['parts']['YEAR']})" + r"\s*(?:年|[\])》])")
    # Early in a year, a report is on the year before, if it speaks of it.
    early = pl.col("reported_on").str.slice(5, 2).cast(pl.Int64, strict=False) <= EARLY
    passing = pl.col("times") * SHARE < pl.col("times").max().over("row")
    stated = [
        reports.select(
            "row",
            "reported_on",
            phrase=text.str.extract_all(pattern("year", "stated")),
            written=_year_of(pl.col("reported_on")),
            in_title=pl.lit(in_title),
        )
        for text, in_title in ((pl.col("own_title"), True), (prose, False))
    ]
    titled = year.filter("in_title").max().over("row")
    years = (
        pl.concat(stated)
        .explode("phrase")
        .filter(~phrase.str.contains(pattern("year", "other")))
        .with_columns(year=_year_of(in_phrase))
        .filter(year <= pl.min_horizontal("written", titled).fill_null(2100))
        .group_by("row", "written", "reported_on", "year")
        .agg(times=pl.len())
        .filter(~passing)
        .filter(~(early & (year == pl.col("written")) & (year == pl.col("written") - 1).any().over("row")))
        .group_by("row")
        .agg(pl.max("year"))
    )
    return reports.join(years, on="row", how="left").with_columns(
        year=pl.coalesce("year", _year_of(pl.col("reported_on")))
    )
