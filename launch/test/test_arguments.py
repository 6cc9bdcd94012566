"""Arguments: parsing, ranges, choices, errors that teach."""

from dexgen.arguments import Argument, ArgumentError, resolve, split
import pytest

HAND = Argument('hand', 'right', 'the hand', lambda: ('left', 'right'))
MODE = Argument('mode', 'hold', 'the mode', lambda: ('hold',), others='a path')
RATE = Argument('rate', 30.0, 'rate [Hz]', low=1.0, high=200.0)
PORT = Argument('port', 8080, 'port', low=1, high=65535)
LOOP = Argument('loop', True, 'again')
VIDEO = Argument('video', '', 'clip', path='file')
ALL = (HAND, MODE, RATE, PORT, LOOP, VIDEO)


def test_defaults_and_given_values_with_their_types():
    values = resolve(ALL, split(['rate:=10', 'loop:=False', 'video:=a:=b'], ALL))
    assert values == {
        'hand': 'right', 'mode': 'hold', 'rate': 10.0, 'port': 8080, 'loop': False,
        'video': 'a:=b',
    }  # fmt: skip
    assert isinstance(values['rate'], float)


def test_the_last_one_of_a_name_wins():
    assert split(['port:=1', 'port:=2'], ALL) == {'port': '2'}


@pytest.mark.parametrize(
    ('token', 'message'),
    [
        ('hnd:=left', r"unknown argument 'hnd' \(did you mean 'hand'\?\); known: hand, mode"),
        ('--port', r"'--port' is not understood; write port:=value"),
        ('port=80', r"'port=80' is not understood; write port:=value"),
        ('zzz', "unknown argument 'zzz'; known: hand"),
        (':=3', "unknown argument ''; known: hand"),
    ],
)
def test_words_that_are_no_arguments(token, message):
    with pytest.raises(ArgumentError, match=message):
        split([token], ALL)


@pytest.mark.parametrize(
    ('argument', 'text', 'message'),
    [
        (HAND, 'rigth', r"hand:=rigth is unknown \(did you mean 'right'\?\); allowed: left"),
        (HAND, '', 'allowed: left, right'),
        (RATE, '0', 'rate:=0 is not allowed; allowed: 1 to 200'),
        (RATE, 'nan', 'allowed: 1 to 200'),
        (RATE, 'inf', 'allowed: 1 to 200'),
        (RATE, 'fast', 'allowed: 1 to 200'),
        (PORT, '80.5', 'allowed: 1 to 65535'),
        (PORT, '70000', 'allowed: 1 to 65535'),
        (LOOP, 'yes', 'allowed: true, false'),
    ],
)
def test_values_that_are_refused(argument, text, message):
    with pytest.raises(ArgumentError, match=message):
        argument.parse(text)


def test_a_choice_that_may_be_something_else():
    assert MODE.parse('/some/where') == '/some/where'
    assert MODE.allowed() == 'hold, or a path'


def test_text_of_a_default_parses_to_the_default():
    for argument in ALL:
        assert argument.parse(argument.text()) == argument.default
