"""Ways of writing a number, each with the value that is written.

Written from how Chinese writes numbers, not from how the project reads them.
"""

from dataclasses import dataclass
from random import Random

FIGURES = "零一二三四五六七八九"
FULL_WIDTH = str.maketrans("0123456789.%", "０１２３４５６７８９．％")


@dataclass(frozen=True)
class Number:
    """A number as written: `value` to `value_high` (None but for ranges), `value` None where it is masked."""

    text: str
    value: float | None
    value_high: float | None = None
    fuzzy: bool = False


def spell(number: int) -> str:
    """A whole number below 10^12 in Chinese numerals: 20350 is 二万零三百五十."""
    if number >= 10**8:
        rest = number % 10**8
        return spell(number // 10**8) + "亿" + (gap(rest, 10**7) + spell(rest) if rest else "")
    if number >= 10**4:
        rest = number % 10**4
        return spell(number // 10**4) + "万" + (gap(rest, 10**3) + spell(rest) if rest else "")
    for unit, name in ((1000, "千"), (100, "百")):
        if number >= unit:
            rest = number % unit
            return FIGURES[number // unit] + name + (gap(rest, unit // 10) + spell(rest) if rest else "")
    if number >= 10:
        tens, ones = divmod(number, 10)
        return FIGURES[tens] + "十" + (FIGURES[ones] if ones else "")
    return FIGURES[number]


def gap(rest: int, lowest: int) -> str:
    """The 零 that stands for the places left out."""
    return "零" if rest < lowest else ""


def chinese(number: int) -> str:
    """A whole number as it is said: 十二 and not 一十二, 两个 and not 二个, 两万 and not 二万."""
    said = spell(number)
    if said.startswith("一十"):
        said = said[1:]
    for name in "千万亿":
        said = said.replace("二" + name, "两" + name)
    return "两" if said == "二" else said


def plain(random: Random) -> Number:
    value = random.choice([random.randint(2, 99), random.randint(100, 9999), random.randint(10**4, 10**6)])
    text = str(value)
    style = random.random()
    if style < 0.15 and value >= 1000:
        text = f"{value:,}"
    elif style < 0.25:
        text = text.translate(FULL_WIDTH)
    return Number(text, float(value))


def decimal(random: Random) -> Number:
    places = random.choice([1, 1, 2])
    text = f"{random.randint(1, 900)}.{random.randint(1, 10**places - 1):0{places}d}"
    return Number(text.translate(FULL_WIDTH) if random.random() < 0.15 else text, float(text))


def with_multiplier(random: Random) -> Number:
    name, exponent = random.choice([("万", 4), ("万", 4), ("万", 4), ("亿", 8), ("千", 3), ("百万", 6), ("千万", 7)])
    text = str(random.randint(1, 900)) if name in ("千", "百万", "千万") else plain_or_decimal(random)
    return Number(text + name, float(f"{text}e{exponent}"))


def plain_or_decimal(random: Random) -> str:
    whole = random.randint(1, 3000)
    return f"{whole}.{random.randint(1, 99)}" if random.random() < 0.4 else str(whole)


def mixed(random: Random) -> Number:
    form = random.randrange(4)
    a, b = random.randint(1, 99), random.randint(1, 9)
    if form == 0:
        return Number(f"{a}亿{b}000万", a * 10**8 + b * 10**7)
    if form == 1:
        return Number(f"{a}万{b}千", a * 10**4 + b * 1000)
    if form == 2:
        return Number(f"{a}万{b}{b}00", a * 10**4 + b * 1100)
    return Number(f"{spell(a) if a >= 20 else chinese(a)}万{FIGURES[b]}", a * 10**4 + b * 1000)


def said(random: Random) -> Number:
    value = random.choice(
        [
            random.randint(2, 10),
            random.randint(11, 99),
            random.randint(1, 99) * 10 ** random.randint(1, 4),
            random.randint(100, 99999),
        ]
    )
    return Number(chinese(value), float(value))


def said_decimal(random: Random) -> Number:
    whole, tenths = random.randint(1, 99), random.randint(1, 9)
    if random.random() < 0.5:
        return Number(f"{chinese(whole) if whole != 2 else '二'}点{FIGURES[tenths]}万", (whole * 10 + tenths) * 1000)
    return Number(f"{chinese(whole) if whole != 2 else '二'}点{FIGURES[tenths]}亿", (whole * 10 + tenths) * 10**7)


def financial(random: Random) -> Number:
    value = random.randint(2, 9) * 10 ** random.randint(1, 3)
    return Number(spell(value).translate(str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")), value)


def fuzzy(random: Random) -> Number:
    """余 or 多 inside or behind the number."""
    word = random.choice("余余多")
    lead = random.randint(1, 99)
    form = random.randrange(5)
    if form == 0:
        return Number(f"{lead * 10}{word}", lead * 10, fuzzy=True)
    if form == 1:
        return Number(f"{lead}万{word}", lead * 10**4, fuzzy=True)
    if form == 2:
        return Number(f"{lead * 10}{word}万", lead * 10**5, fuzzy=True)
    if form == 3:
        return Number(f"{chinese(lead * 10)}{word}", lead * 10, fuzzy=True)
    return Number(f"{chinese(lead * 100)}{word}", lead * 100, fuzzy=True)


def masked(random: Random) -> Number:
    mark = random.choice(["x", "xx", "×", "**", "*", "XX", "xxx", "＊＊", "X"])
    form = random.randrange(6)
    if form == 0:
        return Number(mark + random.choice(["余", "多"]), None, fuzzy=True)
    if form == 1:
        return Number(mark + "万", None)
    if form == 2:
        return Number(f"{mark}{random.choice('余多')}万", None, fuzzy=True)
    if form == 3:
        return Number(random.choice(["x.x", "xx.x", "1x00", "3xx", "20xx0", "5x", "x百"]), None)
    return Number(mark, None)


def range_of(random: Random) -> Number:
    low = random.randint(1, 50)
    high = low + random.randint(1, 40)
    joint = random.choice(["至", "到", "-", "—", "~", "～", "－"])
    form = random.randrange(4)
    if form == 0:
        return Number(f"{low}{joint}{high}", low, high)
    if form == 1:
        return Number(f"{low}{joint}{high}万", low * 10**4, high * 10**4)
    if form == 2:
        pair = random.choice(["两三", "三四", "四五", "五六", "七八"])
        values = ["两一二三四五六七八九".index(c) if c != "两" else 2 for c in pair]
        name, unit = random.choice([("", 1), ("十", 10), ("百", 100), ("千", 1000)])
        return Number(pair + name, values[0] * unit, values[1] * unit)
    low, high = random.randint(2, 5), random.randint(6, 9)
    return Number(f"{chinese(low)}{random.choice('至到')}{chinese(high)}", low, high)


STYLES = [plain, plain, plain, plain, decimal, with_multiplier, with_multiplier, mixed, said, said, said_decimal]
STYLES += [financial, fuzzy, fuzzy, masked, masked, range_of]


def number(random: Random) -> Number:
    """A number in one of the styles."""
    return random.choice(STYLES)(random)
