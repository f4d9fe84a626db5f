"""Passages as streams of the words that a lexicon knows and of the quantities among them.

What stands between a word and a number, and which words share a phrase, is arithmetic on the
stream: every kind of thing is counted once along it, and what lies between two items is a
difference of counts. That keeps reading a passage linear in its length.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.lexicon import CLASSES, Lexicon

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Stream:
    """The words and quantities of passages in text order; the start of a passage is an item as well.

    One entry an item: `word` (index in the lexicon's words, -1 for none), `start` and `end` (code
    points in all passages joined), `passage`, `run`, `phrase`, `gap` (characters up to the next item
    that no word covers), and `is_…`. `at` is the item of each quantity.

    A run is a stretch without verbs, particles, breaks, quantities and 等, so that it holds one noun
    phrase or several joined ones; a phrase is a part of it between 、 or 和. Between the marks of a
    title (《…》) no verb, join or break counts.
    """

    def __init__(self, passages: pl.Series, passage: Ints, begin: Ints, end: Ints, lexicon: Lexicon) -> None:
        """`passage` is the index of each quantity's passage, `begin` and `end` its code points in it."""
        opens = np.concatenate([[0], np.cumsum(passages.str.len_chars().to_numpy().astype(np.int64) + 1)[:-1]])
        starts, ends, words = find_words("\n".join(passages), lexicon.words["word"])
        begin, end = opens[passage] + begin, opens[passage] + end
        # A word that overlaps a quantity is part of it.
        order = np.argsort(begin, kind="stable")
        nearest = order[np.minimum(np.searchsorted(end[order], starts, side="right"), len(order) - 1)]
        apart = (begin[nearest] >= ends) | (end[nearest] <= starts)
        starts, ends, words = starts[apart], ends[apart], words[apart]

        # One more opening after the last passage closes that one.
        opens = np.append(opens, opens[-1] + len(passages[-1]) + 1)
        kind = np.repeat([0, 1, 2], [len(opens), len(starts), len(begin)])
        start = np.concatenate([opens, starts, begin])
        order = np.lexsort((kind, start))
        kind, self.start = kind[order], start[order]
        self.end = np.concatenate([opens, ends, end])[order]
        self.word = np.concatenate([np.full(len(opens), -1), words, np.full(len(begin), -1)])[order]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self.at = place[len(opens) + len(starts) :]
        self.passage = np.cumsum(kind == 0) - 1

        flags = {name: np.append(lexicon.words[name].to_numpy(), False)[self.word] for name in CLASSES}
        opened, closes = self.last(flags["opens"]), self.next(flags["closes"])
        titled = (opened > self.last(flags["closes"])) & flags["opens"][opened] & flags["closes"][closes]
        titled &= (self.passage[opened] == self.passage) & (self.passage[closes] == self.passage)
        for name in ("breaks", "joins", "verbs", "closers", "particles", "prepositions"):
            flags[name] &= ~titled
        self.is_quantity = kind == 2
        self.is_break = flags["breaks"] | (kind == 0)
        self.is_verb, self.is_join, self.is_place = flags["verbs"], flags["joins"], flags["places"]
        self.is_respective, self.is_locative, self.is_kind = flags["respective"], flags["locatives"], flags["kinds"]
        self.is_noun = flags["nouns"] & ~self.is_verb
        self.is_bound = self.is_break | self.is_quantity
        cut = self.is_bound | self.is_verb | flags["particles"] | flags["prepositions"] | flags["closers"]
        self.run = np.cumsum(cut) - 1
        self.phrase = np.cumsum(cut | self.is_join) - 1

        gap = np.append(np.where(np.diff(self.passage) == 0, self.start[1:] - self.end[:-1], 0), 0)
        self.gap = np.maximum(gap, 0)
        opaque = flags["opaque"] & ~flags["nouns"] & ~self.is_verb
        self.unknown = self.gap + np.where(opaque, self.end - self.start, 0)
        counted = {
            "break": self.is_break,
            "verb": self.is_verb,
            "noun": self.is_noun,
            "quantity": self.is_quantity,
            "join": self.is_join,
            "cut": cut,
            "closer": flags["closers"],
            "preposition": flags["prepositions"],
            "each": flags["each"],
            "change": flags["changes"],
            "comparison": flags["comparisons"],
            "condition": flags["conditions"],
            "unknown": self.unknown,
        }
        self.counts = {name: np.concatenate([[0], np.cumsum(values)]) for name, values in counted.items()}

    def between(self, kind: str, low: Ints, high: Ints) -> Ints:
        """How many items of a kind, or `unknown` characters, are strictly between the items `low` and `high`."""
        counts = self.counts[kind]
        return np.asarray(counts[high] - counts[low + (kind != "unknown")])

    def last(self, flag: Bools) -> Ints:
        """The last item before each one that has the flag, the first item where there is none."""
        items = np.where(flag, np.arange(len(flag)), 0)
        return np.concatenate([[0], np.maximum.accumulate(items)[:-1]])

    def next(self, flag: Bools) -> Ints:
        """The next item after each one that has the flag, the last item where there is none."""
        return len(flag) - 1 - self.last(flag[::-1])[::-1]


def find_words(text: str, words: pl.Series) -> tuple[Ints, Ints, Ints]:
    """Start and end (code points) and index of every word in the text, the longest one that ends at each place.

    The text is read from its end: the head of a Chinese noun phrase comes last (省|道德模范, not 省道|德模范).
    """
    longest_first = words.gather(words.str.len_chars().arg_sort(descending=True))
    several = longest_first.filter(longest_first.str.len_chars() > 1)
    backwards = text[::-1]
    patterns = pl.Series([word[::-1] for word in several])
    found = (
        pl.DataFrame({"text": [backwards]})
        .select(
            at=pl.col("text").str.find_many(pl.lit(patterns).implode(), leftmost=True),
            word=pl.col("text").str.extract_many(pl.lit(patterns).implode(), leftmost=True),
        )
        .explode("at", "word")
        .drop_nulls()
    )
    # Offsets come in bytes; the characters that begin up to a byte number its code point.
    begins = (np.frombuffer(backwards.encode(), np.uint8) & 0xC0) != 0x80
    end = len(text) - (np.cumsum(begins) - 1)[found["at"].to_numpy()].astype(np.int64)
    start = end - found["word"].str.len_chars().to_numpy().astype(np.int64)
    # A word of one character stands wherever no longer one does; most items are of this sort.
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    covered = np.zeros(len(characters) + 1, np.int8)
    np.add.at(covered, start, 1)
    np.add.at(covered, end, -1)
    singles = words.filter(words.str.len_chars() == 1)
    by_character = np.full(0x110000, -1, np.int64)
    by_character[[ord(single) for single in singles]] = indices(singles, words)
    single = np.where(np.cumsum(covered[:-1]) == 0, by_character[characters], -1)
    at = np.flatnonzero(single >= 0)
    found_words = several.gather(
        found["word"].replace_strict(patterns, np.arange(len(patterns)), return_dtype=pl.Int64)
    )
    return (
        np.concatenate([start, at]),
        np.concatenate([end, at + 1]),
        np.concatenate([indices(found_words, words), single[at]]),
    )


def indices(values: pl.Series, words: pl.Series) -> Ints:
    """The index of each value among the words, -1 where it is none of them."""
    return values.replace_strict(words, np.arange(len(words)), default=-1, return_dtype=pl.Int64).to_numpy()
