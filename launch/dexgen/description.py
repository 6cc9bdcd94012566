"""What a stack is made of: arguments, and nodes with parameters and conditions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dexgen.arguments import Argument

Value = str | bool | int | float
Values = Mapping[str, Value]
"""Values of the arguments by name."""


@dataclass(frozen=True)
class NodeDescription:
    """One process of a stack.

    Attributes:
      name: name of the node and of its lines in the log.
      package, executable: where the ament index finds it.
      parameters: parameter name to the name of an argument, or to a function of all values.
      when: whether it runs at all.
      words: further words of its command line.
      after_restart: parameters that are different once it was restarted.
      watches: it only watches: it shares no memory with the others, so that it may die or wait
        for the processor at any moment without delaying what moves.
      nice: added to its niceness.
      at_end: what its end means: 'restart' it, 'leave' it ended, or 'end' the run.
    """

    name: str
    package: str
    executable: str
    parameters: Mapping[str, str | Callable[[Values], Value]] = field(default_factory=dict)
    when: Callable[[Values], bool] = lambda values: True
    words: Callable[[Values], tuple[str, ...]] = lambda values: ()
    after_restart: Mapping[str, Value] = field(default_factory=dict)
    watches: bool = False
    nice: int = 0
    at_end: str = 'restart'

    def parameter_values(self, values: Values, restarted: bool = False) -> dict[str, Value]:
        """Parameters of this node for the given values of the arguments."""
        resolved = {
            name: origin(values) if callable(origin) else values[origin]
            for name, origin in self.parameters.items()
        }
        return {**resolved, **(self.after_restart if restarted else {})}


@dataclass(frozen=True)
class Stack:
    """A set of nodes that run together.

    Attributes:
      name: as in `dexgen <name>` and `<name>.launch.py`.
      description: one sentence.
      arguments, nodes: what it takes and what it starts.
      check: raises ArgumentError for values that cannot work together.
    """

    name: str
    description: str
    arguments: tuple[Argument, ...]
    nodes: tuple[NodeDescription, ...]
    check: Callable[[Values], None] = lambda values: None

    def running(self, values: Values) -> list[NodeDescription]:
        """The nodes that run with the given values of the arguments."""
        return [node for node in self.nodes if node.when(values)]
