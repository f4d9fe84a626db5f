"""The versions of the warehouse: which one a file is, which are kept, which number is next."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from warehouse.home import Home
from warehouse.query import connect


class Version(NamedTuple):
    """What a file says of itself in `ops.version`."""

    number: int
    base: int | None
    built_at: datetime
    code: str


def read_version(file: Path) -> Version | None:
    """Which version a file is; None where there is no file."""
    if not file.exists():
        return None
    with connect(file) as connection:
        row = connection.execute("select version, base, built_at, code from ops.version").fetchone()
    return Version(*row) if row else None


def versions(home: Home) -> list[int]:
    """The numbers of the versions that are kept, oldest first."""
    return sorted(int(path.stem) for path in home.versions.glob("*.duckdb") if path.stem.isdigit())


def version_file(home: Home, version: int) -> Path:
    """The file of a kept version."""
    return home.versions / f"{version:06}.duckdb"


def share(home: Home, source: Path, target: Path) -> None:
    """Put the file `source` in place of `target` too: as another name of it, or as a copy where that cannot be."""
    with home.replacing(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
