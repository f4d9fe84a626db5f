"""Files read into text: bytes in, text out, one module a family of formats.

Nothing here imports more than it needs before a file needs it: the modules run in a short-lived
child process (`python -m transforms.readers`, driven by `transforms.readers.process`), because
parsers of foreign files hang, crash and eat memory.
"""

from dataclasses import dataclass

READABLE = "deliver the report as doc, docx, wps, rtf, pdf, xls, xlsx, csv, html, mht, md, txt or zip"


@dataclass(frozen=True)
class Limits:
    """What one file may cost before it is refused.

    `seconds` of wall-clock time and `memory` bytes for parsing it; `file_bytes` and `text_chars` for
    the file and its text; `pages` of a PDF; for an archive its `members`, the `depth` of archives in
    archives, the `expanded_bytes` of all together and the `ratio` of a member's size to its packed size.
    """

    seconds: float = 30.0
    memory: int = 400 * 2**20
    file_bytes: int = 64 * 2**20
    text_chars: int = 20_000_000
    pages: int = 2_000
    members: int = 5_000
    depth: int = 3
    expanded_bytes: int = 256 * 2**20
    ratio: int = 200


@dataclass(frozen=True)
class Text:
    """A file's text with what the file says about itself.

    `media_type` is found from the content; `created_on` is an ISO date; `encoding` is given for
    files of plain text or markup only.
    """

    text: str
    media_type: str
    title: str | None = None
    author: str | None = None
    created_on: str | None = None
    encoding: str | None = None


class UnreadableError(Exception):
    """A file that can't be read: `cause` is a short name of what is wrong, the message says it in full and what to do."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
