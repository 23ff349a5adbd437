"""What the clients know bounds what a call may cost, from both sides."""

from tests.chaos.journal import Asked, Known, Role
from tests.chaos.truth import at_least, at_most

THREE: dict[Role, float] = {"creator": 3.0, "fan": 3.0}


def word(verb: str, at: float, *, took: float = 0.0, tries: float = 0.0, status: int = 200) -> Asked:
    return Asked(verb, "", "", at - tries, at, at + took, status, {})


def call(creator: list[Asked], fan: list[Asked], *, ended: tuple[float, float] | None = None) -> Known:
    known = Known("", "mia", "sam", 60)
    known.words["creator"], known.words["fan"] = creator, fan
    if ended is not None:
        known.end_asked_at, known.over_at = ended
    return known


def every_second(first: int, last: int) -> list[Asked]:
    return [word("connected", float(second)) for second in range(first, last + 1)]


def test_media_counts_from_the_second_side_to_the_last_word_before_the_hang_up() -> None:
    known = call(every_second(0, 9), every_second(2, 9), ended=(10.0, 10.1))
    assert at_least(known, hung_up=True) == 7
    assert round(at_most(known, THREE), 6) == 8.1


def test_a_gap_is_free() -> None:
    fan = [*every_second(0, 3), word("lost", 4.0), *every_second(7, 9)]
    known = call(every_second(0, 9), fan, ended=(10.0, 10.0))
    assert at_least(known, hung_up=True) == 5
    assert at_most(known, THREE) == 7


def test_silence_before_the_end_is_not_owed() -> None:
    known = call(every_second(0, 9), every_second(0, 5), ended=(10.0, 10.0))
    assert at_least(known, hung_up=True) == 5
    assert at_most(known, THREE) == 10


def test_an_end_that_took_long_may_have_come_at_any_moment_of_it() -> None:
    known = call(every_second(0, 9), every_second(0, 9), ended=(9.5, 15.0))
    assert at_least(known, hung_up=True) == 9
    assert at_most(known, THREE) == 15


def test_what_time_ended_is_owed_to_the_last_word() -> None:
    known = call(every_second(0, 9), every_second(0, 6), ended=(30.0, 30.1))
    assert at_least(known, hung_up=False) == 6


def test_who_fell_silent_may_count_a_little_longer() -> None:
    known = call(every_second(0, 9), every_second(0, 5), ended=(30.0, 30.0))
    known.gone_at["fan"] = 6.0
    assert at_most(known, THREE) == 9


def test_a_try_that_nobody_answered_may_have_counted() -> None:
    known = call(every_second(0, 3), [word("connected", 5.0, tries=4.0, status=410)], ended=(5.0, 5.0))
    assert at_least(known, hung_up=True) == 0
    assert at_most(known, THREE) == 4


def test_the_clock_begins_with_a_word_that_finds_the_other_there() -> None:
    known = call([word("connected", 0.0), *every_second(8, 10)], every_second(5, 10), ended=(10.5, 10.5))
    assert at_least(known, hung_up=True) == 2
