"""The page's slider: it obeys the user and else shows what the stack reports."""

from types import SimpleNamespace

from dexgen_session.page import _Slider, FOLLOW_AFTER


class Slider:
    """What the page asks of a slider."""

    def __init__(self):
        self.min, self.max, self.step, self.value, self.visible = 0.0, 10.0, 0.1, 1.0, False

    def on_update(self, changed):
        self.changed = changed

    def drag(self, value):
        self.value = value
        self.changed(SimpleNamespace(client=1, target=self))


def test_the_slider_shows_what_is_reported_within_its_range():
    bare = Slider()
    slider = _Slider(bare, lambda value: None)
    slider.follow(2.5, True)
    assert (bare.value, bare.visible) == (2.5, True)
    slider.follow(80.0, False)
    assert (bare.value, bare.visible) == (10.0, False)


def test_a_users_choice_is_sent_and_waits_for_the_report():
    bare, chosen = Slider(), []
    slider = _Slider(bare, chosen.append)
    bare.drag(4.0)
    assert chosen == [4.0]
    for _ in range(FOLLOW_AFTER - 1):
        slider.follow(1.0, True)
        assert bare.value == 4.0
    slider.follow(1.0, True)
    assert bare.value == 1.0
