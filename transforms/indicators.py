"""What each quantity counts: the indicator that it is read as, how sure that is, and why.

The catalogue and the words that reports use for it are data (`transforms.lexicon`). The reading
follows Chinese syntax:

- A noun phrase right after the unit names what was counted, and its last noun is the head
  (3处便民市场, 280名空巢老人); otherwise the last noun before the number does (清理积存垃圾10240吨).
- Where the number's own stretch of the sentence names nothing, the number counts what came before
  (拆除违建30处,面积2万平方米); where it names something unknown, it counts nothing catalogued.
- Nouns that many indicators share (资金, 小区, 群众) need a verb or a context that fits.
- Nouns joined by 、 or 和 before one number make one group, and a mixed group is `other`.
- 甲和乙分别达到3个和5个 gives the nouns their numbers in order.
- A unit whose dimension contradicts the indicator rules it out.

Every possible head of a quantity is a reading, described by the features that
`vocabulary/weights.toml` names and weighs. A quantity's candidates are the best reading as each
indicator and as none (`other`); its confidence is the softmax of their scores at the best.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.lexicon import CLASSES, OTHER, Lexicon, read_lexicon
from transforms.vocabulary import load

# Words with a role that are considered for one quantity: so many before it, so many after it.
BEFORE, AFTER = 14, 6
# How far back a quantity may look for what it counts, in clauses.
CLAUSES = 3
# What a number without a unit may be.
UNWRITTEN = ("count", "person", "person_time", "percent", "money")

HEAD, WEAK, VERB, CONTEXT, EXCLUDE = (1 << i for i in range(5))
_BITS = {"head": HEAD, "weak": WEAK, "verb": VERB, "context": CONTEXT, "exclude": EXCLUDE}
_PLACES = ("header", "after", "before", "earlier", "later", "unit")

_WEIGHTS = {name: weight for group in load("weights.toml").values() for name, weight in group.items()}
FEATURES = tuple(_WEIGHTS)
WEIGHTS = np.array(list(_WEIGHTS.values()), np.float32)

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


def catalogue(lexicon: Lexicon | None = None) -> pl.DataFrame:
    """The indicators (`core.dim_indicator`), of the project's vocabulary if no other is given.

    Raises `VocabularyError` where an entry of the vocabulary is not well formed.
    """
    return (lexicon or read_lexicon()).catalogue


def classify(quantities: pl.DataFrame, sentences: pl.DataFrame, lexicon: Lexicon | None = None) -> pl.DataFrame:
    """The quantities with what they count: `indicator_id`, `confidence` and `indicator_rules`.

    `quantities` has the columns of `stage.mention` up to `header`, `sentences` those of
    `stage.sentence`. `indicator_id` is an id of the catalogue or `other`; `confidence` estimates
    the probability that it is right; `indicator_rules` names the words that decided.
    Raises `VocabularyError` where the vocabulary is not well formed.
    """
    known = lexicon or read_lexicon()
    if quantities.is_empty():
        return quantities.with_columns(
            indicator_id=pl.lit(None, pl.String),
            confidence=pl.lit(None, pl.Float64),
            indicator_rules=pl.lit(None, pl.String),
        )
    placed = cases(quantities, sentences)
    unique = placed.select(CASE).unique(maintain_order=True)
    decided = unique.hstack(decide(unique, read(unique, known), WEIGHTS, known))
    return placed.join(decided, on=CASE, how="left", nulls_equal=True, maintain_order="left").select(
        *quantities.columns, "indicator_id", "confidence", "indicator_rules"
    )


# What the reading of a quantity depends on: its passage, place in it and unit.
CASE = ["passage", "in_table", "begin", "end", "raw_unit", "dimension", "unit"]


def cases(quantities: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    """The quantities with the columns of `CASE`: a number in a table stands after its header."""
    placed = quantities.join(
        sentences.select("document_id", "sentence_id", sentence_start="start", sentence="text"),
        on=["document_id", "sentence_id"],
        how="left",
        maintain_order="left",
    )
    length = pl.col("header").str.len_chars().cast(pl.Int64)
    return placed.with_columns(
        passage=pl.coalesce("header", "sentence"),
        in_table=pl.col("header").is_not_null(),
        begin=pl.coalesce(length, pl.col("span_start") - pl.col("sentence_start")),
        end=pl.coalesce(length, pl.col("span_end") - pl.col("sentence_start")),
    )


class _Stream:
    """The words and quantities of all passages in text order, each an item, as is the start of a passage."""

    def __init__(self, passages: pl.Series, passage: Ints, begin: Ints, end: Ints, lexicon: Lexicon) -> None:
        """`passage` is the index of each quantity's passage, `begin` and `end` its code points there."""
        opens = np.concatenate([[0], np.cumsum(passages.str.len_chars().to_numpy().astype(np.int64) + 1)[:-1]])
        starts, ends, words = _find_words("\n".join(passages), lexicon.words["word"])
        begin, end = opens[passage] + begin, opens[passage] + end
        # A word that overlaps a quantity is part of it.
        order = np.argsort(begin, kind="stable")
        nearest = order[np.minimum(np.searchsorted(end[order], starts, side="right"), len(order) - 1)]
        apart = (begin[nearest] >= ends) | (end[nearest] <= starts)
        starts, ends, words = starts[apart], ends[apart], words[apart]

        kind = np.repeat([0, 1, 2], [len(opens), len(starts), len(begin)])
        start = np.concatenate([opens, starts, begin])
        order = np.lexsort((kind, start))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self.at = place[len(opens) + len(starts) :]  # the item of each quantity
        self.word = np.concatenate([np.full(len(opens), -1), words, np.full(len(begin), -1)])[order]
        self.start, self.end = start[order], np.concatenate([opens, ends, end])[order]
        self.passage = np.cumsum(kind[order] == 0) - 1

        flags = {name: np.append(lexicon.words[name].to_numpy(), False)[self.word] for name in CLASSES}
        opened, closes = self.last(flags["opens"]), self.next(flags["closes"])
        titled = (opened > self.last(flags["closes"])) & flags["opens"][opened] & flags["closes"][closes]
        titled &= (self.passage[opened] == self.passage) & (self.passage[closes] == self.passage)
        for name in ("breaks", "joins", "verbs", "closers", "particles", "prepositions"):
            flags[name] &= ~titled
        self.is_place, self.is_respective = flags["places"], flags["respective"]
        self.is_join, self.is_kind, self.is_locative = flags["joins"], flags["kinds"], flags["locatives"]
        self.is_break = flags["breaks"] | (kind[order] == 0)
        self.is_quantity = kind[order] == 2
        self.is_verb = flags["verbs"]
        self.is_noun = flags["nouns"] & ~flags["verbs"]
        # A run is cut at verbs, particles, breaks, quantities and 等; a phrase also at 、 and 和.
        cut = (
            self.is_break
            | flags["verbs"]
            | flags["particles"]
            | flags["prepositions"]
            | self.is_quantity
            | flags["closers"]
        )
        self.run = np.cumsum(cut)
        self.phrase = np.cumsum(cut | flags["joins"])
        # Characters that mean nothing to us: between an item and the next, and in opaque words.
        gap = np.append(np.where(np.diff(self.passage) == 0, self.start[1:] - self.end[:-1], 0), 0)
        self.gap = np.maximum(gap, 0)
        opaque = flags["opaque"] & ~flags["nouns"] & ~flags["verbs"]
        self.unknown = self.gap + np.where(opaque, self.end - self.start, 0)
        counted = {
            "break": self.is_break,
            "verb": self.is_verb,
            "noun": self.is_noun,
            "quantity": self.is_quantity,
            "join": flags["joins"],
            "cut": cut,
            "closer": flags["closers"],
            "preposition": flags["prepositions"],
            "unknown": self.unknown,
            "each": flags["each"],
            "change": flags["changes"],
            "condition": flags["conditions"],
        }
        self.counts = {name: np.concatenate([[0], np.cumsum(values)]) for name, values in counted.items()}

    def between(self, kind: str, low: Ints, high: Ints) -> Ints:
        """How many items of a kind, or unknown characters, are strictly between the items `low` and `high`."""
        counts = self.counts[kind]
        return np.asarray(counts[high] - counts[low + (kind != "unknown")])

    def last(self, flag: Bools) -> Ints:
        """The last item before each one that has the flag, the first item where there is none."""
        items = np.where(flag, np.arange(len(flag)), 0)
        return np.concatenate([[0], np.maximum.accumulate(items)[:-1]])

    def next(self, flag: Bools) -> Ints:
        """The next item after each one that has the flag, the last item where there is none."""
        return len(flag) - 1 - self.last(flag[::-1])[::-1]


