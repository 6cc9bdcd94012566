"""Who may open the live page: its own origin, and beyond this machine only with the token."""

import http.client
import socket

from dexgen_description import Kinematics, load_hand
from dexgen_session.page import Page
from dexgen_session.page_door import is_local, PageDoor
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

TOKEN = 'secret'


class NoActions:
    """Buttons that nobody presses."""

    def __getattr__(self, name):
        return lambda *arguments: None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def open_page(**options) -> Page:
    hand = load_hand('allegro_right')
    return Page(hand, Kinematics(hand), NoActions(), ('cube',), port=free_port(), **options)


@pytest.fixture(scope='module')
def port():
    """Return the port of a page for this machine only."""
    page = open_page()
    yield int(page.url.rpartition(':')[2])
    page.close()


@pytest.fixture(scope='module')
def guarded_port():
    """Return the port of a page with a token."""
    page = open_page(token=TOKEN)
    yield int(page.url.partition('/?')[0].rpartition(':')[2])
    page.close()


def get(port: int, path: str = '/', **headers) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10.0)
    connection.request('GET', path, headers=headers)
    return connection.getresponse()


def websocket(port: int, **headers) -> None:
    with connect(f'ws://127.0.0.1:{port}', additional_headers=headers, open_timeout=10.0):
        pass


def test_the_own_page_and_its_websocket_pass(port):
    assert get(port).status == 200
    assert get(port, Host=f'localhost:{port}').status == 200
    websocket(port, Origin=f'http://127.0.0.1:{port}')


def test_another_web_site_may_not_connect(port):
    with pytest.raises(InvalidStatus, match='403'):
        websocket(port, Origin='http://evil.example')
    assert get(port, Origin='http://evil.example').status == 403


def test_a_foreign_name_that_leads_here_may_not_connect(port):
    assert get(port, Host='evil.example').status == 403


def test_without_the_token_nothing_opens(guarded_port):
    assert get(guarded_port).status == 401
    assert get(guarded_port, '/?token=wrong').status == 401
    assert get(guarded_port, Cookie='dexgen_token=wrong').status == 401
    with pytest.raises(InvalidStatus, match='401'):
        websocket(guarded_port)


def test_the_token_becomes_a_cookie_that_opens_page_and_websocket(guarded_port):
    answer = get(guarded_port, f'/?token={TOKEN}')
    assert (answer.status, answer.headers['Location']) == (302, '/')
    cookie = answer.headers['Set-Cookie']
    assert 'HttpOnly' in cookie and 'SameSite=Strict' in cookie
    given = cookie.split(';')[0]
    assert get(guarded_port, Cookie=given).status == 200
    websocket(guarded_port, Cookie=given)


def test_a_page_open_to_others_always_has_a_token():
    assert PageDoor('127.0.0.1').token == ''
    doors = [PageDoor('0.0.0.0') for _ in range(2)]
    assert doors[0].token != doors[1].token and len(doors[0].token) > 20
    assert doors[0].address('0.0.0.0', 80).endswith(f'/?token={doors[0].token}')


@pytest.mark.parametrize(
    ('host', 'local'),
    [
        ('127.0.0.1', True),
        ('localhost', True),
        ('::1', True),
        ('0.0.0.0', False),
        ('10.0.0.5', False),
        ('localhost.evil.example', False),
    ],
)
def test_local_addresses(host, local):
    assert is_local(host) == local


def test_a_server_of_an_unknown_kind_is_not_left_unguarded():
    with pytest.raises(RuntimeError, match='no door'), PageDoor('127.0.0.1').guarding():
        pass
