"""What stands over a sentence: the line it is on, the headings above it, and the cue words in it.

Status and period are often said once for a whole passage. Here a passage is found: `lines` numbers
the sentences and ranks the headings, `scoped` carries what a heading says to every sentence under
it, `occurrences` finds cue words with their place in running order, and `last_before` looks up the
last of them before a mention.
"""

from collections import Counter
from functools import cache
from typing import Any, Literal

import polars as pl

from transforms.passages import each_match
from transforms.vocabulary import VocabularyError, load

# Places in running order are `line * LINE + offset in the sentence`, one integer that sorts.
LINE = 2**32

TITLE, SECTION, PLAIN, ITEM = 0, 1, 2, 7
# Marks that open a heading or list item, outermost first, as a report's headings are nested by
# custom (GB/T 9704-2012, 7.3.3: 一、 then (一) then 1. then (1)); 一是 is the item of a list in prose.
_CHINESE = r"[一二三四五六七八九十百]{1,4}"
MARKS = {
    SECTION: rf"{_CHINESE} ?[、.,:]|第{_CHINESE}[章节部]分?",
    3: rf"\({_CHINESE}\)",
    4: r"[0-9]{1,2} ?(?:[、.:]|\.[0-9]{1,2} )",
    5: r"\([0-9]{1,2}\)|[0-9]{1,2}\)",
    6: r"[①②③④⑤⑥⑦⑧⑨⑩]",
    ITEM: rf"(?:第?{_CHINESE}(?:是|要|来,|则|方面)|首先|其次|再次|最后|其[一二三四五六])",
}
BLANK = r"[ \t\r\n#*>·•●◆■□▲★—-]*"
_FIRST = r"^" + BLANK + r"(?:[(第]?一|首先|其一|\(?1[^0-9]|①)"
# Longest unnumbered heading and longest heading of any kind, in code points.
PLAIN_HEADING, HEADING = 30, 60
# Paragraphs at the front of a report, among which its title and its lead are looked for, and most lines above the lead.
FRONT = 4
MASTHEAD = 6


@cache
def vocabulary(name: str) -> dict[str, Any]:
    """The tables of cue words in `vocabulary/<name>`, read once.

    Raises `VocabularyError` naming file and entry where a word is listed twice in one list, is no
    regular expression, or would match nothing at all.
    """
    declared = load(name)
    check_words(f"transforms/vocabulary/{name}", declared)
    return declared


def check_words(where: str, declared: dict[str, Any]) -> None:
    """Raise `VocabularyError` for the first word of a vocabulary that can't be looked for."""
    for entry, value in declared.items():
        if isinstance(value, dict):
            check_words(f"{where}: {entry}", value)
        listed = value if isinstance(value, list) else [value]
        words = [word for word in [*listed, entry] if isinstance(word, str)]
        if twice := sorted(word for word, count in Counter(words[:-1]).items() if count > 1):
            raise VocabularyError(f"{where}: {entry}: listed twice: {', '.join(twice)}")
        for word in words:
            try:
                matches_nothing = pl.select(pl.lit("").str.contains(word)).item()
            except pl.exceptions.ComputeError as error:
                raise VocabularyError(f"{where}: {entry}: {word!r}: {error}") from error
            if matches_nothing:
                raise VocabularyError(
                    f"{where}: {entry}: {word!r} matches nothing at all, so it would match everywhere"
                )