def _find_words(text: str, words: pl.Series) -> tuple[Ints, Ints, Ints]:
    """Start and end (code points) and index of every word in the text, the longest one at each place."""
    patterns = pl.lit(words.gather(words.str.len_chars().arg_sort(descending=True))).implode()
    found = (
        pl.DataFrame({"text": [text]})
        .select(
            at=pl.col("text").str.find_many(patterns, leftmost=True),
            word=pl.col("text").str.extract_many(patterns, leftmost=True),
        )
        .explode("at", "word")
        .drop_nulls()
    )
    # Offsets come in bytes; the characters that begin up to a byte number its code point.
    begins = (np.frombuffer(text.encode(), np.uint8) & 0xC0) != 0x80
    start = (np.cumsum(begins) - 1)[found["at"].to_numpy()].astype(np.int64)
    index = _indices(found["word"], words)
    return start, start + found["word"].str.len_chars().to_numpy().astype(np.int64), index


def _indices(values: pl.Series, words: pl.Series) -> Ints:
    """The index of each value among the words, -1 where it is none of them."""
    return values.replace_strict(words, np.arange(len(words)), default=-1, return_dtype=pl.Int64).to_numpy()


@dataclass(frozen=True)
class Readings:
    """All readings of all cases, ordered by case and indicator.

    One entry a reading: `case`, `indicator` (index in the catalogue, its length for `other`),
    `head` and `verb` (indices in the lexicon's words, -1 for none), `place` (index in `_PLACES`,
    -1 for none) and, in the rows of `features`, the columns of `FEATURES`.
    """

    case: Ints
    indicator: Ints
    head: Ints
    verb: Ints
    place: Ints
    features: Floats


