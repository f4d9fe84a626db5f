"""Documents cut into the reports they hold.

A document holds none, one or many reports: pages compile a dozen of them under numbered headings,
glue some together without a heading, and pad them with introductions and recommendations. The words
that betray each of these are data, in `vocabulary/reports.toml`.

The unit of reading is the paragraph, a line that is not blank. Headings cut a document into
sections; salutations, titles, openings and closings cut a section into passages; a passage in which
one voice (我校) gives way to another (我区) is cut once more.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import polars as pl

from transforms.passages import fold, spans
from transforms.schema import table

VOCABULARY = "reports.toml"
COLUMNS = ["report_id", "document_id", "span_start", "span_end", "is_report", "title", "year", "reported_on"]
SCHEMA = pl.Schema({name: table("core.dim_report").frame_schema[name] for name in COLUMNS})

PARAGRAPH = r"[^\r\n\x0B\x0C\u{85}\u{2028}\u{2029}]+"
# Longest heading, salutation or closing and longest title, in code points.
LINE, TITLE = 80, 50
# Body that a report has before another may begin without a heading, and longest introduction.
BODY, INTRODUCTION = 300, 320
SECTION = ["document_id", "section"]


class VocabularyError(ValueError):
    """A vocabulary file that can't be used; the message names the file and the entry."""


@cache
def declared() -> dict[str, Any]:
    """The content of `vocabulary/reports.toml`."""
    return tomllib.loads(resources.files(__package__).joinpath("vocabulary", VOCABULARY).read_text("utf-8"))


@cache
def pattern(section: str, entry: str) -> str:
    """The regular expression of an entry, the members of a list joined as alternatives.

    Raises `VocabularyError` where the entry is missing or is no regular expression.
    """
    try:
        value = declared()[section][entry]
    except KeyError:
        raise VocabularyError(f"{VOCABULARY}: {section}.{entry} is missing") from None
    found = "|".join([value] if isinstance(value, str) else value).replace("NUMBER", declared()["number"]["pattern"])
    try:
        pl.select(pl.lit("").str.contains(found))
    except pl.exceptions.ComputeError as error:
        raise VocabularyError(f"{VOCABULARY}: {section}.{entry}: {error}") from error
    return found


@cache
def voices() -> pl.DataFrame:
    """`word, voice, rank`: the words that a report calls itself by, such as 我区."""
    rows = [
        {"word": before + word, "voice": voice, "rank": entry["rank"]}
        for voice, entry in declared()["voice"].items()
        for prefixes, kind in (("我本", "own"), ("全", "whole"))
        for before in prefixes
        for word in entry.get(kind, [])
    ]
    return pl.DataFrame(rows, schema={"word": pl.String, "voice": pl.String, "rank": pl.Int64})


