"""When a process is started again."""

from dexgen.restarts import describe_exit, END, REFUSED, RestartCount, RestartPolicy


def test_three_restarts_with_doubling_waits_then_none():
    count = RestartCount(RestartPolicy())
    assert [count.delay(1.0, 1) for _ in range(4)] == [0.5, 1.0, 2.0, None]


def test_the_wait_is_bounded():
    count = RestartCount(RestartPolicy(restarts=20, longest_delay=3.0))
    assert [count.delay(1.0, -9) for _ in range(20)][-1] == 3.0


def test_the_arguments_of_a_stack_choose_how_often_and_after_which_wait():
    policy = RestartPolicy.of({'restarts': 5, 'restart_delay': 0.1})
    count = RestartCount(policy)
    assert [count.delay(1.0, 1) for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 0.8, None]


def test_a_healthy_minute_counts_anew():
    count = RestartCount(RestartPolicy())
    assert [count.delay(59.9, 1) for _ in range(3)] == [0.5, 1.0, 2.0]
    assert count.delay(60.0, 1) == 0.5
    assert count.used == 1


def test_a_refused_configuration_is_final():
    assert RestartCount(RestartPolicy()).delay(1.0, REFUSED) is None


def test_what_was_set_up_once_is_tried_again():
    """A camera that comes back later than its node finds nothing to open, for a while."""
    count = RestartCount(RestartPolicy())
    assert count.delay(100.0, -9) == 0.5
    assert [count.delay(0.3, REFUSED) for _ in range(3)] == [1.0, 2.0, None]


def test_no_restarts_at_all():
    assert RestartCount(RestartPolicy(restarts=0)).delay(100.0, 1) is None


def test_exits_in_words():
    assert describe_exit(3) == 'ended with exit status 3'
    assert describe_exit(-9) == 'was killed by SIGKILL'
    assert describe_exit(-99) == 'was killed by signal 99'


def test_the_end_leaves_time_within_three_seconds():
    assert 0.0 < END.terminate < END.kill < END.give_up < 3.0
