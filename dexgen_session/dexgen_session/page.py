"""The live page: a viser server with the scene, the status and the buttons."""

from collections.abc import Callable, Sequence
import math
import socket
import threading
from typing import Protocol

import viser

from dexgen_session.page_door import PageDoor
from dexgen_session.page_scene import PageScene
from dexgen_session.page_status import (
    diagnostics_html,
    figures_html,
    head_html,
    WITHOUT_GUIDANCE,
)
from dexgen_session.snapshot import Snapshot

PALM_SIDEWAYS = {'right': (0.5, 0.5, 0.5, 0.5), 'left': (0.5, -0.5, 0.5, -0.5)}
"""Orientation with the thumb up, by the hand's side."""
NO_OBJECT = 'none'
"""Entry of the object list that takes the object out of the scene."""
SWITCH = {'DexGen': 'dexgen', 'raw': 'passthrough'}
"""The switch between the learned controller and the command as it is: label to mode."""
FOLLOW_AFTER = 8
"""Statuses after a user's choice before a list shows the stack's report again."""


def wrist_buttons(side: str) -> dict[str, tuple[float, float, float, float]]:
    """Wrist orientations on offer: wxyz of the hand frame in the world (z up)."""
    half = math.sqrt(0.5)
    return {
        'palm up': (0.0, half, 0.0, half),
        'palm down': (half, 0.0, half, 0.0),
        'sideways': PALM_SIDEWAYS[side],
        'fingers up': (1.0, 0.0, 0.0, 0.0),
    }


class PageActions(Protocol):
    """What the page's buttons do. Calls return at once; outcomes come by Page.notice."""

    def engage(self) -> None: ...
    def disengage(self) -> None: ...
    def stop(self) -> None: ...
    def reset(self) -> None: ...
    def select_object(self, name: str) -> None: ...
    def set_mode(self, mode: str) -> None: ...
    def set_guidance(self, guidance: float) -> None: ...
    def record(self, begin: bool) -> None: ...
    def set_wrist(self, wxyz: Sequence[float]) -> None: ...


class _Choice:
    """A list that obeys the user and shows what the stack reports, also a name not on offer."""

    def __init__(self, dropdown, choose: Callable[[str], None]):
        self._dropdown, self._choose = dropdown, choose
        self._patience = 0
        dropdown.on_update(self._changed)

    def _changed(self, event) -> None:
        if event.client is not None:
            self._patience = FOLLOW_AFTER
            self._choose(event.target.value)

    def follow(self, value: str) -> None:
        """Show the reported value, unless a user's choice is still on its way."""
        self._patience = max(0, self._patience - 1)
        if not value or self._patience or self._dropdown.value == value:
            return
        if value not in self._dropdown.options:
            self._dropdown.options = (*self._dropdown.options, value)
        self._dropdown.value = value


class _Slider:
    """A slider that obeys the user and shows what the stack reports."""

    def __init__(self, slider, choose: Callable[[float], None]):
        self._slider, self._choose = slider, choose
        self._patience = 0
        slider.on_update(self._changed)

    def _changed(self, event) -> None:
        if event.client is not None:
            self._patience = FOLLOW_AFTER
            self._choose(event.target.value)

    def follow(self, value: float, visible: bool) -> None:
        """Show the reported value, unless the user's is still on its way."""
        self._patience = max(0, self._patience - 1)
        self._slider.visible = visible
        shown = min(max(value, self._slider.min), self._slider.max)
        if not self._patience and abs(self._slider.value - shown) > 0.5 * self._slider.step:
            self._slider.value = shown


class _Server(viser.ViserServer):
    """viser without its public sharing: a page may not ask the server to open a tunnel outside."""

    def request_share_url(self, verbose: bool = True) -> str | None:
        return None


