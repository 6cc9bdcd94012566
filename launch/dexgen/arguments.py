"""Arguments of a stack, given as name:=value: each with a meaning, a default, allowed values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class ArgumentError(ValueError):
    """What the user gave cannot be started; the text is the whole message."""


@dataclass(frozen=True)
class Argument:
    """One argument of a stack.

    Attributes:
      name: as written before `:=`.
      default: its default, whose type (str, bool, int, float) is the argument's type.
      description: what it means, with its unit in brackets.
      choices: gives the allowed values of a string, listed when they are needed; None allows any.
      low, high: allowed range of a number, both ends included.
      others: describes what is allowed beside the choices, for example a path; empty for nothing.
      path: 'file', 'folder' or 'path' (either) where the value, if any, must be there.
    """

    name: str
    default: str | bool | int | float
    description: str
    choices: Callable[[], Sequence[str]] | None = None
    low: float | None = None
    high: float | None = None
    others: str = ''
    path: str = ''

    def allowed(self) -> str:
        """The allowed values in words, empty when everything is allowed."""
        if isinstance(self.default, bool):
            return 'true, false'
        if self.choices:
            values = ', '.join(self.choices())
            return f'{values}, or {self.others}' if self.others else values
        if self.low is not None and self.high is not None:
            return f'{self.low:g} to {self.high:g}'
        return self.others or (f'a {self.path}' if self.path else '')

    def parse(self, text: str) -> str | bool | int | float:
        """The value that a text stands for.

        Raises:
          ArgumentError: the text is no value of this argument.
        """
        value = self._convert(text)
        if value is None or not self._in_range(value):
            raise ArgumentError(f'{self.name}:={text} is not allowed; allowed: {self.allowed()}')
        if self.choices and not self.others and value not in (values := list(self.choices())):
            guess = get_close_matches(text, values, 1)
            hint = f" (did you mean '{guess[0]}'?)" if guess else ''
            raise ArgumentError(
                f'{self.name}:={text} is unknown{hint}; allowed: {", ".join(values)}'
            )
        return value

    def text(self, value: str | bool | int | float | None = None) -> str:
        """A value, or the default, as it is written after `:=`."""
        value = self.default if value is None else value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _convert(self, text: str) -> str | bool | int | float | None:
        if isinstance(self.default, bool):
            return {'true': True, 'false': False}.get(text.lower())
        if isinstance(self.default, str):
            return text
        try:
            return type(self.default)(text)
        except ValueError:
            return None

    def _in_range(self, value: str | bool | int | float) -> bool:
        if isinstance(value, str):
            return True
        # Written so that NaN is outside of every range.
        low = float('-inf') if self.low is None else self.low
        high = float('inf') if self.high is None else self.high
        return low <= value <= high


def split(tokens: Sequence[str], arguments: Sequence[Argument]) -> dict[str, str]:
    """Texts by argument name of `name:=value` words; the last one of a name wins.

    Raises:
      ArgumentError: a word is not of that form, or no argument has that name.
    """
    names = [argument.name for argument in arguments]
    given = {}
    for token in tokens:
        name, separator, text = token.partition(':=')
        if not separator:
            name = token.partition('=')[0].lstrip('-')
        if name not in names:
            guess = get_close_matches(name, names, 1)
            hint = f" (did you mean '{guess[0]}'?)" if guess else ''
            raise ArgumentError(f"unknown argument '{name}'{hint}; known: {', '.join(names)}")
        if not separator:
            raise ArgumentError(f"'{token}' is not understood; write {name}:=value")
        given[name] = text
    return given


def resolve(
    arguments: Sequence[Argument], given: Mapping[str, str]
) -> dict[str, str | bool | int | float]:
    """Values of all arguments by name: what is given, else the defaults.

    Raises:
      ArgumentError: a text is no value of its argument.
    """
    return {
        argument.name: argument.parse(given[argument.name])
        if argument.name in given
        else argument.default
        for argument in arguments
    }
