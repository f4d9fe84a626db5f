"""Extraction scored against hand annotation.

Mentions are records with the fields of `campaign extract`: the annotation guidelines' fields,
`document`, and for predicted ones `confidence`. What counts as right:

quantity     the spans overlap, each mention used once, with equal values (or both masked) and units
indicator    a right quantity read as the annotated indicator, over mentions that have one
observation  indicator, status, period and per all right: what the warehouse would load

The figures are those of the reference scorer of the annotation, to the last digit; a test holds the
two against each other.
"""

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

Mention = Mapping[str, Any]
Pair = tuple[Mention, Mention]

# Indicators that most comparisons rest on, scored apart.
CORE = frozenset(
    [
        "garbage_cleared",
        "parking_spaces",
        "volunteers",
        "funds_invested",
        "funds_budgeted",
        "funds_raised",
        "funds_disbursed",
    ]
)
# Ways of writing one unit.
UNITS = {
    **dict.fromkeys(["㎡", "平米", "平方", "m2", "m²"], "平方米"),
    **dict.fromkeys(["km", "千米"], "公里"),
    **dict.fromkeys(["吨位", "t"], "吨"),
    "％": "%",
    "人民币元": "元",
}
# Predicted indicators this sure are held to be right nineteen times in twenty.
SURE = 0.9
# What a line must have to be a mention; what else it lacks was not stated.
NEEDED = {"document", "start", "end", "value", "unit", "redacted", "indicator"}
TOTALS = ("quantity", "quantity_redacted", "indicator", "indicator_core", "observation")


@dataclass(frozen=True)
class Evaluation:
    """What extraction got right.

    `figures` holds `TOTALS` (precision, recall, f1 and the counts behind them), `accuracy` of the
    other fields and the indicators by `family`; `mistakes` one line each; `sure` how many predicted
    indicators have a confidence of `SURE` or more, `sure_right` how many of those are right;
    `unclassified` the share of numerals that no rule classified, null where it was not told.
    """

    figures: dict[str, Any]
    mistakes: list[str]
    sure: int
    sure_right: int
    unclassified: float | None = None

    def summary(self) -> str:
        """The figures as text for people, a line each."""
        figures = self.figures
        lines = [
            f"{name:18} P {f['precision']:.4f}  R {f['recall']:.4f}  F1 {f['f1']:.4f}  "
            f"({f['right']} right of {f['predicted']} predicted, {f['gold']} gold)"
            for name, f in ((name, figures[name]) for name in TOTALS)
        ]
        lines.append("accuracy           " + "  ".join(f"{k} {v:.4f}" for k, v in figures["accuracy"].items()))
        lines += [
            f"  {name:16} P {f['precision']:.3f}  R {f['recall']:.3f}  F1 {f['f1']:.3f}  (gold {f['gold']})"
            for name, f in figures["family"].items()
        ]
        share = f"{self.sure_right / self.sure:.4f} right" if self.sure else "none"
        lines.append(f"confidence >= {SURE}  {share} ({self.sure_right} of {self.sure} predicted indicators)")
        if self.unclassified is not None:
            lines.append(f"unclassified       {self.unclassified:.4f} of the numerals")
        return "\n".join(lines)


def read_annotation(path: Path) -> list[Mention]:
    """The mentions annotated in `path`, a file of one JSON object a line or a folder of `.jsonl` files.

    A folder may hold annotation of reports beside that of mentions: lines with `is_report` are passed
    over there. Raises `ValueError`, naming file and line, for any other line that is not a mention,
    and where there is no mention at all.
    """
    mentions: list[Mention] = []
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                mention = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{file}, line {number}: not JSON ({error})") from None
            if path.is_dir() and "is_report" in mention:
                continue
            if missing := NEEDED.difference(mention if isinstance(mention, dict) else ()):
                raise ValueError(f"{file}, line {number}: not a mention, it lacks {', '.join(sorted(missing))}")
            mentions.append(mention)
    if not mentions:
        raise ValueError(f"{path}: no annotated mention in it; give a file of one JSON object a line")
    return mentions


def evaluate(
    gold: Sequence[Mention],
    predicted: Sequence[Mention],
    families: Mapping[str, str],
    unclassified: float | None = None,
) -> Evaluation:
    """`predicted` scored against `gold`, over the documents that `gold` annotates.

    `families` names the family of each indicator of the catalogue; `unclassified` is the share of
    numerals of the documents that no rule classified, which the summary then tells.
    """
    documents = {mention["document"] for mention in gold}
    predicted = [mention for mention in predicted if mention["document"] in documents]
    paired = _pairs(gold, predicted)
    pairs = [(gold[g], predicted[p]) for g, p in paired]
    right = [(g, p) for g, p in pairs if _same_quantity(g, p)]
    hits = [(g, p) for g, p in right if _indicator(g) and _indicator(g) == _indicator(p)]
    whole = [(g, p) for g, p in hits if all(_equal(g, p, name) for name in ("status", "period", "per"))]
    named_gold, named_predicted = [m for m in gold if _indicator(m)], [m for m in predicted if _indicator(m)]
    gold_families = sorted({families.get(m["indicator"], "?") for m in named_gold})

    def of_family(mention: Mention, name: str) -> bool:
        return families.get(mention["indicator"]) == name

    figures = {
        "quantity": _figure(len(right), len(predicted), len(gold)),
        "quantity_redacted": _figure(
            sum(bool(g["redacted"]) for g, _ in right),
            sum(bool(m.get("redacted")) for m in predicted),
            sum(bool(m["redacted"]) for m in gold),
        ),
        "indicator": _figure(len(hits), len(named_predicted), len(named_gold)),
        "indicator_core": _figure(
            sum(g["indicator"] in CORE for g, _ in hits),
            sum(m["indicator"] in CORE for m in named_predicted),
            sum(m["indicator"] in CORE for m in named_gold),
        ),
        "observation": _figure(len(whole), len(named_predicted), len(named_gold)),
        "accuracy": {
            "qualifier": _share(right, "qualifier"),
            **{name: _share(hits, name) for name in ("status", "period", "per")},
        },
        "family": {
            name: _figure(
                sum(of_family(g, name) for g, _ in hits),
                sum(of_family(m, name) for m in named_predicted),
                sum(of_family(m, name) for m in named_gold),
            )
            for name in gold_families
        },
    }
    return Evaluation(
        figures=figures,
        mistakes=list(_mistakes(gold, predicted, paired)),
        sure=sum((m.get("confidence") or 0) >= SURE for m in named_predicted),
        sure_right=sum((p.get("confidence") or 0) >= SURE for _, p in hits),
        unclassified=unclassified,
    )


