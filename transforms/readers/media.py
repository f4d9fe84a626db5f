"""Media types, found from the content and never from the name."""

import re

from transforms.readers import READABLE, UnreadableError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLE = "application/x-ole-storage"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
RTF = "application/rtf"
PDF = "application/pdf"
ZIP = "application/zip"
MHT = "multipart/related"
HTML = "text/html"
CSV = "text/csv"
MARKDOWN = "text/markdown"
TEXT = "text/plain"

# Text that nothing in the content tells apart from plain text.
BY_NAME = {"csv": CSV, "tsv": CSV, "md": MARKDOWN, "markdown": MARKDOWN}

_UNSUPPORTED = (
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}|II\*\0|MM\0\*|RIFF.{4}WEBP", re.S), "a picture"),
    (re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\0"), "an archive other than zip"),
    (re.compile(rb"MZ.{58,}?PE\0\0|\x7fELF|\xca\xfe\xba\xbe", re.S), "a program"),
    (re.compile(rb"ID3|.{4}ftyp|OggS|fLaC|RIFF.{4}(?:AVI |WAVE)|\x1aE\xdf\xa3", re.S), "a recording"),
    (re.compile(rb"SQLite format 3\0"), "a database"),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|meta|title|style|script|link|table|div|p|center|span|font|h[1-6])\b",
    re.I | re.S,
)
_MHT = re.compile(rb"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:mime-version|content-type):", re.I)
_MULTIPART = re.compile(rb"^content-type:\s*(?:multipart/|text/html)", re.I | re.M)
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]+)", re.I)
_XML = re.compile(r"\s*<\?xml\b")


def binary_type(content: bytes) -> str | None:
    """The media type that the first bytes give away; nothing for text of any kind.

    A zip or OLE file, which Office files are, is told apart by what is in it. Raises
    `UnreadableError` for what is known and not read.
    """
    if b"%PDF-" in content[:1024] and b"obj" in content:
        return PDF
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OLE
    if content.startswith(b"{\\rtf"):
        return RTF
    head = content[:4096]
    if _MHT.match(head.lstrip()) and _MULTIPART.search(head):
        return MHT
    for pattern, what in _UNSUPPORTED:
        if b"\0" in head and pattern.match(head):
            raise UnreadableError("unsupported", f"is {what}, which is not read; {READABLE}")
    return None


def text_type(text: str, ending: str) -> str:
    """The media type of decoded text; `ending` of the name decides only between kinds of plain text."""
    head = text[:4096]
    if _HTML.match(head):
        return HTML
    if _XML.match(head):
        if re.search(r"<html\b", head, re.I):
            return HTML
        raise UnreadableError("unsupported", "is an XML file; save it again as .docx or .xlsx")
    return BY_NAME.get(ending, TEXT)


def declared_encoding(content: bytes) -> str | None:
    """The encoding that a web page says it is in."""
    found = _DECLARED.search(content[:4096])
    return found[1].decode() if found else None
