"""The words that indicators are read by: `vocabulary/indicators/*.toml` and `vocabulary/grammar.toml`.

An indicator's entry says what it is (`core.dim_indicator`) and how reports speak of it:

heads     nouns that name what it counts, enough by themselves: 停车位
weak      nouns that it shares with other things, which need one of its verbs or its context: 资金
verbs     acts that speak for it: 施划
context   words elsewhere in the sentence that speak for it: 环境卫生
topic     words that do anywhere in the sentence, earlier in its paragraph or in a heading above: 志愿
topical   nouns and acts that name what it counts under its topic, and nowhere else: 培训
excludes  words in the clause that speak against it: 处理能力
units     unit words that speak for it; they are accepted whatever their dimension (垃圾300车)
telling   unit words that name it by themselves, beside words that nobody knows (“大家谈”20场); with a
          topic, only there
accepts   dimensions that it accepts, its own by default
only      units that it is counted in, and no others (任务 by 项, not by 座)
planned   the indicator that a figure of it is where it is a target (money only planned is budgeted)
recurring the indicator that a figure of it is where it is a rate by the day, week or month
peopled   the indicator of a number of people right behind a figure of it (382户1699人)

A "@name" stands for the words of that list in `grammar.toml`.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from transforms.schema import table
from transforms.units import units
from transforms.vocabulary import VocabularyError, load

INDICATOR = table("core.dim_indicator")
OTHER = "other"

ROLES = {"heads": "head", "weak": "weak", "verbs": "verb", "context": "context", "excludes": "exclude"}
CLASSES = (
    "breaks",
    "labels",
    "joins",
    "closers",
    "respective",
    "prepositions",
    "locatives",
    "particles",
    "honours",
    "kinds",
    "opens",
    "closes",
    "fillers",
    "verbs",
    "places",
    "conditions",
    "parts",
    "divisions",
    "owners",
    "each",
    "changes",
    "comparisons",
    "opaque",
    "nouns",
)
_REQUIRED = ("name_zh", "name_en", "unit", "dimension", "kind", "definition", "heads")
# Dimensions whose units are classifiers: each has things of its own that it counts.
COUNTED = ("count", "person", "person_time")
SETTLED = ("planned", "recurring", "peopled")
_KEYS = {
    *_REQUIRED,
    *ROLES,
    *SETTLED,
    "topic",
    "topical",
    "plausible_low",
    "plausible_high",
    "per_capita_high",
    "accepts",
    "units",
    "telling",
    "only",
}
_KINDS = next(column.values for column in INDICATOR.columns if column.name == "kind")


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The indicators and their words, as frames.

    catalogue  `core.dim_indicator`
    words      one row a word: `word`, and one boolean a class of `CLASSES`
    roles      one row a word, indicator and role: `word`, `indicator_id` (`other` for the nouns
               that no indicator counts), `role` (a value of `ROLES`)
    accepted   one row an indicator and dimension that it accepts: `indicator_id`, `dimension`
    preferred  one row an indicator and unit word that speaks for it: `indicator_id`, `raw_unit`
    telling    one row an indicator and unit word that names it by itself
    only       one row an indicator and unit word, of those that are counted in no others
    topics     one row an indicator and word of its topic: `indicator_id`, `word`
    topical    one row an indicator and head of it that counts under its topic only: `indicator_id`, `word`
    settled    one row an indicator that is another in some case: `indicator_id`, `case` (of `SETTLED`), `other_id`
    """

    catalogue: pl.DataFrame
    words: pl.DataFrame
    roles: pl.DataFrame
    accepted: pl.DataFrame
    preferred: pl.DataFrame
    telling: pl.DataFrame
    only: pl.DataFrame
    topics: pl.DataFrame
    topical: pl.DataFrame
    settled: pl.DataFrame


def _expand(words: Iterable[Any], lists: dict[str, list[str]], where: str) -> list[str]:
    """The words, each once, with every "@list" replaced by its members."""
    expanded: list[str] = []
    for word in words:
        if not isinstance(word, str) or not word.removeprefix("@"):
            raise VocabularyError(f"{where}: {word!r} is not a word")
        if not word.startswith("@"):
            expanded.append(word)
        elif word[1:] in lists:
            expanded.extend(_expand(lists[word[1:]], lists, where))
        else:
            raise VocabularyError(f"{where}: grammar.toml has no list {word}")
    return list(dict.fromkeys(expanded))


