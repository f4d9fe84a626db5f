"""Rows that a check rejected, and what people decided about them. Nothing is ever deleted."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

DECISION = pl.Schema(
    {
        "quarantine_id": pl.String,
        "action": pl.String,
        "author": pl.String,
        "reason": pl.String,
        "made_at": pl.Datetime("us", "UTC"),
        "row": pl.String,
    }
)


def read_decisions(path: Path) -> pl.DataFrame:
    """The decisions recorded in `decisions.jsonl` (`DECISION`), oldest first; none where there is no file."""
    raise NotImplementedError


def decide(
    quarantine: pl.DataFrame, ids: Sequence[str], action: str, author: str, reason: str, made_at: datetime
) -> pl.DataFrame:
    """Decisions (`DECISION`) to `release` or `reject` the rows of these `quarantine_id`s or items.

    Raises `QuarantineError` for an id that names nothing and for the release of a file.
    """
    raise NotImplementedError


def record(path: Path, decisions: pl.DataFrame) -> None:
    """Append the decisions to `decisions.jsonl`, in one write, flushed to disk."""
    raise NotImplementedError


def entries(quarantine: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The quarantine (`ops.quarantine`) with `state` and `history` as the decisions have left them."""
    raise NotImplementedError


def apply_decisions(
    observations: pl.DataFrame, quarantine: pl.DataFrame, decisions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The observations that load, and the quarantine with its states.

    Of `observations` (all of them, rejected ones too) those load that no entry of the quarantine
    holds back: an entry holds its row back unless it is released or resolved.
    """
    raise NotImplementedError
