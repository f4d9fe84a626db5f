"""People's corrections of what was read: recorded in a file, applied at every build.

`corrections.jsonl` holds one correction a line, oldest first, to be reviewed and kept under version
control like any text. A correction is anchored to the document, the span and the characters there:
it goes on applying when the document is read again by a better extractor, and one whose anchor no
longer matches is reported in `ops.correction`, with the reason.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl

from transforms.indicators import catalogue
from transforms.schema import table
from transforms.units import units as unit_words
from warehouse.compare import find_indicator
from warehouse.frames import show
from warehouse.home import Home, WarehouseError
from warehouse.query import connect
from warehouse.tables import literal, sql

CORRECTION = table("ops.correction")
# An observation before it is known which figure it bears on.
READING = table("core.fact_observation").frame_schema
READING.pop("figure_id")
RECORDED = [name for name in CORRECTION.column_names if name not in ("applied", "problem")]

_DATE = r"\d{4}(?:-\d\d(?:-\d\d)?)?"
_PERIOD = re.compile(rf"(?P<start>{_DATE}|\.\.)(?:/(?P<end>{_DATE}|\.\.))?")
_PER = ("day", "week", "month", "quarter", "year")


def correct(home: Home, observation_id: str, changes: Mapping[str, Any], author: str, reason: str) -> str:
    """Record that an observation should read otherwise, and return the `correction_id`.

    `changes` may name `value` (a number in the canonical unit, `null` for masked), `low` and `high` of an interval,
    `indicator` (id or name), `status`, `period` (`2018`, `2018-01/2018-09`, `2015/..` for since, `../2019` for
    until, empty for none), `per` (empty for none), `place` (place_id, adcode or name) and `unit`.
    A quantity that was not read as an observation becomes one where `changes` names its indicator.
    Raises `WarehouseError` for a quantity that does not exist or a change that makes no sense.
    """
    return _record(home, "set", _anchor(home, observation_id), changes, author, reason)


def reject(home: Home, observation_id: str, author: str, reason: str) -> str:
    """Record that an observation is none, and return the `correction_id`."""
    return _record(home, "reject", _anchor(home, observation_id), {}, author, reason)


def add(
    home: Home,
    document_id: str,
    span_start: int,
    span_end: int,
    changes: Mapping[str, Any],
    author: str,
    reason: str,
) -> str:
    """Record an observation that was not found, at a span of a document's text, and return the `correction_id`.

    `changes` as in `correct`; it must name `indicator` and `value`, or `low` and `high`.
    """
    with connect(home.warehouse) as connection:
        found = connection.execute(
            "from core.document_text select document_id, substr(text, $2 + 1, $3 - $2) where starts_with(document_id, $1)",
            [document_id, span_start, span_end],
        ).fetchall()
    if len(found) != 1 or not found[0][1]:
        raise WarehouseError(f"there is no text at characters {span_start} to {span_end} of document {document_id}")
    if "indicator" not in changes or not changes.keys() & {"value", "low", "high"}:
        raise WarehouseError("an observation to be added needs an indicator and a value")
    document_id, raw_text = found[0]
    anchor = {
        "observation_id": f"{document_id[:16]}-{span_start}",
        "document_id": document_id,
        "span_start": span_start,
        "span_end": span_end,
        "raw_text": raw_text,
    }
    return _record(home, "add", anchor, changes, author, reason)


def read_corrections(home: Home) -> pl.DataFrame:
    """The corrections on record, oldest first: `ops.correction` without its outcome, `changes` as JSON text.

    Raises `WarehouseError`, naming the line, where the file is not well formed.
    """
    rows = []
    lines = home.corrections.read_text("utf-8").splitlines() if home.corrections.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            changes = json.dumps(entry["changes"], ensure_ascii=False, sort_keys=True)
            made_at = datetime.fromisoformat(entry["made_at"])
            rows.append([{**entry, "changes": changes, "made_at": made_at}[name] for name in RECORDED])
        except (ValueError, KeyError, TypeError) as error:
            raise WarehouseError(f"{home.corrections}, line {number}: not a correction ({error})") from None
    schema = {name: CORRECTION.frame_schema[name] for name in RECORDED}
    return pl.DataFrame(rows, schema=schema, orient="row")


def unapplied(home: Home) -> list[str]:
    """The corrections that the published version could not apply, a line each."""
    with connect(home.warehouse) as connection:
        found = _rows(connection, "from ops.correction where not applied order by made_at, correction_id")
    return [f"correction {row['correction_id']} of {row['observation_id']}: {row['problem']}" for row in found]


def apply_corrections(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply the corrections of the touched documents to `incoming_observation`; make `incoming_correction`.

    A step of the build. `incoming_correction` (`ops.correction`) says what came of each of them.
    """
    corrections = connection.execute("from correction semi join touched using (document_id)").pl()
    readings: dict[str, dict[str, Any] | None] = {}
    outcomes = []
    if len(corrections):
        anchors = {row["observation_id"]: row for row in _rows(connection, sql("steps/anchors.sql"))}
        units = {row["indicator_id"]: row["unit"] for row in _rows(connection, "from core.dim_indicator")}
        places = {row["place_id"] for row in _rows(connection, "from core.dim_place")}
    for correction in corrections.sort("made_at", "correction_id").iter_rows(named=True):
        anchor = anchors[correction["observation_id"]]
        problem = _obstacle(correction, anchor)
        changed = None
        if problem is None and correction["action"] != "reject":
            changed = _changed(correction, anchor, readings.get(anchor["observation_id"], _reading(anchor)), units)
            problem = _contradiction(changed, units, places)
        if problem is None:
            readings[anchor["observation_id"]] = changed
        outcomes.append({**correction, "applied": problem is None, "problem": problem})
    show(connection, "incoming_correction", pl.DataFrame(outcomes, schema=CORRECTION.frame_schema))
    corrected = pl.DataFrame([reading for reading in readings.values() if reading], schema=READING)
    show(connection, "corrected", corrected)
    connection.execute("delete from incoming_observation where observation_id in $ids", {"ids": list(readings)})
    connection.execute("insert into incoming_observation by name from corrected")


