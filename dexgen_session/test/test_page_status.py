"""The status part of the page: what it says, and that foreign text cannot become markup."""

from dexgen_session.page_status import diagnostics_html, figures_html, head_html
from dexgen_session.snapshot import ControllerView, GateView, Snapshot, StackView
import numpy as np
import pytest


def stack(**changes):
    values = {
        'state': 'RUNNING', 'reason': 'ENGAGED', 'message': 'the operator engaged',
        'hand': 'allegro_right', 'object': 'cube', 'backend': 'mujoco',
    }  # fmt: skip
    return StackView(**{**values, **changes})


def test_without_a_bridge_the_page_says_so():
    assert 'NO BRIDGE' in head_html(Snapshot())


def test_state_reason_and_notice_are_shown():
    html = head_html(Snapshot(stack=stack()), 'engage: done.')
    assert '>RUNNING<' in html and 'ENGAGED: the operator engaged' in html
    assert 'engage: done.' in html


def test_silent_streams_counts_and_warnings_are_shown():
    html = figures_html(
        Snapshot(
            rates={'joint_target': 0.0, 'joint_states': 99.7},
            gate=GateView(reason='RATE', clamped=4, rejected=2),
            warnings=('bridge: late',),
        )
    )
    assert 'silent' in html and '100 Hz' in html
    assert '>RATE<' in html and '>4 · 2<' in html and 'bridge: late' in html


@pytest.mark.parametrize(('mode', 'shown'), [('dexgen', True), ('passthrough', False)])
def test_trust_is_shown_where_a_model_decides(mode, shown):
    view = ControllerView(mode, 'OK', 1.5, 20.0, 10.0, 3.0, 0.87, 0, np.zeros((0, 3)))
    html = figures_html(Snapshot(controller=view))
    assert ('>87 %<' in html) == shown


def test_what_every_part_says_of_itself_is_shown():
    parts = {'hand_bridge: physics': (0, 'real-time factor 1.000'), 'controller: <b>': (1, 'slow')}
    html = diagnostics_html(Snapshot(parts=parts))
    assert 'hand_bridge: physics</td><td>real-time factor 1.000' in html
    assert '<tr class=warning><td>controller: &lt;b&gt;</td><td>slow' in html


def test_text_of_messages_is_escaped():
    html = head_html(Snapshot(stack=stack(message='<script>alert(1)</script>')), '<b>x</b>')
    assert '<script>' not in html and '<b>' not in html
