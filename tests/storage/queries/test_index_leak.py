"""What a thief of the database without its keys learns from the entries of search, in a small desk."""

import random

from bench.index_leak import leak, made, population, with_one_digest


def test_a_thief_who_knows_some_borrowers_learns_few_surnames_names_and_equal_numbers_of_the_others() -> None:
    people = population(random.Random(1042), 800)
    before = leak(people, with_one_digest(people), known=40, rng=random.Random(7), sample=3_000)
    now = leak(people, made(people), known=40, rng=random.Random(7), sample=3_000)

    assert before.surnames > 0.4
    assert before.equal_names == before.equal_tails == 1
    assert now.surnames < 0.2
    assert now.rarer_surnames < 0.15
    assert now.names < 0.01
    assert now.equal_names < 0.3
    assert now.equal_tails < 0.1