class _Heads:
    """The indicators that each word may be the head of."""

    def __init__(self, roles: npt.NDArray[np.uint8]) -> None:
        word, self.indicator = np.nonzero(roles & (HEAD | WEAK))
        self.first = np.searchsorted(word, np.arange(len(roles) + 1))
        self.width = roles.shape[1]

    def of(self, words: Ints) -> tuple[Ints, Ints]:
        """The position in `words` and the indicator of each pair of them."""
        choices = np.where(words >= 0, self.first[words + 1] - self.first[words], 0)
        of = np.repeat(np.arange(len(words)), choices)
        nth = np.arange(len(of)) - np.repeat(np.cumsum(choices) - choices, choices)
        return of, self.indicator[self.first[words[of]] + nth]


def _roles(lexicon: Lexicon) -> npt.NDArray[np.uint8]:
    """The roles of each word (row; the last row is of no word) for each indicator (column), as bits."""
    names = [*lexicon.catalogue["indicator_id"], OTHER]
    row = lexicon.roles["word"].cast(pl.Enum(lexicon.words["word"])).to_physical().to_numpy()
    column = lexicon.roles["indicator_id"].cast(pl.Enum(names)).to_physical().to_numpy()
    bits = lexicon.roles["role"].replace_strict(_BITS, return_dtype=pl.UInt8).to_numpy()
    roles = np.zeros((lexicon.words.height + 1, len(names)), np.uint8)
    np.bitwise_or.at(roles, (row, column), bits)
    return roles


def _fits(units: pl.DataFrame, lexicon: Lexicon) -> tuple[Bools, Bools, Bools]:
    """Whether each unit (row) is allowed for each indicator (column), preferred, or unusual.

    `units` has `row`, `raw_unit`, `dimension` and `unit`.
    """
    names = [*lexicon.catalogue["indicator_id"], OTHER]
    allowed, preferred = (np.zeros((units.height, len(names)), bool) for _ in range(2))
    numbered = units
    unwritten = pl.col("raw_unit") == ""
    by_dimension = pl.concat(
        [
            numbered.filter(~unwritten).join(lexicon.accepted, on="dimension"),
            numbered.filter(unwritten)
            .drop("dimension")
            .join(lexicon.accepted.filter(pl.col("dimension").is_in(UNWRITTEN)), how="cross"),
        ],
        how="diagonal",
    )
    by_unit = numbered.join(lexicon.preferred, on="raw_unit")
    for frame, matrices in ((by_dimension, (allowed,)), (by_unit, (allowed, preferred))):
        column = frame["indicator_id"].cast(pl.Enum(names)).to_physical().to_numpy()
        for matrix in matrices:
            matrix[frame["row"].to_numpy(), column] = True
    choosy = np.isin(names, lexicon.preferred["indicator_id"].unique().to_numpy())
    unusual = ~preferred & choosy & (units["raw_unit"].to_numpy() != "")[:, None]
    allowed[:, -1] = True
    return allowed, preferred, unusual


