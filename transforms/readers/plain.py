"""Plain text: bytes decoded without a guess."""

import codecs

from transforms.readers import UnreadableError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(content: bytes) -> tuple[str, str]:
    """Text and encoding of `content`: by its byte-order mark, else strict UTF-8, else GB18030.

    The mark itself is left out; nothing else is changed. Raises `UnreadableError` where none of
    them fits, because a wrong guess is worse than an error.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise UnreadableError(
                    "encoding", f"starts as {encoding} but byte {error.start} is not; save it again as UTF-8"
                ) from error
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableError("encoding", "is neither UTF-8, UTF-16 nor GB18030 text; save it again as UTF-8")