def _rows(connection: duckdb.DuckDBPyConnection, statement: str) -> list[dict[str, Any]]:
    cursor = connection.execute(statement)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _obstacle(correction: Mapping[str, Any], anchor: Mapping[str, Any]) -> str | None:
    if anchor["text"] is None:
        return "the document is not in the warehouse"
    if anchor["text"] != correction["raw_text"]:
        return f"the text at the anchor now reads {anchor['text']!r}"
    if anchor["report_id"] is None:
        return "the anchor stands outside any report"
    if anchor["duplicate_of"]:
        return f"the report is now known as a copy of {anchor['duplicate_of']}: correct the figure there"
    return None


def _reading(anchor: Mapping[str, Any]) -> dict[str, Any] | None:
    observation = anchor["observation"]
    return observation if observation and observation["span_end"] == anchor["span_end"] else None


def _changed(
    correction: Mapping[str, Any], anchor: Mapping[str, Any], reading: dict[str, Any] | None, units: Mapping[str, str]
) -> dict[str, Any]:
    """The row of `core.fact_observation` that the correction makes of what was read at its anchor."""
    changes = json.loads(correction["changes"])
    mention = anchor["mention"] if anchor["mention"] and anchor["mention"]["span_end"] == anchor["span_end"] else {}
    unread = {
        "status": "actual",
        "qualifier": "exact",
        "redacted": False,
        "low_open": False,
        "high_open": False,
        "raw_unit": "",
        "unit": units.get(changes.get("indicator_id", "")),
        "rules": "",
        "extractor_version": "correction",
        **mention,
    }
    placed = {name: anchor[name] for name in ("report_id", "place_id", "batch_id", "evidence", "evidence_start")}
    anchored = {
        name: correction[name] for name in ("observation_id", "document_id", "span_start", "span_end", "raw_text")
    }
    row = {**(reading or {**unread, **placed}), **anchored, **changes}
    row |= {name: row[name] and float(row[name]) for name in ("value", "low", "high") if name in changes}
    row |= {
        "confidence": 1.0 if "indicator_id" in changes else row["confidence"],
        "corrected": True,
        "rules": "; ".join(
            filter(None, [row["rules"], f"correction={correction['correction_id']}:{correction['author']}"])
        ),
    }
    return {name: row.get(name) for name in READING}


def _contradiction(row: Mapping[str, Any], units: Mapping[str, str], places: set[str]) -> str | None:
    if row["indicator_id"] not in units:
        return f"what stands at the anchor is read as {row['indicator_id'] or 'nothing'}: the correction must name an indicator"
    if row["place_id"] is not None and row["place_id"] not in places:
        return f"there is no place {row['place_id']}"
    if row["value"] is None and not row["redacted"]:
        return "nothing at the anchor gives a number: the correction must name a value"
    return None


def _anchor(home: Home, observation_id: str) -> dict[str, Any]:
    with connect(home.warehouse) as connection:
        rows = _rows(
            connection,
            f"""
            from (
                from core.fact_observation
                select observation_id, document_id, span_start, span_end, raw_text, is_quantity: false
                union all
                from core.fact_quantity select quantity_id, document_id, span_start, span_end, raw_text, true
            )
            select * exclude (is_quantity)
            where observation_id = {literal(observation_id)}
            order by is_quantity
            """,
        )
    if not rows:
        raise WarehouseError(f"there is no observation or quantity {observation_id}")
    return rows[0]


