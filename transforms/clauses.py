"""Passages as streams of the words that a lexicon knows and of the quantities among them.

What stands between a word and a number, and which words share a phrase, is arithmetic on the
stream: every kind of thing is counted once along it, and what lies between two items is a
difference of counts. That keeps reading a passage linear in its length.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.lexicon import CLASSES, Lexicon

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A word that is found is marked by a character of its own, from this code point on; private use.
MARKS = 0x100000
# The first and last of the common Chinese characters.
CHARACTERS = (0x4E00, 0x9FFF)


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
        # One more opening after the last passage closes that one.
        opens = np.concatenate([[0], np.cumsum(passages.str.len_chars().to_numpy().astype(np.int64) + 1)])
        # The last passage ends with a line break as well, so that none reads differently for being last.
        text, moved = _without_blanks(passages.str.join("\n").item() + "\n")
        starts, ends, words = find_words(text, lexicon)
        begin, end = moved[opens[passage] + begin], moved[opens[passage] + end]
        opens = moved[opens]
        # A word that overlaps a quantity is part of it.
        order = np.argsort(begin, kind="stable")
        nearest = order[np.minimum(np.searchsorted(end[order], starts, side="right"), len(order) - 1)]
        apart = (begin[nearest] >= ends) | (end[nearest] <= starts)
        starts, ends, words = starts[apart], ends[apart], words[apart]

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
        self.is_condition = flags["conditions"]
        self.is_noun = flags["nouns"] & ~self.is_verb
        self.is_label, self.is_honour = flags["labels"], flags["honours"]
        self.is_part, self.is_division, self.is_owner = flags["parts"], flags["divisions"], flags["owners"]
        self.is_closer = flags["closers"]
        self.is_bound = self.is_break | self.is_quantity
        cut = self.is_bound | self.is_verb | flags["particles"] | flags["prepositions"] | self.is_closer
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
            "closer": self.is_closer,
            "preposition": flags["prepositions"],
            "part": flags["parts"],
            "each": flags["each"],
            "change": flags["changes"],
            "comparison": flags["comparisons"],
            "condition": self.is_condition,
            "unknown": self.unknown,
        }
        self.counts = {name: np.zeros(len(kind) + 1, np.int32) for name in counted}
        for name, values in counted.items():
            np.cumsum(values, out=self.counts[name][1:])

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


def _without_blanks(text: str) -> tuple[str, Ints]:
    """The text without the blanks inside its words, and where each code point of it and its end have moved.

    Copied PDFs and scans break words anywhere (执法人 员); Chinese has no use for a blank between characters.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    chinese = (codes >= CHARACTERS[0]) & (codes <= CHARACTERS[1])
    stays = np.ones(len(codes), bool)
    stays[1:-1] = (codes[1:-1] != ord(" ")) | ~chinese[:-2] | ~chinese[2:]
    return codes[stays].tobytes().decode("utf-32-le"), np.concatenate([[0], np.cumsum(stays)])


@dataclass(frozen=True)
class _Dictionary:
    """The words of a lexicon, to be searched for: those of several characters stand for a `mark` each.

    longer      the words of several characters read backwards, the longest first
    characters  their code points, one row a word, 0 behind its end
    marks       the character that is written in place of each
    word        the index of the word that a code point is or marks, -1 for none
    length      the code points of each word by its index, and 1 for no word, index -1
    """

    longer: pl.Series
    characters: Ints
    marks: pl.Series
    word: Ints
    length: Ints


@cache
def _dictionary(lexicon: Lexicon) -> _Dictionary:
    words = lexicon.words["word"]
    length = words.str.len_chars()
    order = length.arg_sort(descending=True)
    order = order.filter(length.gather(order) > 1)
    longer = pl.Series([word[::-1] for word in words.gather(order)])
    characters = np.zeros((len(longer), max(map(len, longer))), np.int64)
    for row, word in enumerate(longer):
        characters[row, : len(word)] = [ord(character) for character in word]
    marks = [chr(MARKS + index) for index in range(len(longer))]
    word = np.full(MARKS + len(longer), -1)
    word[[ord(single) for single in words.filter(length == 1)]] = (length == 1).arg_true()
    word[MARKS:] = order
    return _Dictionary(longer, characters, pl.Series(marks), word, np.append(length.to_numpy().astype(np.int64), 1))


def find_words(text: str, lexicon: Lexicon) -> tuple[Ints, Ints, Ints]:
    """Start and end (code points) and index of every word in the text, the longest one that ends at each place.

    The text is read from its end: the head of a Chinese noun phrase comes last (省|道德模范, not 省道|德模范).
    """
    known = _dictionary(lexicon)
    backwards = np.minimum(np.frombuffer(text.encode("utf-32-le"), np.uint32), MARKS - 1)[::-1]
    # Searching for words takes its time to prepare, so only for those whose characters are all there.
    there = np.zeros(MARKS, bool)
    there[backwards], there[0] = True, True
    possible = pl.Series(there[known.characters].all(axis=1))
    words, marks = (pl.lit(column.filter(possible)).implode() for column in (known.longer, known.marks))
    searched = pl.lit(backwards.tobytes().decode("utf-32-le"))
    marked = pl.select(searched.str.replace_many(words, marks, leftmost=True)).item()
    word = known.word[np.frombuffer(marked.encode("utf-32-le"), np.uint32)][::-1]
    length = known.length[word]
    end = np.cumsum(length)
    found = np.flatnonzero(word >= 0)
    return end[found] - length[found], end[found], word[found]


def indices(values: pl.Series, words: pl.Series) -> Ints:
    """The index of each value among the words, -1 where it is none of them."""
    return values.replace_strict(words, np.arange(len(words)), default=-1, return_dtype=pl.Int64).to_numpy()