def read(unique: pl.DataFrame, lexicon: Lexicon) -> Readings:
    """The readings of cases (columns `CASE`)."""
    # Equal headers of columns in different units are different passages.
    tag = pl.when("in_table").then("raw_unit").alias("tag")
    passages = unique.select("passage", tag).unique(maintain_order=True).with_row_index("index")
    index = unique.select("passage", tag).join(
        passages, on=["passage", "tag"], how="left", nulls_equal=True, maintain_order="left"
    )
    numbers = [column.to_numpy().astype(np.int64) for column in (index["index"], unique["begin"], unique["end"])]
    stream = _Stream(passages["passage"], *numbers, lexicon)
    in_table = unique["in_table"].to_numpy()
    roles = _roles(lexicon)
    none = roles.shape[1] - 1  # the column of `other`

    # The window of each case: the items around it whose word has a role.
    at = stream.at
    roled = np.flatnonzero(roles.any(axis=1)[stream.word])
    if not len(roled):
        roled = np.zeros(1, np.int64)
    nearby = np.searchsorted(roled, at)[:, None] + np.arange(-BEFORE, AFTER)
    window = roled[np.clip(nearby, 0, len(roled) - 1)]
    there = (nearby >= 0) & (nearby < len(roled)) & (stream.passage[window] == stream.passage[at][:, None])
    there &= window != at[:, None]
    here = np.broadcast_to(at[:, None], window.shape)
    low, high = np.where(there, np.minimum(window, here), 0), np.where(there, np.maximum(window, here), 1)
    between = {
        kind: stream.between(kind, low, high)
        for kind in ("break", "verb", "cut", "closer", "preposition", "noun", "quantity", "join", "unknown")
    }
    left = there & (window < here)
    clause = there & (between["break"] == 0) & (between["quantity"] == 0)
    next_item = np.minimum(at + 1, len(stream.word) - 1)
    listed = stream.is_join[next_item] & (stream.gap[at] == 0)  # 、 follows the unit
    after, before = clause & ~left & ~listed[:, None], clause & left
    earlier = left & ~clause & (between["break"] <= CLAUSES)
    # The number shares the noun of the next one: 3家和5家企业.
    later = there & ~left & listed[:, None] & (between["break"] == 0) & (between["quantity"] == 1)

    # What the number's own stretch holds, and what follows its unit.
    bound = stream.last(stream.is_break | stream.is_quantity)[at]
    act = stream.last(stream.is_break | stream.is_quantity | stream.is_verb)[at]
    own_noun = stream.between("noun", bound, at) > 0
    own_unknown = np.minimum(stream.between("unknown", bound, at), 4) / 4
    unknown_before = np.minimum(stream.between("unknown", act, at), 4) / 4
    unknown_after = np.minimum(stream.gap[at], 4) / 4
    rival_noun = (np.bincount(stream.run, stream.is_noun)[stream.run[at]] > 0) & ~listed
    rival_unknown = (stream.gap[at] >= 2) & ~rival_noun & ~listed
    placed = stream.is_locative[at - 1] & (stream.end[at - 1] == stream.start[at])
    kind_of = stream.is_kind[next_item] & (stream.start[next_item] == stream.end[at])

    # 分别 gives the nouns before it the numbers after it, in order.
    divider = stream.last(stream.is_respective)[at]
    divided = stream.is_respective[divider] & (stream.passage[divider] == stream.passage[at])
    divided &= stream.between("break", divider, at) == 0
    still_to_come = stream.between("quantity", at, stream.next(stream.is_break)[at])
    divider = np.broadcast_to(divider[:, None], window.shape)
    ahead = divided[:, None] & (window < divider)
    nouns_to_come = stream.between("join", np.where(ahead, window, 0), np.where(ahead, divider, 1))
    respective = ahead & (nouns_to_come == still_to_come[:, None])
    not_respective = ahead & ~respective

    # One reading for each head in the window and each indicator that it may stand for.
    heads = _Heads(roles)
    near_case, near_slot = np.nonzero(after | before | earlier | later)
    of, indicator = heads.of(stream.word[window[near_case, near_slot]])
    case, slot = near_case[of], near_slot[of]
    units = unique.select("raw_unit", "dimension", "unit").unique(maintain_order=True).with_row_index("row")
    unit = unique.join(
        units, on=["raw_unit", "dimension", "unit"], how="left", nulls_equal=True, maintain_order="left"
    )["row"].to_numpy()
    allowed, preferred, unusual = _fits(units, lexicon)
    # The unit may be the head itself: 七村, 200人参加.
    unit_word = _indices(unique["raw_unit"], lexicon.words["word"])
    of, by_unit = heads.of(unit_word)
    case, slot = np.concatenate([case, of]), np.concatenate([slot, np.full(len(of), -2)])
    indicator = np.concatenate([indicator, by_unit])
    fits = allowed[unit[case], indicator]
    # And one without a head, as `other`.
    case = np.concatenate([case[fits], np.arange(len(at))])
    slot = np.concatenate([slot[fits], np.full(len(at), -1)])
    indicator = np.concatenate([indicator[fits], np.full(len(at), none)])
    order = np.lexsort((slot, indicator, case))
    case, slot, indicator = case[order], slot[order], indicator[order]
    headed = slot >= 0
    at_head = np.where(headed, window[case, slot], at[case])
    is_unit = slot == -2
    head = np.where(is_unit, unit_word[case], np.where(headed, stream.word[at_head], -1))
    role = roles[head, indicator]
    named = indicator != none

    # The words that speak for each candidate or against it.
    candidate = np.concatenate([[True], (np.diff(case) != 0) | (np.diff(indicator) != 0)])
    of_candidate = np.cumsum(candidate) - 1
    c_case, c_indicator = case[candidate], indicator[candidate]
    c_roles = np.where(there[c_case], roles[stream.word[window[c_case]], c_indicator[:, None]], 0)
    acts = (c_roles & VERB) > 0
    near, follows = acts & before[c_case], acts & after[c_case]
    opening, closing = stream.last(stream.is_break)[at], stream.next(stream.is_break)[at]
    idle = stream.between("verb", opening, closing) == 0  # the number's clause has no act
    leads = acts & left[c_case] & ~before[c_case] & (between["verb"][c_case] == 0)
    leads &= (between["break"][c_case] == 0) | idle[c_case, None]
    far = acts & left[c_case] & earlier[c_case] & ~leads
    kinds = np.stack([near.any(1), leads.any(1), follows.any(1), far.any(1)])
    has_act = kinds.any(0)
    strongest = np.select([kinds[0], kinds[1], kinds[2], kinds[3]], [0, 1, 2, 3], -1)
    acting = np.stack([near, leads, follows, far])[strongest, np.arange(len(c_case))]
    # The last one before the number, or the first one after it.
    last_slot = acting.shape[1] - 1 - np.argmax(acting[:, ::-1], axis=1)
    act_slot = np.where(strongest == 2, np.argmax(acting, axis=1), last_slot)
    verb = np.where(has_act, stream.word[window[c_case, act_slot]], -1)
    in_context = ((c_roles & CONTEXT) > 0).any(1)
    excluded = (((c_roles & EXCLUDE) > 0) & (before | after)[c_case]).any(1)
    acted = has_act & (strongest != 3)
    own_verb = stream.between("verb", opening, at) > 0
    has_verbs = ((roles & VERB) > 0).any(axis=0)

    mixed = _mixed(stream, heads, at_head, indicator)
    inner = stream.phrase[stream.next(stream.is_noun)][at_head] == stream.phrase[at_head]
    relation = {
        name: headed & values[case, slot]
        for name, values in {
            "after": after,
            "before": before,
            "earlier": earlier,
            "later": later,
            "respective": respective,
            "not_respective": not_respective,
        }.items()
    }
    apart = {kind: values[case, slot] for kind, values in between.items()}
    before_, after_ = relation["before"], relation["after"]
    earlier_, later_ = relation["earlier"], relation["later"]
    shared = earlier_ | later_ | is_unit
    loose = ~in_table[case]
    weak = named & ((role & (WEAK | HEAD)) == WEAK)
    acted_, context_ = acted[of_candidate], in_context[of_candidate] & named
    percent = unique["dimension"].is_in(["percent", "ratio"]).fill_null(False).to_numpy()
    measure = (
        unique["dimension"].is_in(["mass", "volume", "length", "area", "money", "time"]).fill_null(False).to_numpy()
    )
    following = np.minimum(at_head + 1, len(stream.word) - 1)
    stretch = {kind: (stream.between(kind, bound, at) > 0)[case] for kind in ("each", "change", "condition")}
    alone = ~named & ~headed & ~is_unit & loose
    features = {
        "after": after_,
        "after_rate": after_ & percent[case],
        "after_measure": after_ & measure[case],
        "before": before_,
        "earlier": earlier_,
        "later": later_,
        "unit_head": is_unit,
        "unknown_between": before_ * loose * np.minimum(apart["unknown"], 6) / 6,
        "verb_between": before_ & (apart["verb"] > 0),
        "verb_first": (after_ | later_) & (apart["cut"] > later_),
        "superseded": (before_ | after_)
        & loose
        & (apart["noun"] > 0)
        & (stream.run[at_head] != np.where(after_, stream.run[at][case], stream.run[at - 1][case])),
        "exemplified": before_ & (apart["closer"] > 0) & (apart["verb"] == 0) & (apart["noun"] > 0),
        "inner": headed & loose & inner,
        "adjacent": after_ & (apart["unknown"] == 0) & (apart["noun"] == 0) & (apart["cut"] == 0),
        "trailing": after_ * np.minimum(stream.gap[at_head], 4) / 4,
        "preposition_between": before_ & loose & (apart["preposition"] > 0),
        "rival_noun": (before_ | earlier_ | is_unit) & rival_noun[case] & loose & ~measure[case],
        "rival_measure": (before_ | earlier_) & rival_noun[case] & loose & measure[case],
        "owned": after_ & stream.is_quantity[following] & (stream.gap[at_head] == 0),
        "rival_unknown": (before_ | earlier_ | is_unit) & rival_unknown[case] & loose,
        "clauses": earlier_ * np.minimum(apart["break"], CLAUSES) / CLAUSES,
        "nouns_between": earlier_ * np.minimum(apart["noun"], 3) / 3,
        "own_noun": shared & own_noun[case],
        "own_unknown": shared * own_unknown[case],
        "respective": relation["respective"],
        "not_respective": relation["not_respective"],
        "mixed": mixed & headed & named & ~relation["respective"],
        "weak": weak,
        "weak_verb": weak & acted_ & ((verb[of_candidate] != head) | ~stream.is_verb[at_head]),
        "weak_context": weak & context_,
        "verb_near": named & kinds[0][of_candidate],
        "verb_lead": named & (strongest == 1)[of_candidate],
        "verb_after": named & (strongest == 2)[of_candidate],
        "verb_far": named & (strongest == 3)[of_candidate],
        "foreign_verb": named & own_verb[case] & ~(kinds[0] | kinds[1])[of_candidate],
        "no_verb": named & ~weak & has_verbs[indicator] & ~has_act[of_candidate],
        "context": context_,
        "through_verb": after_ & (apart["cut"] > 0) & kinds[2][of_candidate] & named,
        "excluded": named & excluded[of_candidate],
        "preferred": named & preferred[unit[case], indicator],
        "unusual": named & unusual[unit[case], indicator],
        "unwritten": named & (unique["raw_unit"] == "").to_numpy()[case],
        "other": ~named,
        "other_noun": ~named & (headed | is_unit),
        "other_inner": ~named & headed & inner & loose,
        "other_measure": ~named & after_ & measure[case],
        "unknown_before": alone * unknown_before[case],
        "unknown_after": alone * unknown_after[case],
        "standard": ~named & stretch["each"],
        "change": ~named & stretch["change"] & percent[case],
        "points": ~named & unique["raw_unit"].str.contains("点").to_numpy()[case],
        "condition": ~named & stretch["condition"],
        "kind": ~named & kind_of[case],
        "located": ~named & placed[case],
    }
    place = np.select([is_unit, ~headed, in_table[case], after_, before_, earlier_], [5, -1, 0, 1, 2, 3], 4)
    return Readings(
        case,
        indicator,
        head,
        np.where(named, verb[of_candidate], -1),
        place,
        np.stack([features[name] for name in FEATURES], axis=1).astype(np.float32),
    )


