"""What each quantity may count: every possible head of it, and what speaks for and against each.

Every possible head of a quantity is a reading, described by the features that `vocabulary/weights.toml`
names and weighs (`transforms.indicators`).
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.clauses import Bools, Ints, Stream, indices
from transforms.lexicon import OTHER, Lexicon
from transforms.passages import fold

# Words with a role that are considered for one quantity: so many before it, so many after it.
BEFORE, AFTER = 14, 6
# How far back a quantity may look for what it counts, in clauses.
CLAUSES = 5
# A verb of so many indicators at most tells them from others.
TELLING = 3
# So many nouns may share the end of the head that follows them.
SHARERS = 3
# What a number without a unit may be.
UNWRITTEN = ("count", "person", "person_time", "percent", "money")
# Units of acts: an act before the number is counted, not what it is done to (检查工地20次).
ACTS = ("次", "人次", "期", "班次", "批次", "轮", "轮次", "遍", "回", "户次", "家次", "个次", "处次")
# Rates take no noun after them (but an act: 100%完成), measures seldom.
RATES = ("percent", "ratio")
MEASURES = ("mass", "volume", "length", "area", "money", "dollar", "time")
PEOPLE = ("person", "person_time")
# Beside a length, these make it the width, height or depth of a thing (宽8米, 10米宽).
EXTENTS = "宽高厚深粗径"
# 比2018年增加300人
SINCE_A_YEAR = "[比较](?:19|20)[0-9]{2}年[底末初]?[^,;:。的]{0,6}$"
# 登上榜单的有11人
NOMINAL = "的(?:只?有|只|为|达|共|已)*(?:约|近|超|不足)?$"
HEAD, WEAK, VERB, CONTEXT, EXCLUDE = (1 << i for i in range(5))
_BITS = {"head": HEAD, "weak": WEAK, "verb": VERB, "context": CONTEXT, "exclude": EXCLUDE}
PLACES = ("header", "after", "before", "earlier", "later", "unit", "none")

# What the reading of a quantity depends on: its passage (text and number), place in it and unit.
# `topics` are the indicators whose topic it stands under, joined by spaces.
CASE = ["passage", "passage_id", "in_table", "begin", "end", "raw_unit", "dimension", "unit", "topics"]


def _any(flags: Bools) -> Bools:
    """Whether any flag of each column is set."""
    return np.asarray(flags.any(axis=0))


def _last(flags: Bools) -> Ints:
    """The last row of each column whose flag is set, -1 where none is."""
    nth = np.arange(1, len(flags) + 1, dtype=np.uint8)[:, None]
    return (flags.view(np.uint8) * nth).max(axis=0).astype(np.int64) - 1


class _Heads:
    """The indicators that each word may be the head of."""

    def __init__(self, roles: npt.NDArray[np.uint8]) -> None:
        word, self.indicator = np.nonzero(roles & (HEAD | WEAK))
        self.first = np.searchsorted(word, np.arange(len(roles) + 1))

    def of(self, words: Ints) -> tuple[Ints, Ints]:
        """The position in `words` and the indicator of each pair of them; -1 in `words` has none."""
        choices = np.where(words >= 0, self.first[words + 1] - self.first[words], 0)
        of = np.repeat(np.arange(len(words)), choices)
        nth = np.arange(len(of)) - np.repeat(np.cumsum(choices) - choices, choices)
        return of, self.indicator[self.first[words[of]] + nth]


@dataclass(frozen=True)
class _Knowledge:
    """The lexicon as arrays: `names` of the indicators, `other` last, and `roles` (bits) of word and indicator.

    The last row of `roles` is that of no word, index -1.
    """

    names: list[str]
    roles: npt.NDArray[np.uint8]
    heads: _Heads
    has_verbs: Bools
    telling_verbs: Bools
    rates: Bools
    people: Bools
    sharing: Ints
    has_topic: Bools
    topical: Bools


def _sharing(lexicon: Lexicon) -> Ints:
    """The pairs of a word and a head that may share the end of the head, as word * number of words + head, ascending.

    雨水和污水管道: 雨水管道 is a head of the same indicator.
    """
    words = lexicon.words["word"]
    number = {word: index for index, word in enumerate(words)}
    nouns = set(words.filter(lexicon.words["nouns"]))
    named = lexicon.roles.filter(pl.col("role").is_in(["head", "weak"]), pl.col("indicator_id") != OTHER)
    pairs = set()
    for heads in named.group_by("indicator_id").agg("word")["word"].to_list():
        ending: dict[str, list[str]] = {}
        for head in heads:
            for start in range(1, len(head) - 1):
                ending.setdefault(head[start:], []).append(head)
        pairs |= {
            number[head[:end]] * len(words) + number[other]
            for head in heads
            for end in range(2, len(head) - 1)
            if head[:end] in nouns
            for other in ending.get(head[end:], ())
        }
    return np.array(sorted(pairs), np.int64)


@cache
def _knowledge(lexicon: Lexicon) -> _Knowledge:
    names = [*lexicon.catalogue["indicator_id"], OTHER]
    row = indices(lexicon.roles["word"], lexicon.words["word"])
    column = indices(lexicon.roles["indicator_id"], pl.Series(names))
    bits = lexicon.roles["role"].replace_strict(_BITS, return_dtype=pl.UInt8).to_numpy()
    roles = np.zeros((lexicon.words.height + 1, len(names)), np.uint8)
    np.bitwise_or.at(roles, (row, column), bits)
    verbs = (roles & VERB) > 0
    rates, people = (
        np.append(lexicon.catalogue["dimension"].is_in(dimensions).to_numpy(), False) for dimensions in (RATES, PEOPLE)
    )
    telling_verbs = verbs.sum(axis=1) <= TELLING
    has_topic = np.isin(names, lexicon.topics["indicator_id"].unique().to_numpy())
    topical = np.zeros(roles.shape, bool)
    topical[
        indices(lexicon.topical["word"], lexicon.words["word"]),
        indices(lexicon.topical["indicator_id"], pl.Series(names)),
    ] = True
    sharing = _sharing(lexicon)
    return _Knowledge(
        names, roles, _Heads(roles), _any(verbs), telling_verbs, rates, people, sharing, has_topic, topical
    )


def _fits(units: pl.DataFrame, lexicon: Lexicon, names: list[str]) -> tuple[Bools, Bools, Bools, Bools]:
    """Whether each unit (row) is allowed for each indicator (column), preferred by it, unusual, or names it by itself.

    `units` has `row`, `raw_unit` and `dimension`.
    """
    written = pl.col("raw_unit") != ""
    written_units = units["raw_unit"].ne("").to_numpy()
    bare = lexicon.accepted.filter(pl.col("dimension").is_in(UNWRITTEN)).select("indicator_id")
    accepted = [
        units.filter(written).join(lexicon.accepted, on="dimension").select("row", "indicator_id"),
        units.filter(~written).join(bare, how="cross").select("row", "indicator_id"),
    ]
    allowed, preferred, telling = (np.zeros((units.height, len(names)), bool) for _ in range(3))
    for matrix, pairs in (
        (allowed, pl.concat(accepted)),
        (preferred, units.join(lexicon.preferred, on="raw_unit")),
        (telling, units.join(lexicon.telling, on="raw_unit")),
    ):
        matrix[pairs["row"].to_numpy(), indices(pairs["indicator_id"], pl.Series(names))] = True
    allowed |= preferred
    strict = np.isin(names, lexicon.only["indicator_id"].unique().to_numpy())
    named = units.filter(written).join(lexicon.only, on="raw_unit")
    within = ~written_units[:, None] | ~strict
    within[named["row"].to_numpy(), indices(named["indicator_id"], pl.Series(names))] = True
    allowed &= within
    allowed[:, -1] = True
    choosy = np.isin(names, lexicon.preferred["indicator_id"].unique().to_numpy())
    unusual = ~preferred & choosy & written_units[:, None]
    return allowed, preferred, unusual, telling


class Readings:
    """All readings of all cases, ordered by case and indicator.

    One entry a reading: `case`, `indicator` (index in `_Knowledge.names`), `head` and `verb` (words,
    -1 for none), `place` (index in `PLACES`).
    """

    def __init__(self, cases: pl.DataFrame, lexicon: Lexicon) -> None:
        """`cases` has the columns of `CASE`."""
        cases = cases.with_columns(fold(pl.col("raw_unit")))
        self.cases, self.known = cases, _knowledge(lexicon)
        # Equal headers of columns in different units are different passages.
        tag = pl.when("in_table").then("raw_unit").alias("tag")
        key = ["passage_id", "tag"]
        passages = cases.select("passage", "passage_id", tag).unique(key, maintain_order=True).with_row_index("index")
        index = cases.select("passage_id", tag).join(
            passages, on=key, how="left", nulls_equal=True, maintain_order="left"
        )
        passage, begin, end = (
            column.to_numpy().astype(np.int64) for column in (index["index"], cases["begin"], cases["end"])
        )
        self.stream = Stream(passages["passage"], passage, begin, end, lexicon)
        self.at = self.stream.at
        self.next_item = np.minimum(self.at + 1, len(self.stream.word) - 1)
        # 、 right after the unit
        self.listed = self.stream.is_join[self.next_item] & (self.stream.gap[self.at] == 0)
        self._look_around()
        self._list(lexicon)
        self._find_support()

    def _look_around(self) -> None:
        """The window of each case: the items around it whose word has a role, and where they stand.

        One row a slot of the window, one column a case.
        """
        stream, at = self.stream, self.at
        roled = np.flatnonzero(_any(self.known.roles.T > 0)[stream.word])
        roled = roled if len(roled) else np.zeros(1, np.int64)
        nearby = np.searchsorted(roled, at) + np.arange(-BEFORE, AFTER)[:, None]
        window = roled[np.clip(nearby, 0, len(roled) - 1)]
        there = (nearby >= 0) & (nearby < len(roled)) & (stream.passage[window] == stream.passage[at])
        breaks, quantities = (
            np.concatenate([stream.between(kind, window[:BEFORE], at), stream.between(kind, at, window[BEFORE:])])
            for kind in ("break", "quantity")
        )
        self.window, self.there, self.left = window, there, there & (np.arange(len(window)) < BEFORE)[:, None]
        clause = there & (breaks == 0) & (quantities == 0)
        self.after, self.before = clause & ~self.left & ~self.listed, clause & self.left
        # The parts of a whole may be many: 商户953户,其中蔬菜类205户,肉类191户,水产类22户,其他35户.
        parts = stream.between("part", np.minimum(window, at), at) > 0
        self.earlier = self.left & ~clause & ((breaks <= CLAUSES) | parts)
        self.whole = self.earlier & parts
        # The number shares the noun of the next one: 3家和5家企业.
        self.later = there & ~self.left & self.listed & (breaks == 0) & (quantities == 1)
        # An act before the number that no other one follows, and whether the number's clause has none.
        opening, ending = stream.last(stream.is_break)[at], stream.next(stream.is_break)[at]
        self.idle = stream.between("verb", opening, ending) == 0
        self.leading = self.left & ~self.before & ((breaks == 0) | self.idle)
        slot, case = np.nonzero(self.leading)
        self.leading[slot, case] = stream.between("verb", window[slot, case], at[case]) == 0
        # An act behind a list is done to all of it: 47个小区和78处小巷完成改造.
        self.closing = there & ~self.left & ~self.after & (breaks == 0) & (quantities > 0)
        slot, case = np.nonzero(self.closing)
        apart = {kind: stream.between(kind, at[case], window[slot, case]) for kind in ("verb", "join")}
        self.closing[slot, case] = (apart["verb"] <= 1) & (apart["join"] >= quantities[slot, case])
        self.near = breaks <= 1
        self._match_respectively()

    def _match_respectively(self) -> None:
        """Which words of the window 分别 gives to a case, and which it gives to others.

        It gives the nouns before it the numbers behind it, in order (甲和乙分别达到3个和5个), and the numbers
        before it the nouns behind it (5个村、3所学校分别获评文明村和文明校园).
        """
        stream, at, window, there = self.stream, self.at, self.window, self.there
        divider, behind = stream.last(stream.is_respective)[at], stream.next(stream.is_respective)[at]
        divided, ends = (
            stream.is_respective[item]
            & (stream.passage[item] == stream.passage[at])
            & (stream.between("break", np.minimum(item, at), np.maximum(item, at)) == 0)
            for item in (divider, behind)
        )
        ahead = divided & there & (window < divider)
        clause = ahead & (stream.between("break", np.minimum(window, divider), divider) == 0)
        ahead = np.where(_any(clause), clause, ahead)
        # What changes has two rounds of numbers: 甲率和乙率分别由3%、5%提高到4%和6%.
        numbers = stream.between("quantity", at, stream.next(stream.is_break)[at])
        numbers %= 1 + stream.between("join", stream.last(stream.is_break)[divider], divider)
        # One noun for all of them (完成率分别达到85%和90%) is no list to match.
        given = ahead.copy()
        slot, case = np.nonzero(ahead)
        given[slot, case] = stream.between("join", window[slot, case], divider[case]) == numbers[case]
        self.not_respective = ahead & ~given & _any(given)

        named = ends & there & (window > behind)
        named &= stream.between("break", behind, np.maximum(window, behind)) == 0
        numbers, closing = stream.between("quantity", at, behind), stream.next(stream.is_break)[behind]
        slot, case = np.nonzero(named)
        named[slot, case] = stream.between("join", window[slot, case], closing[case]) == numbers[case]
        heads, word = self.known.heads.first, stream.word[window]
        self.not_respective |= self.after & ~named & _any(named & (heads[word + 1] > heads[word]))
        self.respective = given | named
        self.later |= named & ~self.after

    def _list(self, lexicon: Lexicon) -> None:
        """One reading for each head and each indicator that it may stand for, and one as `other` without a head."""
        stream, heads, cases = self.stream, self.known.heads, self.cases
        slot, near = np.nonzero(self.after | self.before | self.earlier | self.later)
        of, indicator = heads.of(stream.word[self.window[slot, near]])
        # The unit may be the head itself: 七村, 200人参加.
        unit_word = indices(cases["raw_unit"], lexicon.words["word"])
        of_unit, by_unit = heads.of(unit_word)
        everyone = np.arange(len(self.at))
        case = np.concatenate([near[of], of_unit, everyone])
        slot = np.concatenate([slot[of], np.full(len(of_unit), -2), np.full(len(everyone), -1)])
        indicator = np.concatenate([indicator, by_unit, np.full(len(everyone), len(self.known.names) - 1)])

        columns = ["raw_unit", "dimension", "unit"]
        units = cases.select(columns).unique(maintain_order=True).with_row_index("row")
        unit = cases.join(units, on=columns, how="left", nulls_equal=True, maintain_order="left")["row"].to_numpy()
        allowed, preferred, unusual, telling = _fits(units, lexicon, self.known.names)
        in_topic = self._in_topic(case, indicator)
        astray = (slot == -2) & telling[unit[case], indicator] & self.known.has_topic[indicator] & ~in_topic
        word = np.where(slot >= 0, stream.word[self.window[slot, case]], -1)
        topical = self.known.topical[word, indicator]
        astray |= topical & ~in_topic
        # Beside words that count under the topic alone, the others of an indicator do without it.
        in_topic &= topical | ~_any(self.known.topical)[indicator]
        fits = allowed[unit[case], indicator] & ~astray
        place = (case * len(self.known.names) + indicator) * (BEFORE + AFTER + 2) + slot
        order = np.flatnonzero(fits)[np.argsort(place[fits])]
        self.case, self.slot, self.indicator = case[order], slot[order], indicator[order]
        self.in_topic = in_topic[order]
        self.preferred, self.unusual, telling = (
            flag[unit[self.case], self.indicator] for flag in (preferred, unusual, telling)
        )

        self.headed, self.by_unit = self.slot >= 0, self.slot == -2
        self.by_telling_unit = self.by_unit & telling
        self.named = self.indicator != len(self.known.names) - 1
        self.item = np.where(self.headed, self.window[self.slot, self.case], self.at[self.case])
        low, high = np.minimum(self.item, self.at[self.case]), np.maximum(self.item, self.at[self.case])
        kinds = ("break", "verb", "cut", "closer", "preposition", "noun", "part", "unknown")
        self.apart = {kind: stream.between(kind, low, high) for kind in kinds}  # head and number
        self.head = np.where(self.by_unit, unit_word[self.case], np.where(self.headed, stream.word[self.item], -1))
        areas = (self.after, self.before, self.earlier, self.later)
        self.is_after, self.is_before, self.is_earlier, self.is_later = map(self._in, areas)
        standing = [self.by_unit, ~self.headed, self.in_table, self.is_after, self.is_before, self.is_earlier]
        self.place = np.select(standing, [5, 6, 0, 1, 2, 3], 4)

    def _in_topic(self, case: Ints, indicator: Ints) -> Bools:
        """Whether each case stands under the topic of its indicator."""
        topics = self.cases["topics"]
        distinct = topics.unique()
        about = np.array([np.isin(self.known.names, said.split(" ")) for said in distinct])
        return np.asarray(about[indices(topics, distinct)[case], indicator])

    def _in(self, values: Bools) -> Bools:
        """A flag of window and case at the heads of the readings, false where they have none."""
        return self.headed & values[self.slot, self.case]

    def _of(self, condition: pl.Expr) -> Bools:
        """Whether a condition on the columns of `CASE` holds of the readings' cases."""
        return self.cases.select(condition.fill_null(False)).to_series().to_numpy()[self.case]

    @cached_property
    def in_table(self) -> Bools:
        """Whether the reading's case stands in a table."""
        return self._of(pl.col("in_table"))

    @cached_property
    def of_rate(self) -> Bools:
        """Whether the reading's case is a rate."""
        return self._of(pl.col("dimension").is_in(RATES))

    @cached_property
    def of_people(self) -> Bools:
        """Whether the reading's case counts people."""
        return self._of(pl.col("dimension").is_in(PEOPLE))

    @cached_property
    def of_measure(self) -> Bools:
        """Whether the reading's case is a measure."""
        return self._of(pl.col("dimension").is_in(MEASURES))

    def _find_support(self) -> None:
        """The words that speak for each candidate, a case and an indicator, or against it."""
        stream, known = self.stream, self.known
        new = (np.diff(self.case, prepend=-1) != 0) | (np.diff(self.indicator, prepend=-1) != 0)
        self.candidate = np.cumsum(new) - 1
        # Only indicators have such words; `other`, the last candidate here, stands for all that have none.
        new &= self.named
        candidate = np.where(self.named, np.cumsum(new) - 1, -1)
        case, indicator = np.append(self.case[new], 0), np.append(self.indicator[new], len(known.names) - 1)
        words = np.where(self.there, stream.word[self.window], -1)
        roles = known.roles[words.take(case, axis=1), indicator]
        acts = (roles & VERB) > 0
        # In order of strength; of several, the last one before the number or the first one after it.
        areas = (self.before, self.leading, self.after | self.closing, self.earlier)
        near, leads, follows, earlier = (acts & area.take(case, axis=1) for area in areas)
        earlier &= ~leads
        slots = np.stack([_last(near), _last(leads), len(acts) - 1 - _last(follows[::-1]), _last(earlier)])
        found = (slots >= 0) & (slots < len(acts))
        self.verb_kind = np.where(_any(found), found.argmax(axis=0), len(found))
        slot = slots[np.minimum(self.verb_kind, len(found) - 1), np.arange(len(case))]
        verb = np.where(_any(found), words[slot, case], -1)
        self.through = found[2][candidate]
        honour = self.window[np.minimum(slots[2], len(acts) - 1), case]
        self.honoured = (found[2] & stream.is_honour[honour])[candidate]
        self.in_context = _any((roles & CONTEXT) > 0)[candidate] | self.in_topic
        # 清洗护栏30米,果皮箱50个: the act leads the list. What speaks against a whole does against its parts.
        excludes, around = (roles & EXCLUDE) > 0, self.before | self.after | (self.leading & self.near)
        # A label says nothing against what stands behind it (问题整改:发现问题312个).
        label = stream.last(stream.is_label)[self.at]
        told = stream.between("noun", label, self.at) + stream.between("verb", label, self.at) > 0
        around &= ~(told & (self.window < label))
        own, whole = (_any(excludes & area.take(case, axis=1))[candidate] for area in (around, self.whole))
        self.excluded = own | (whole & self.is_part)
        self.verb_kind, self.verb = self.verb_kind[candidate], verb[candidate]
        # 用于创建的资金为310万元,今年增加到480万元: the act on the first is done to the second, too.
        goes_on = self.is_earlier & self.continues[1] & self.idle[self.case]
        self.acted = (self.verb_kind < 3) | ((self.verb_kind == 3) & goes_on)

    def features(self) -> dict[str, npt.NDArray[Any]]:
        """The features of the readings by the names that `vocabulary/weights.toml` weighs them by."""
        return {**self._where(), **self._apart(), **self._worded(), **self._measured(), **self._unnamed()}

    def _where(self) -> dict[str, npt.NDArray[Any]]:
        after = self.is_after
        return {
            "after": after,
            "after_rate": after & self.of_rate & ~self.stream.is_verb[self.item],
            "after_measure": after & self.of_measure,
            "before": self.is_before,
            "earlier": self.is_earlier,
            "later": self.is_later,
            "unit_head": self.by_unit,
            "telling_unit": self.by_telling_unit,
        }

    def _apart(self) -> dict[str, npt.NDArray[Any]]:
        stream, case, item = self.stream, self.case, self.item
        after, before, earlier, later = self.is_after, self.is_before, self.is_earlier, self.is_later
        apart, respective = self.apart, self._in(self.respective)
        honoured = after & (apart["cut"] > 0) & self.honoured
        # In a header, column and row stand side by side: there is no distance.
        prose = ~self.in_table
        bound = stream.last(stream.is_bound)[self.at]
        own_noun = (stream.between("noun", bound, self.at) > 0)[case]
        clause_noun = (stream.between("noun", self.at, stream.next(stream.is_bound)[self.at]) > 0)[case]
        own_unknown = (np.minimum(stream.between("unknown", bound, self.at), 4) / 4)[case]
        nouns = np.bincount(stream.run, stream.is_noun)
        nouns_after = (nouns[stream.run[self.at]] > 0) & ~self.listed
        unknown_after = (stream.gap[self.at] >= 2) & ~nouns_after & ~self.listed
        rival = (before | earlier | self.by_unit) & prose
        measure = self.of_measure
        run = np.where(after, stream.run[self.at][case], stream.run[self.at - 1][case])
        following = np.minimum(item + 1, len(stream.word) - 1)
        part, continues = self.is_part, earlier & self.continues[1]
        own, touching = self.at - 1, stream.end[self.at - 1] == stream.start[self.at]
        # 其中黎阳镇1个: the part is called by the place it is in.
        named = (stream.gap[self.at - 2] > 0) | stream.is_place[self.at - 2]
        named_place = touching & stream.is_division[own] & named
        # 学员3120名,其中退役军人106名; 废弃车辆38辆,其中面包车11辆: what else is counted by no indicator names a kind.
        firm = _any((self.known.roles[:, :-1] & HEAD > 0).T)[stream.word[own]]
        kind = stream.is_noun[own] & touching & ~firm
        label = part & ((stream.is_part[own] & touching) | named_place | self.nominal | kind)[case]
        named_part = label & self.named
        borrowed = earlier | later | self.by_unit
        rate = self.of_rate
        # 7个老旧小区的改造工程: the noun before 的 is counted; in 3家存在问题的网吧 it is none of what stands before it.
        owner = stream.next(stream.is_owner)[self.at]
        owned = stream.is_owner[owner] & (stream.passage[owner] == stream.passage[self.at])
        for kind, there in (("noun", True), ("verb", False), ("break", False), ("quantity", False)):
            owned &= (stream.between(kind, self.at, owner) > 0) == there
        owned = owned[case]
        # 等 makes the acts before it examples of the noun behind it (督查、巡检等活动20次).
        counts_act = (
            (before | earlier)
            & stream.is_verb[item]
            & self._of(pl.col("raw_unit").is_in(ACTS))
            & (apart["closer"] == 0)
        )
        # 300人参加大扫除活动: they are counted who act.
        acting = after & stream.is_verb[item] & (apart["unknown"] == 0) & (apart["noun"] == 0) & self.of_people
        # What stood before the first number, but further off than another noun, is not what the numbers behind it count.
        counted = stream.next(stream.is_quantity)[item]
        passed_over = (
            continues & (stream.between("noun", item, counted) > 0) & (stream.run[item] != stream.run[counted - 1])
        )
        return {
            "unknown_between": before * prose * np.minimum(apart["unknown"], 6) / 6,
            "verb_between": before & (apart["verb"] > 0),
            "verb_first": (after | later) & (apart["cut"] > later) & ~respective & ~honoured,
            "preposition_between": (before | after)
            & prose
            & (apart["preposition"] > 0)
            & ~self.known.rates[self.indicator],
            "superseded": ((before | after) & (apart["noun"] > 0) & (stream.run[item] != run) & ~counts_act & ~honoured)
            | passed_over,
            "exemplified": before
            & (apart["closer"] > 0)
            & (apart["verb"] == 0)
            & (apart["noun"] > 0)
            & ~nouns_after[case],
            "act": before & counts_act & self.named,
            "acted_on": (before & stream.is_verb[item] & ~counts_act & ~measure) * np.minimum(apart["unknown"], 2) / 2,
            "inner": self.headed & prose & self.is_inner & ~(after & owned) & ~counts_act & ~acting,
            "owner": after & (item > owner[case]) & owned,
            "place_name": before & (own[case] == item) & (named_place & self.in_parts)[case],
            "adjacent": after & (apart["unknown"] == 0) & (apart["noun"] == 0) & (apart["cut"] == 0),
            "trailing": after * np.minimum(stream.gap[item], 4) / 4,
            "preceded": after & stream.is_verb[item] & (nouns[stream.run[self.at - 1]] > 0)[case] & ~rate,
            "owned": after & stream.is_quantity[following] & (stream.gap[item] == 0),
            "rival_noun": rival & nouns_after[case] & ~measure,
            "rival_measure": rival & nouns_after[case] & measure & ~self.by_unit,
            "rival_unknown": rival & unknown_after[case] & ~self.by_telling_unit,
            "clauses": (earlier & ~named_part) * np.minimum(apart["break"], CLAUSES) / CLAUSES,
            "nouns_between": (earlier & ~counts_act & ~named_part) * np.minimum(apart["noun"], 3) / 3,
            "clause_noun": earlier & clause_noun & ~label,
            "own_noun": borrowed & own_noun & ~label,
            "own_unknown": (borrowed & ~part & ~self.by_telling_unit) * own_unknown,
            "continued": label | (continues & ~own_noun),
            "respective": respective,
            "not_respective": self._in(self.not_respective),
            "mixed": self.headed & self.named & ~respective & self._is_mixed(),
        }

    @cached_property
    def continues(self) -> tuple[Bools, Bools]:
        """Whether the number has the unit of the first one that the head counts, and so have all between them.

        新建公厕12座,其中10月底前完成9座: the second number goes on counting what the first one does.
        """
        stream, at = self.stream, self.at
        order = np.argsort(at)
        raw = self.cases["raw_unit"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)[order]
        unit, chain = np.full(len(stream.word), -1), np.zeros(len(stream.word), np.int64)
        unit[at[order]], chain[at[order]] = raw, np.cumsum(np.diff(raw, prepend=-1) != 0)
        counted, previous = stream.next(stream.is_quantity)[self.item], stream.last(stream.is_quantity)[at]
        alike = (unit[counted] == unit[at][self.case]) & (counted != at[self.case])
        same = (chain[previous] == chain[at]) & (stream.passage[previous] == stream.passage[at])
        return alike, np.asarray(same[self.case] & (chain[counted] == chain[at][self.case]))

    @cached_property
    def in_parts(self) -> Bools:
        """Whether 其中 or a bracket opens a list of parts, after the number of their whole and before that of the case."""
        stream = self.stream
        opening = stream.last(stream.is_part)[self.at]
        whole = stream.last(stream.is_quantity)[opening]
        return np.asarray(stream.is_quantity[whole] & (stream.passage[whole] == stream.passage[self.at]))

    @cached_property
    def nominal(self) -> Bools:
        """Whether 的 stands before the number of the case: 登上榜单的11人."""
        before = pl.col("passage").str.head(pl.col("begin"))
        return self.cases.select(before.str.contains(NOMINAL)).to_series().to_numpy()

    @cached_property
    def is_part(self) -> Bools:
        """Whether the number is a part of what the head counts: 商户953户,其中蔬菜类205户.

        What a part is called does not change what is counted, unless something else is done to it.
        """
        stream = self.stream
        opening = stream.last(stream.is_part)[self.at]
        # 其中经教育不改予以处罚的41起 are still of those, but 其中没有物业的2个 are picked by a condition.
        act = stream.between("verb", opening, self.at) * ~self.nominal
        act += stream.between("condition", opening, self.at) * self.nominal
        # 停车场3个;公园2个(东区1个、西区1个): the parts are those of the parks.
        whole = stream.last(stream.is_quantity)[opening][self.case]
        of_whole = stream.next(stream.is_quantity)[self.item] == whole
        of_whole |= stream.between("part", np.minimum(self.item, whole), whole) > 0
        return self.is_earlier & self.continues[0] & (self.apart["part"] > 0) & of_whole & (act == 0)[self.case]

    def _worded(self) -> dict[str, npt.NDArray[Any]]:
        named, acted = self.named, self.acted
        weak = named & ((self.known.roles[self.head, self.indicator] & (WEAK | HEAD)) == WEAK)
        # A verb does not speak for itself.
        own_verb = (self.verb == self.head) & self.stream.is_verb[self.item]
        through = self.is_after & (self.apart["cut"] > 0)
        # 4个部门被评为先进单位: an honour, but not one that the indicator counts.
        unlike = weak & self.honoured & ~self.in_context
        return {
            "weak": weak,
            "weak_verb": weak & acted & ~own_verb & ~unlike,
            "weak_context": weak & self.in_context,
            "verb_near": named & (self.verb_kind == 0),
            "verb_lead": named & (self.verb_kind == 1),
            "verb_after": named & (self.verb_kind == 2),
            "verb_far": named & (self.verb_kind == 3),
            "telling_verb": named & acted & self.known.telling_verbs[self.verb],
            "through_verb": named & through & self.through & ~unlike,
            "foreign_verb": named & ~acted & ~self.idle[self.case],
            "no_verb": named & ~weak & self.known.has_verbs[self.indicator] & (self.verb < 0),
            "context": named & self.in_context,
            "topic": self.in_topic,
            "excluded": named & self.excluded,
        }

    def _measured(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "preferred": self.named & self.preferred,
            "unusual": self.named & self.unusual,
            "unwritten": self.named & self._of(pl.col("raw_unit") == ""),
        }

    def _unnamed(self) -> dict[str, npt.NDArray[Any]]:
        stream, at, case, other = self.stream, self.at, self.case, ~self.named
        alone = other & ~self.headed & ~self.by_unit & ~self.in_table
        bound, act = stream.last(stream.is_bound)[at], stream.last(stream.is_bound | stream.is_verb)[at]
        own = {
            kind: (stream.between(kind, bound, at) > 0)[case] for kind in ("each", "change", "comparison", "condition")
        }
        # 在没有路灯的小巷安装路灯420盏: the condition is that of the lanes.
        owner = np.minimum(stream.next(stream.is_owner)[stream.last(stream.is_condition)[at]], at)
        # 标识缺失等问题31个: nor is it one of the noun behind 等.
        closed = stream.last(stream.is_closer | stream.is_bound)[at]
        own["condition"] &= ((stream.between("verb", owner, at) == 0) & (stream.between("condition", closed, at) > 0))[
            case
        ]
        touching = stream.start[self.next_item] == stream.end[at]
        # 20户以上的自然村: villages of that size
        sized = pl.col("passage").str.slice("end", 4).str.contains("^以[上下]的")
        since_a_year = pl.col("passage").str.head(pl.col("begin")).str.contains(SINCE_A_YEAR)
        located = stream.is_locative[at - 1] & (stream.end[at - 1] == stream.start[at])
        # 对36个未安装消防设施的小区: a part of a stock, unless it is made to meet the condition
        picked = stream.is_condition[self.next_item] & touching & (stream.between("verb", bound, at) == 0)
        # 6个小区没有物业管理
        behind = np.minimum(self.next_item + 1, len(stream.word) - 1)
        lacking = stream.is_condition[behind] & (stream.start[behind] == stream.end[self.next_item])
        picked |= lacking & touching & stream.is_noun[self.next_item]
        return {
            "other": other,
            "other_noun": other & (self.headed | self.by_unit),
            "other_inner": other & self.headed & ~self.in_table & self.is_inner,
            "other_measure": other & self.is_after & self.of_measure,
            "unknown_before": alone * (np.minimum(stream.between("unknown", act, at), 4) / 4)[case],
            "unknown_after": alone * (np.minimum(stream.gap[at], 4) / 4)[case],
            "standard": other & (own["each"] | self._of((pl.col("dimension") == "money") & _beside("end", 0, "/"))),
            "change": other & own["change"] & self.of_rate,
            "comparison": other & ((own["comparison"] & ~self.nominal[case]) | self._of(since_a_year)),
            "points": other & self._of(pl.col("raw_unit").str.contains("点")),
            "extent": other
            & self._of(
                (pl.col("dimension") == "length") & (_beside("begin", -1, EXTENTS) | _beside("end", 0, EXTENTS))
            ),
            "condition": other & (own["condition"] | picked[case] | self._of((pl.col("raw_unit") == "户") & sized)),
            "kind": other & (stream.is_kind[self.next_item] & touching)[case] & ~self.of_measure,
            "located": other & located[case],
        }

    @cached_property
    def is_inner(self) -> Bools:
        """Whether another noun follows the head in its phrase, or ends the head as well."""
        stream = self.stream
        followed = stream.phrase[stream.next(stream.is_noun)][self.item] == stream.phrase[self.item]
        return np.asarray(followed | self.shares_head[stream.phrase[self.item]])

    @cached_property
    def shares_head(self) -> Bools:
        """Whether each phrase of the stream lacks the end of its head, which a phrase behind it has: 雨水、供水和污水管道."""
        stream = self.stream
        opens = np.flatnonzero(np.diff(stream.phrase, prepend=-1))
        nouns, unknown = np.bincount(stream.phrase, stream.is_noun), np.bincount(stream.phrase, stream.unknown)
        noun = np.maximum.reduceat(np.where(stream.is_noun, np.arange(len(stream.word)), 0), opens)
        word = stream.word[noun]
        lone = (nouns == 1) & (unknown == 0) & (word >= 0) & np.append(np.diff(stream.run[opens]) == 0, False)
        alone = np.flatnonzero(lone)
        head = np.append(word[1:], -1)
        shares = np.zeros(len(opens), bool)
        for _ in range(SHARERS):
            pair = word[alone] * (len(self.known.roles) - 1) + head[alone]
            shares[alone] = (head[alone] >= 0) & np.isin(pair, self.known.sharing)
            head[:-1] = np.where(shares[1:], head[1:], head[:-1])
        return shares

    def _is_mixed(self) -> Bools:
        """Whether the head is joined by 、 or 和 with nouns that do not name the indicator.

        A head with others before it in its phrase shares those with its neighbours (楼道、庭院垃圾), so
        only one that stands alone makes a mixed group, and names of places never do.
        """
        stream, width = self.stream, len(self.known.names)
        opens = np.flatnonzero(np.diff(stream.phrase, prepend=-1))
        nouns, unknown = np.bincount(stream.phrase, stream.is_noun), np.bincount(stream.phrase, stream.unknown)
        things = np.bincount(stream.phrase, stream.is_noun & ~stream.is_place) > 0
        run_of_phrase = stream.run[opens]
        # After a number only known nouns make a group, and the last phrase may belong to the next number.
        counted = np.bincount(stream.run, stream.is_quantity)[run_of_phrase] > 0
        last = np.append(np.diff(run_of_phrase) > 0, True)
        next_counted = np.append(stream.is_quantity[opens[1:]], False)
        things = np.where(counted, things & ~(last & next_counted), things | ((nouns == 0) & (unknown >= 3)))
        things &= ~self.shares_head
        members = np.bincount(run_of_phrase, things)
        # How many phrases of each run name each indicator
        grouped = np.flatnonzero((members[stream.run] > 1) & (stream.word >= 0))
        of, indicator = self.known.heads.of(stream.word[grouped])
        firmly = (self.known.roles[stream.word[grouped[of]], indicator] & HEAD > 0) & self.known.people[indicator]
        wanted = stream.run[self.item] * width + self.indicator

        def support(named: Bools) -> tuple[Ints, Ints]:
            """How many phrases of each head's run name its indicator, and how many name any, by the `named` pairs."""
            naming = np.unique((stream.phrase[grouped[of]] * width + indicator)[named])
            keys, counts = np.unique(run_of_phrase[naming // width] * width + naming % width, return_counts=True)
            keys, counts = np.append(keys, -1), np.append(counts, 0)
            found = np.searchsorted(keys[:-1], wanted)
            any_named = np.bincount(run_of_phrase[np.unique(naming // width)], minlength=stream.run[-1] + 1)
            return np.where(keys[found] == wanted, counts[found], 0), any_named[stream.run[self.item]]

        alone = (nouns <= 1) & (unknown < 2)
        phrase = stream.phrase[self.item]
        # People share no head, nor do rates: in 社区干部、志愿者等300人 there are both.
        apart = alone[phrase] | ((self.of_people | self.of_rate) & self.is_before & ~last[phrase])
        own, _ = support(np.ones(len(of), bool))
        # Nor does it help that the last of them is told more closely: 保洁员、党员志愿者300人次.
        own_firmly, any_firmly = support(firmly)
        others = self.of_people & self.is_before & (any_firmly > own_firmly)
        return np.asarray(((members[stream.run[self.item]] > np.maximum(own, 1)) & apart) | others)


def _beside(edge: str, offset: int, characters: str) -> pl.Expr:
    """Whether the character beside that edge of a number is one of these."""
    return pl.col("passage").str.slice(pl.max_horizontal(pl.col(edge) + offset, 0), 1).is_in(list(characters))
