"""Putting a version in place, keeping the last ones, going back to one.

Nobody ever writes to the published file. The next version is built beside it and put in place by an
atomic rename: an open reader keeps the version that it opened, a new one sees the new version whole.
"""

from pathlib import Path

from warehouse.build import build_locked
from warehouse.home import Home, WarehouseError
from warehouse.versions import read_version, share, version_file, versions

KEPT = 5


def publish(home: Home, file: Path, keep: int = KEPT) -> int:
    """Put the version that `build` returned in place, keep the last `keep` versions, and return its number.

    Where another process has published since it was built, it is built again first, so that nothing
    in the lake goes missing.
    """
    with home.locked():
        published, built = read_version(home.warehouse), read_version(file)
        if built is None or (file != home.warehouse and built.base != (published.number if published else None)):
            file = build_locked(home)
            built = read_version(file)
        assert built is not None
        if file != home.warehouse:
            share(home, file, home.warehouse)
            share(home, file, version_file(home, built.number))
            file.unlink()
        others = [number for number in versions(home) if number != built.number]
        kept = versions(home)[-keep:]
        home.retire(
            gone=[version_file(home, number) for number in others if number not in kept],
            kept=[version_file(home, number) for number in others if number in kept],
        )
        return built.number


def rollback(home: Home, version: int) -> int:
    """Publish an earlier version again and return its number.

    The lake stays as it is: the next load brings back whatever is in it. Raises `WarehouseError` for
    a version that is not kept.
    """
    with home.locked():
        file = version_file(home, version)
        if not file.exists():
            kept = ", ".join(str(number) for number in versions(home)) or "none"
            raise WarehouseError(f"version {version} is not kept; kept are: {kept}")
        share(home, file, home.warehouse)
        return version
