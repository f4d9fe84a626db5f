"""Line breaks inside sentences, and strokes that draw tables, in pages saved from the web.

    共清理垃圾          街道 | 停车位(个)
    160余吨,            东湖 | 420
    发放资料            南关 | 315
    8000
    余份。

Such a break is to be read as a space and such a stroke as a tab. Characters that no text may hold
stand for them while a document is cut into sentences, one for one, so that offsets stay what they are.
"""

import polars as pl

BREAK, STROKE = "\ufdd0", "\ufdd1"
READ_AS = {BREAK: " ", STROKE: "\t"}
# A break inside a number is read as part of it.
SPLIT = "\ufdd4"

_DIGITS = "[0-9]+(?:[,. ][0-9]+)*"
_NUMBER = rf"(?:{_DIGITS}|[xX×*]+|[一二三四五六七八九十百千万两]{{2,}})"
# Not in a unit: 年月日 make a date, which begins a paragraph.
_UNIT = r"[^0-9\s,，.、。;；:：!！?？()（）年月日]"
_COUNT = rf"(?:{_NUMBER}[多余几]?[万亿]*{_UNIT}{{1,4}}|[一两二三四五六七八九十][个名人户家处座台辆条块场件份次])"
_COUNTED = "[个名户家处座台辆条块场件份次项篇吨元米亩株盏]|人次|平方米|公里|万|亿"
# Characters of a line that is full.
FULL = 20
_STOP = "[,，、。;；(（\n]"
# The line before does not end a sentence, a heading in brackets or a cell.
_BEFORE = rf"([^\n\t。.;；:：!！?？…”\"》)）】\]|{BREAK}])"
_WRAPPED = {
    rf"{_BEFORE}\n({_COUNT}{_STOP})": f"${{1}}{BREAK}${{2}}",
    rf"{_BEFORE}\n({_DIGITS})\n([多余]{_UNIT}|{_UNIT}{{1,4}}{_STOP})": f"${{1}}{BREAK}${{2}}{BREAK}${{3}}",
    rf"{_BEFORE}\n({_DIGITS}[%％])\n([^\n\t0-9])": f"${{1}}{BREAK}${{2}}{BREAK}${{3}}",
    # The line was full: … 由我区自行启动的 XX / 项工作中 …
    rf"([^\n\t]{{{FULL}}} ?{_NUMBER})\n([多余几]?[万亿]*(?:{_COUNTED}))": f"${{1}}{BREAK}${{2}}",
    r"(^|\n)((?:19|20)[0-9]{2})\n(年)": f"${{1}}${{2}}{BREAK}${{3}}",
}
# A line that begins with a number: without one there is nothing to do, and that is quickly seen.
_HINT = rf"\n(?:{_COUNT}{_STOP}|{_DIGITS}[%％]?\n|[多余几]?[万亿]*(?:{_COUNTED})|年)"
# A text whose lines were filled up to one width and broken there, wherever that was: the width in columns, of which
# a Chinese character takes two; how much narrower a full line may be, for the sake of punctuation; how many lines and
# which share of them are full.
_WIDTHS, _RAGGED, _FULL_LINES, _SHARE = (40, 120), 4, 4, 0.5
# A full line goes on in the next one, unless it ends a sentence or a new paragraph begins.
_ENDS, _BEGINS = (
    r"(?:[。！？!?;；:：]|[^0-9][.])\s*$",
    r"^(?:\s|$|[一二三四五六七八九十]+[、是]|[(（]|[0-9]+[、.．)）]|[●◆■★※•·])",
)
# Two lines of cells below one another.
_DRAWN = r"\|[^\n]*\n[^\n|]*\|"


def mark(documents: pl.DataFrame) -> pl.DataFrame:
    """The documents, in any order, marked in `text`: `BREAK` for line breaks inside sentences, `SPLIT` for those inside numbers, `STROKE` for the strokes of drawn tables."""
    text = pl.col("text")
    stroked = text.str.replace_all("|", STROKE, literal=True)
    documents = documents.with_columns(pl.when(text.str.contains(_DRAWN)).then(stroked).otherwise(text)).pipe(_unfilled)
    joined = text
    # What ends one match may begin the next.
    for pattern, marked in [*_WRAPPED.items()] * 2:
        joined = joined.str.replace_all(pattern, marked)
    wrapped = text.str.contains(_HINT)
    return pl.concat([documents.filter(~wrapped), documents.filter(wrapped).with_columns(joined)])


def _unfilled(documents: pl.DataFrame) -> pl.DataFrame:
    """The documents with `BREAK` or `SPLIT` for the ends of full lines in texts that were filled up to one width."""
    often = rf"(?:[^\n\t]{{{_WIDTHS[0] // 2},{_WIDTHS[1]}}}\n){{{_FULL_LINES - 1}}}"
    lines = (
        documents.with_row_index("row")
        .filter(pl.col("text").str.contains(often))
        .select("row", line=pl.col("text").str.split("\n"))
        .explode("line", empty_as_null=False)
    )
    line = pl.col("line")
    # Three bytes and two columns a Chinese character, one and one a digit.
    columns = (line.str.len_bytes() + line.str.len_chars()) / 2
    width, longest = (pl.col(name).max().over("row") for name in ("columns", "chars"))
    full = ((pl.col("columns") > width - _RAGGED) | (pl.col("chars") > longest - _RAGGED / 2)) & width.is_between(
        *_WIDTHS
    )
    open_end = pl.col("full") & ~line.str.contains(_ENDS)
    filled = (pl.col("full").sum() >= _FULL_LINES) & (open_end.sum() >= _SHARE * (line != "").sum())
    goes_on = filled.over("row") & open_end & ~line.shift(-1).over("row").str.contains(_BEGINS)
    in_number = line.str.contains("[0-9][.]?$") & line.shift(-1).str.contains("^[.]?[0-9]")
    end = pl.when(~goes_on).then(pl.lit("\n")).when(in_number).then(pl.lit(SPLIT)).otherwise(pl.lit(BREAK))
    joined = (
        lines.with_columns(columns=columns, chars=line.str.len_chars())
        .with_columns(full=full)
        .with_columns(end=end)
        .group_by("row", maintain_order=True)
        .agg(text=pl.concat_str("line", "end").str.join("").str.head(-1))
    )
    if joined.is_empty():
        return documents
    found = documents.with_row_index("row").join(joined, on="row", how="left", suffix="_joined", maintain_order="left")
    return found.with_columns(text=pl.coalesce("text_joined", "text")).drop("row", "text_joined")


def as_written(text: pl.Expr) -> pl.Expr:
    """The text that `mark` was given."""
    return text.str.replace_many([BREAK, SPLIT, STROKE], ["\n", "\n", "|"])
