"""The project's words, numbers and names, in data files that an analyst edits without reading code."""

import tomllib
from importlib import resources
from typing import Any

import polars as pl


class VocabularyError(ValueError):
    """A vocabulary entry that cannot be used; the message names the file and the entry."""


def load(name: str) -> dict[str, Any]:
    """The contents of a TOML file of this folder, by file name.

    Raises `VocabularyError` where it is not TOML.
    """
    try:
        return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise VocabularyError(f"transforms/vocabulary/{name}: {error}") from error


def expression(pattern: str, where: str) -> str:
    """The pattern itself; raises `VocabularyError` naming `where` if it is no regular expression of Rust's syntax."""
    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.ComputeError as error:
        raise VocabularyError(f"transforms/vocabulary/{where}: {pattern!r}: {error}") from error
    return pattern