def _mixed(stream: _Stream, heads: _Heads, item: Ints, indicator: Ints) -> Bools:
    """Whether the items are joined by 、 or 和 with nouns that do not name the indicator.

    A noun with others before it in its phrase shares those with its neighbours (楼道、庭院垃圾), so only
    one that stands alone makes a mixed group, and names of places never do.
    """
    opens = np.flatnonzero(np.diff(stream.phrase, prepend=-1))
    nouns = np.bincount(stream.phrase, stream.is_noun)
    things = np.bincount(stream.phrase, stream.is_noun & ~stream.is_place) > 0
    unknown = np.bincount(stream.phrase, stream.unknown)
    things |= (nouns == 0) & (unknown >= 2)
    simple = (nouns <= 1) & (unknown < 2)
    members = np.bincount(stream.run[opens], things[stream.phrase[opens]])
    grouped = np.flatnonzero((members[stream.run] > 1) & (stream.word >= 0))
    of, named = heads.of(stream.word[grouped])
    width = heads.width
    supports = np.unique(np.stack([stream.phrase[grouped[of]], named]), axis=1)
    run_of_phrase = np.zeros(stream.phrase[-1] + 1, np.int64)
    run_of_phrase[stream.phrase] = stream.run
    keys, counts = np.unique(run_of_phrase[supports[0]] * width + supports[1], return_counts=True)
    wanted = stream.run[item] * width + indicator
    found = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    support = np.where(keys[found] == wanted, counts[found], 0) if len(keys) else np.zeros(len(wanted), np.int64)
    return (members[stream.run[item]] > support) & (members[stream.run[item]] > 1) & simple[stream.phrase[item]]


