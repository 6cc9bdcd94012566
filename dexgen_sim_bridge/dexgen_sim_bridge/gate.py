"""The safety gate, the last stage before any backend: rejects, clamps or holds, with a reason.

Pure functions; the time is injected [s, steady clock]. A target's stamp is compared with the
node's clock once, when it arrives, and ages on the steady clock from there: a jump of the node's
clock can spoil what is under way at that moment and nothing else.
"""

from collections.abc import Sequence
import math
from typing import NamedTuple

import numpy as np

from dexgen_sim_bridge.gate_types import (
    Action,
    Decision,
    GateSettings,
    Reason,
    REJECTIONS,
    Target,
)
from dexgen_sim_bridge.limiter import brake, GateLimits, limit, LimiterState

__all__ = [
    'Accepted', 'Action', 'Decision', 'GateLimits', 'GateSettings', 'GateState', 'LimiterState',
    'REJECTIONS', 'Reason', 'Target', 'decide', 'engage', 'hold', 'inspect', 'limit', 'receive',
    'silent',
]  # fmt: skip


class Accepted(NamedTuple):
    """A target that passed the inspection.

    Attributes:
      positions: (J,) wanted positions in the hand's order [rad].
      sequence: the target's own.
      expires: steady time from which it is stale [s].
    """

    positions: np.ndarray
    sequence: int
    expires: float


class GateState(NamedTuple):
    """What the gate remembers from step to step.

    Attributes:
      applied: the applied target.
      session_id: 0 when not RUNNING.
      accepted: newest accepted target of the session.
      anchor: (J,) where the applied target goes first after an engage; None once it is there.
      engaged: steady time of the last engage [s].
      usable: steady time of the last acceptance or engage [s]: silence counts from here.
      refused: reason of the newest target where it was rejected, and when [s]; else None.
    """

    applied: LimiterState
    session_id: int = 0
    accepted: Accepted | None = None
    anchor: np.ndarray | None = None
    engaged: float = -math.inf
    usable: float = -math.inf
    refused: tuple[Reason, float] | None = None


def inspect(
    target: Target, joint_names: Sequence[str], session_id: int, last_sequence: int,
    settings: GateSettings,
) -> tuple[np.ndarray | None, Reason]:
    """Whether a target is usable: its positions (J,) in the hand's order [rad], or why not.

    The content is looked at before the session, so that a malformed target is named as such in
    every state. A stamp as old as `settings.staleness` is stale.
    """
    names, positions = target.joint_names, np.asarray(target.positions, float)
    if not len(names) or len(names) != len(positions) or '' in names:
        return None, Reason.UNNAMED
    if tuple(names) != tuple(joint_names):
        if len(set(names)) != len(names):
            return None, Reason.DUPLICATE
        if not set(names) <= set(joint_names):
            return None, Reason.UNKNOWN_JOINT
        if len(names) != len(joint_names):
            return None, Reason.INCOMPLETE
        index = {name: column for column, name in enumerate(names)}
        positions = positions[[index[name] for name in joint_names]]
    if not np.isfinite(positions).all():
        return None, Reason.NOT_FINITE
    if not session_id:
        return None, Reason.NOT_RUNNING
    if target.session_id != session_id:
        return None, Reason.FOREIGN_SESSION
    if target.sequence <= last_sequence:
        return None, Reason.SEQUENCE
    if target.stamp_age < -settings.future:
        return None, Reason.FUTURE_STAMP
    if not target.stamp_age < settings.staleness:
        return None, Reason.STALE_STAMP
    return positions, Reason.OK


def engage(
    state: GateState, session_id: int, measured, window, limits: GateLimits, now: float
) -> GateState:
    """Begin a session without a jump.

    The ramp starts from the applied target that the hand holds: it is the measured posture plus
    the squeeze on the object, and going on from it loses neither. Where the hand does not follow
    it (somebody or something pushed it farther than `window`, so that its drive is saturated), the
    target is first brought to the edge of the window around the measured posture, at the rate
    limit. Without an applied target a session starts `GateState(LimiterState.at_rest(measured))`.

    Args:
      measured: (J,) measured posture [rad].
      window: (J,) greatest distance of the target from it [rad].
      now: steady time [s].
    """
    held = state.applied.position
    anchor = np.clip(held, measured - window, measured + window)
    followed = np.array_equal(anchor, held)
    return GateState(
        LimiterState.at_rest(held),
        session_id,
        anchor=None if followed else np.clip(anchor, limits.lower, limits.upper),
        engaged=now,
        usable=now,
    )


