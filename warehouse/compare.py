"""Places compared by one indicator."""

import polars as pl

from warehouse.home import Home, WarehouseError
from warehouse.query import connect
from warehouse.tables import sql

LEVELS = ("province", "city", "county", "town", "unit")


def compare(
    home: Home, indicator: str, level: str = "city", year: int | None = None, per_capita: bool = False
) -> pl.DataFrame:
    """Actual figures of an indicator, one row a place of that level and period.

    Out: `rank` among the places that compare, with `rank_best` and `rank_worst` (per 10 000 people
    if `per_capita`); `place_name`, `province`, `period_kind`, `period`, `per`; `value`, `low`,
    `high` in `unit` and per 10 000 people; `reports`, `conflicts`; `comparable` and `why_not`;
    `observation_id`. What can't be compared comes last, without a rank. `indicator` is an id or a
    name; with `year`, only periods that end in it. Raises `WarehouseError` for an unknown indicator
    or level.
    """
    if level not in LEVELS:
        raise WarehouseError(f"there is no level {level}; there are {', '.join(LEVELS)}")
    with connect(home.warehouse) as connection:
        parameters = {
            "indicator": find_indicator(connection.execute("from core.dim_indicator").pl(), indicator),
            "level": level,
            "year": year,
            "per_capita": per_capita,
        }
        return connection.execute(sql("queries/compare.sql"), parameters).pl()


def find_indicator(catalogue: pl.DataFrame, name: str) -> str:
    """The id of the indicator of that id, Chinese or English name.

    Raises `WarehouseError`, with the closest ones, where there is none.
    """
    names = ["indicator_id", "name_zh", "name_en"]
    found = catalogue.filter(pl.any_horizontal(pl.col(names) == name))
    if found.is_empty():
        close = catalogue.filter(pl.any_horizontal(pl.col(*names, "definition").str.contains(name, literal=True)))
        hint = f"did you mean {', '.join(close['indicator_id'].head(5))}?" if len(close) else "see core.dim_indicator"
        raise WarehouseError(f"there is no indicator {name}; {hint}")
    return str(found["indicator_id"][0])
