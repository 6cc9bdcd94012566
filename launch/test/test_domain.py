"""One stack on a domain."""

import os
import signal
import subprocess
import sys

from dexgen.arguments import ArgumentError
from dexgen.domain import domain_id, DomainLock
import pytest

# Domains that the stack itself never uses: the tests do not disturb a stack that runs beside them.
FIRST, SECOND = 100000 + os.getpid(), 200000 + os.getpid()
HOLDER = """
import sys, time
from dexgen.domain import DomainLock
lock = DomainLock(int(sys.argv[1]))
lock.acquire()
print('held', flush=True)
time.sleep(60)
"""


@pytest.fixture
def lock():
    """A lock on the first domain, given back after the test."""
    lock = DomainLock(FIRST)
    yield lock
    lock.release()


def test_a_second_stack_is_refused_with_the_holder_and_the_remedy(lock):
    lock.acquire()
    with pytest.raises(ArgumentError, match=f'process {os.getpid()}.*ROS_DOMAIN_ID='):
        DomainLock(FIRST).acquire()


def test_other_domains_are_free(lock):
    lock.acquire()
    other = DomainLock(SECOND)
    other.acquire()
    other.release()


def test_a_released_lock_can_be_taken_again(lock):
    first = DomainLock(FIRST)
    first.acquire()
    first.release()
    lock.acquire()


def test_a_killed_holder_leaves_nothing_behind(lock):
    with subprocess.Popen(
        [sys.executable, '-c', HOLDER, str(FIRST)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == 'held\n'
        with pytest.raises(ArgumentError, match=f'process {holder.pid}'):
            lock.acquire()
        holder.send_signal(signal.SIGKILL)
    lock.release()
    fresh = DomainLock(FIRST)
    fresh.acquire()
    fresh.release()


@pytest.mark.parametrize(('text', 'number'), [('', 0), ('0', 0), ('42', 42), ('232', 232)])
def test_domain_of_the_environment(monkeypatch, text, number):
    monkeypatch.setenv('ROS_DOMAIN_ID', text)
    assert domain_id() == number


@pytest.mark.parametrize('text', ['233', '-1', 'abc', '1.5'])
def test_a_wrong_domain_is_refused(monkeypatch, text):
    monkeypatch.setenv('ROS_DOMAIN_ID', text)
    with pytest.raises(ArgumentError, match='0 to 232'):
        domain_id()
