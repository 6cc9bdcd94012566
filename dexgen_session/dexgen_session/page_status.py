"""The status part of the live page as HTML: the state, the figures, the warnings."""

from collections.abc import Iterable
from html import escape

from dexgen_session.page_colors import COLORS, LEGEND
from dexgen_session.snapshot import Snapshot

STATE_COLORS = {
    'RUNNING': '#1e9e55',
    'PAUSED': '#b07d10',
    'STOPPED': '#c62828',
    'FAULT': '#c62828',
    'NO BRIDGE': '#6b7280',
}
STREAMS = (
    ('hand_landmarks', 'landmarks'),
    ('keypoint_command', 'commands'),
    ('joint_target', 'targets'),
    ('joint_states', 'joint states'),
)
"""Topics whose rates are shown, with the word the page uses for them."""
WITHOUT_GUIDANCE = ('passthrough', 'hold')
"""Modes that neither guidance nor trust changes: slider and figure are hidden."""

STYLE = """<style>
button[data-block]:has(svg) {height: 4.4em; font-size: 1.25em; font-weight: 800;}
.dexgen {font-size: 0.85em; padding: 0 0.9em 0.3em;}
.dexgen.head {height: 7.2em; overflow: hidden;}
.dexgen .state {color: #fff; border-radius: 0.3em; padding: 0.25em 0.6em;}
.dexgen .state {font-size: 1.3em; font-weight: 700;}
.dexgen table {width: 100%; border-collapse: collapse; margin-top: 0.4em;}
.dexgen td {padding: 0.02em 0; white-space: nowrap;}
.dexgen td:last-child {text-align: right; font-variant-numeric: tabular-nums;}
.dexgen .warning {color: #b3261e;}
</style>"""
"""Sizes and colours. The STOP button, the only one with a picture, is large; the head has a fixed
height, so that no button moves away under the pointer."""


def head_html(snapshot: Snapshot, notice: str = '') -> str:
    """HTML of the state, its reason, and the outcome of the last button."""
    stack = snapshot.stack
    state = stack.state if stack else 'NO BRIDGE'
    sentence = (stack.message or stack.reason) if stack else 'waiting for stack_state'
    color = STATE_COLORS.get(state, '#6b7280')
    return ''.join(
        (
            STYLE,
            '<div class="dexgen head">',
            f'<div class="state" id="dexgen-state" style="background:{color}">',
            f'{escape(state)}</div>',
            f'<div id="dexgen-reason">{escape(_reason(stack, sentence))}</div>',
            f'<div id="dexgen-notice"><i>{escape(notice)}</i></div>',
            '</div>',
        )
    )


def figures_html(snapshot: Snapshot) -> str:
    """HTML of the figures and of what the diagnostics warn of."""
    warnings = ''.join(f'<div class="warning">{escape(text)}</div>' for text in snapshot.warnings)
    return f'<div class="dexgen">{_legend()}{_table(_figures(snapshot))}{warnings}</div>'


def diagnostics_html(snapshot: Snapshot) -> str:
    """HTML of what every loop and subscription of every node says of itself."""
    rows = ''.join(
        f'<tr{" class=warning" * bool(level)}><td>{escape(name)}</td><td>{escape(said)}</td></tr>'
        for name, (level, said) in sorted(snapshot.parts.items())
    )
    return f'<div class="dexgen" id="dexgen-diagnostics"><table>{rows}</table></div>'


def _legend() -> str:
    dots = (
        f'<span style="color:rgb{COLORS[kind]}">&#9679;</span> {word}'
        for kind, word in LEGEND.items()
    )
    return f'<div class="legend">{" &nbsp; ".join(dots)}</div>'


def _reason(stack, sentence: str) -> str:
    if stack is None or sentence == stack.reason:
        return sentence
    return f'{stack.reason}: {sentence}'


def _figures(snapshot: Snapshot) -> Iterable[tuple[str, str]]:
    for topic, word in STREAMS:
        if topic in snapshot.rates:
            rate = snapshot.rates[topic]
            yield word, f'{rate:.0f} Hz' if rate else 'silent'
    if snapshot.controller:
        view = snapshot.controller
        yield 'mode', f'{view.mode} · {view.reason}'
        yield 'tick', f'{view.tick_time:.1f} ms · {view.late_ticks} late'
        yield 'frame to target', f'{view.command_age:.0f} ms'
        if view.mode not in WITHOUT_GUIDANCE:
            yield 'command trusted', f'{100 * view.trust:.0f} %'
    if snapshot.gate:
        view = snapshot.gate
        yield 'gate', view.reason
        yield 'clamped · rejected', f'{view.clamped} · {view.rejected}'
    if snapshot.object and snapshot.object.name:
        view = snapshot.object
        yield 'object', f'{view.name} · {"held" if view.held else "dropped"}'
        yield 'drops', str(view.drops)
        yield 'held for', f'{view.held_for:.1f} s'
        yield 'longest hold', f'{view.longest_hold:.1f} s'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = ''.join(
        f'<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>' for name, value in rows
    )
    return f'<table>{cells}</table>'
