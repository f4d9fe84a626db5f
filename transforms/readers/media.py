"""Media types, found from the content and never from the name."""

import io
import re
import zipfile

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PDF = "application/pdf"
ZIP = "application/zip"
HTML = "text/html"
TEXT = "text/plain"

_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)


def media_type(content: bytes) -> str:
    """The media type of `content`; `text/plain` where nothing marks it as another."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
        return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else ZIP
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return DOC
    if _HTML.match(content[:4096]):
        return HTML
    return TEXT
