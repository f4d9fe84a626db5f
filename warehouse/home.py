"""The data directory: where everything lies, and how a file in it is replaced without a torn state."""

import fcntl
import mmap
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Thread

# Bytes that the disk is told to write at a time.
_PIECE = 2**26
# FICLONE of Linux: the target becomes another name of the content, of which each keeps what it changes.
_SHARE_CONTENT = 0x40049409
_DROPPED = "dropped."
_PARTIAL = re.compile(r"(?P<process>\d+)@(?P<host>.+?)\.[0-9a-f]{32}\.")


class WarehouseError(RuntimeError):
    """Something that the user can put right; the message is a sentence that says how."""


@dataclass(frozen=True)
class Home:
    """The data directory `root`; `docs/architecture.md` says what each path holds."""

    root: Path

    @classmethod
    def locate(cls, path: str | Path | None = None) -> "Home":
        """The data directory: `path` if given, else the environment's `CAMPAIGN_HOME`, else `./data`."""
        return cls(Path(path or os.environ.get("CAMPAIGN_HOME") or "data").absolute())

    @property
    def inbox(self) -> Path:
        """Files to ingest."""
        return self.root / "inbox"

    @property
    def originals(self) -> Path:
        """Every document as it arrived, by SHA-256."""
        return self.root / "lake" / "originals"

    @property
    def batches(self) -> Path:
        """One folder a batch, one Parquet file a stage."""
        return self.root / "lake" / "batches"

    @property
    def corrections(self) -> Path:
        """People's corrections, one a line."""
        return self.root / "corrections.jsonl"

    @property
    def decisions(self) -> Path:
        """People's decisions on quarantined rows, one a line."""
        return self.root / "decisions.jsonl"

    @property
    def versions(self) -> Path:
        """The last versions of the warehouse."""
        return self.root / "versions"

    @property
    def warehouse(self) -> Path:
        """The published version."""
        return self.root / "warehouse.duckdb"

    @property
    def data_docs(self) -> Path:
        """The Great Expectations site."""
        return self.root / "data_docs"

    @property
    def dagster(self) -> Path:
        """The embedded Dagster instance."""
        return self.root / "dagster"

    @property
    def _partial(self) -> Path:
        return self.root / "partial"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory's one lock, waiting for it; the system releases it when the process dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "publish.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def replacing(self, target: Path) -> Iterator[Path]:
        """Yield a path to write to, and put it in place of `target` once the block has ended well.

        Readers see the old file or the new one whole. What a killed process leaves half written
        lies in the folder `partial` until `sweep` removes it.
        """
        partial = self._partial / f"{os.getpid()}@{socket.gethostname()}.{uuid.uuid4().hex}.{target.name}"
        partial.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            _flush(partial)
            partial.replace(target)
            _flush(target.parent)
        finally:
            for leftover in self._partial.glob(f"{partial.name}*"):
                _remove(leftover)

    def retire(self, gone: Iterable[Path], kept: Iterable[Path]) -> None:
        """Take the files `gone` away at once; free their space, and the memory that holds those `kept`, in the background.

        What a process that is killed meanwhile leaves is freed by the next `sweep`.
        """
        self._partial.mkdir(parents=True, exist_ok=True)
        dropped = [file.replace(self._partial / f"{_DROPPED}{uuid.uuid4().hex}.{file.name}") for file in gone]
        Thread(target=_free, args=(dropped, list(kept))).start()

    def sweep(self) -> None:
        """Remove what was dropped, and what processes of this machine that are no longer alive have left half written."""
        for leftover in self._partial.glob("*"):
            owner = _PARTIAL.match(leftover.name)
            ended = owner and owner["host"] == socket.gethostname() and not _alive(int(owner["process"]))
            if ended or leftover.name.startswith(_DROPPED):
                _remove(leftover)


def copy_flushed(source: Path, target: Path) -> None:
    """Copy a file that isn't empty so that it is on the disk when this returns.

    Where the file system can't share the content, the disk fetches it from the memory that the system
    keeps `source` in. A copy in memory first would take a core, and the place of what is being read.
    """
    with FileIO(source) as original, FileIO(target, "w") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _SHARE_CONTENT, original.fileno())
        except OSError:
            try:
                _copy_directly(original, target)
            except (AttributeError, OSError):
                shutil.copyfile(source, target)
        os.fsync(copy.fileno())


def _copy_directly(original: FileIO, target: Path) -> None:
    """Copy a file past the system's memory; `OSError` or `AttributeError` where that cannot be."""
    size = os.fstat(original.fileno()).st_size
    whole = size - size % mmap.PAGESIZE
    with (
        mmap.mmap(original.fileno(), size, access=mmap.ACCESS_READ) as content,
        memoryview(content) as view,
        FileIO(os.open(target, os.O_WRONLY | os.O_DIRECT), "w") as copy,
    ):
        while (written := copy.tell()) < whole:
            copy.write(view[written : min(written + _PIECE, whole)])
        with FileIO(target, "r+") as rest:
            rest.seek(whole)
            rest.write(view[whole:])


def _free(dropped: list[Path], kept: list[Path]) -> None:
    for file in dropped:
        _remove(file)
    for file in kept:
        with suppress(AttributeError, OSError), FileIO(file) as unread:
            os.posix_fadvise(unread.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
