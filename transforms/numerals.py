"""Every numeral of a text, with its value and its class: a quantity, or a kind of non-quantity.

A numeral is a run of Arabic digits, Chinese numerals or masks (`x`, `×`, `*` in place of digits),
with what belongs inside it: the decimal point, the fuzz and multiplier of `50多亿`, the other end of
`3至5`. Words that hold a numeral without meaning a number (统一, 十分, 四川) are numerals of their
own class. What decides the class is data: `vocabulary/numerals.toml`.
"""

from dataclasses import dataclass
from functools import cache

import polars as pl

from transforms.breaks import SPLIT
from transforms.passages import each_match
from transforms.rules import Rule, first_that_holds, read_rules
from transforms.schema import table
from transforms.tables import with_headers
from transforms.units import alternatives, guarded_unit_pattern, unit_guards, unit_pattern
from transforms.values import CHINESE, DIGITS, FINANCIAL, FRACTION, FUZZ, MASK, RANGE, SIDE_BY_SIDE, TENTHS, read_values
from transforms.vocabulary import VocabularyError, load

NUMERAL = table("core.fact_numeral")
CLASSES = next(column.values for column in NUMERAL.columns if column.name == "class")
CONDITIONS = ("numeral", "unit", "header", "after", "before")

# Code points of context that the rules see on either side of a numeral.
CONTEXT = 24

# 拾 alone is the verb of 捡拾.
_FINANCIAL_RUN = rf"(?:[{FINANCIAL}零]+[拾佰仟][{FINANCIAL}零万亿]*|[拾佰仟][{FINANCIAL}万亿]+)"
_ARABIC = f"[0-9{MASK}{SPLIT}]"
_ANY = f"[0-9{MASK}{CHINESE}]"
_RUN = "|".join(
    [
        TENTHS,
        # Digits set apart by spaces, as scanned reports have them: 4 9 2 5 0 万吨.
        r"[0-9](?: [0-9])+(?: ?\.[0-9](?: [0-9])*)?(?: ?[万亿]+)?",
        r"[0-9] \.[0-9](?: [0-9])*(?: ?[万亿]+)?",
        rf"{_ARABIC}{{1,3}}(?:,{_ARABIC}{{3}})+(?:\.{_ARABIC}+)?(?:[十百千万亿]+| [万亿]+)?",
        # Asterisks before a digit are markup, behind it or before a zero a mask.
        rf"(?:\*+0[0-9]*|\*+|__+[0-9]*|[0-9xX×]{_ARABIC}*)(?:[.·]{_ARABIC}+)*(?:[十百千万亿]{_ANY}*(?:\.[0-9]+[万亿]*)?| [万亿]+)?",
        _FINANCIAL_RUN,
        rf"[一二][{DIGITS}Oo0]{{3}}",
        rf"[{CHINESE}]+(?:点[{CHINESE}]+)?(?: [万亿]+)?",
    ]
)
_NUMBER = rf"(?:{_RUN})(?: ?[{FUZZ}]+[十百千万亿]+|[余多]?个亿|几)?"
_EXPRESSION = rf"(?:{FRACTION})?{_NUMBER}(?:(?:{RANGE}|[:/+])(?:{FRACTION})?{_NUMBER})*"
# Units that begin with a multiplier are not to be read as part of the number.
_WITH_UNIT = rf"(?:{_NUMBER}千(?:克|瓦时|瓦|伏)|[0-9.,]+[余多]?[万亿]*千米|[0-9.]+百分点)"
# 3 312件: thousands set apart by spaces. Only what follows tells them from the cells of a table.
_SPACED = rf"[0-9]{{1,3}}(?: [0-9]{{3}})+(?:\.[0-9]+)?[{FUZZ}]?[万亿]*"
_BEHIND_SPACED = rf"[^0-9 .,、:/;\t\n{CHINESE}{FUZZ}{MASK}-]"
_INNER_UNIT = rf"(?:.(千(?:克|瓦时|瓦|伏|米)|百分点)|^{_SPACED}({_BEHIND_SPACED}))$"
_LATIN_WORD = "[xX]*[A-WYZa-wyz][A-Za-z]*"


@dataclass(frozen=True)
class Vocabulary:
    """`vocabulary/numerals.toml`, checked: words by class, and the rules in order."""

    words: dict[str, str]
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
            if word[0] not in CHINESE:
                raise VocabularyError(f"{where}: [words] {word}: does not begin with a Chinese numeral; write a rule")
            if words.setdefault(word, of_class) != of_class:
                raise VocabularyError(f"{where}: [words] {word}: both {words[word]} and {of_class}")
    rules = read_rules(
        where, declared["rules"], "class", CLASSES, CONDITIONS,
        unit=unit_pattern(),
        classifier=unit_pattern(after_single=True),
        numerals=CHINESE,
        digit=f"[{DIGITS}两]",
        mask=f"[{MASK}]",
        range=RANGE,
        pair=f"(?:{SIDE_BY_SIDE})",
    )  # fmt: skip
    return Vocabulary(words, rules)


@cache
def token_pattern() -> str:
    """What a sentence is searched for: words with a numeral, numerals, and words that only hold an x."""
    return "|".join(
        [
            rf"{FRACTION}{_NUMBER}(?:{RANGE}(?:{FRACTION})?{_NUMBER})?",
            alternatives(list(vocabulary().words)),
            _LATIN_WORD,
            _WITH_UNIT,
            f"{_SPACED}{_BEHIND_SPACED}",
            _EXPRESSION,
        ]
    )


