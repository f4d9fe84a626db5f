"""What numbers are worth: Arabic, Chinese, or both (3亿5000万), ranges and fractions."""

import re

import polars as pl

from transforms.breaks import SPLIT

DIGITS = "零一二三四五六七八九"
CHINESE = DIGITS + "十百千万亿两俩廿卅"
FINANCIAL = "壹贰叁肆伍陆柒捌玖拾佰仟"
MASK = "xX×*_"
# 余 and 多 say that there is more, 几 and 来 leave the last digit open.
FUZZ = "余多来几"
RANGE = r"(?:-{1,2}|~|—{1,2}|[至到])"
FRACTION = rf"[{CHINESE}]+分之"
# 八成五 is 8.5成.
TENTHS = f"[{DIGITS}]成[{DIGITS}]"
# Digits side by side that mean a range: 两三 is 2 to 3, 三五百 is 300 to 500.
SIDE_BY_SIDE = "一二|一两|两三|二三|三四|四五|五六|六七|七八|八九|三五"

_READ_AS = {
    **{digit: str(value) for value, digit in enumerate(DIGITS)},
    **dict(zip(FINANCIAL, "123456789十百千", strict=True)),
    **{"两": "2", "俩": "2", "廿": "2十", "卅": "3十", "点": ".", "·": ".", "成": "."},
}
# A number spoken short, written out: 一万二 is 一万二千.
_WRITTEN_OUT = {
    "万万": "亿",
    "百([1-9])(万|亿|$)": "百${1}十${2}",
    "千([1-9])(万|亿|$)": "千${1}百${2}",
    "万([1-9])$": "万${1}千",
    "亿([1-9])$": "亿${1}千万",
}
# A section is worth ten to its exponent, and so is a place within it.
_SECTIONS = {"wan_of_yi": 12, "yi": 8, "wan": 4, "ones": 0}
_PLACES = {"thousands": 3, "hundreds": 2, "tens": 1, "units": 0}
_SECTION_PATTERN = r"^(?:(?:(?<wan_of_yi>[^万亿]*)万)?(?<yi>[^万亿]*)亿)?(?:(?<wan>[^万亿]*)万)?(?<ones>[^万亿]*)$"
_DECIMAL = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)?"
_PLACE_PATTERN = (
    rf"(?:(?<thousands>{_DECIMAL})千)?0?(?:(?<hundreds>{_DECIMAL})百)?0?(?:(?<tens>{_DECIMAL})十)?(?<units>{_DECIMAL})"
)
_SECTION = re.sub(r"\?<\w+>", "?:", _PLACE_PATTERN)
_WELL_FORMED = f"^(?:(?:{_SECTION}万)?{_SECTION}亿)?(?:{_SECTION}万)?{_SECTION}$"


def numbers(written: pl.Series) -> pl.Series:
    """The value of each number without a range; null where it is not well formed.

    Exact as written: a decimal and its multiplier are read as one number (146.1万 is 1461000).
    """
    text = pl.col("text").str.replace_all(f"[, 个{FUZZ}{SPLIT}]", "").str.replace_many(_READ_AS)
    for pattern, written_out in _WRITTEN_OUT.items():
        text = text.str.replace_all(pattern, written_out)
    sections = (
        pl.DataFrame({"text": written})
        .select(text=text)
        .with_columns(sections=pl.col("text").str.extract_groups(_SECTION_PATTERN))
        .unnest("sections")
        .with_columns(
            wan_of_yi=pl.col("wan_of_yi").replace("", "1"),
            # In 万亿 the 亿 has its count already.
            yi=pl.when((pl.col("yi") == "") & pl.col("wan_of_yi").is_null()).then(pl.lit("1")).otherwise("yi"),
            wan=pl.col("wan").replace("", "1"),
        )
        .with_columns(pl.col(section).str.extract_groups(f"^{_PLACE_PATTERN}$") for section in _SECTIONS)
    )
    terms = []
    for section, exponent in _SECTIONS.items():
        for place, power in _PLACES.items():
            digits = pl.col(section).struct.field(place)
            counted = digits if place == "units" else digits.replace("", "1")
            terms.append((counted + f"e{exponent + power}").cast(pl.Float64, strict=False))
    readable = pl.col("text").str.contains(_WELL_FORMED) & (pl.col("text") != "")
    return sections.select(value=pl.when(readable).then(pl.sum_horizontal(terms)))["value"]


def read_values(written: pl.Series) -> pl.DataFrame:
    """The values of numerals without masks.

    Out: `written`, `value`, and `value_high` for ranges, null otherwise; `value` is null where the
    numeral is not well formed. 百分之五 is 5 and 千分之五 is 5, as their units are % and ‰; 三分之一
    and 1/3 are a third.
    """
    plain = pl.col("written").str.replace_all(FRACTION, "").str.replace("/[0-9]+$", "")
    doubled = plain.str.contains(rf"^(?:.*[十百千万亿])?(?:{SIDE_BY_SIDE})[十百千万亿]*[{FUZZ}]?$")
    ends = pl.DataFrame({"written": written}).with_columns(
        whole=pl.coalesce(
            pl.col("written").str.extract(f"^([{CHINESE}]+)分之").replace({"百": "一", "千": "一"}),
            pl.col("written").str.extract("/([0-9]+)$"),
        ),
        low=pl.when(doubled)
        .then(plain.str.replace(rf"[{DIGITS}两]([十百千万亿]*[{FUZZ}]?)$", "${1}"))
        .otherwise(plain.str.extract(rf"^(.+?)(?:{RANGE}.*)?$")),
        high=pl.when(doubled)
        .then(plain.str.replace(rf"[{DIGITS}两]([{DIGITS}两][十百千万亿]*[{FUZZ}]?)$", "${1}"))
        .otherwise(plain.str.extract(rf"^.+?{RANGE}(.+)$")),
    )
    # 3至5万: the multiplier counts for both ends, if that leaves them in order.
    multiplier = pl.when(~pl.col("low").str.contains("[万亿]")).then(pl.col("high").str.extract("([万亿]+)$"))
    ends = ends.with_columns(shared=pl.col("low") + multiplier)
    of_number = pl.col("low", "shared", "high", "whole")
    distinct = ends.select(of_number).unpivot()["value"].drop_nulls().unique()
    return (
        ends.select(
            "written", of_number.replace_strict(distinct, numbers(distinct), default=None, return_dtype=pl.Float64)
        )
        .with_columns(value=pl.when(pl.col("shared") < pl.col("high")).then("shared").otherwise("low"))
        .select(
            "written",
            value=pl.col("value") / pl.col("whole").fill_null(1.0),
            value_high=pl.when(pl.col("high") > pl.col("value")).then(pl.col("high") / pl.col("whole").fill_null(1.0)),
        )
    )
