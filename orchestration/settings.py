"""When things run and how much at a time: `settings.toml` here, overridden by one in the data directory."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any


class SettingsError(ValueError):
    """A setting that is unknown or not of the kind it must be; the message names the file and the entry."""


@dataclass(frozen=True)
class Inbox:
    """A source of documents: its address, and after how many hours without anything new it is stale or overdue."""

    name: str
    address: str
    stale_after_hours: int
    overdue_after_hours: int

    def make(self) -> None:
        """Make the folder, where it is one of this machine."""
        if "://" not in self.address:
            Path(self.address).mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True)
class Settings:
    """All settings; `settings.toml` says what each one means."""

    timezone: str
    inboxes: tuple[Inbox, ...]
    max_documents: int
    max_bytes: int
    interval_seconds: int
    settle_seconds: int
    tick_seconds: int
    nightly_ingestion: str
    weekly_check: str


def read_settings(home: Path) -> Settings:
    """The settings in force for the data directory `home`; raises `SettingsError`."""
    defaults = tomllib.loads(resources.files(__package__).joinpath("settings.toml").read_text("utf-8"))
    own = home / "settings.toml"
    try:
        changes = tomllib.loads(own.read_text("utf-8")) if own.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{own}: {error}") from None
    values = _merged(defaults, changes, f"{own}: ")
    return Settings(
        timezone=values["timezone"],
        inboxes=tuple(
            Inbox(name, _address(home, inbox["address"]), inbox["stale_after_hours"], inbox["overdue_after_hours"])
            for name, inbox in values["inbox"].items()
        ),
        max_documents=values["batch"]["max_documents"],
        max_bytes=values["batch"]["max_megabytes"] * 1024 * 1024,
        **values["sensor"],
        **values["schedule"],
    )


def _address(home: Path, address: str) -> str:
    return address if "://" in address else str(home / address)


def _merged(defaults: Mapping[str, Any], changes: Mapping[str, Any], where: str) -> dict[str, Any]:
    """`defaults` with `changes` laid over them, entry by entry, of the same kinds."""
    merged = dict(defaults)
    for name, value in changes.items():
        # Sources are the one table whose entries a user names; each takes what it leaves out from the default source.
        expected = defaults.get(name, defaults.get("inbox") if where.endswith("inbox.") else None)
        if expected is None:
            raise SettingsError(f"{where}{name}: no such setting; there are {', '.join(defaults)}")
        if type(value) is not type(expected):
            raise SettingsError(f"{where}{name}: {value!r} is no {type(expected).__name__}")
        if isinstance(expected, int) and value < 1:
            raise SettingsError(f"{where}{name}: must be at least 1")
        merged[name] = _merged(expected, value, f"{where}{name}.") if isinstance(expected, dict) else value
    return merged
