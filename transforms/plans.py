"""Which indicator shows what came of the plans of which."""

import polars as pl

from transforms.indicators import catalogue
from transforms.schema import table
from transforms.vocabulary import VocabularyError, load


def plans() -> pl.DataFrame:
    """The pairs of `vocabulary/plans.toml` as `core.dim_plan`.

    Raises `VocabularyError` for an indicator that is not in the catalogue.
    """
    pairs = load("plans.toml")
    known = set(catalogue()["indicator_id"])
    for plan, result in pairs.items():
        for indicator in (plan, result):
            if indicator not in known:
                raise VocabularyError(f"transforms/vocabulary/plans.toml: {plan}: no indicator {indicator}")
    rows = list(pairs.items())
    return pl.DataFrame(rows, schema=table("core.dim_plan").frame_schema, orient="row")