def hold(state: GateState) -> GateState:
    """End a session: the applied target stands where it is, at once."""
    return GateState(LimiterState.at_rest(state.applied.position))


def receive(
    state: GateState, target: Target, joint_names: Sequence[str], settings: GateSettings,
    now: float,
) -> tuple[GateState, Reason]:
    """Take a target or refuse it; `now` is its receive time [s, steady clock]."""
    last = state.accepted.sequence if state.accepted else -1
    positions, reason = inspect(target, joint_names, state.session_id, last, settings)
    if positions is None:
        return state._replace(refused=(reason, now)), reason
    expires = now + settings.staleness - max(target.stamp_age, 0.0)
    accepted = Accepted(positions, target.sequence, expires)
    return state._replace(accepted=accepted, usable=now, refused=None), reason


def silent(state: GateState, settings: GateSettings, now: float, silence: float) -> bool:
    """Whether a session had no usable target for `silence` [s], at least the staleness."""
    return bool(state.session_id) and now - state.usable >= max(silence, settings.staleness)


def decide(
    state: GateState, limits: GateLimits, settings: GateSettings, dt: float, now: float
) -> tuple[GateState, Decision]:
    """One step of the gate: the next applied target, and what was done.

    Outside a session the applied target stands still. In a session without a usable target it
    comes to rest within the acceleration limit. Otherwise it follows the newest accepted target.

    Args:
      dt: length of the step [s].
      now: steady time [s].
    """
    applied, accepted = state.applied, state.accepted
    if not state.session_id:
        return state, Decision(Action.HELD, _refused(state, settings, now, Reason.NOT_RUNNING), 0)
    if accepted is None or now >= accepted.expires:
        why = Reason.STALE if accepted else Reason.NO_TARGET
        decision = Decision(Action.HELD, _refused(state, settings, now, why), 0)
        if not applied.velocity.any():
            return state, decision
        return state._replace(applied=brake(applied, limits, dt)), decision
    wanted = accepted.positions if state.anchor is None else state.anchor
    ramp = 1.0
    if now - state.engaged < settings.ramp:
        ramp = max(settings.ramp_start, (now - state.engaged) / settings.ramp)
    allowed = limits if ramp == 1.0 else limits._replace(velocity=ramp * limits.velocity)
    after, mask = limit(wanted, applied, allowed, dt)
    anchor = state.anchor
    if anchor is not None and np.array_equal(after.position, anchor):
        anchor = None
    reason, action = Reason.OK, Action.APPLIED
    if state.anchor is not None:
        reason, action = Reason.RAMP, Action.CLAMPED
    elif mask.any():
        reason, action = _clamp_reason(wanted, applied, limits, allowed, dt), Action.CLAMPED
    reason = _refused(state, settings, now, reason)
    return state._replace(applied=after, anchor=anchor), Decision(
        action, reason, accepted.sequence
    )


def _clamp_reason(
    wanted: np.ndarray, before: LimiterState, limits: GateLimits, allowed: GateLimits, dt: float
) -> Reason:
    """The most telling reason: out of range, too fast (for the ramp), or too sudden."""
    if np.any((wanted < limits.lower) | (wanted > limits.upper)):
        return Reason.POSITION
    way = np.abs(wanted - before.position)
    if np.any(way > limits.velocity * dt):
        return Reason.RATE
    return Reason.RAMP if np.any(way > allowed.velocity * dt) else Reason.ACCELERATION


def _refused(state: GateState, settings: GateSettings, now: float, otherwise: Reason) -> Reason:
    """The newest target's reason where it was rejected lately, else the step's own."""
    if state.refused and now - state.refused[1] < settings.staleness:
        return state.refused[0]
    return otherwise
