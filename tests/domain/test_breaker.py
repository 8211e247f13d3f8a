"""When calls to an endpoint stop, and how they start again."""

from domain.solicitation.breaker import ERRORS_IN_A_ROW, FEWEST_CALLS, OPEN_SECONDS, WINDOW, Breaker

NOW = 1_000.0


def after(outcomes, breaker=None):
    """The breaker after calls that ended so: `.` answered, `x` failed."""
    breaker = breaker or Breaker()
    for outcome in outcomes:
        breaker = breaker.answered() if outcome == "." else breaker.failed(NOW)
    return breaker


def is_open(breaker, now=NOW):
    return breaker.admit(now) is None


def test_a_new_breaker_lets_calls_through():
    assert not is_open(Breaker())


def test_five_errors_in_a_row_open_it_and_four_do_not():
    assert not is_open(after("." * 10 + "x" * (ERRORS_IN_A_ROW - 1)))
    assert is_open(after("." * 10 + "x" * ERRORS_IN_A_ROW))


def test_an_answer_between_errors_starts_the_row_anew():
    assert not is_open(after("." * 12 + "xxxx" + "." + "xxxx"))


def test_half_of_ten_calls_failed_open_it():
    assert is_open(after(".x" * 5))


def test_less_than_half_of_the_calls_failed_does_not():
    assert not is_open(after("..x" * 7))


def test_fewer_than_ten_calls_are_no_share():
    assert len("xx.xx.xx.") < FEWEST_CALLS
    assert not is_open(after("xx.xx.xx."))


def test_only_the_latest_calls_count_in_the_share():
    assert not is_open(after("." * WINDOW + "x." * 4))
    assert is_open(after("." * WINDOW + "x." * (WINDOW // 2)))


def test_an_open_breaker_admits_one_probe_after_thirty_seconds():
    opened = after("xxxxx")
    assert is_open(opened, NOW + OPEN_SECONDS - 0.001)
    probing = opened.admit(NOW + OPEN_SECONDS)
    assert probing is not None
    assert is_open(probing, NOW + OPEN_SECONDS)  # the second caller waits for the probe


def test_an_answered_probe_closes_it_with_a_clean_slate():
    closed = after("xxxxx").admit(NOW + OPEN_SECONDS).answered()
    assert closed == Breaker()


def test_a_failed_probe_opens_it_for_another_thirty_seconds():
    later = NOW + OPEN_SECONDS + 7
    again = after("xxxxx").admit(later).failed(later + 1)
    assert is_open(again, later + OPEN_SECONDS)
    assert not is_open(again, later + 1 + OPEN_SECONDS)


def test_calls_that_were_under_way_when_it_opened_change_nothing():
    opened = after("xxxxx")
    assert opened.answered() == opened
    assert opened.failed(NOW + 20) == opened


def test_a_probe_that_is_never_heard_of_gives_way_to_the_next():
    lost = after("xxxxx").admit(NOW + OPEN_SECONDS)
    assert not is_open(lost, NOW + 2 * OPEN_SECONDS)
