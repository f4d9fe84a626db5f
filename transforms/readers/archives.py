"""Zip files: archives of reports, and the packages that modern Office files are."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from transforms.readers import READABLE, Limits, UnreadableError
from transforms.readers.media import DOCX, XLSX, ZIP

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_ENTRIES = 20_000
BOMB_SIZE = 10 * 2**20  # a smaller one is no bomb, however well it was compressed
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others can be made to need any memory
_BOMB = "unfolds from {:,} to {:,} bytes, as no report does; deliver what is in it by itself"
TEMPLATE_DATE = "2013-12-23T23:15:00Z"  # of the template in python-docx, not of a file
DRIVE = re.compile(r"[A-Za-z]:")
# What Python raises for a zip file with any of its bytes changed.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, KeyError, struct.error)
# Files that programs leave in folders and nobody delivers on purpose.
SYSTEM_FILE = re.compile(
    r"(?:.*/)?(?:~\$[^/]*|~WRL[^/]*\.tmp|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)|(?:.*/)?__MACOSX/.*", re.I
)


class Member(NamedTuple):
    """A file, `name` with its path inside an archive after `!`, or why it can't be had."""

    name: str
    content: bytes | None = None
    error: UnreadableError | None = None


def is_system_file(name: str) -> bool:
    """Whether a file of this name belongs to a program and holds no report: `~$报告.docx`, `.DS_Store`, `Thumbs.db`."""
    return bool(SYSTEM_FILE.fullmatch(name))


def open_zip(content: bytes) -> zipfile.ZipFile:
    """The zip file; raises `UnreadableError` where it is damaged or lists too many members."""
    if content.count(b"PK\x01\x02") > MAX_ENTRIES:  # before Python makes an object of each
        raise UnreadableError("archive", f"lists more than {MAX_ENTRIES:,} members; split it")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except DAMAGE as error:
        raise UnreadableError(
            "damaged", f"is a zip or Office file that is damaged or cut short ({error}); get it again from its sender"
        ) from error


def package_type(content: bytes) -> str:
    """Whether a zip file is a Word document, a workbook or an archive."""
    with open_zip(content) as package:
        names = set(package.namelist())
    if "[Content_Types].xml" in names:
        for folder, kind in (("word/", DOCX), ("xl/", XLSX)):
            if any(name.startswith(folder) for name in names):
                return kind
        raise UnreadableError("unsupported", f"is an Office file that is neither document nor workbook; {READABLE}")
    if {"mimetype", "content.xml"} <= names:
        raise UnreadableError("unsupported", "is an OpenDocument file; save it again as .docx or .xlsx")
    return ZIP


def check_package(content: bytes, limits: Limits) -> None:
    """Raises `UnreadableError` for an Office file that would unfold beyond the limits."""
    with open_zip(content) as package:
        size = sum(member.file_size for member in package.infolist())
    if size > limits.expanded_bytes or _is_bomb(len(content), size, limits):
        raise UnreadableError("bomb", _BOMB.format(len(content), size))


def read_part(package: zipfile.ZipFile, name: str) -> bytes:
    """The markup in a part of an Office file; raises `UnreadableError` where it is missing, damaged or a trap."""
    try:
        markup = package.read(name)
    except DAMAGE as error:
        raise UnreadableError(
            "damaged", f"is damaged in its part {name} ({error}); get it again from its sender"
        ) from error
    if b"<!DOCTYPE" in markup:
        raise UnreadableError(
            "entities", f"declares entities in its part {name}, as no Office program does; save it again in one"
        )
    return markup


def main_part(package: zipfile.ZipFile) -> str:
    """The name of the part that an Office file begins with, `word/document.xml` in most."""
    relations = ElementTree.fromstring(read_part(package, "_rels/.rels"))
    found = [item.get("Target", "") for item in relations if item.get("Type", "").endswith("/officeDocument")]
    if not found:
        raise UnreadableError("damaged", f"is an Office file without a document; {READABLE}")
    return found[0].lstrip("/")