def tokens(sentences: pl.DataFrame) -> pl.DataFrame:
    """The numerals of the sentences, in text order, with their class and value.

    In: `stage.sentence`. Out, beside its columns:

    - `numeral` (folded), `offset` and `to` (its span in the sentence, code points), `inner` (the unit
      word behind it, where that begins with a multiplier: 千瓦, or what ends spaced digits, else "")
    - `before` and `after` (its context, folded, without a `space` next to the numeral or its 余), `unit` (the unit word read after it, or "")
    - `header`: in a table the label of its row and the header of its column, else ""
    - `class` and `rule`
    - `value`, `value_high` (null but for ranges, and null where `redacted`)
    - `joins`: the numeral is the upper end of the range that the numeral before it begins
    """
    found = _with_values(_classify(with_headers(_cut(sentences), sentences)))
    unreadable = (pl.col("class") == "quantity") & pl.col("value").is_null() & ~pl.col("redacted")
    return found.with_columns(
        **{
            "class": pl.when(unreadable).then(pl.lit("unclassified")).otherwise("class"),
            "rule": pl.when(unreadable).then(pl.lit("unreadable")).otherwise("rule"),
        }
    )


def _cut(sentences: pl.DataFrame) -> pl.DataFrame:
    """The numerals with their context."""
    with_numeral = sentences.filter(pl.col("text").str.contains(rf"{_ANY}|{_FINANCIAL_RUN}"))
    return (
        each_match(with_numeral, token_pattern(), "numeral")
        .filter(~pl.col("numeral").str.contains(f"^{_LATIN_WORD}$"))
        .with_columns(
            inner=pl.coalesce(*(pl.col("numeral").str.extract(_INNER_UNIT, group) for group in (1, 2)), pl.lit(""))
        )
        .with_columns(
            numeral=pl.col("numeral").str.strip_suffix(pl.col("inner")),
            to=pl.col("to") - pl.col("inner").str.len_chars().cast(pl.Int64),
        )
        .with_columns(
            before=pl.col("text").str.slice(
                pl.max_horizontal(pl.col("offset") - CONTEXT, 0), pl.min_horizontal(pl.col("offset"), CONTEXT)
            ),
            after=pl.col("text").str.slice(pl.col("to"), CONTEXT),
        )
        .with_columns(
            space=pl.coalesce(
                pl.col("after").str.extract(f"^[{FUZZ}]( ){guarded_unit_pattern()}"),
                pl.col("after").str.extract("^( )"),
                pl.lit(""),
            ),
            before=pl.col("before").str.strip_suffix(" "),
            after=pl.col("after").str.replace(f"^(?:([{FUZZ}]) ({guarded_unit_pattern()})| )", "${1}${2}"),
        )
        .with_columns(
            unit=pl.col("after")
            .str.extract(f"^[{FUZZ}]?({guarded_unit_pattern()})")
            .replace(unit_guards(), "")
            .fill_null("")
        )
    )


def _classify(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `class` and `rule`."""
    known = vocabulary()
    found = found.with_columns(word=pl.col("numeral").replace_strict(known.words, default=None, return_dtype=pl.String))
    decided = first_that_holds(found, known.rules, among=pl.col("word").is_null())
    names = pl.Series([rule.name for rule in known.rules])
    classes = pl.Series([rule.decided for rule in known.rules])
    return found.with_columns(
        rule=pl.when(pl.col("word").is_null()).then(names.gather(decided).fill_null("none")).otherwise(pl.lit("word")),
        **{"class": pl.coalesce("word", classes.gather(decided), pl.lit("unclassified"))},
    ).drop("word")


def _with_values(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `value`, `value_high`, `redacted` and `joins`."""
    is_quantity, masked = pl.col("class") == "quantity", pl.col("numeral").str.contains(f"[{MASK}]")
    multiplier = pl.when(pl.col("unit") == "").then("header_multiplier").fill_null("")
    found = found.with_columns(
        redacted=is_quantity & masked,
        written=pl.when(is_quantity & ~masked).then(pl.col("numeral") + multiplier),
    ).with_columns(plain=pl.col("written").str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False))
    # Most are plain decimals; only the others need reading.
    values = read_values(found.filter(pl.col("plain").is_null())["written"].drop_nulls().unique())
    return (
        found.join(values, on="written", how="left", maintain_order="left")
        .with_columns(value=pl.coalesce("plain", "value"))
        .drop("written", "plain", "header_multiplier")
        .with_columns(joins=_joins())
    )


def _joins() -> pl.Expr:
    """Whether a numeral is the upper end of a range whose lower end has its own unit: 10万元至15万元."""
    gap = pl.col("after").shift(1).str.head(pl.col("offset") - pl.col("to").shift(1))
    from_to = pl.col("before").shift(1).str.contains("[从由自][^,。;]{0,8}$")
    joined = (
        (pl.col("document_id") == pl.col("document_id").shift(1))
        & (pl.col("sentence_id") == pl.col("sentence_id").shift(1))
        & (pl.col("class") == "quantity") & (pl.col("class").shift(1) == "quantity")
        & (pl.col("offset") - pl.col("to").shift(1)).is_between(1, CONTEXT)
        & gap.str.contains(f"^[{FUZZ}]?{unit_pattern()}{RANGE}$") & ~from_to
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
    # A multiplier that begins a unit (千瓦) is a numeral's character all the same.
    length = (
        pl.col("to") - pl.col("offset") + pl.col("inner").str.extract(f"^([{CHINESE}].*)").str.len_chars().fill_null(0)
    )
    rows = found.with_columns(
        numeral_id=identity,
        span_start=start,
        span_end=start + length,
        raw_text=pl.col("source").str.slice(pl.col("offset"), length),
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
