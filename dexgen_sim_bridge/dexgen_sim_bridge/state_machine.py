"""The one state machine of the stack: four states, what leads from one to the next, and why."""

from enum import Enum, IntEnum
from typing import NamedTuple


class State(IntEnum):
    """States, numbered as in StackState.msg."""

    STOPPED = 0
    PAUSED = 1
    RUNNING = 2
    FAULT = 3


class Event(Enum):
    """What can happen to the stack."""

    ENGAGE = 'engage'
    DISENGAGE = 'disengage'
    SILENCE = 'silence'
    STOP = 'stop'
    RESET = 'reset'
    FAIL = 'fail'
    DEACTIVATE = 'deactivate'


class Status(NamedTuple):
    """What StackState says of the machine.

    Attributes:
      state: present state.
      reason: reason code of the last transition.
      message: the same in a sentence.
      session_id: non-zero while RUNNING, new with every engage.
    """

    state: State
    reason: str
    message: str
    session_id: int = 0


START = Status(State.PAUSED, 'START', 'started; engage to run')
RESUMED = Status(State.PAUSED, 'RESUMED', 'resumed the saved scene; engage to run')

_HOLDING = (State.STOPPED, State.FAULT)
_TRANSITIONS: dict[Event, dict[State, tuple[State, str, str]]] = {
    Event.ENGAGE: {State.PAUSED: (State.RUNNING, 'ENGAGED', 'running')},
    Event.DISENGAGE: {State.RUNNING: (State.PAUSED, 'DISENGAGED', 'holding; engage to run')},
    Event.SILENCE: {
        State.RUNNING: (State.PAUSED, 'SILENCE', 'no usable target for too long; engage to run')
    },
    Event.STOP: dict.fromkeys(
        State, (State.STOPPED, 'EMERGENCY_STOP', 'emergency stop; reset to go on')
    ),
    Event.RESET: dict.fromkeys(
        (State.STOPPED, State.PAUSED, State.FAULT),
        (State.PAUSED, 'RESET', 'reset; engage to run'),
    ),
    Event.FAIL: dict.fromkeys(
        (State.PAUSED, State.RUNNING, State.FAULT),
        (State.FAULT, 'FAULT', 'failed; reset to go on'),
    ),
    Event.DEACTIVATE: {
        State.RUNNING: (State.PAUSED, 'DEACTIVATED', 'the bridge was deactivated')
    },
}


def allowed(state: State, event: Event) -> bool:
    """Whether the event leads anywhere from this state."""
    return state in _TRANSITIONS[event]


def refusal(state: State, event: Event) -> str:
    """Why an event is refused in a state, and what to do about it."""
    if state in _HOLDING:
        remedy = 'reset first'
    elif state == State.RUNNING:
        remedy = 'it is running already' if event == Event.ENGAGE else 'disengage or stop first'
    else:
        remedy = 'it is not running'
    return f'{event.value} is refused in {state.name}: {remedy}'


def advance(
    status: Status,
    event: Event,
    *,
    session_id: int = 0,
    reason: str = '',
    message: str = '',
) -> Status:
    """The status after an event; the same status where the event is not allowed.

    Args:
      status: present status.
      event: what happened.
      session_id: non-zero id for ENGAGE, ignored otherwise.
      reason, message: override the transition's own, for example the fault's.

    Raises:
      ValueError: ENGAGE without a session id.
    """
    if event == Event.ENGAGE and not session_id:
        raise ValueError('session id is 0; engage needs a new, non-zero one')
    if not allowed(status.state, event):
        return status
    state, own_reason, own_message = _TRANSITIONS[event][status.state]
    return Status(
        state,
        reason or own_reason,
        message or own_message,
        session_id if state == State.RUNNING else 0,
    )