def _pairs(gold: Sequence[Mention], predicted: Sequence[Mention]) -> list[tuple[int, int]]:
    """Positions of overlapping mentions, each used once: equal quantities first, then the longest overlap."""
    by_document: dict[str, list[int]] = {}
    for p, mention in enumerate(predicted):
        by_document.setdefault(mention["document"], []).append(p)
    for found in by_document.values():
        found.sort(key=lambda p: predicted[p]["start"])
    starts = {name: [predicted[p]["start"] for p in found] for name, found in by_document.items()}
    reach = {name: list(accumulate((predicted[p]["end"] for p in found), max)) for name, found in by_document.items()}
    candidates = []
    for g, mention in enumerate(gold):
        name = mention["document"]
        if name not in by_document:
            continue
        # Of those that start before its end, none before `first` reaches its start.
        first, last = bisect_right(reach[name], mention["start"]), bisect_left(starts[name], mention["end"])
        for p in by_document[name][first:last]:
            overlap = min(mention["end"], predicted[p]["end"]) - max(mention["start"], predicted[p]["start"])
            if overlap > 0:
                candidates.append((not _same_quantity(mention, predicted[p]), -overlap, g, p))
    used_gold: set[int] = set()
    used_predicted: set[int] = set()
    pairs = []
    for _, _, g, p in sorted(candidates):
        if g not in used_gold and p not in used_predicted:
            used_gold.add(g)
            used_predicted.add(p)
            pairs.append((g, p))
    return pairs


def _same_quantity(gold: Mention, predicted: Mention) -> bool:
    masked = bool(gold["redacted"])
    return (
        masked == bool(predicted.get("redacted"))
        and _unit(gold) == _unit(predicted)
        and (masked or all(_same_number(gold.get(name), predicted.get(name)) for name in ("value", "value_high")))
    )


def _same_number(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _unit(mention: Mention) -> str:
    written = (mention.get("unit") or "").strip()
    return UNITS.get(written, written)


def _indicator(mention: Mention) -> str | None:
    indicator = mention.get("indicator")
    return indicator if indicator not in ("", "other") else None


def _field(mention: Mention, name: str) -> Any:
    """A field as it is compared: an empty one is none; the period is its two ends."""
    if name == "period":
        return mention.get("period_start") or None, mention.get("period_end") or None
    return (mention.get(name) or None) if name == "per" else mention.get(name)


def _equal(gold: Mention, predicted: Mention, name: str) -> bool:
    return bool(_field(gold, name) == _field(predicted, name))


def _share(pairs: Sequence[Pair], name: str) -> float:
    return round(sum(_equal(g, p, name) for g, p in pairs) / max(1, len(pairs)), 4)


def _figure(right: int, predicted: int, gold: int) -> dict[str, float]:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
        "right": right,
        "predicted": predicted,
        "gold": gold,
    }


def _mistakes(
    gold: Sequence[Mention], predicted: Sequence[Mention], paired: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """One line for each gold mention missed, each predicted one that is spurious, each pair that differs."""
    for kind, mentions, side in (("missed", gold, 0), ("spurious", predicted, 1)):
        for position in sorted(set(range(len(mentions))) - {pair[side] for pair in paired}):
            yield f"{kind:9} {_where(mentions[position])} {mentions[position].get('indicator')}"
    for g, p in ((gold[g], predicted[p]) for g, p in paired):
        fields = ["qualifier"]
        if _indicator(g) != _indicator(p):
            fields.append("indicator")
        elif _indicator(g):
            fields += ["status", "period", "per"]
        wrong = [f"{name} {_field(p, name)}, gold {_field(g, name)}" for name in fields if not _equal(g, p, name)]
        if not _same_quantity(g, p):
            wrong.insert(0, f"quantity {_quantity(p)}, gold {_quantity(g)}")
        if wrong:
            yield f"{'wrong':9} {_where(g)}: {'; '.join(wrong)}"


def _where(mention: Mention) -> str:
    return f"{mention['document']}:{mention['start']} {mention.get('text')}"


def _quantity(mention: Mention) -> str:
    return f"{mention.get('value')}-{mention.get('value_high')} {mention.get('unit')!r}"
