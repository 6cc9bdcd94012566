"""Writes a rerun as a bag, to be compared with the recorded one or with another rerun."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from dexgen_session.bag.mcap_file import Channel, Sample
from dexgen_session.bag.metadata import offered_qos
from dexgen_session.bag.schema import schema_text, type_hash
from dexgen_session.bag.writer import BagWriter
from dexgen_session.rerun.engine import Moment, Rerun

TYPES = {
    '/keypoint_command': 'dexgen_msgs/msg/KeypointCommand',
    '/joint_target': 'dexgen_msgs/msg/JointTarget',
    '/joint_states': 'sensor_msgs/msg/JointState',
}
FLUSH_EVERY = 500
"""Messages after which a chunk ends."""


class _Messages:
    """Makes serialized messages out of moments."""

    def __init__(self, hand):
        self._hand = hand
        self._store = get_typestore(Stores.EMPTY)
        for kind in TYPES.values():
            self._store.register(get_types_from_msg(schema_text(kind), kind))
        self._types = self._store.types

    def of(self, moment: Moment) -> Iterator[Sample]:
        """The messages of a moment."""
        header = self._header(moment.time)
        if moment.command is not None:
            yield self._sample('/keypoint_command', moment.time, **self._command(moment, header))
        if moment.target is not None:
            yield self._sample(
                '/joint_target',
                moment.time,
                header=header,
                session_id=moment.target.session_id,
                sequence=moment.target.sequence,
                joint_names=list(moment.target.joint_names),
                positions=np.array(moment.target.positions),
            )
        if moment.posture is not None:
            yield self._sample(
                '/joint_states',
                moment.time,
                header=header,
                name=list(self._hand.joint_names),
                position=np.array(moment.posture),
                velocity=np.zeros(0),
                effort=np.zeros(0),
            )

    def _header(self, time: int):
        stamp = self._types['builtin_interfaces/msg/Time'](
            sec=time // 1_000_000_000, nanosec=time % 1_000_000_000
        )
        return self._types['std_msgs/msg/Header'](stamp=stamp, frame_id='hand')

    def _command(self, moment: Moment, header) -> dict[str, object]:
        point = self._types['geometry_msgs/msg/Point']
        return {
            'header': header,
            'sequence': moment.command.sequence,
            'hand': self._hand.name,
            'keypoint_names': list(self._hand.keypoint_names),
            'keypoints': [point(x=x, y=y, z=z) for x, y, z in moment.command.keypoints.tolist()],
            'joint_names': list(self._hand.joint_names),
            'joint_positions': np.array(moment.command.joints),
        }

    def _sample(self, topic: str, time: int, **fields) -> Sample:
        message = self._types[TYPES[topic]](**fields)
        return Sample(topic, bytes(self._store.serialize_cdr(message, TYPES[topic])), time, time)


def write_rerun(rerun: Rerun, folder: Path) -> int:
    """Run and write; return the number of targets.

    Raises:
      DiskError: the folder exists or cannot be written.
    """
    channels = {
        topic: Channel(topic, kind, schema_text(kind), type_hash(kind), offered_qos(True, False))
        for topic, kind in TYPES.items()
    }
    writer, messages, targets = BagWriter(folder, channels, {}), _Messages(rerun.hand), 0
    for moment in rerun:
        targets += moment.target is not None
        for sample in messages.of(moment):
            writer.write(sample)
            if writer.message_count % FLUSH_EVERY == 0:
                writer.flush()
    writer.close()
    return targets