def any_of(words: list[str] | dict[str, Any]) -> str:
    """One pattern for all words, the longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def lines(sentences: pl.DataFrame) -> pl.DataFrame:
    """The sentences (`stage.sentence`) in running order, with what the headings among them are.

    Adds `line` and `paragraph` (running numbers over all documents, from 1), `opens` (first of its
    report), `front` (in the first paragraphs of its report), `first` (first of its paragraph), `mark` (rank of the heading or item mark that it begins
    with: 1 to 7, else null), `fresh` (the mark is the first of a list) and `heading` (rank of the
    heading that it is, 0 for a title, else null). Sentences that have been through it are returned as
    they are.
    """
    if "line" in sentences.columns:
        return sentences
    text = pl.col("text").str.strip_chars()
    length = text.str.len_chars()
    marks = [rf"(?P<mark{rank}>{pattern})" for rank, pattern in MARKS.items()]
    opening = pl.col("text").str.extract_groups(f"^{BLANK}(?:{'|'.join(marks)})").struct
    mark = pl.coalesce(
        pl.when(opening.field(f"mark{rank}").is_not_null()).then(pl.lit(rank, pl.Int8)) for rank in MARKS
    )
    alone = pl.col("first") & pl.col("first").shift(-1, fill_value=True)
    short = alone & length.is_between(2, PLAIN_HEADING) & ~pl.col("text").str.contains(r"[,;。!?\t]")
    # 以创建促服务,以服务暖民心 at the top of a report
    entitles = pl.col("opens") & alone & length.is_between(2, HEADING) & ~text.str.contains(r"[;。!?\t]|[,:]$")
    return (
        sentences.sort("document_id", "start")
        .with_row_index("line", offset=1)
        .with_columns(
            line=pl.col("line").cast(pl.Int64),
            opens=pl.struct("document_id", "report_id").rle_id().diff().fill_null(1) != 0,
            first=pl.struct("document_id", "paragraph_id").rle_id().diff().fill_null(1) != 0,
            paragraph=pl.struct("document_id", "paragraph_id").rle_id().cast(pl.Int64) + 1,
            mark=mark,
            fresh=pl.col("text").str.contains(_FIRST),
        )
        .with_columns(
            nth=pl.col("paragraph") - pl.when("opens").then("paragraph").forward_fill(),
            report=pl.col("opens").cum_sum(),
        )
        # However many lines its masthead has, its first paragraph is in front.
        .with_columns(body=pl.when(~short & ~entitles).then("nth").min().over("report").clip(FRONT - 1, MASTHEAD))
        .with_columns(front=pl.col("nth") <= pl.coalesce("body", FRONT - 1))
        .with_columns(
            heading=pl.when(pl.col("first") & (pl.col("mark") < ITEM) & (length <= HEADING))
            .then("mark")
            .when((entitles | (short & pl.col("front"))) & pl.col("mark").is_null())
            .then(pl.lit(TITLE, pl.Int8))
            .when(short & pl.col("mark").is_null())
            .then(pl.lit(PLAIN, pl.Int8))
        )
        .drop("nth", "report", "body")
    )


def scoped(lines: pl.DataFrame, rank: pl.Expr, value: pl.Expr) -> pl.Series:
    """What the innermost heading above each of the `lines` says: its `value`, else 0.

    `rank` is the rank of the heading that a line is (null for none), `value` a positive integer that
    it says (null for nothing). A heading's say ends at the next heading of its rank or above; the
    first mark of a list begins a list of its own and ends nothing of its own rank.
    """
    headings = lines.select("opens", rank=rank, said=value.fill_null(0), lasting=pl.col("fresh") & value.is_null())

    def at(level: int) -> pl.Expr:
        """What the heading of that rank or above says that a line stands under."""
        ends = pl.col("opens") | (pl.col("rank") < level) | ((pl.col("rank") == level) & ~pl.col("lasting"))
        return pl.when(ends).then(pl.when(pl.col("rank") <= level).then("said").otherwise(0)).forward_fill()

    levels = {f"level{level}": at(level) for level in range(ITEM, TITLE - 1, -1)}
    return (
        headings.select(**levels)
        .select(pl.coalesce(pl.when(pl.col(level) > 0).then(level) for level in levels).fill_null(0))
        .to_series()
    )


def occurrences(lines: pl.DataFrame, kinds: dict[str, str]) -> pl.DataFrame:
    """Where the patterns of `kinds` occur in the lines: `line`, `offset` (code points), `word`, `kind`, `place`.

    In running order. Where several patterns match at one place, the first of them has it.
    """
    found = each_match(lines.select("line", "text"), "|".join(kinds.values()), "word")
    words = found.select(pl.col("word").unique()).with_columns(
        kind=pl.coalesce(
            pl.when(pl.col("word").str.contains(f"^(?:{pattern})$")).then(pl.lit(kind))
            for kind, pattern in kinds.items()
        )
    )
    return found.join(words, on="word", how="left", maintain_order="left").select(
        "line", "word", "kind", "offset", place=pl.col("line") * LINE + pl.col("offset")
    )


def located(mentions: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The mentions with `line`, `text` of their sentence, `offset`, `after` (offset behind the span) and `place`."""
    return mentions.join(
        lines.select("document_id", "sentence_id", "line", "text", "start"),
        on=["document_id", "sentence_id"],
        how="left",
        maintain_order="left",
    ).with_columns(
        offset=pl.col("span_start") - pl.col("start"),
        after=pl.col("span_end") - pl.col("start"),
        place=pl.col("line") * LINE + pl.col("span_start") - pl.col("start"),
    )


def stretch(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The part of `text` from one offset to another, empty where the second comes first."""
    return pl.col("text").str.slice(start, pl.max_horizontal(end - start, 0))


def first_after(mentions: pl.DataFrame, tokens: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The mentions with `columns` of the first token that begins behind them in their sentence, else null."""
    return _nearest(mentions, tokens, columns, "forward")


def last_before(mentions: pl.DataFrame, tokens: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The mentions with `columns` of the last token that begins before them in their sentence, else null."""
    return _nearest(mentions, tokens, columns, "backward")


def _nearest(
    mentions: pl.DataFrame, tokens: pl.DataFrame, columns: list[str], strategy: Literal["backward", "forward"]
) -> pl.DataFrame:
    found = (
        mentions.select("place", "line", row=pl.int_range(pl.len()))
        .sort("place")
        .join_asof(
            tokens.select("place", pl.col("line").alias("token_line"), *columns).sort("place"),
            on="place",
            strategy=strategy,
            allow_exact_matches=False,
        )
        .sort("row")
    )
    same = pl.col("token_line") == pl.col("line")
    return mentions.with_columns(found.select(pl.when(same).then(column).alias(column) for column in columns))