def _check(where: str, declared: dict[str, Any]) -> None:
    if missing := [key for key in _REQUIRED if not declared.get(key)]:
        raise VocabularyError(f"{where}: {', '.join(missing)} missing or empty")
    if unknown := sorted(declared.keys() - _KEYS):
        raise VocabularyError(f"{where}: unknown {', '.join(unknown)}; an entry may have {', '.join(sorted(_KEYS))}")
    if unknown := sorted({declared["dimension"], *declared.get("accepts", ())} - set(units()["dimension"])):
        raise VocabularyError(f"{where}: units.toml has no dimension {', '.join(unknown)}")
    named = {word for key in ("units", "telling", "only") for word in declared.get(key, ())}
    if unknown := sorted(named - set(units()["raw_unit"]) - {""}):
        raise VocabularyError(f"{where}: units.toml has no unit {', '.join(unknown)}")
    if declared["kind"] not in _KINDS:
        raise VocabularyError(f"{where}: kind {declared['kind']!r} is none of {', '.join(_KINDS)}")
    if declared.get("plausible_low", float("-inf")) >= declared.get("plausible_high", float("inf")):
        raise VocabularyError(f"{where}: plausible_low is not below plausible_high")


def _entries(folder: Traversable) -> dict[str, dict[str, Any]]:
    """The indicators of the folder by id, with their family and the file they come from."""
    entries: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            declared = tomllib.loads(file.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise VocabularyError(f"{file.name}: {error}") from error
        for indicator, entry in declared.items():
            where = f"{file.name}: [{indicator}]"
            if indicator == OTHER or indicator in entries:
                raise VocabularyError(
                    f"{where}: the name is taken, by {entries.get(indicator, {}).get('file', 'no indicator')}"
                )
            _check(where, entry)
            family = file.name.removesuffix(".toml")
            entries[indicator] = entry | {"indicator_id": indicator, "family": family, "file": file.name}
    if not entries:
        raise VocabularyError(f"{folder}: no indicator in any .toml file")
    return entries


def _roles(entries: dict[str, dict[str, Any]], lists: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Word, indicator and role, each once; a word has at most one role of an indicator, bar head and verb."""
    found = []
    for indicator, entry in entries.items():
        where = f"{entry['file']}: [{indicator}]"
        words = {role: _expand(entry.get(key, ()), lists, f"{where} {key}") for key, role in ROLES.items()}
        words["head"] += [word for word in _expand(entry.get("topical", ()), lists, where) if word not in words["head"]]
        words["head"] += [word for word in entry.get("telling", ()) if word not in words["head"] + words["weak"]]
        if both := sorted(set(words["head"]) & set(words["exclude"])):
            raise VocabularyError(f"{where}: both head and excluded: {', '.join(both)}")
        # A noun that holds the act speaks for it too: 财政投入, 筹集资金.
        words["verb"] += [
            word
            for word in {*words["head"], *words["weak"]} - set(words["verb"])
            if any(len(verb) > 1 and (word.startswith(verb) or word.endswith(verb)) for verb in words["verb"])
        ]
        words["weak"] = [word for word in words["weak"] if word not in set(words["head"])]
        words["exclude"] = [word for word in words["exclude"] if word not in set(words["verb"])]
        found += [(word, indicator, role) for role, of_role in words.items() for word in of_role]
    return found


def _shared_heads(found: list[tuple[str, str, str]], entries: dict[str, dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Heads that a longer head of another indicator ends in, for units that only they can have.

    积存垃圾 names places by itself (积存垃圾30处); in tonnes it is 垃圾 all the same.
    """
    heads: dict[str, list[tuple[str, str]]] = {}
    for word, indicator, role in found:
        if role in ("head", "weak"):
            heads.setdefault(word, []).append((indicator, role))
    dimensions = {i: {entry["dimension"], *entry.get("accepts", ())} for i, entry in entries.items()}
    return [
        (word, indicator, role)
        for word, owners in heads.items()
        for start in range(1, len(word) - 1)
        for indicator, role in heads.get(word[start:], ())
        if all(dimensions[indicator].isdisjoint(dimensions[owner]) for owner, _ in owners)
    ]


def _summed(found: list[tuple[str, str, str]], words: set[str], totals: list[str]) -> list[tuple[str, str, str]]:
    """The nouns with what sums them up behind them, where another word would take their end: 空巢老人数, 违法建筑面积."""
    return [
        (word + total, indicator, role)
        for word, indicator, role in found
        if role in ("head", "weak")
        for total in totals
        if word + total not in words and any(word[start:] + total in words for start in range(1, len(word)))
    ]


def _accomplished(verbs: Iterable[str], words: set[str]) -> list[str]:
    """The verbs that are found before 了 only together with it, where another word would take their end: 组建了 beside 建了."""
    return [verb for verb in verbs if any(verb[start:] + "了" in words for start in range(1, len(verb)))]


def _contained(found: list[tuple[str, str, str]], words: list[str]) -> list[tuple[str, str, str]]:
    """The words that hold a context word speak for its indicators too: 志愿服务队 does where 志愿服务 would."""
    contexts: dict[str, list[str]] = {}
    for word, indicator, role in found:
        if role == "context":
            contexts.setdefault(word, []).append(indicator)
    return [
        (word, indicator, "context")
        for word in words
        for start in range(len(word))
        for end in range(start + 2, len(word) + 1)
        for indicator in contexts.get(word[start:end], ())
    ]


@cache
def read_lexicon(folder: Traversable | None = None) -> Lexicon:
    """The indicators of a folder of `.toml` files, one a family; the project's own if none is given.

    Raises `VocabularyError` naming file and entry where a key is missing, empty or unknown, a
    dimension or unit is not in `units.toml`, a name is taken, a word is both a head and excluded,
    or a "@list" does not exist.
    """
    grammar = load("grammar.toml")
    lists = grammar["lists"]
    classes = {name: _expand(grammar["classes"][name], lists, f"grammar.toml: {name}") for name in CLASSES}
    entries = _entries(folder or resources.files("transforms.vocabulary").joinpath("indicators"))
    settled = [(i, case, entry[case]) for i, entry in entries.items() for case in SETTLED if case in entry]
    for indicator, case, other in settled:
        if other not in entries:
            raise VocabularyError(f"{entries[indicator]['file']}: [{indicator}] {case}: no indicator {other}")
    found = _roles(entries, lists)
    found += _shared_heads(found, entries)
    known = {word for members in classes.values() for word in members} | {word for word, _, _ in found}
    found += _summed(found, known, grammar["compounds"]["totals"])
    light = {*classes["fillers"], *classes["particles"], *classes["prepositions"]}
    acts = [word for entry in entries.values() for word in _expand(entry.get("verbs", ()), lists, entry["file"])]
    classes["verbs"] += [word for word in dict.fromkeys(acts) if word not in light]
    accomplished = set(_accomplished(classes["verbs"], {*known, *acts}))
    classes["verbs"] += sorted(verb + "了" for verb in accomplished)
    found += [(word + "了", indicator, role) for word, indicator, role in found if word in accomplished]
    counted = {word for word, _, role in found if role in ("head", "weak")} - {*classes["verbs"], *light}
    claimed = {word for word, _, role in found if role in ("head", "weak")}
    found += [(word, OTHER, "head") for word in classes["nouns"] if word not in claimed]
    classes["nouns"] += sorted(counted)
    words = sorted({word for members in classes.values() for word in members} | {word for word, _, _ in found})
    found += _contained(found, words)
    rows = [{name: entry.get(name) for name in INDICATOR.column_names} for entry in entries.values()]
    return Lexicon(
        catalogue=INDICATOR.conform(pl.from_dicts(rows, infer_schema_length=None)),
        words=pl.DataFrame({"word": words}).with_columns(
            pl.col("word").is_in(members).alias(name) for name, members in classes.items()
        ),
        roles=pl.DataFrame(found, ["word", "indicator_id", "role"], orient="row").unique(maintain_order=True),
        accepted=pl.DataFrame(
            [
                (i, d)
                for i, entry in entries.items()
                for d in dict.fromkeys((entry["dimension"], *entry.get("accepts", ())))
            ],
            ["indicator_id", "dimension"],
            orient="row",
        ),
        preferred=_units_of(entries, "units"),
        telling=_units_of(entries, "telling"),
        only=_units_of(entries, "only"),
        topics=_words_of(entries, "topic", lists),
        topical=_words_of(entries, "topical", lists),
        settled=pl.DataFrame(settled, dict.fromkeys(["indicator_id", "case", "other_id"], pl.String), orient="row"),
    )


def _words_of(entries: dict[str, dict[str, Any]], key: str, lists: dict[str, list[str]]) -> pl.DataFrame:
    """One row an indicator and word listed under the key: `indicator_id`, `word`."""
    rows = [(i, word) for i, entry in entries.items() for word in _expand(entry.get(key, ()), lists, entry["file"])]
    return pl.DataFrame(rows, dict.fromkeys(["indicator_id", "word"], pl.String), orient="row")


def _units_of(entries: dict[str, dict[str, Any]], key: str) -> pl.DataFrame:
    """One row an indicator and unit word listed under the key: `indicator_id`, `raw_unit`.

    A measure stands for all words for it: 平方米 for 平米 and ㎡.
    """
    measures = units().filter(~pl.col("dimension").is_in(COUNTED)).select("raw_unit", "dimension", "factor")
    same: dict[str, list[str]] = {}
    for word, other in measures.join(measures, on=["dimension", "factor"]).select("raw_unit", "raw_unit_right").rows():
        same.setdefault(word, []).append(other)
    rows = [
        (i, word)
        for i, entry in entries.items()
        for word in dict.fromkeys(word for unit in entry.get(key, ()) for word in same.get(unit, [unit]))
    ]
    return pl.DataFrame(rows, dict.fromkeys(["indicator_id", "raw_unit"], pl.String), orient="row")
