"""The newest message of a stream: decoded once, its rate from the publisher's own count."""

from dexgen_session.newest import Newest


def test_only_the_newest_is_decoded_and_only_once():
    decoded = []
    newest = Newest(lambda raw: decoded.append(raw) or raw.decode())
    assert newest.view() is None
    newest.put(b'old', now=0.0, sent=0.0)
    newest.put(b'new', now=0.1, sent=0.1)
    assert newest.view() == 'new' and newest.view() == 'new'
    assert decoded == [b'new']


def test_rate_counts_the_messages_that_were_never_looked_at():
    newest = Newest(bytes.decode)
    for look in range(20):
        newest.put(b'', now=0.04 * look, sent=100.0 + 0.04 * look, number=8 * look)
    assert abs(newest.rate(now=0.8) - 200.0) < 1e-6


def test_a_silent_stream_has_rate_zero_and_is_not_fresh():
    newest = Newest(bytes.decode)
    newest.put(b'', now=0.0, sent=0.0, number=1)
    newest.put(b'', now=0.1, sent=0.1, number=2)
    assert newest.rate(now=0.2) > 0.0 and newest.fresh(now=0.2)
    assert newest.rate(now=1.5) == 0.0 and not newest.fresh(now=1.5)


def test_a_restarted_publisher_does_not_give_a_negative_rate():
    newest = Newest(bytes.decode)
    newest.put(b'', now=0.0, sent=0.0, number=500)
    newest.put(b'', now=1.0, sent=1.0, number=1)
    assert newest.rate(now=1.0) == 0.0
    newest.put(b'', now=1.1, sent=1.1, number=11)
    assert abs(newest.rate(now=1.1) - 100.0) < 1e-6