def find_reports(documents: pl.DataFrame) -> pl.DataFrame:
    """The reports of each document, and the stretches in their place that are none.

    `documents` has `document_id`, `text`, `title` and `created_on` (ISO date or null). Returns
    `report_id`, `document_id`, `span_start`, `span_end` (code points of `text`), `is_report`,
    `title`, `year` (latest year reported on that the text states) and `reported_on` (ISO, as
    coarse as written), in text order. Headings and a site's padding are in no span; a list of
    recommended pages at the end is a row with `is_report` false.
    """
    paragraphs = _sectioned(_marked(_paragraphs(documents)))
    body = _cut_by_voice(_cut_by_marks(paragraphs.filter("body")))
    padding = paragraphs.filter("padding").with_columns(part=pl.lit(-1, pl.Int64))
    span = pl.col("span_end") - pl.col("span_start")
    found = (
        pl.concat([_passages(body), _passages(padding).filter(pl.col("paragraphs") > 1)])
        .with_columns(is_report=(pl.col("part") >= 0) & _is_report())
        # What stands before the first heading of a compilation is a report only if it looks like one.
        .filter((pl.col("section") > 0) | ~pl.col("compiled") | (pl.col("is_report") & (span > BODY)))
        .join(documents.select("document_id", "text", file_title="title"), on="document_id")
        .with_columns(text=fold(pl.col("text").str.slice("span_start", span)))
        .pipe(_dated)
    )
    alone = pl.len().over("document_id") == 1
    return (
        found.with_columns(
            report_id=pl.format("{}-{}", pl.col("document_id").str.head(16), "span_start"),
            title=pl.coalesce("title", pl.when(alone).then("file_title")),
            year=pl.when("is_report").then("year"),
            reported_on=pl.when("is_report").then("reported_on"),
        )
        .sort("document_id", "span_start")
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def _paragraphs(documents: pl.DataFrame) -> pl.DataFrame:
    """`document_id, paragraph, start, end, chars, line`: the lines that are not blank, bare and folded."""
    matches, ends = spans(pl.col("text"), PARAGRAPH)
    match, line = pl.col("match"), pl.col("match").str.strip_chars()
    left = match.str.len_chars() - match.str.strip_chars_start().str.len_chars()
    return (
        documents.select("document_id", match=matches, end=ends)
        .explode("match", "end")
        .filter(line.str.len_chars() > 0)
        .select(
            "document_id",
            start=(pl.col("end") - match.str.len_chars() + left).cast(pl.Int64),
            chars=line.str.len_chars().cast(pl.Int64),
            line=fold(line),
        )
        .with_columns(end=pl.col("start") + pl.col("chars"), paragraph=pl.int_range(pl.len(), dtype=pl.Int64))
    )


def _marked(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Adds what each paragraph is by itself: `heading`, `salutation`, `opening`, `closing`, `furniture` …"""
    line, chars = pl.col("line"), pl.col("chars")
    whole = ~line.str.contains(r"[。;,!?]$")
    stem = line.str.extract(pattern("heading", "counted"), 1)
    counted = stem.is_not_null() & (line.n_unique().over("document_id", stem) > 1)
    numbered = line.str.contains(pattern("heading", "numbered"))
    return paragraphs.with_columns(
        heading=(chars <= LINE) & whole & (numbered | counted),
        salutation=(chars <= LINE) & line.str.contains(pattern("opening", "salutations")),
        opening=line.str.contains(pattern("opening", "announces")),
        begins=line.str.contains(pattern("opening", "begins")),
        item=line.str.contains(pattern("title", "items")),
        titled=(chars <= TITLE)
        & whole
        & line.str.contains(pattern("title", "pattern"))
        & ~line.str.contains(pattern("title", "items")),
        dated=(chars <= LINE) & line.str.contains(pattern("closing", "date")),
        closing=(chars <= LINE) & line.str.contains(pattern("closing", "ends")),
        appendix=line.str.contains(pattern("closing", "appendix")),
        furniture=(chars <= LINE) & line.str.contains(pattern("furniture", "lines")),
        introduction=(chars <= INTRODUCTION) & line.str.contains(pattern("furniture", "introductions")),
        recommendation=(chars <= LINE) & line.str.contains(pattern("furniture", "recommendations")),
    )


def _sectioned(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """Adds `section`, `heading_line`, `title_line`, and whether a paragraph is `body`, `padding` or neither.

    What a site's editor put at the head of a section, and the titles above it, is in no report;
    nor is anything after the recommendations at its foot.
    """
    text = ~(pl.col("heading") | pl.col("furniture") | pl.col("recommendation"))
    prose = text & ~pl.col("titled") & ~pl.col("dated")
    spoken = pl.col("opening") | pl.col("line").str.contains_any(voices()["word"].to_list())
    editor = pl.col("furniture") | (pl.col("introduction") & ~spoken)
    written = (pl.col("chars") * (prose & ~editor)).cum_sum().over(SECTION)
    return (
        paragraphs.with_columns(section=pl.col("heading").cast(pl.Int64).cum_sum().over("document_id"))
        .with_columns(
            compiled=pl.col("heading").any().over("document_id"),
            heading_line=pl.col("line").filter("heading").first().over(SECTION),
            title_line=pl.col("line").filter("titled").first().over(SECTION),
            padding=(pl.col("recommendation") & (written > BODY)).cum_max().over(SECTION),
            past_editor=~(editor & (written < BODY)).cum_max(reverse=True).over(SECTION),
        )
        .with_columns(body=text & ~pl.col("padding") & pl.col("past_editor"))
    )


def _cut_by_marks(body: pl.DataFrame) -> pl.DataFrame:
    """Adds `part`, which counts the passages of a section that marks in the text begin.

    A passage begins with a salutation, a title above an opening, an opening after an earlier one, or
    the paragraph after a closing; each only when a report can have ended before it.
    """
    ended = pl.col("closing") | (pl.col("dated") & (pl.col("before") > BODY))
    signs = pl.col("closing") | pl.col("dated") | pl.col("appendix") | (pl.col("chars") <= LINE // 4)
    led = pl.col("opening") | pl.col("salutation")
    opened = pl.col("opening").cast(pl.Int64).cum_sum()
    body = body.with_columns(before=pl.col("chars").cum_sum().over(SECTION) - pl.col("chars"))
    body = body.with_columns(
        after=pl.col("chars").cum_sum(reverse=True).over(SECTION),
        # The first paragraph of a lead: one that begins like one, with nothing but the same below it before the opening.
        lead=(pl.col("begins") & ~pl.col("item") & pl.col("opening").shift(-1).over(SECTION)) | pl.col("opening"),
        opened=(opened - pl.col("opening").cast(pl.Int64)).over(SECTION),
        ended=ended.shift(1, fill_value=False).over(SECTION),
        leads_on=led.shift(-1, fill_value=False).over(SECTION) | led.shift(-2, fill_value=False).over(SECTION),
    )
    lead = pl.col("lead") & ~pl.col("item") & (pl.col("opened") > 0)
    cut = (
        (pl.col("salutation") & (pl.col("before") > BODY))
        | (pl.col("titled") & pl.col("leads_on") & (pl.col("before") > BODY))
        | (pl.col("ended") & ~signs & (pl.col("before") > BODY) & (pl.col("after") > BODY // 2))
        | (lead & ~pl.col("lead").shift(1, fill_value=False).over(SECTION) & (pl.col("before") > BODY))
    )
    return body.with_columns(part=cut.cast(pl.Int64).cum_sum().over(SECTION))


def _cut_by_voice(body: pl.DataFrame) -> pl.DataFrame:
    """Cuts a passage where one voice gives way to another for good.

    A voice from further up that comes first may be the background of the report, so there the new
    report must begin like one.
    """
    passage = [*SECTION, "part"]
    words = voices()
    heard = (
        body.select(
            *passage, "paragraph", "chars", "before", word=pl.col("line").str.extract_many(words["word"].to_list())
        )
        .explode("word")
        .drop_nulls("word")
        .join(words, on="word")
        .group_by(*passage, "voice", "rank")
        .agg(
            first=pl.col("paragraph").min(),
            last=pl.col("paragraph").max(),
            paragraphs=pl.col("paragraph").n_unique(),
            said=pl.len(),
        )
        .filter(pl.col("said") > 1)
        .sort(*passage, "first")
        .with_columns(
            heard_until=pl.col("last").cum_max().shift(1).over(passage),
            rank_before=pl.col("rank").shift(1).over(passage),
        )
        .filter(pl.col("first") > pl.col("heard_until"))
    )
    between = body.join(
        heard.select(*passage, "voice", "rank", "rank_before", "heard_until", "first"), on=passage
    ).filter(pl.col("paragraph") > pl.col("heard_until"), pl.col("paragraph") <= pl.col("first"))
    # The last paragraph of those between the voices that begins like a report; else the first that speaks in the new
    # voice, with the title or heading above it.
    begins = (pl.col("begins") & ~pl.col("item")) | pl.col("opening") | pl.col("salutation") | pl.col("titled")
    chosen = (
        between.with_columns(begins=begins, short=(pl.col("chars") < LINE // 2) & ~pl.col("item"))
        .sort("paragraph")
        .group_by(*passage, "voice", "rank", "rank_before", maintain_order=True)
        .agg(
            begun=pl.col("paragraph").filter("begins").last(),
            spoken=pl.when(pl.col("short").shift(1)).then(pl.col("paragraph").shift(1)).otherwise("paragraph").last(),
        )
        .filter(pl.col("begun").is_not_null() | (pl.col("rank") <= pl.col("rank_before")))
        .select("document_id", paragraph=pl.coalesce("begun", "spoken"), cut=pl.lit(1))
        .unique()
    )
    return body.join(chosen, on=["document_id", "paragraph"], how="left").with_columns(
        part=pl.col("part") * 1_000_000 + pl.col("cut").fill_null(0).cum_sum().over(passage)
    )


def _passages(paragraphs: pl.DataFrame) -> pl.DataFrame:
    """A row for each `part` of a section: its span, titles, date line and counts of what tells its genre."""
    line, dated = pl.col("line"), pl.col("dated")
    edge = 5  # lines from either end within which a title or a date belongs to the whole
    start = pl.col("start")
    return (
        paragraphs.group_by(*SECTION, "part")
        .agg(
            span_start=start.min(),
            span_end=pl.col("end").max(),
            paragraphs=pl.len(),
            compiled=pl.col("compiled").first(),
            heading_line=pl.col("heading_line").first(),
            section_title=pl.col("title_line").first(),
            own_title=line.head(edge).filter(pl.col("titled").head(edge)).first(),
            date_line=pl.coalesce(
                line.tail(edge).filter(dated.tail(edge)).last(), line.head(edge).filter(dated.head(edge)).first()
            ),
            works=line.str.count_matches(pattern("genre", "work")).sum(),
            essays=line.str.count_matches(pattern("genre", "essay")).sum(),
            figures=line.str.count_matches(pattern("genre", "figure")).sum(),
            slogans=line.str.contains(pattern("genre", "slogan")).mean(),
        )
        .with_columns(first=pl.col("span_start") == pl.col("span_start").min().over(SECTION))
        .with_columns(
            title=pl.coalesce("own_title", pl.when("first").then(pl.coalesce("section_title", "heading_line")))
        )
    )


def _is_report() -> pl.Expr:
    """Whether a passage is an organisation's account: not slogans, an essay, or anything else without work or figures."""
    works = pl.col("works") + pl.col("figures")
    slogans = (pl.col("slogans") > 0.7) & (pl.col("paragraphs") > 5) & (pl.col("works") < pl.col("paragraphs"))
    essay = pl.col("essays") * 3 > works
    entitled = pl.col("title").fill_null("").str.contains(pattern("genre", "title"))
    return (works > 0) & ~slogans & ~essay & ~entitled


YEAR = "(?:19|20)[0-9]{2}|[一二][九零][零一二三四五六七八九]{2}"
CHINESE_DIGITS = dict(zip("零一二三四五六七八九", "0123456789", strict=True))
CHINESE_DAYS = {
    "".join(tens + ones): str(10 * i + j)
    for i, tens in enumerate(["", "十", "二十", "三十"])
    for j, ones in enumerate(["", *"一二三四五六七八九"])
    if i + j
}


def _year(text: pl.Expr) -> pl.Expr:
    return text.str.head(4).str.replace_many(CHINESE_DIGITS).cast(pl.Int64)


def _dated(reports: pl.DataFrame) -> pl.DataFrame:
    """Adds `reported_on` from `date_line` and `year` from `text` and `title`.

    A law's year, a plan's, and one since which something is so are not reported on, nor is one after
    the report's own date. Where the text states no other, the report's date states the year.
    """
    date = pl.col("date_line").str.extract_groups(pattern("closing", "date"))
    month, day = (date.struct[part].replace(CHINESE_DAYS).str.zfill(2) for part in ("month", "day"))
    reported = pl.concat_str(
        date.struct["year"].str.replace_many(CHINESE_DIGITS), month, day, separator="-", ignore_nulls=True
    )
    reports = reports.with_columns(
        reported_on=pl.when(date.struct["year"].is_not_null()).then(reported),
        row=pl.int_range(pl.len()),
    )
    own = pl.coalesce("own_title", "section_title", pl.lit(""))
    text = pl.concat_str(own, pl.lit("\n"), pl.col("text").str.replace_all(pattern("year", "named"), ""))
    piece = pl.col("piece")
    years = (
        reports.select(
            "row", piece=text.str.extract_all(pattern("year", "stated")), latest=_year(pl.col("reported_on"))
        )
        .explode("piece")
        .filter(~piece.str.contains(pattern("year", "other")))
        .with_columns(year=_year(piece.str.extract(f"({YEAR})\\s*(?:年|[〕\\])》])")))
        .filter(pl.col("year") <= pl.col("latest").fill_null(2100))
        .group_by("row")
        .agg(pl.max("year"))
    )
    return reports.join(years, on="row", how="left").with_columns(
        year=pl.coalesce("year", _year(pl.col("reported_on")))
    )
