"""One file read by what its content is."""

from transforms.readers import Text, UnreadableError, media
from transforms.readers.plain import decode


def read_bytes(content: bytes) -> Text:
    """The text of one file. Raises `UnreadableError` with the cause where it has none."""
    kind = media.media_type(content)
    match kind:
        case media.PDF:
            from transforms.readers.pdf import read_pdf

            found = read_pdf(content)
        case media.HTML:
            from transforms.readers.html import read_html

            found = read_html(content)
        case media.TEXT:
            text, encoding = decode(content)
            found = Text(text, kind, encoding=encoding)
        case _:
            from transforms.readers.office import read_office

            found = read_office(content, kind)
    if not found.text.strip():
        raise UnreadableError("empty", "holds no text; if it is a scan, run it through character recognition first")
    return found