def _record(
    home: Home, action: str, anchor: Mapping[str, Any], changes: Mapping[str, Any], author: str, reason: str
) -> str:
    if not author.strip() or not reason.strip():
        raise WarehouseError("a correction needs an author and a reason")
    if action != "reject" and not changes:
        raise WarehouseError("a correction needs something to change")
    entry = {
        "action": action,
        **anchor,
        "changes": _resolve(home, changes),
        "author": author,
        "reason": reason,
        "made_at": datetime.now(UTC).isoformat(),
    }
    identity = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:12]
    line = json.dumps({"correction_id": identity, **entry}, ensure_ascii=False) + "\n"
    home.root.mkdir(parents=True, exist_ok=True)
    with home.corrections.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return identity


def _resolve(home: Home, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as columns of `core.fact_observation`; `WarehouseError` for one that makes no sense."""
    unknown = changes.keys() - {"value", "low", "high", "indicator", "status", "period", "per", "place", "unit"}
    if unknown:
        raise WarehouseError(f"a correction can't change {', '.join(sorted(unknown))}")
    resolved: dict[str, Any] = {}
    if changes.keys() & {"value", "low", "high"}:
        resolved |= _interval(changes)
    if "status" in changes:
        resolved["status"] = _one_of(changes["status"], ("actual", "target"), "status")
    if "per" in changes:
        resolved["per"] = _one_of(changes["per"], _PER, "rate") if changes["per"] else None
    if "period" in changes:
        resolved |= _period(changes["period"])
    if "unit" in changes:
        known = {*unit_words()["unit"], *catalogue()["unit"]}
        resolved["unit"] = _one_of(changes["unit"], tuple(sorted(known)), "unit")
    with connect(home.warehouse) as connection:
        if "indicator" in changes:
            resolved["indicator_id"] = find_indicator(
                connection.execute("from core.dim_indicator").pl(), changes["indicator"]
            )
        if "place" in changes:
            resolved["place_id"] = _find_place(connection, str(changes["place"])) if changes["place"] else None
    return resolved


def _interval(changes: Mapping[str, Any]) -> dict[str, Any]:
    if "value" in changes and changes["value"] is None:
        if changes.keys() & {"low", "high"}:
            raise WarehouseError("what is masked has no bounds")
        bounds: dict[str, float | str | None] = {"value": None, "low": None, "high": None}
    else:
        low = _number(changes.get("low", changes.get("value", 0)))
        high = _number(changes.get("high", changes.get("value", "inf")))
        value = _number(changes.get("value", low))
        if not low <= value <= high:
            raise WarehouseError(f"the value {value} does not lie between {low} and {high}")
        bounds = {"value": value, "low": low, "high": high if math.isfinite(high) else "inf"}
    exact = bounds["low"] == bounds["high"]
    return {
        **bounds,
        "redacted": bounds["value"] is None,
        "qualifier": "exact" if exact else "at_least" if bounds["high"] == "inf" else "approx",
        "low_open": False,
        "high_open": bounds["high"] == "inf",
    }


def _number(written: Any) -> float:
    try:
        number = float(written)
    except (TypeError, ValueError):
        raise WarehouseError(f"{written} is not a number") from None
    if math.isnan(number) or number < 0:
        raise WarehouseError(f"{written} is not a number of zero or more")
    return number


def _one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise WarehouseError(f"{value} is no {what}; there are {', '.join(allowed)}")
    return str(value)


def _period(written: str | None) -> dict[str, Any]:
    if not written:
        return {"period_start": None, "period_end": None, "period_basis": None}
    found = _PERIOD.fullmatch(written)
    dates = {found["start"], found["end"] or ".."} - {".."} if found else set()
    if not dates or not all(map(_is_date, dates)):
        raise WarehouseError(f"{written} is no period; write 2018, 2018-01/2018-09, 2015/.. (since) or ../2019 (until)")
    assert found is not None
    start, end = found["start"], found["end"] or found["start"]
    if ".." not in (start, end) and start > end[: len(start)]:
        raise WarehouseError(f"{written} ends before it starts")
    return {
        "period_start": None if start == ".." else start,
        "period_end": None if end == ".." else end,
        "period_basis": "stated",
    }


def _is_date(written: str) -> bool:
    try:
        date.fromisoformat(f"{written}-01-01"[:10])
    except ValueError:
        return False
    return True


def _find_place(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    quoted = literal(name)
    places = _rows(
        connection,
        f"from core.dim_place where place_id = {quoted} or valid_to is null and (adcode = {quoted} and level <> 'town' or name = {quoted})",
    )
    if len(places) != 1:
        candidates = ", ".join(f"{place['place_id']} {place['province']}{place['name']}" for place in places[:5])
        raise WarehouseError(f"{name} could be {candidates}" if places else f"there is no place {name}")
    return str(places[0]["place_id"])
