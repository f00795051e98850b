"""`python -m bench.index_leak`: what a thief of the database without its keys learns of borrowers from the entries of search.

The thief has who has which entry, knows the shares of surnames and the desk's code, and perhaps the names and phones of some
borrowers. They guess everybody's surname and name by how many borrowers share an entry, and by those whom they know.
"""

import argparse
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from storage.engine.cipher import Cipher, KeyRing
from storage.queries.loans.search import DigestCache
from storage.queries.loans.search_terms import Term, terms_of

_COMMON = (
    "王7.25 李7.19 张6.83 刘5.38 陈4.53 杨3.08 黄2.23 赵2.29 吴2.05 周2.12 徐1.67 孙1.54 马1.27 朱1.26 "
    "胡1.31 郭1.18 何1.17 林1.18 高1.12 罗1.07 郑0.95 梁0.92 谢0.86 宋0.84 唐0.73 许0.73 韩0.72 邓0.70 "
    "冯0.69 曹0.67 彭0.65 曾0.64 肖0.59 田0.58 董0.57 潘0.55 袁0.53 蔡0.52 蒋0.52 余0.50 于0.49 杜0.48 "
    "叶0.47 程0.46 魏0.45 苏0.45 吕0.45 丁0.43 任0.42 卢0.41 姚0.40 沈0.40 钟0.39 姜0.38 崔0.38 谭0.37 "
    "陆0.36 范0.36 汪0.35 廖0.35 石0.34 金0.34 韦0.33 贾0.33 夏0.32 付0.31 方0.30 邹0.29 熊0.29 白0.28 "
    "孟0.28 秦0.27 邱0.27 侯0.26 江0.26 尹0.25 薛0.25 闫0.25 段0.24 雷0.24 龙0.23 黎0.22 史0.22 陶0.21 "
    "贺0.20 毛0.20 郝0.20 顾0.19 龚0.19 邵0.19 万0.18 覃0.18 武0.18 钱0.17 戴0.17 严0.17 莫0.16 孔0.16 "
    "向0.16 常0.15 "
)
"""The commonest surnames, and how many of a hundred people have each."""

_RARE = (
    "汤康易乔赖文施洪辛樊兰殷温牛葛俞安倪耿庞岳焦翁芦左欧梅聂柴尚单骆牟关祝齐时季吉柯涂阮华管卓纪章鲁游宗舒詹裴蓝霍柳谷喻"
    "申窦项曲费靳邢车路盛冉宁柏苗应"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文玉红春海小志俊峰晓东梅兰鹏飞宇浩然子涵雨欣怡佳琪婷思雪梦瑶嘉诚博文轩"
    "泽林森凯鑫龙云山川永福德才生荣成金银凤香莲花珍珠素淑惠美琴月光辉亮阳洁慧莹颖倩琳瑞祥吉庆利民安康宁家和顺"
)
_SHARE_OF_TWO = 0.75
"""Of given names, those of two characters."""

_KEY = bytes(range(32))
_SAMPLE = 20_000
"""People whom the thief makes up, to count how common each term is."""

Entry = Hashable
Index = Mapping[int, Collection[Entry]]
"""Who has which entries."""


@dataclass(frozen=True, slots=True)
class Person:
    """A borrower."""

    name: str
    phone: str

    @property
    def surname(self) -> str:
        """The surname, one character here."""
        return self.name[0]


@dataclass(frozen=True, slots=True)
class Leak:
    """What a thief learns, as shares of 1. Of surnames and names, the right guesses for borrowers whom they do not know;
    `rarer_surnames` leaves out those with the commonest, which are guessed without any entry. Of pairs of borrowers with the same
    name, or the same last four digits, those that have an entry in common."""

    surnames: float
    rarer_surnames: float
    names: float
    equal_names: float
    equal_tails: float


def population(rng: random.Random, count: int) -> list[Person]:
    """Return people with surnames as common as in China, and Chinese mobile numbers."""
    shares = {each[0]: float(each[1:]) for each in _COMMON.split()}
    left = 100 - sum(shares.values())
    shares |= {surname: left / len(_RARE) for surname in _RARE}
    weights = [1 / (place + 10) for place in range(len(_GIVEN))]
    return [
        Person(
            surname + "".join(rng.choices(_GIVEN, weights, k=1 + (rng.random() < _SHARE_OF_TWO))),
            f"+861{rng.choice('3589')}{rng.randrange(10**9):09}",
        )
        for surname in rng.choices(list(shares), list(shares.values()), k=count)
    ]


def made(people: Sequence[Person]) -> Index:
    """Return the entries that the desk makes of these people."""
    entries = DigestCache(Cipher(KeyRing(keys={1: _KEY}, current=1, search=_KEY)))
    found = entries.of_many([each.name for each in people], [each.phone for each in people])
    return {number: frozenset[Entry](each) for number, each in enumerate(found)}


def with_one_digest(people: Sequence[Person]) -> Index:
    """Return entries that are the same for everybody who has a term, as earlier releases made them."""
    return {number: frozenset[Entry](terms_of(each.name, each.phone)) for number, each in enumerate(people)}


