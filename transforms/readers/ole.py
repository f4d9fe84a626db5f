"""OLE files, the containers of the binary formats of Office."""

import io
import re
from typing import Any

import olefile

from transforms.readers import READABLE, UnreadableError, media

_CUT_SHORT = re.compile(r"incomplete|out of range|less than declared|larger than")
CODEPAGES = {936: "gb18030", 54936: "gb18030"}


class Ole(olefile.OleFileIO):
    """An OLE file whose properties are read without lists, which hold neither title nor author nor date.

    In a damaged file the length of a list may be any number, and olefile counts up to it.
    """

    def _parse_property(self, s: bytes, offset: int, property_id: int, property_type: int, *rest: Any) -> Any:
        if property_type & olefile.olefile.VT_VECTOR:
            return None
        return super()._parse_property(s, offset, property_id, property_type, *rest)


def ole_type(content: bytes) -> str:
    """Whether an OLE file holds a Word document or a workbook; raises `UnreadableError` for anything else.

    Small faults, which some programs write into every file, are let pass; a file cut short is not.
    """
    with Ole(io.BytesIO(content)) as ole:
        streams = {"/".join(path) for path in ole.listdir()}
        for stream in streams:
            ole.openstream(stream)
        faults = [str(message) for _, message in ole.parsing_issues if _CUT_SHORT.search(str(message))]
    if faults:
        raise UnreadableError("damaged", f"is damaged or cut short ({faults[0]}); get it again from its sender")
    if "EncryptedPackage" in streams:
        raise UnreadableError("encrypted", "is protected by a password; remove the password and deliver it again")
    if "WordDocument" in streams:
        return media.DOC
    if streams & {"Workbook", "Book"}:
        return media.XLS
    raise UnreadableError("unsupported", f"is neither a document nor a workbook; {READABLE}")


def ole_properties(ole: olefile.OleFileIO) -> dict[str, str | None]:
    """Title, author and ISO date of creation that the file states."""
    about = ole.get_metadata()
    encoding = CODEPAGES.get(about.codepage, "utf-8")
    title, author = (
        (value or b"").decode(encoding, "ignore").strip("\0 ") or None for value in (about.title, about.author)
    )
    return {"title": title, "author": author, "created_on": about.create_time and about.create_time.date().isoformat()}
