"""Every numeral of a text, with its value and its class: a quantity, or a kind of non-quantity.

A numeral is a run of Arabic digits, Chinese numerals or masks (`x`, `×`, `*` in place of digits),
with what belongs inside it: the decimal point, the fuzz and multiplier of `50多亿`, the other end of
`3至5`. Words that hold a numeral without meaning a number (统一, 十分, 四川) are numerals of their
own class. What decides the class is data: `vocabulary/numerals.toml`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from transforms.passages import spans
from transforms.schema import table
from transforms.units import alternatives, guarded_unit_pattern, unit_pattern
from transforms.vocabulary import VocabularyError, load

NUMERAL = table("core.fact_numeral")
CLASSES = next(column.values for column in NUMERAL.columns if column.name == "class")
CONDITIONS = ("number", "before", "after", "unit")

# Code points of context that the rules see on either side of a numeral.
CONTEXT = 24

DIGITS = "零一二三四五六七八九"
CHINESE = DIGITS + "十百千万亿两俩廿卅"
MASK = "xX×*"
FUZZ = "余多来几"
RANGE = r"(?:-{1,2}|~|—{1,2}|[至到])"
_FINANCIAL = dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千", strict=True))
_FINANCIAL_RUN = rf"[{''.join(_FINANCIAL)}零]*[拾佰仟][{''.join(_FINANCIAL)}零万亿]*"
_ANY = f"[0-9{MASK}{CHINESE}]"
_RUN = (
    rf"(?:[0-9{MASK}]{{1,3}}(?:,[0-9{MASK}]{{3}})+(?:\.[0-9{MASK}]+)?[十百千万亿]*"
    rf"|{_FINANCIAL_RUN}"
    rf"|{_ANY}+(?:\.{_ANY}+)*(?:点[{CHINESE}]+)?)"
)
_NUMBER = rf"{_RUN}(?:[{FUZZ}]+[十百千万亿]+|几)?"
_FRACTION = rf"[{CHINESE}]+分之"
_EXPRESSION = rf"(?:{_FRACTION})?{_NUMBER}(?:(?:{RANGE}|[:/+])(?:{_FRACTION})?{_NUMBER})*"
# Units that begin with a multiplier are not to be read as part of the number.
_WITH_UNIT = rf"(?:{_NUMBER}千(?:克|瓦时|瓦|伏)|[0-9.,]+[余多]?[万亿]*千米|[0-9.]+百分点)"
_INNER_UNIT = "(千(?:克|瓦时|瓦|伏|米)|百分点)$"
_LATIN_WORD = "[xX]*[A-WYZa-wyz][A-Za-z]*"


@dataclass(frozen=True)
class Rule:
    """The class of a numeral for which all conditions hold."""

    name: str
    of_class: str
    conditions: dict[str, str]

    def holds(self) -> pl.Expr:
        """Whether it applies, over columns named as the conditions."""
        return pl.all_horizontal(pl.col(column).str.contains(pattern) for column, pattern in self.conditions.items())


@dataclass(frozen=True)
class Vocabulary:
    """`vocabulary/numerals.toml`, checked: words by class, words to step over, rules in order."""

    words: dict[str, str]
    guards: list[str]
    rules: list[Rule]


@cache
def vocabulary() -> Vocabulary:
    """The words and rules of `vocabulary/numerals.toml`.

    Raises `VocabularyError` for a class that `core.fact_numeral` does not have, a word in two
    classes, a rule without conditions, an unknown condition or a pattern that does not compile.
    """
    where = "transforms/vocabulary/numerals.toml"
    declared = load("numerals.toml")
    words: dict[str, str] = {}
    for of_class, text in declared["words"].items():
        if of_class not in CLASSES:
            raise VocabularyError(f"{where}: [words] {of_class}: no class of core.fact_numeral ({', '.join(CLASSES)})")
        for word in text.split():
            if words.setdefault(word, of_class) != of_class:
                raise VocabularyError(f"{where}: [words] {word}: both {words[word]} and {of_class}")
    return Vocabulary(
        words,
        declared["guards"]["words"].split(),
        [_rule(where, number, rule) for number, rule in enumerate(declared["rules"], 1)],
    )


def _rule(where: str, number: int, declared: dict[str, str]) -> Rule:
    name = declared.get("name", f"number {number}")
    conditions = {key: pattern for key, pattern in declared.items() if key not in ("name", "class")}
    if declared.get("class") not in CLASSES or not conditions or conditions.keys() - set(CONDITIONS):
        raise VocabularyError(
            f"{where}: rule {name}: needs a name, a class ({', '.join(CLASSES)}) and any of {', '.join(CONDITIONS)}"
        )
    meanings = {
        "{unit}": unit_pattern(),
        "{classifier}": unit_pattern(after_single=True),
        "{numerals}": CHINESE,
        "{digit}": f"[{DIGITS}]",
        "{mask}": f"[{MASK}]",
        "{range}": RANGE,
    }
    for key, pattern in conditions.items():
        for placeholder, meaning in meanings.items():
            pattern = pattern.replace(placeholder, meaning)
        try:
            pl.select(pl.lit("").str.contains(pattern))
        except pl.exceptions.ComputeError as error:
            raise VocabularyError(f"{where}: rule {name}: {key}: {error}") from error
        conditions[key] = pattern
    return Rule(name, declared["class"], conditions)


@cache
def token_pattern() -> str:
    """What a sentence is searched for: words to step over, words with a numeral, numerals."""
    known = vocabulary()
    return "|".join(
        [
            alternatives(known.guards),
            rf"{_FRACTION}{_NUMBER}(?:{RANGE}(?:{_FRACTION})?{_NUMBER})?",
            alternatives(list(known.words)),
            _LATIN_WORD,
            _WITH_UNIT,
            _EXPRESSION,
        ]
    )


def tokens(sentences: pl.DataFrame) -> pl.DataFrame:
    """The numerals of the sentences, in text order, with their class and value.

    In: `stage.sentence`. Out, beside its columns:

    - `numeral` (folded), `offset` and `to` (its span in the sentence, code points)
    - `before` and `after` (its context, folded), `unit` (the unit word read after it, or "")
    - `class` and `rule`
    - `value`, `value_high` (null but for ranges, and null where `redacted`), `fuzzy` (余 or 多 within)
    - `joins`: the numeral is the upper end of the range that the numeral before it begins
    """
    found = _values(_classify(_cut(sentences)))
    unreadable = (pl.col("class") == "quantity") & pl.col("value").is_null() & ~pl.col("redacted")
    return found.with_columns(
        **{
            "class": pl.when(unreadable).then(pl.lit("unclassified")).otherwise("class"),
            "rule": pl.when(unreadable).then(pl.lit("unreadable")).otherwise("rule"),
        }
    )


def _cut(sentences: pl.DataFrame) -> pl.DataFrame:
    """The numerals with their context."""
    known = vocabulary()
    matches, ends = spans(pl.col("text"), token_pattern())
    length = pl.col("numeral").str.len_chars().cast(pl.Int64)
    return (
        sentences.filter(pl.col("text").str.contains(rf"{_ANY}|{_FINANCIAL_RUN}"))
        .with_columns(numeral=matches, to=ends)
        .explode("numeral", "to", empty_as_null=False)
        .filter(
            pl.col("numeral").str.contains(rf"[0-9{CHINESE}]|^[{MASK}]+$|{_FINANCIAL_RUN}")
            & ~pl.col("numeral").is_in(known.guards)
        )
        .with_columns(pl.col("to").cast(pl.Int64), inner=pl.col("numeral").str.extract(_INNER_UNIT).fill_null(""))
        .with_columns(offset=pl.col("to") - length)
        .with_columns(
            numeral=pl.col("numeral").str.strip_suffix(pl.col("inner")),
            to=pl.col("to") - pl.col("inner").str.len_chars().cast(pl.Int64),
        )
        .drop("inner")
        .with_columns(
            before=pl.col("text").str.slice(
                pl.max_horizontal(pl.col("offset") - CONTEXT, 0), pl.min_horizontal(pl.col("offset"), CONTEXT)
            ),
            after=pl.col("text").str.slice(pl.col("to"), CONTEXT),
        )
        .with_columns(unit=pl.col("after").str.extract(rf"^[{FUZZ}]?\s?{guarded_unit_pattern()}").fill_null(""))
    )


def _classify(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `class` and `rule`."""
    known = vocabulary()
    word = len(known.rules)
    decided: Any = pl.when(pl.col("number").is_in(list(known.words))).then(word)
    for index, rule in enumerate(known.rules):
        decided = decided.when(rule.holds()).then(index)
    names = dict(enumerate([*(rule.name for rule in known.rules), "word"]))
    classes = dict(enumerate(rule.of_class for rule in known.rules))
    of_word = pl.col("number").replace_strict(known.words, default=None, return_dtype=pl.String)
    of_rule = pl.col("decided").replace_strict(classes, default="unclassified", return_dtype=pl.String)
    return (
        found.rename({"numeral": "number"})
        .with_columns(decided=decided)
        .with_columns(
            **{"class": pl.when(pl.col("decided") == word).then(of_word).otherwise(of_rule)},
            rule=pl.col("decided").replace_strict(names, default="none", return_dtype=pl.String),
        )
        .drop("decided")
        .rename({"number": "numeral"})
    )


