"""Row ids."""

import time

from storage.engine.types import new_id


def test_an_id_is_a_uuid_of_version_7_with_the_time_first() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_successive_ids_are_in_order() -> None:
    made = []
    for _ in range(2000):
        made.append(new_id())
        begun = time.time_ns()
        while time.time_ns() - begun < 500:
            pass

    assert made == sorted(made)
    assert len(set(made)) == len(made)