def require_free_port(host: str, port: int) -> None:
    """Check that the page can open its port (viser would take another one without a word).

    Raises:
      ValueError: the port is taken, or the host is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise ValueError(
            f'the live page cannot open {host}:{port} ({error.strerror}); '
            'end the program that uses the port, or choose another one with port:=<number>'
        ) from None


class Page:
    """The live page, open from construction to `close()`.

    Args:
      hand: the hand description; kinematics: its forward kinematics.
      actions: what the buttons do.
      objects: names of the objects on offer.
      modes: names of the controller's modes on offer.
      host, port: where it listens.
      token: asked of every browser; empty: a new one where `host` is open to other machines.

    Raises:
      ValueError: the port is taken.
    """

    def __init__(
        self,
        hand,
        kinematics,
        actions: PageActions,
        objects: Sequence[str],
        modes: Sequence[str] = ('dexgen', 'precision', 'passthrough', 'hold'),
        host: str = '127.0.0.1',
        port: int = 8080,
        token: str = '',
    ):
        require_free_port(host, port)
        door = PageDoor(host, token)
        with door.guarding():
            self._server = _Server(host=host, port=port, label='dexgen', verbose=False)
        self._lock = threading.Lock()
        self._notice = ''
        self._server.gui.configure_theme(
            show_logo=False, show_share_button=False, control_width='medium'
        )
        self._add_controls(actions, objects, modes, hand.side)
        self._scene = PageScene(self._server.scene, hand, kinematics)
        self._server.initial_camera.position = (-0.21, -0.03, 0.28)
        self._server.initial_camera.look_at = (0.1, -0.01, -0.02)
        self.url = door.address(host, port)

    def _add_controls(self, actions: PageActions, objects, modes, side: str) -> None:
        gui = self._server.gui
        self._head = gui.add_html(head_html(Snapshot()))
        stop = gui.add_button('STOP', color='red', icon=viser.Icon.HAND_STOP, hint='Esc')
        stop.on_click(lambda _: actions.stop())
        command = gui.add_command('Stop', hotkey='escape', icon=viser.Icon.HAND_STOP)
        command.on_trigger(lambda _: actions.stop())
        for label, color, action in (
            ('Engage', 'green', actions.engage),
            ('Disengage', 'gray', actions.disengage),
            ('Reset', 'gray', actions.reset),
        ):
            button = gui.add_button(label, color=color)
            button.on_click(lambda _, action=action: action())
        self._object = _Choice(
            gui.add_dropdown('object', (NO_OBJECT, *objects)),
            lambda name: actions.select_object('' if name == NO_OBJECT else name),
        )
        self._mode = _Choice(gui.add_dropdown('mode', tuple(modes)), actions.set_mode)
        switch = gui.add_button_group('fingers', tuple(SWITCH))
        switch.on_click(lambda event: actions.set_mode(SWITCH[event.target.value]))
        wrists = wrist_buttons(side)
        wrist = gui.add_button_group('wrist', tuple(wrists))

        self._guidance = _Slider(
            gui.add_slider('guidance', 0.0, 30.0, 0.1, 3.0, visible=False), actions.set_guidance
        )
        recording = gui.add_button_group('record', ('begin', 'end'))
        recording.on_click(lambda event: actions.record(event.target.value == 'begin'))
        self._figures = gui.add_html(figures_html(Snapshot()))
        with gui.add_folder('diagnostics', expand_by_default=False):
            self._diagnostics = gui.add_html(diagnostics_html(Snapshot()))

        @wrist.on_click
        def _(event) -> None:
            actions.set_wrist(wrists[event.target.value])

    def notice(self, text: str) -> None:
        """Show the outcome of an action; safe from any thread."""
        with self._lock:
            self._notice = text

    @property
    def watched(self) -> bool:
        """Whether a browser is open on the page."""
        return bool(self._server.get_clients())

    def show(self, snapshot: Snapshot, with_status: bool = True) -> None:
        """Bring the page to a snapshot; the status, slower to draw, only where asked for."""
        with self._server.atomic():
            self._scene.show(snapshot)
        if with_status:
            with self._lock:
                notice = self._notice
            self._head.content = head_html(snapshot, notice)
            self._figures.content = figures_html(snapshot)
            self._diagnostics.content = diagnostics_html(snapshot)
            if snapshot.stack:
                self._object.follow(snapshot.stack.object or NO_OBJECT)
            if snapshot.controller:
                self._mode.follow(snapshot.controller.mode)
                guided = snapshot.controller.mode not in WITHOUT_GUIDANCE
                self._guidance.follow(snapshot.controller.guidance, guided)

    def close(self) -> None:
        """Close the page and its port."""
        self._server.stop()
