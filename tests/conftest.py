"""Fixtures of the whole-system tests."""

from collections.abc import Callable, Iterator
import itertools
import os
from pathlib import Path
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import Observer, Stack

_domains = itertools.count(30 + os.getpid() % 40)


@pytest.fixture
def domain() -> int:
    """Return a ROS domain that no other test of this run uses."""
    return 30 + next(_domains) % 70


@pytest.fixture
def start_stack(domain: int, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Start the shipped stack with launch arguments; it is ended with the test."""
    running = []

    def start(*arguments: str) -> Stack:
        running.append(Stack(arguments, domain, tmp_path / 'stack.log').__enter__())
        return running[-1]

    yield start
    for stack in running:
        stack.__exit__()


@pytest.fixture
def observe(domain: int) -> Iterator[Callable[..., Observer]]:
    """Create observers of the run's domain; they are closed with the test."""
    observers = []

    def create(*heard) -> Observer:
        observers.append(Observer(domain, *heard))
        return observers[-1]

    yield create
    for observer in observers:
        observer.close()
