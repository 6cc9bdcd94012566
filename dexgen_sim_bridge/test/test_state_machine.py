"""The state machine against the table of docs/architecture.md, in every order."""

from dexgen_sim_bridge.state_machine import advance, allowed, Event, refusal, START, State, Status
from hypothesis import given
from hypothesis import strategies as st
import pytest

S, P, R, F = State.STOPPED, State.PAUSED, State.RUNNING, State.FAULT
TABLE = {
    (S, Event.ENGAGE): S, (P, Event.ENGAGE): R, (R, Event.ENGAGE): R, (F, Event.ENGAGE): F,
    (S, Event.DISENGAGE): S, (P, Event.DISENGAGE): P, (R, Event.DISENGAGE): P,
    (F, Event.DISENGAGE): F,
    (S, Event.SILENCE): S, (P, Event.SILENCE): P, (R, Event.SILENCE): P, (F, Event.SILENCE): F,
    (S, Event.STOP): S, (P, Event.STOP): S, (R, Event.STOP): S, (F, Event.STOP): S,
    (S, Event.RESET): P, (P, Event.RESET): P, (R, Event.RESET): R, (F, Event.RESET): P,
    (S, Event.FAIL): S, (P, Event.FAIL): F, (R, Event.FAIL): F, (F, Event.FAIL): F,
    (S, Event.DEACTIVATE): S, (P, Event.DEACTIVATE): P, (R, Event.DEACTIVATE): P,
    (F, Event.DEACTIVATE): F,
}  # fmt: skip


@pytest.mark.parametrize('event', Event)
@pytest.mark.parametrize('state', State)
def test_every_transition(state, event):
    before = Status(state, 'BEFORE', '', 5 if state == R else 0)
    after = advance(before, event, session_id=9)
    assert after.state == TABLE[state, event]
    if not allowed(state, event):
        assert after is before
        assert state.name in refusal(state, event)
    else:
        assert after.reason != 'BEFORE'


@given(st.lists(st.sampled_from(list(Event))))
def test_a_session_id_exactly_while_running_and_new_each_time(events):
    status, used = START, set()
    for number, event in enumerate(events, start=1):
        before, status = status, advance(status, event, session_id=number)
        assert (status.session_id != 0) == (status.state == R)
        if status.state == R and before.state != R:
            assert status.session_id not in used
            used.add(status.session_id)


@given(st.lists(st.sampled_from([e for e in Event if e != Event.RESET])))
def test_only_a_reset_leads_out_of_stopped(events):
    status = advance(START, Event.STOP)
    for event in events:
        status = advance(status, event, session_id=1)
        assert status.state == S


def test_engage_needs_a_session_id():
    with pytest.raises(ValueError, match='session id'):
        advance(START, Event.ENGAGE)


def test_a_fault_carries_its_own_reason():
    status = advance(START, Event.FAIL, reason='SILENT_HAND', message='no joint_states for 0.5 s')
    assert status == (F, 'SILENT_HAND', 'no joint_states for 0.5 s', 0)
