"""Plain text: bytes decoded without a guess."""

import codecs
import csv
import io
import re
from collections import Counter

from transforms.readers import READABLE, UnreadableError
from transforms.readers.tables import Cell, render

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ADVICE = "open it in the program that wrote it and save it again as UTF-8"

# Control characters that no text holds; the last is the end-of-file mark of DOS.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f\ufffe\uffff]|\x1a(?!\s*\Z)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[A-Za-z]")
_COMMON_SIGNS = re.compile(r"[\u3000-\u303f\uff00-\uffef\u2010-\u203b×·°℃㎡①-⑳]")
# What a short text in GB18030 may be misread as, being UTF-8 too: letters of Latin, Greek, Arabic …
_DOUBTFUL = re.compile(r"(?=[^\u0800-\U0010ffff]*\Z)[\x00-\x7f·×°±÷]*[^\x00-\x7f·×°±÷]")
# GB 2312 sorts the 3,755 characters in ordinary use into rows 16 to 55 and 3,008 rarer ones, those of
# names, into the rows after; what another encoding is misread into is scattered over all of GB18030.
COMMON_SHARE = 0.7


def decode(content: bytes, declared: str | None = None) -> tuple[str, str]:
    """Text and encoding of `content`: by its byte-order mark, else strict UTF-8, else GB18030.

    Big5 is read only where markup has `declared` it, UTF-16 without a mark only where nothing else
    fits and it reads as Chinese. The mark is left out, nothing else is changed. Raises
    `UnreadableError` where none fits, because a wrong guess is worse than an error.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return _checked(content[len(mark) :].decode(encoding)), encoding
            except UnicodeDecodeError as error:
                raise UnreadableError(
                    "encoding", f"begins as {encoding} but is not from byte {error.start} on; {ADVICE}"
                ) from error
    as_utf8 = None
    try:
        as_utf8 = content.decode("utf-8")
        if "\x00" not in as_utf8 and not _DOUBTFUL.match(as_utf8):
            return _checked(as_utf8), "utf-8"
    except UnicodeDecodeError:
        pass
    is_big5 = (declared or "").lower().startswith("big5")
    candidates = ("gb18030", "utf-16-le", "utf-16-be")
    for encoding in ("big5hkscs", *candidates) if is_big5 else candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if as_utf8 is not None and len(_HAN.findall(text)) <= len(_LETTER.findall(text)):
            continue  # a few accents in a text of Latin letters
        if not _CONTROL.search(text) and (encoding == "big5hkscs" or _reads_as_chinese(text)):
            return text, encoding
    if as_utf8 is not None and "\x00" not in as_utf8:
        return _checked(as_utf8), "utf-8"
    if b"\x00" in content:
        raise UnreadableError("binary", f"is no text but data of a kind that is not read; {READABLE}")
    raise UnreadableError("encoding", "is in none of the encodings UTF-8, GB18030 and UTF-16; " + ADVICE)


def _checked(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        raise UnreadableError(
            "binary",
            f"holds the control character U+{ord(found[0]):04X} at {found.start()}, so it is no text; {READABLE}",
        )
    return text


def _reads_as_chinese(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly those in ordinary use in China."""
    counts = Counter(character for character in text if not character.isascii())
    return sum(count * _commonness(character) for character, count in counts.items()) >= COMMON_SHARE * counts.total()


def _commonness(character: str) -> float:
    if not _HAN.match(character):
        return float(bool(_COMMON_SIGNS.match(character)))
    encoded = character.encode("gb2312", "ignore")
    return 0.0 if not encoded else 1.0 if encoded[0] <= 0xD7 else 0.5


def read_csv(text: str) -> str:
    """The rows of comma-, tab- or semicolon-separated values as the lines of a table."""
    head = text[:10_000]
    delimiter = max(",\t;", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return render(Cell(number, place, cell) for number, row in enumerate(rows) for place, cell in enumerate(row))
    except csv.Error as error:
        raise UnreadableError(
            "damaged", f"is no well-formed CSV at line {rows.line_num} ({error}); save it again as .xlsx"
        ) from error


# Emphasis is told from a mask (招募**名，清理**吨) by what stands around the marks.
_EMPHASIS = re.compile(
    r"(?:^|(?<=[\s（(：:，。；、>\-]))(\*\*|__|\*|_)(?=\S)([^*\n]+?)(?<=\S)\1(?=$|[\s）)：:，。；、！？])"
    r"|(\*\*|\*)(?=[0-9])([^*\n]+?)\3"
)
_MARKUP = (
    (re.compile(r"^#{1,6}[ \t]+(.*?)[ \t]*#*$", re.M), r"\1"),
    (re.compile(r"^(?:[-*_][ \t]*){3,}$", re.M), ""),
    (re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.M), ""),
    (re.compile(r"^[ \t]*[-*+][ \t]+", re.M), ""),
    (re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)"), ""),
    (re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)"), r"\1"),
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TABLE = re.compile(r"^[ \t]*\|.*\|[ \t]*\n[ \t]*\|?[ \t:|-]+\|[ \t:|-]*(?:\n[ \t]*\|.*)*", re.M)


def read_markdown(text: str) -> str:
    """The text of a Markdown document without its marks; tables as lines of cells."""
    text = _TABLE.sub(lambda found: render(_pipe_cells(found[0])), text.replace("\r\n", "\n"))
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = _EMPHASIS.sub(lambda found: found[2] or found[4], text)
    return _ESCAPE.sub(r"\1", text)


def _pipe_cells(table: str) -> list[Cell]:
    lines = [line.strip().strip("|") for line in table.split("\n")]
    rows = [re.split(r"(?<!\\)\|", line) for number, line in enumerate(lines) if number != 1]
    return [Cell(number, place, cell) for number, row in enumerate(rows) for place, cell in enumerate(row)]
