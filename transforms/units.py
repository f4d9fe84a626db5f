"""The units of measurement and classifiers, with their dimensions and canonical units.

The data is `vocabulary/units.toml`.
"""

from functools import cache
from typing import Any

import polars as pl

from transforms.vocabulary import VocabularyError, load

_WHERE = "transforms/vocabulary/units.toml"
_KEYS = {"canonical", "units", "classifiers", "digits_only"}


def escape(word: str) -> str:
    """The word as a regular expression."""
    return "".join("\\" + c if c in r".*+?()[]{}|^$\-/" else c for c in word)


def alternatives(words: list[str]) -> str:
    """A pattern for any of the words, the longest that fits first."""
    return "|".join(escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def _factor(dimension: str, unit: str, written: Any) -> float:
    try:
        numerator, _, denominator = str(written).partition("/")
        factor = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError):
        factor = 0.0
    if not factor > 0:
        raise VocabularyError(f"{_WHERE}: [{dimension}] {unit} = {written!r}: not a positive number or fraction")
    return factor


@cache
def units() -> pl.DataFrame:
    """One row a unit word: `raw_unit`, `dimension`, `unit` (canonical), `factor` (canonical units in one), `digits_only`.

    `digits_only` is true of classifiers that do not make a count of a single Chinese numeral.
    Raises `VocabularyError` naming the entry that is unknown, listed twice or without a factor.
    """
    rows: dict[str, tuple[str, str, str, float, bool]] = {}
    for dimension, declared in load("units.toml").items():
        if dimension in ("guards", "aliases"):
            continue
        if declared.keys() - _KEYS or not declared.get("canonical"):
            raise VocabularyError(f"{_WHERE}: [{dimension}]: needs canonical, and may have {', '.join(sorted(_KEYS))}")
        factors = declared.get("units", {}) | dict.fromkeys(declared.get("classifiers", "").split(), 1)
        digits_only = set(declared.get("digits_only", "").split())
        for word, written in (factors | dict.fromkeys(digits_only - factors.keys(), 1)).items():
            if word in rows:
                raise VocabularyError(f"{_WHERE}: [{dimension}] {word}: also in [{rows[word][1]}]")
            rows[word] = (
                word,
                dimension,
                declared["canonical"],
                _factor(dimension, word, written),
                word in digits_only,
            )
    return pl.DataFrame(list(rows.values()), ["raw_unit", "dimension", "unit", "factor", "digits_only"], orient="row")


@cache
def aliases() -> dict[str, str]:
    """Ways of writing a unit word, and the word: 个小时 is 小时.

    Raises `VocabularyError` for an alias of no unit.
    """
    found: dict[str, str] = load("units.toml")["aliases"]
    unknown = set(found.values()) - set(units()["raw_unit"])
    if unknown:
        raise VocabularyError(f"{_WHERE}: [aliases]: no units: {', '.join(sorted(unknown))}")
    return found


@cache
def unit_pattern(after_single: bool = False) -> str:
    """A pattern for any unit word, or for those that may follow a single Chinese numeral."""
    words = units().filter(~pl.col("digits_only") | (not after_single))["raw_unit"].to_list()
    return f"(?:{alternatives([*words, *aliases()])})"


@cache
def unit_guards() -> list[str]:
    """Words that begin with a unit's characters but are no unit."""
    guards: list[str] = load("units.toml")["guards"]["words"].split()
    return guards


@cache
def guarded_unit_pattern() -> str:
    """A pattern for any unit word or guard, the longest that fits."""
    return f"(?:{alternatives([*units()['raw_unit'], *aliases(), *unit_guards()])})"