def decide(unique: pl.DataFrame, found: Readings, weights: Floats, lexicon: Lexicon) -> pl.DataFrame:
    """`indicator_id`, `confidence` and `indicator_rules` of each case."""
    score = (found.features @ weights).astype(np.float64)
    order = np.lexsort((-score, found.indicator, found.case))
    new = (np.diff(found.case, prepend=-1) != 0) | (np.diff(found.indicator, prepend=-1) != 0)
    best = order[new]  # the best reading of each candidate
    best = best[np.lexsort((-score[best], found.case[best]))]
    case = found.case[best]
    opens = np.flatnonzero(np.diff(case, prepend=-1) != 0)
    share = np.exp(score[best] - score[best[opens]][case])
    confidence = share / np.add.reduceat(share, opens)[case]
    second = np.minimum(opens + 1, len(best) - 1)
    has_second = case[second] == case[opens]

    names = pl.Series([*lexicon.catalogue["indicator_id"], OTHER])
    words = pl.concat([lexicon.words["word"], pl.Series(["-"])])
    top = best[opens]
    decided = pl.DataFrame(
        {
            "indicator_id": names.gather(found.indicator[top]),
            "confidence": confidence[opens],
            "place": pl.Series([*_PLACES, "none"]).gather(found.place[top]),
            "head": words.gather(found.head[top]),
            "verb": words.gather(found.verb[top]),
            "unit": unique["raw_unit"],
            "second": names.gather(found.indicator[best[second]]),
            "share": pl.Series(confidence[second]).round(2).cast(pl.String),
            "has_second": has_second,
        }
    )
    return decided.select(
        "indicator_id",
        "confidence",
        indicator_rules=pl.concat_str(
            pl.format("head={}:{}", "place", "head"),
            pl.when(pl.col("verb") != "-").then(pl.format("verb={}", "verb")),
            pl.when(pl.col("unit") != "").then(pl.format("unit={}", "unit")),
            pl.when("has_second").then(pl.format("runner_up={}:{}", "second", "share")),
            separator="; ",
            ignore_nulls=True,
        ),
    )
