"""Errors planted in a batch of reports, as `planted/kinds.toml` describes them."""

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from transforms import places, reports
from transforms.documents import read
from transforms.extraction import extract
from transforms.schema import table

HERE = Path(__file__).resolve().parent
KEYS = {
    "documents": "document_id",
    "reports": "report_id",
    "numerals": "numeral_id",
    "mentions": "quantity_id",
    "observations": "observation_id",
}
IDS = ["document_id", "report_id", "numeral_id", "quantity_id", "observation_id", "duplicate_of"]
ARRIVED = datetime(2024, 3, 1, tzinfo=UTC)

Frames = dict[str, pl.DataFrame]


@cache
def kinds() -> dict[str, dict[str, Any]]:
    return tomllib.loads((HERE / "planted" / "kinds.toml").read_text("utf-8"))


def frames_of(*folders: Path) -> Frames:
    """The frames of a batch, from the files of the folders."""
    paths = sorted(path for folder in folders for path in folder.iterdir() if path.is_file())
    files = pl.DataFrame(
        [{"file_name": p.name, "source": None, "content": p.read_bytes(), "arrived_at": ARRIVED} for p in paths],
        schema=table("stage.file").frame_schema,
    )
    documents = read(files).documents
    found = places.locate(reports.find_reports(documents), documents)
    extraction = extract(documents, found)
    return {
        "documents": documents,
        "reports": found,
        "numerals": extraction.numerals,
        "mentions": extraction.mentions,
        "observations": extraction.observations,
    }


def example_frames() -> Frames:
    """The example reports and a few more that hold the wordings which the slips befall; one is a copy of another."""
    frames = frames_of(HERE.parent / "examples" / "reports", HERE / "planted" / "reports")
    named = frames["reports"].join(frames["documents"].select("document_id", "file_name"), on="document_id")
    ids = {row["file_name"]: row["report_id"] for row in named.iter_rows(named=True)}
    copy = pl.col("report_id") == ids["puyang-2018-copy.txt"]
    marked = frames["reports"].with_columns(duplicate_of=pl.when(copy).then(pl.lit(ids["puyang-2018.txt"])))
    return frames | {"reports": marked}


def replica(frames: Frames, number: int) -> Frames:
    """The same batch under other document ids: those begin with `number`, two hexadecimal digits."""
    prefix = pl.lit(f"{number:02x}")
    return {
        name: frame.with_columns((prefix + pl.col(c).str.slice(2)).alias(c) for c in IDS if c in frame.columns)
        for name, frame in frames.items()
    }


def together(batches: list[Frames]) -> Frames:
    return {name: pl.concat([frames[name] for frames in batches]) for name in KEYS}


def plant(frames: Frames, kind: dict[str, Any]) -> Frames:
    """The batch with that slip in it; raises `AssertionError` where no row can suffer it."""
    source = kind.get("from", "observations")
    rows = _copied(frames) if source == "copies" else frames[source]
    picked = rows.filter(pl.sql_expr(kind["pick"])).head(1)
    assert not picked.is_empty(), f"no row to plant the slip in: {kind['pick']}"
    changed = dict(frames)
    for name in kind.get("tables", ["mentions", "observations"] if source in ("observations", "copies") else [source]):
        key = KEYS[name]
        value = picked["observation_id" if key == "quantity_id" and key not in picked.columns else key][0]
        hit, columns = pl.col(key) == value, frames[name].schema
        slip = {c: pl.sql_expr(s).cast(columns[c]) for c, s in kind.get("set", {}).items() if c in columns}
        match kind.get("does", "set"):
            case "drop":
                changed[name] = frames[name].filter(~hit)
            case "repeat":
                changed[name] = pl.concat([frames[name], frames[name].filter(hit).with_columns(**slip)])
            case _:
                changed[name] = frames[name].with_columns(
                    pl.when(hit).then(s).otherwise(c).alias(c) for c, s in slip.items()
                )
    return changed


def _copied(frames: Frames) -> pl.DataFrame:
    copies = frames["reports"].filter(pl.col("duplicate_of").is_not_null())
    return frames["observations"].join(copies, on="report_id", how="semi")