# Chinese numerals side by side that mean a range: 两三 is 2 to 3, 三五百 is 300 to 500.
_SIDE_BY_SIDE = "|".join(["一二", "一两", "两三", "二三", "三四", "四五", "五六", "六七", "七八", "八九", "三五"])


def _values(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `value`, `value_high`, `redacted`, `fuzzy` and `joins`."""
    ends = (
        found.filter(pl.col("class") == "quantity").select(pl.col("numeral").unique())
        .with_columns(
            denominator=pl.col("numeral").str.extract(rf"^([{CHINESE}0-9]+)分之"),
            plain=pl.col("numeral").str.replace_all(_FRACTION, ""),
        )
        .with_columns(pl.col("plain").str.extract_groups(rf"^(?<low>.+?){RANGE}(?<high>.+)$").alias("ends"),
                      doubled=pl.col("plain").str.extract_groups(
                          rf"^(?<head>十?|.*?[百千万亿十])(?<pair>{_SIDE_BY_SIDE})(?<tail>[十百千万亿]*[{FUZZ}]?)$"))
        .with_columns(
            low=pl.coalesce(pl.col("ends").struct.field("low"), pl.concat_str(
                pl.col("doubled").struct.field("head"), pl.col("doubled").struct.field("pair").str.head(1),
                pl.col("doubled").struct.field("tail")), "plain"),
            high=pl.coalesce(pl.col("ends").struct.field("high"), pl.concat_str(
                pl.col("doubled").struct.field("head"), pl.col("doubled").struct.field("pair").str.tail(1),
                pl.col("doubled").struct.field("tail"))),
        )
        # 3至5万: the multiplier counts for both ends, if that leaves them in order.
        .with_columns(shared=pl.when(~pl.col("low").str.contains("[万亿]")).then(pl.col("high").str.extract("([万亿]+)$")))
    )  # fmt: skip
    ends = (
        ends.with_columns(
            low_value=numbers(ends["low"]),
            shared_value=numbers(ends["low"] + ends["shared"]),
            high_value=numbers(ends["high"]),
            whole=numbers(ends["denominator"]),
        )
        .with_columns(
            value=pl.when(pl.col("shared_value") < pl.col("high_value")).then("shared_value").otherwise("low_value")
        )
        .with_columns(part=~pl.col("denominator").is_in(["百", "千"]))
        .select(
            "numeral",
            value=pl.when("part").then(pl.col("value") / pl.col("whole")).otherwise("value"),
            value_high=pl.when("part").then(pl.col("high_value") / pl.col("whole")).otherwise("high_value"),
        )
    )
    redacted = pl.col("numeral").str.contains(f"[{MASK}]")
    known = (pl.col("class") == "quantity") & ~redacted
    found = found.join(ends, on="numeral", how="left", maintain_order="left").with_columns(
        redacted=redacted & (pl.col("class") == "quantity"),
        fuzzy=pl.col("numeral").str.contains(f"[{FUZZ}]") | pl.col("after").str.contains(f"^[{FUZZ}]"),
        value=pl.when(known).then("value"),
        value_high=pl.when(known).then("value_high"),
    )
    return found.with_columns(joins=_joins())


def _joins() -> pl.Expr:
    """Whether a numeral is the upper end of a range whose lower end has its own unit: 10万元至15万元."""
    gap = pl.col("after").shift(1).str.head(pl.col("offset") - pl.col("to").shift(1))
    from_to = pl.col("before").shift(1).str.contains("[从由自][^,。;]{0,8}$")
    joined = (
        (pl.col("document_id") == pl.col("document_id").shift(1))
        & (pl.col("sentence_id") == pl.col("sentence_id").shift(1))
        & (pl.col("class") == "quantity") & (pl.col("class").shift(1) == "quantity")
        & (pl.col("offset") - pl.col("to").shift(1)).is_between(1, CONTEXT)
        & gap.str.contains(rf"^[{FUZZ}]?\s?{unit_pattern()}{RANGE}$") & ~from_to
        & (pl.col("unit") == pl.col("unit").shift(1))
        & (pl.col("value") > pl.col("value").shift(1))
        & pl.col("value_high").is_null() & pl.col("value_high").shift(1).is_null()
    )  # fmt: skip
    return joined.fill_null(False)


def numeral_rows(found: pl.DataFrame) -> pl.DataFrame:
    """The numerals of `tokens` as `core.fact_numeral` without `batch_id`, with `sentence_id`."""
    start = pl.col("start") + pl.col("offset")
    identity = pl.col("document_id").str.head(16) + "-" + start.cast(pl.String)
    is_quantity = (pl.col("class") == "quantity") & pl.col("is_report")
    quantity_start = pl.when("joins").then(identity.shift(1)).otherwise(identity)
    rows = found.with_columns(
        numeral_id=identity,
        span_start=start,
        span_end=pl.col("start") + pl.col("to"),
        raw_text=pl.col("source").str.slice(pl.col("offset"), pl.col("to") - pl.col("offset")),
        quantity_id=pl.when(is_quantity).then(quantity_start),
        batch_id=pl.lit(None, pl.String),
    )
    return NUMERAL.conform(rows).drop("batch_id").with_columns(rows["sentence_id"])


def find_numerals(sentences: pl.DataFrame) -> pl.DataFrame:
    """Every numeral of the sentences (`stage.sentence`) with its class, in text order.

    Out: `core.fact_numeral` without `batch_id`, and `sentence_id`. `quantity_id` is set where the
    sentence belongs to a report; outside of reports nothing is counted.
    """
    return numeral_rows(tokens(sentences))


# A Chinese number spoken short, written out: 一万二 is 一万二千.
_WRITTEN_OUT = {
    "万万": "亿",
    "百([1-9])(万|亿|$)": "百${1}十${2}",
    "千([1-9])(万|亿|$)": "千${1}百${2}",
    "万([1-9])$": "万${1}千",
    "亿([1-9])$": "亿${1}千万",
}
# A section is worth ten to its exponent, and so is a place within it.
_SECTIONS = {"wan_of_yi": 12, "yi": 8, "wan": 4, "ones": 0}
_SECTION_PATTERN = r"^(?:(?:(?<wan_of_yi>[^万亿]*)万)?(?<yi>[^万亿]*)亿)?(?:(?<wan>[^万亿]*)万)?(?<ones>[^万亿]*)$"
_PLACES = {"thousands": 3, "hundreds": 2, "tens": 1, "units": 0}
_PLACE_PATTERN = (
    r"^(?:(?<thousands>[0-9.]*)千)?0?(?:(?<hundreds>[0-9.]*)百)?0?(?:(?<tens>[0-9.]*)十)?(?<units>[0-9.]*)$"
)


def numbers(written: pl.Series) -> pl.Series:
    """The value of each number, Arabic, Chinese or both (3亿5000万); null where it is not well formed.

    Exact as written: a decimal and its multiplier are read as one number (146.1万 is 1461000).
    """
    chinese = {**{digit: str(value) for value, digit in enumerate(DIGITS)}, "两": "2", "俩": "2", "点": "."}
    text = (
        pl.col("text").str.replace_all(f"[,{FUZZ}]", "").str.replace_many(_FINANCIAL).str.replace_many(chinese)
        .str.replace_many({"廿": "2十", "卅": "3十"})
    )  # fmt: skip
    for pattern, written_out in _WRITTEN_OUT.items():
        text = text.str.replace_all(pattern, written_out)
    sections = (
        written.alias("text").to_frame().with_columns(text=text)
        .with_columns(sections=pl.col("text").str.extract_groups(_SECTION_PATTERN)).unnest("sections")
        # 万 alone is one 万, but in 万亿 the 亿 has its count already.
        .with_columns(
            yi=pl.when((pl.col("yi") == "") & pl.col("wan_of_yi").is_null()).then(pl.lit("1")).otherwise("yi"),
            wan_of_yi=pl.col("wan_of_yi").replace("", "1"),
            wan=pl.col("wan").replace("", "1"),
        )
        .with_columns(pl.col(section).str.extract_groups(_PLACE_PATTERN) for section in _SECTIONS)
    )  # fmt: skip
    terms = []
    for section, exponent in _SECTIONS.items():
        for place, power in _PLACES.items():
            digits = pl.col(section).struct.field(place)
            counted = digits if place == "units" else digits.replace("", "1")
            terms.append((counted + f"e{exponent + power}").cast(pl.Float64, strict=False))
    section = "(?:D?千)?0?(?:D?百)?0?(?:D?十)?D?".replace("D", r"(?:[0-9]+(?:\.[0-9]+)?)")
    readable = pl.col("text").str.contains(f"^(?:(?:{section}万)?{section}亿)?(?:{section}万)?{section}$") & (
        pl.col("text") != ""
    )
    return sections.select(value=pl.when(readable).then(pl.sum_horizontal(terms)))["value"]