def package_properties(package: zipfile.ZipFile) -> dict[str, str | None]:
    """Title, author and date of creation that an Office file states."""
    if "docProps/core.xml" not in package.namelist():
        return {}
    properties = ElementTree.fromstring(read_part(package, "docProps/core.xml"))
    found = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in properties}
    created = found.get("created", "")
    is_own = created != TEMPLATE_DATE
    return {"title": found.get("title"), "author": found.get("creator"), "created_on": created[:10] if is_own else None}


def _is_bomb(packed: int, size: int, limits: Limits) -> bool:
    return size > BOMB_SIZE and size > limits.ratio * packed


class Budget:
    """How much an archive, with the archives in it, may still unfold to."""

    def __init__(self, limits: Limits) -> None:
        self.members = limits.members
        self.size = limits.expanded_bytes

    def spend(self, size: int) -> bool:
        """Whether there was enough left."""
        self.members -= 1
        self.size -= size
        return self.members >= 0 and self.size >= 0


def unfold(name: str, content: bytes, limits: Limits) -> Iterator[Member]:
    """The file itself, or the files in an archive and in the archives in it, as `archive.zip!folder/report.docx`.

    One bad member does not lose the others. Nothing is written anywhere: a path that leads out of
    the archive is a reason to refuse the member, not a danger.
    """
    yield from _unfold(name, content, limits, Budget(limits), limits.depth)


def _unfold(name: str, content: bytes, limits: Limits, budget: Budget, depth: int) -> Iterator[Member]:
    try:
        if not content.startswith(SIGNATURES) or package_type(content) != ZIP:
            if len(content) > limits.file_bytes:
                raise UnreadableError("size", f"has {len(content):,} bytes, more than {limits.file_bytes:,}; split it")
            yield Member(name, content)
            return
        if not depth:
            raise UnreadableError("archive", f"is an archive inside of {limits.depth} others; unpack it")
        with open_zip(content) as archive:
            entries = [entry for entry in archive.infolist() if not _path(entry).endswith("/")]
            if not entries:
                raise UnreadableError("empty", "is an archive without files; pack it again")
            for entry in entries:
                path = f"{name}!{_path(entry)}"
                if is_system_file(_path(entry)):
                    continue
                try:
                    found = _unpacked(archive, entry, limits, budget)
                except UnreadableError as error:
                    yield Member(path, error=error)
                else:
                    yield from _unfold(path, found, limits, budget, depth - 1)
                if min(budget.members, budget.size) < 0:
                    return
    except UnreadableError as error:
        yield Member(name, content, error)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits, budget: Budget) -> bytes:
    path = _path(entry)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableError("link", "is a link to another file and no file; put the file itself into the archive")
    if path.startswith("/") or DRIVE.match(path) or ".." in path.split("/"):
        raise UnreadableError("path", "has a path that leads out of its archive; pack it again without")
    if entry.flag_bits & 0x1:
        raise UnreadableError("encrypted", "is protected by a password; pack it again without")
    if entry.compress_type not in METHODS:
        raise UnreadableError("unsupported", "is packed by a method that is not read; pack it again as an ordinary zip")
    if _is_bomb(entry.compress_size, entry.file_size, limits):
        raise UnreadableError("bomb", _BOMB.format(entry.compress_size, entry.file_size))
    if not budget.spend(entry.file_size):
        raise UnreadableError("archive", "and what follows is more than an archive may hold; split the archive")
    try:
        return archive.read(entry)
    except DAMAGE as error:
        raise UnreadableError(
            "damaged", f"is damaged in its archive ({error}); get it again from its sender"
        ) from error


def _path(entry: zipfile.ZipInfo) -> str:
    """The path of a member. Chinese Windows writes names in GB18030, which zip files do not say."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/"))
