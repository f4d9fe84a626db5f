"""The evidence of a figure: where it stands, what decided each field, what other reports say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.home import Home, WarehouseError
from warehouse.query import query
from warehouse.tables import sql


@dataclass(frozen=True)
class Explanation:
    """One quantity and all that is known of it; `str()` is for people.

    `before`, `raw_text` and `after` make up the sentence; `others` are the other observations of
    the same figure, each with `observation_id`, `role`, `raw_text` and `evidence`; `corrections` and
    `quarantined` say what people and checks decided about it. `is_observation` is false where the
    quantity did not become a fact, and `why_not` says why.
    """

    quantity_id: str
    document_id: str
    file_name: str
    source: str | None
    arrived_at: datetime
    report_id: str | None
    title: str | None
    organisation: str | None
    duplicate_of: str | None
    report_place: str | None
    place_basis: str | None
    place_evidence: str | None
    place_name: str | None
    indicator_id: str
    indicator_name: str | None
    raw_text: str
    span_start: int
    span_end: int
    before: str
    after: str
    interval: str
    unit: str
    status: str
    per: str | None
    period: str | None
    period_basis: str | None
    confidence: float | None
    rules: str | None
    corrected: bool | None
    is_observation: bool
    role: str | None
    best_observation_id: str | None
    others: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    quarantined: list[dict[str, Any]]

    @property
    def why_not(self) -> str | None:
        """Why the quantity is no observation; None where it is one."""
        if self.is_observation:
            return None
        if self.duplicate_of:
            return f"the report is a copy of {self.duplicate_of}, where its figures count"
        if any(correction["action"] == "reject" and correction["applied"] for correction in self.corrections):
            return "a person rejected it"
        held = [entry["reason"] for entry in self.quarantined if entry["state"] in ("open", "rejected")]
        return "; ".join(held) or "no indicator of the catalogue fits, or it stands outside a report"

    def __str__(self) -> str:
        period = " ".join(filter(None, [self.period, self.per and f"per {self.per}", self.period_basis]))
        lines = [
            f"{self.indicator_name or self.indicator_id} ({self.indicator_id}): {self.interval} {self.unit}, {self.status}",
            f"place      {self.place_name or self.report_place or 'not known'}"
            + (f", {self.place_basis}: {self.place_evidence}" if self.place_basis else ""),
            f"period     {period or 'none stated'}",
            f"document   {self.file_name} ({self.document_id[:16]}), characters {self.span_start} to {self.span_end}",
            f"report     {self.title or 'without a title'}, {self.organisation or 'reporter not named'} ({self.report_id})",
            f"evidence   {self.before.lstrip()}【{self.raw_text}】{self.after}",
        ]
        if self.confidence is not None:
            lines.append(f"confidence {self.confidence:.2f}")
        lines += [f"rule       {rule}" for rule in (self.rules or "").split("; ") if rule]
        if self.why_not:
            lines.append(f"no fact    {self.why_not}")
        elif self.role == "best":
            lines.append("figure     taken from this observation")
        else:
            lines.append(f"figure     taken from {self.best_observation_id}; this one: {self.role}")
        lines += [
            f"also       {o['observation_id']} {o['role']}: {o['raw_text']}: {o['evidence']}" for o in self.others
        ]
        for correction in self.corrections:
            outcome = "applied" if correction["applied"] else f"not applied: {correction['problem']}"
            lines.append(
                f"correction {correction['action']} {correction['changes']} by {correction['author']}: "
                f"{correction['reason']} ({outcome})"
            )
        lines += [f"quarantine {q['state']}, {q['expectation']}: {q['reason']}" for q in self.quarantined]
        return "\n".join(lines)


def explain(home: Home, observation_id: str) -> Explanation:
    """The evidence of an observation, or of any quantity by its `quantity_id`.

    Raises `WarehouseError` where the published version has no such quantity.
    """
    rows = query(home, sql("queries/explain.sql"), {"id": observation_id}).to_dicts()
    if not rows:
        raise WarehouseError(f"there is no observation or quantity {observation_id}")
    row = {name: value for name, value in rows[0].items() if name != "bounds"}
    return Explanation(**{**row, **{name: row[name] or [] for name in ("others", "corrections", "quarantined")}})