class Thief:
    """Guesses names from entries. `known` are the borrowers whose name and phone the thief has from elsewhere."""

    def __init__(self, index: Index, known: Mapping[int, Person], rng: random.Random, *, sample: int) -> None:
        self._index, self._known, self._sample = index, known, sample
        self._holders: dict[Entry, list[int]] = defaultdict(list)
        for number, entries in index.items():
            for entry in entries:
                self._holders[entry].append(number)
        made_up = population(rng, sample)
        self._surnames = Counter(each.surname for each in made_up)
        self._terms: Counter[Term] = Counter()
        self._surnames_of: dict[Term, Counter[str]] = defaultdict(Counter)
        self._names_of: dict[Term, Counter[str]] = defaultdict(Counter)
        for each in made_up:
            for term in terms_of(each.name, each.phone):
                self._terms[term] += 1
                self._surnames_of[term][each.surname] += 1
                self._names_of[term][each.name] += 1

    def guesses(self) -> dict[int, tuple[str, str]]:
        """Return for each other borrower the likeliest surname and the likeliest name, which may be nothing."""
        meant = self._by_the_known() if self._known else self._by_rank()
        return {n: self._guess(entries, meant) for n, entries in self._index.items() if n not in self._known}

    def _guess(self, entries: Collection[Entry], meant: Mapping[Entry, Term]) -> tuple[str, str]:
        found = [meant[entry] for entry in entries if entry in meant]
        scores = {s: math.log(count / self._sample) for s, count in self._surnames.items()}
        for term in found:
            among, every = self._surnames_of[term], sum(self._surnames_of[term].values())
            for surname, count in self._surnames.items():
                share, prior = among[surname] / every if every else 0.0, count / self._sample
                scores[surname] += math.log((share + prior / 100) / prior)
        surname = max(scores, key=scores.__getitem__)
        names: Counter[str] = Counter()
        for term in found:
            if term[0] == "whole" and self._names_of[term]:
                names[self._names_of[term].most_common(1)[0][0]] += 1
        return surname, names.most_common(1)[0][0] if names else ""

    def _by_the_known(self) -> dict[Entry, Term]:
        """Return what entries mean that a known borrower has: a term of all the known who have it, by how common it is."""
        terms = {number: terms_of(each.name, each.phone) for number, each in self._known.items()}
        shards = self._shards(terms)
        found: dict[Entry, Term] = {}
        for entry, holders in self._holders.items():
            own = [terms[number] for number in holders if number in terms]
            if not own or len(holders) == len(own):
                continue
            if common := set[Term].intersection(*own):
                found[entry] = max(sorted(common), key=lambda term: self._likelihood(term, len(holders), shards))
        for person in self._known.values():  # a name that nobody was made up with is known all the same
            for term in terms_of(person.name, person.phone):
                self._surnames_of[term][person.surname] += 1
                self._names_of[term][person.name] += 1
        return found

    def _shards(self, terms: Mapping[int, Collection[Term]]) -> float:
        """Return into how many entries a common term is divided, by how often the known share one."""
        common = Counter(term for number in terms for term in terms[number])
        pairs = sum(count * (count - 1) / 2 for count in common.values())
        counts = Counter(entry for number in terms for entry in self._index[number])
        shared = sum(count * (count - 1) / 2 for count in counts.values())
        return max(1.0, pairs / max(shared, 0.5))

    def _likelihood(self, term: Term, holders: int, shards: float) -> float:
        expected = (self._terms[term] + 0.5) / self._sample * len(self._index) / shards
        return (holders - 1) * math.log(expected) - expected

    def _by_rank(self) -> dict[Entry, Term]:
        """Return what entries mean by their rank: the commonest is the commonest term, and so on."""
        entries = sorted(self._holders, key=lambda entry: (-len(self._holders[entry]), repr(entry)))
        terms = sorted(self._terms, key=lambda term: (-self._terms[term], term))
        return {e: term for e, term in zip(entries, terms, strict=False) if len(self._holders[e]) > 1}


def leak(people: Sequence[Person], index: Index, *, known: int, rng: random.Random, sample: int = _SAMPLE) -> Leak:
    """Return what a thief learns who knows the names of that many of these people, and makes up a `sample` of others."""
    taken = {number: people[number] for number in rng.sample(range(len(people)), known)}
    guesses = Thief(index, taken, rng, sample=sample).guesses()
    counts = Counter(each.surname for each in people)
    right = [n for n, (surname, _) in guesses.items() if people[n].surname == surname]
    commonest = counts.most_common(1)[0][0]
    others = [n for n in guesses if people[n].surname != commonest]
    return Leak(
        surnames=len(right) / len(guesses),
        rarer_surnames=sum(people[n].surname != commonest for n in right) / len(others),
        names=sum(people[n].name == name for n, (_, name) in guesses.items()) / len(guesses),
        equal_names=_pairs(people, index, lambda each: each.name),
        equal_tails=_pairs(people, index, lambda each: each.phone[-4:]),
    )


def _pairs(people: Sequence[Person], index: Index, key: Callable[[Person], str]) -> float:
    """Return the share of the pairs of people with the same key that have an entry in common."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(people):
        groups[key(each)].append(number)
    pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
    shared = [bool(set(index[a]) & set(index[b])) for a, b in pairs]
    return sum(shared) / max(1, len(pairs))


def main() -> None:
    """Print what a thief learns who knows nobody, and who knows some."""
    parser = argparse.ArgumentParser(prog="python -m bench.index_leak", description=__doc__)
    parser.add_argument("--borrowers", type=int, default=5_000)
    parser.add_argument("--known", type=int, default=200)
    options = parser.parse_args()
    people = population(random.Random(1042), options.borrowers)
    for name, index in (("one digest for a term", with_one_digest(people)), ("as they are", made(people))):
        for known in (0, options.known):
            found = asdict(leak(people, index, known=known, rng=random.Random(7)))
            shown = "".join(f"; {what.replace('_', ' ')} {100 * share:.1f} %" for what, share in found.items())
            sys.stdout.write(f"{name}, {known} of {len(people):,} known{shown}\n")


if __name__ == "__main__":
    main()
