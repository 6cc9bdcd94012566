"""The live page in headless Chromium, against a peer with the stack's topics and services."""

from collections.abc import Iterator
from pathlib import Path
import re
import socket

from dexgen_session.screenshot import CHROMIUM, open_page
import pytest
from session_peer import Program, wait_until

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f'{CHROMIUM} is not installed'),
]


@pytest.fixture(scope='module')
def port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@pytest.fixture(scope='module')
def page(peer, port, tmp_path_factory) -> Iterator:
    """Return the page of a running viewer, with the addresses that it asked for."""
    log = tmp_path_factory.mktemp('viewer') / 'log.txt'
    viewer = Program('dexgen_session.viewer_node', '--ros-args', '-p', f'port:={port}', log=log)
    try:
        wait_until(lambda: 'live page' in viewer.output(), what='the address of the page')
        with open_page(f'http://127.0.0.1:{port}', 800, 700) as opened:
            yield opened
    finally:
        assert viewer.end() == 0, viewer.output()


def choose(page, current: str, wanted: str) -> None:
    """Choose an entry of the list that shows `current`."""
    page.locator(f'input[role=combobox][value={current}]:visible').click()
    page.get_by_role('option', name=wanted, exact=True).evaluate('option => option.click()')
    page.locator(f'input[role=combobox][value={wanted}]:visible').wait_for()


def test_buttons_move_the_stack_and_the_status_follows(page, peer):
    state, status = page.locator('#dexgen-state'), page.locator('.dexgen table').first
    page.get_by_role('button', name='Engage', exact=True).click()
    page.wait_for_function("document.querySelector('#dexgen-state')?.textContent === 'RUNNING'")
    assert 'longest hold' in status.inner_text()
    page.get_by_role('button', name='STOP', exact=True).click()
    page.wait_for_function("document.querySelector('#dexgen-state')?.textContent === 'STOPPED'")
    page.get_by_role('button', name='Reset').click()
    page.wait_for_function("document.querySelector('#dexgen-state')?.textContent === 'PAUSED'")
    page.get_by_text('palm down', exact=True).click()
    wait_until(lambda: peer.wrists, what='the wrist service')
    assert state.inner_text() == 'PAUSED'
    rates = re.findall(r'joint states\s*(\d+) Hz', status.inner_text())
    assert rates and 0 < int(rates[0]) <= 60


def test_a_bridge_that_hangs_is_not_shown_as_it_was(page, peer):
    shows = "document.querySelector('#dexgen-state')?.textContent === '{}'"
    page.wait_for_function(shows.format('PAUSED'))
    peer.hung = True
    page.wait_for_function(shows.format('NO BRIDGE'))
    peer.hung = False
    page.wait_for_function(shows.format('PAUSED'))


def test_lists_choose_object_and_mode(page, peer):
    peer.object, peer.mode = 'cube', 'hold'
    peer.publish_state()
    choose(page, 'cube', 'sphere')
    wait_until(lambda: peer.object == 'sphere', what='the choice of the object')
    choose(page, 'hold', 'precision')
    wait_until(lambda: peer.mode == 'precision', what='the choice of the mode')
    peer.object = 'cylinder'
    peer.publish_state()
    page.locator('input[role=combobox][value=cylinder]:visible').wait_for()


def test_the_switch_changes_to_dexgen_and_back_and_the_strength_is_shown(page, peer):
    page.get_by_text('DexGen', exact=True).click()
    wait_until(lambda: peer.mode == 'dexgen', what='mode dexgen')
    page.get_by_text('guidance', exact=True).wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('input')].some(field => field.value === '2.5')"
    )
    page.get_by_text('raw', exact=True).click()
    wait_until(lambda: peer.mode == 'passthrough', what='mode passthrough')
    page.get_by_text('guidance', exact=True).wait_for(state='hidden')


def test_page_asks_only_its_own_server_and_draws(page, port, tmp_path):
    own = (f'http://127.0.0.1:{port}', f'ws://127.0.0.1:{port}', 'data:', 'blob:')
    assert [url for url in page.requested if not url.startswith(own)] == []
    picture = tmp_path / 'page.png'
    page.screenshot(path=str(picture))
    assert 10_000 < picture.stat().st_size < 300_000
