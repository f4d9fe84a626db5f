"""Rows that a check rejected, and what people decided about them. Nothing is ever deleted.

A row is held back by its entries in the quarantine, one a check that it failed. A person releases or
rejects them; decisions are lines of `decisions.jsonl`, only ever appended, and the last one counts. A
decision is about the row as the person saw it: where a later extraction reads the row differently, the
entry is open again. An entry that a later run no longer makes is kept as `resolved`.
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from transforms.schema import table

QUARANTINE = table("ops.quarantine")
OBSERVATION = table("core.fact_observation")

DECISION = pl.Schema(
    {
        "quarantine_id": pl.String(),
        "action": pl.String(),
        "author": pl.String(),
        "reason": pl.String(),
        "made_at": pl.Datetime("us", "UTC"),
        "row": pl.String(),
    }
)
STATES = {"release": "released", "reject": "rejected"}

# Columns that may change without the figure being another: a decision outlives them.
_PASSING = ["batch_id", "extractor_version", "confidence", "rules", "corrected", "figure_id"]
_FIGURE = [name for name in OBSERVATION.column_names if name not in _PASSING]


class QuarantineError(ValueError):
    """A decision that cannot be made, with a sentence that says why."""


def entries_of(
    findings: pl.DataFrame, observations: pl.DataFrame, batch_id: str, rejected_at: datetime
) -> pl.DataFrame:
    """New entries (`ops.quarantine`) for the failing observations.

    `findings` has `check_name`, `key` (the observation_id), `table_name` and `explanation`. One entry a row and
    check: `quarantine_id` is the observation_id and the check joined by ':', so that it is the same in every run.
    """
    rows = observations.select("observation_id", "document_id", row=_as_json(observations))
    return QUARANTINE.conform(
        findings.group_by("key", "check_name", maintain_order=True)
        .agg(pl.col("table_name").first(), pl.col("explanation").unique(maintain_order=True).str.join("; "))
        .join(
            rows.unique("observation_id"), left_on="key", right_on="observation_id", how="left", maintain_order="left"
        )
        .rechunk()
        .select(
            quarantine_id=pl.format("{}:{}", "key", pl.col("check_name").str.split("__").list.last()),
            kind=pl.lit("row"),
            item=pl.format("{} {}", "table_name", "key"),
            batch_id=pl.lit(batch_id),
            document_id="document_id",
            expectation="check_name",
            reason="explanation",
            rejected_at=pl.lit(rejected_at),
            row="row",
            state=pl.lit("open"),
            history=pl.lit(None, pl.String),
        )
    )


def _as_json(frame: pl.DataFrame) -> pl.Expr:
    """Each row as JSON; numbers that JSON does not have (an interval open above) as text."""
    doubles = [name for name, kind in frame.schema.items() if kind == pl.Float64]
    whole = pl.struct(pl.all()).struct.json_encode()
    if not doubles:
        return whole
    spelled = pl.struct(pl.exclude(doubles), *(pl.col(name).cast(pl.String) for name in doubles)).struct.json_encode()
    finite = pl.all_horizontal(pl.col(name).is_finite().fill_null(True) for name in doubles)
    return pl.when(finite).then(whole).otherwise(spelled)


def carry_on(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """The entries of a batch's new run beside those of its last one (both `ops.quarantine`): none is lost.

    An entry made again keeps the time at which it was first made; one that is not is `resolved`. Files have
    no part in this: whoever read them says anew which could not be read.
    """
    rows = previous.filter(kind="row")
    first = rows.select("quarantine_id", first="rejected_at")
    again = current.join(first, on="quarantine_id", how="left", maintain_order="left").with_columns(
        rejected_at=pl.coalesce("first", "rejected_at")
    )
    gone = rows.join(current, on="quarantine_id", how="anti").with_columns(state=pl.lit("resolved"))
    return pl.concat([QUARANTINE.conform(again), QUARANTINE.conform(gone)])


def read_decisions(path: Path) -> pl.DataFrame:
    """The decisions recorded in `decisions.jsonl` (`DECISION`), oldest first; none where there is no file.

    Raises `QuarantineError` naming the line that is no decision.
    """
    if not path.exists():
        return DECISION.to_frame()
    decisions = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            if entry["action"] not in STATES:
                raise KeyError(entry["action"])
            decisions.append(
                {**{name: entry[name] for name in DECISION}, "made_at": datetime.fromisoformat(entry["made_at"])}
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise QuarantineError(f"{path.name}, line {number}: no decision ({problem})") from problem
    return pl.DataFrame(decisions, schema=DECISION)


def decide(
    quarantine: pl.DataFrame, ids: Sequence[str], action: str, author: str, reason: str, made_at: datetime
) -> pl.DataFrame:
    """Decisions (`DECISION`) to `release` or `reject` the rows that the ids name.

    An id is a `quarantine_id`, which names one entry, or an observation_id, which names all entries of the row.
    Raises `QuarantineError` for an unknown action, a decision without author or reason, an id that names nothing,
    and a file: one that could not be read has nothing to release.
    """
    if action not in STATES:
        raise QuarantineError(f"{action}: a row is released or rejected ({', '.join(STATES)})")
    if not author.strip() or not reason.strip():
        raise QuarantineError("a decision needs an author and a reason")
    named = pl.DataFrame({"id": list(dict.fromkeys(ids))}, schema={"id": pl.String})
    keyed = quarantine.with_columns(whole=pl.col("item").str.split(" ").list.last())
    found = keyed.filter(
        pl.col("quarantine_id").is_in(named["id"].implode()) | pl.col("whole").is_in(named["id"].implode())
    )
    unknown = named.filter(
        ~pl.col("id").is_in(found["quarantine_id"].implode()), ~pl.col("id").is_in(found["whole"].implode())
    )
    if not unknown.is_empty():
        raise QuarantineError(f"not in quarantine: {', '.join(unknown['id'])} (campaign quarantine list shows what is)")
    files = found.filter(kind="file")
    if not files.is_empty():
        raise QuarantineError(
            f"{files['item'][0]}: a file that cannot be read has nothing to {action}; mend it and load it again"
        )
    return found.select(
        "quarantine_id",
        action=pl.lit(action),
        author=pl.lit(author),
        reason=pl.lit(reason),
        made_at=pl.lit(made_at, DECISION["made_at"]),
        row="row",
    )


def record(path: Path, decisions: pl.DataFrame) -> None:
    """Append the decisions to `decisions.jsonl`, in one write, flushed to disk."""
    lines = [
        json.dumps({**decision, "made_at": decision["made_at"].isoformat()}, ensure_ascii=False) + "\n"
        for decision in decisions.select(DECISION.names()).iter_rows(named=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))
        file.flush()
        os.fsync(file.fileno())


def entries(quarantine: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The quarantine (`ops.quarantine`) with `state` and `history` as the decisions have left them."""
    log = pl.struct("action", "author", "reason", made_at=pl.col("made_at").dt.to_string("iso:strict"))
    by_entry = decisions.group_by("quarantine_id", maintain_order=True).agg(
        history=log,
        verdict=pl.col("action").last().replace_strict(STATES, return_dtype=pl.String),
        seen=pl.col("row").last(),
    )
    placed = quarantine.drop("history").join(by_entry, on="quarantine_id", how="left", maintain_order="left").rechunk()
    stands = _figure("row").eq_missing(_figure("seen"))
    return QUARANTINE.conform(
        placed.with_columns(
            state=pl.when(pl.col("state") == "resolved")
            .then("state")
            .when(stands)
            .then("verdict")
            .otherwise(pl.lit("open")),
            history=pl.when(pl.col("history").is_not_null()).then(
                pl.format("[{}]", pl.col("history").list.eval(pl.element().struct.json_encode()).list.join(", "))
            ),
        ).with_columns(pl.col("state").fill_null("open"))
    )


def _figure(column: str) -> pl.Expr:
    """What a row says, as JSON of the columns that make it the figure that it is."""
    return pl.concat_str(
        [pl.col(column).str.json_path_match(f"$.{name}").fill_null("\0") for name in _FIGURE], separator="\x1f"
    )


def apply_decisions(
    observations: pl.DataFrame, quarantine: pl.DataFrame, decisions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The observations that load, and the quarantine with its states.

    Of `observations` (all of them, rejected ones too) those load that no entry of the quarantine
    holds back: an entry holds its row back unless it is released or resolved.
    """
    decided = entries(quarantine, decisions)
    held = decided.filter(pl.col("kind") == "row", pl.col("state").is_in(["open", "rejected"]))
    keys = held["item"].str.split(" ").list.last()
    return observations.filter(~pl.col("observation_id").is_in(keys.implode())), decided
