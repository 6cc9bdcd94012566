"""Which topics of a bag a replay plays."""

from collections.abc import Collection, Mapping

from dexgen_session.bag.contract import Contract
from dexgen_session.bag.reader import TopicFacts

INPUTS = {
    'operator': ('hand_landmarks', 'camera/image/compressed'),
    'commands': ('keypoint_command', 'wrist_command'),
    'controller': ('joint_target', 'controller_state'),
}
"""Words for what feeds a part of a live stack, whose own source is then left out."""


def select_topics(
    wanted: str, topics: Mapping[str, TopicFacts], contract: Contract
) -> tuple[str, ...]:
    """Topics of the bag that are to be played.

    Args:
      wanted: a word (operator, commands, controller, hand, all) or topics joined by commas.
      topics: topics of the bag, with leading slash.
      contract: tells the sides apart.

    Raises:
      ValueError: a topic is not in the bag, or the word matches none; the message lists those
        that are there.
    """
    filled = {name for name, facts in topics.items() if facts.count}
    if wanted == 'all':
        chosen = filled
    elif wanted in INPUTS:
        chosen = {_absolute(name) for name in INPUTS[wanted]} & filled
    elif wanted == 'hand':
        chosen = {_absolute(name) for name in contract.of_side('hand')} & filled
    else:
        chosen = {_absolute(name.strip()) for name in wanted.split(',') if name.strip()}
        _require(chosen, filled)
    if not chosen:
        raise ValueError(
            f"the bag has nothing of '{wanted}' to play; it has {', '.join(sorted(filled))}"
        )
    return tuple(sorted(chosen))


def _require(chosen: Collection[str], filled: Collection[str]) -> None:
    missing = sorted(set(chosen) - set(filled))
    if missing:
        raise ValueError(
            f'the bag has no messages of {", ".join(missing)}; it has {", ".join(sorted(filled))}'
        )


def _absolute(name: str) -> str:
    return name if name.startswith('/') else f'/{name}'
