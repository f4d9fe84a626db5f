"""Compile the tables of administrative divisions that `transforms.places` reads.

    python scripts/compile_places.py AREACODES.csv STREETS.csv POPULATION.csv [--to DIRECTORY]

| argument | source | licence |
|---|---|---|
| AREACODES | yescallop/areacodes, `result.csv`: codes of GB/T 2260 from 1981 to 2024 with their successors | CC0 |
| STREETS | modood/Administrative-divisions-of-China, `streets.csv`: towns and streets of mid-2023 | WTFPL |
| POPULATION | compiled from leiii/census, figures of the National Bureau of Statistics: census 2020, census 2010 | MIT |

Writes `places.csv` (province, prefecture and county: a row a code and validity) and `towns.csv`, both
sorted by code. A division that no census counted takes the figure of the division that its territory,
and nothing else, came from or went to; one that was split or merged before it was counted has none.
"""

import argparse
import sys
from pathlib import Path

import polars as pl

LEVELS = {"省级": "province", "地级": "city", "县级": "county"}
LATEST_CENSUS = 2020
OPEN = 9999


def read_divisions(path: Path) -> pl.DataFrame:
    """A row a code and validity; `successors` lists the codes that replaced it when it ended."""
    raw = pl.read_csv(path, infer_schema=False)
    successors = pl.col("新代码").str.split(";").list.eval(pl.element().filter(~pl.element().str.contains(r"\[")))
    return raw.select(
        adcode="代码",
        valid_from=pl.col("启用时间").cast(pl.Int64),
        valid_to=pl.col("变更/弃用时间").cast(pl.Int64),
        name="名称",
        level=pl.col("级别").replace_strict(LEVELS),
        province="一级行政区",
        city=pl.when(pl.col("级别") != "省级").then(pl.col("二级行政区").replace({"直辖": None, "": None})),
        successors=pl.when(pl.col("变更/弃用时间").is_not_null()).then(successors).fill_null([]),
    ).with_columns(
        place_id=pl.format("{}-{}", "adcode", "valid_from"),
        ends=pl.col("valid_to").fill_null(OPEN),
    )


def with_parents(divisions: pl.DataFrame) -> pl.DataFrame:
    """Adds `parent_id`: the division whose code is the prefix, as it was in the child's last year."""
    county, city = pl.col("level") == "county", pl.col("level") == "city"
    above = pl.when(county & pl.col("city").is_not_null()).then(pl.col("adcode").str.head(4) + "00")
    above = above.when(county | city).then(pl.col("adcode").str.head(2) + "0000")
    parents = divisions.select(above="adcode", parent_id="place_id", parent_from="valid_from", parent_ends="ends")
    pairs = (
        divisions.with_columns(above=above.otherwise(None))
        .join(parents, on="above")
        .filter(pl.col("parent_from") < pl.col("ends"), pl.col("parent_ends") > pl.col("valid_from"))
    )
    last = pairs.sort("parent_from").group_by("place_id").agg(pl.last("parent_id"))
    return divisions.join(last, on="place_id", how="left")


def successions(divisions: pl.DataFrame) -> pl.DataFrame:
    """Pairs `place_id`, `next_id` of a division that ended and one that took its territory over.

    Most ended prefectures name no successor: it is the prefecture of their counties' successors.
    """
    begun = divisions.select(
        successor="adcode", next_id="place_id", next_from="valid_from", next_ends="ends", next_parent="parent_id"
    )
    named = (
        divisions.explode("successors")
        .drop_nulls("successors")
        .join(begun, left_on="successors", right_on="successor")
        .filter(pl.col("next_from") <= pl.col("valid_to"), pl.col("valid_to") < pl.col("next_ends"))
    )
    silent = divisions.filter(pl.col("valid_to").is_not_null() & (pl.col("level") == "city")).join(
        named, on="place_id", how="anti"
    )
    counties = named.select(place_id="parent_id", next_id="next_parent", valid_to="valid_to")
    derived = silent.join(counties, on=["place_id", "valid_to"]).select("place_id", "next_id")
    return pl.concat([named.select("place_id", "next_id"), derived]).drop_nulls().unique().sort("place_id", "next_id")


def with_population(divisions: pl.DataFrame, census: pl.DataFrame) -> pl.DataFrame:
    """Adds `population` and `population_year`: of the latest census in force, else of the nearest."""
    # A census counts by the codes of its year: a division that ended in it has a figure of its own,
    # unless another took the code over at once.
    counted = (
        divisions.join(census, on="adcode")
        .filter(pl.col("valid_from") <= pl.col("year"), pl.col("year") <= pl.col("ends"))
        .filter(pl.col("valid_from") == pl.col("valid_from").max().over("adcode", "year"))
        .sort("year")
    )
    figures = {
        place: (people, year) for place, people, year in counted.select("place_id", "population", "year").iter_rows()
    }
    begins = dict(divisions.select("place_id", "valid_from").iter_rows())
    ends = dict(divisions.select("place_id", "ends").iter_rows())
    after: dict[str, list[str]] = {place: [] for place in begins}
    before: dict[str, list[str]] = {place: [] for place in begins}
    for place, following in successions(divisions).iter_rows():
        after[place].append(following)
        if ends[place] == begins[following]:
            before[following].append(place)

    def figure(place: str) -> tuple[int | None, int | None]:
        if place in figures:
            return figures[place]
        if begins[place] > LATEST_CENSUS:
            if before[place] and all(p in figures and after[p] == [place] for p in before[place]):
                return sum(figures[p][0] for p in before[place]), LATEST_CENSUS
        elif len(after[place]) == 1 and before[after[place][0]] == [place]:
            return figure(after[place][0])
        return None, None

    found = [figure(place) for place in divisions["place_id"]]
    return divisions.with_columns(
        population=pl.Series([people for people, _ in found], dtype=pl.Int64),
        population_year=pl.Series([year for _, year in found], dtype=pl.Int64),
    )


def read_towns(path: Path) -> pl.DataFrame:
    """Nine-digit code and name of each town and street."""
    return pl.read_csv(path, infer_schema=False).select("code", "name").unique().sort("code")


def main(arguments: list[str]) -> None:
    """Compile the tables named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areacodes", type=Path)
    parser.add_argument("streets", type=Path)
    parser.add_argument("population", type=Path)
    parser.add_argument("--to", type=Path, default=Path("transforms/vocabulary"), help="directory to write into")
    options = parser.parse_args(arguments)

    census = pl.read_csv(options.population, schema_overrides={"adcode": pl.String}).select(
        "adcode", "year", "population"
    )
    divisions = read_divisions(options.areacodes).pipe(with_parents).pipe(with_population, census)
    columns = [
        "adcode",
        "valid_from",
        "valid_to",
        "name",
        "level",
        "parent_id",
        "province",
        "city",
        "population",
        "population_year",
    ]
    divisions.select(columns).sort("adcode", "valid_from").write_csv(options.to / "places.csv")
    read_towns(options.streets).write_csv(options.to / "towns.csv")


if __name__ == "__main__":
    main(sys.argv[1:])
