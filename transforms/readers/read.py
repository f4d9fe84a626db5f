"""One file read by what its content is."""

from dataclasses import replace

from transforms.readers import Limits, Text, UnreadableError, media
from transforms.readers.archives import check_package, package_type
from transforms.readers.plain import decode, read_csv, read_markdown

# Noncharacters, which no text that is interchanged should hold (Unicode Standard, section 23.7): extraction marks
# places with them.
_NONCHARACTERS = dict.fromkeys(range(0xFDD0, 0xFDF0), "\ufffd")


def read_bytes(content: bytes, ending: str, limits: Limits) -> Text:
    """The text of one file, whose name ends in `ending`. Raises `UnreadableError` with the cause where it has none."""
    if not content.strip(b"\0 \t\r\n"):
        raise UnreadableError("empty", "is empty; deliver it again")
    found = _read(content, ending, limits)
    if not found.text.strip():
        raise UnreadableError(
            "empty", "holds no text; if it is a scan, run it through character recognition and deliver the result"
        )
    if len(found.text) > limits.text_chars:
        raise UnreadableError(
            "size", f"holds {len(found.text):,} characters, more than {limits.text_chars:,}; split it"
        )
    return replace(
        found,
        text=found.text.translate(_NONCHARACTERS),
        title=(found.title or "").strip() or None,
        author=(found.author or "").strip() or None,
        created_on=found.created_on if "1980" < (found.created_on or "") < "2100" else None,
    )


def _read(content: bytes, ending: str, limits: Limits) -> Text:
    # A parser is imported when a file needs it: the child process starts ten times as fast.
    kind = media.binary_type(content)
    if kind == media.OLE:
        from transforms.readers.ole import ole_type

        kind = ole_type(content)
    elif kind == media.ZIP:
        kind = package_type(content)
        check_package(content, limits)
    match kind:
        case media.DOCX:
            from transforms.readers.word import read_docx

            return read_docx(content)
        case media.RTF:
            from transforms.readers.word import read_rtf

            return read_rtf(content)
        case media.DOC:
            from transforms.readers.doc import read_doc

            return read_doc(content)
        case media.PDF:
            from transforms.readers.pdf import read_pdf

            return read_pdf(content, limits)
        case media.XLSX:
            from transforms.readers.sheets import read_xlsx

            return read_xlsx(content)
        case media.XLS:
            from transforms.readers.sheets import read_xls

            return read_xls(content)
        case media.MHT:
            from transforms.readers.html import read_mht

            return read_mht(content)
    text, encoding = decode(content, media.declared_encoding(content))
    kind = media.text_type(text, ending)
    if kind == media.HTML:
        from transforms.readers.html import read_html

        return read_html(text, encoding)
    if kind == media.CSV:
        text = read_csv(text)
    elif kind == media.MARKDOWN:
        text = read_markdown(text)
    return Text(text, kind, encoding=encoding)
