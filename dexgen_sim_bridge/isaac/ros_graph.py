"""The OmniGraph that joins the hand to ROS 2, as data: nodes, connections, values.

Node types are those of Isaac Sim 5.1's extensions isaacsim.ros2.bridge and isaacsim.core.nodes.
"""

from typing import NamedTuple

NODES = {
    'tick': 'omni.graph.action.OnPlaybackTick',
    'context': 'isaacsim.ros2.bridge.ROS2Context',
    'time': 'isaacsim.core.nodes.IsaacReadSimulationTime',
    'publish': 'isaacsim.ros2.bridge.ROS2PublishJointState',
    'subscribe': 'isaacsim.ros2.bridge.ROS2SubscribeJointState',
    'drive': 'isaacsim.core.nodes.IsaacArticulationController',
}
CONNECTIONS = (
    ('tick.outputs:tick', 'publish.inputs:execIn'),
    ('tick.outputs:tick', 'subscribe.inputs:execIn'),
    ('subscribe.outputs:execOut', 'drive.inputs:execIn'),
    ('context.outputs:context', 'publish.inputs:context'),
    ('context.outputs:context', 'subscribe.inputs:context'),
    ('time.outputs:simulationTime', 'publish.inputs:timeStamp'),
    ('subscribe.outputs:jointNames', 'drive.inputs:jointNames'),
    ('subscribe.outputs:positionCommand', 'drive.inputs:positionCommand'),
)
"""Only positions are passed on: the drive's gains are those of the scene table."""


class RosGraph(NamedTuple):
    """What og.Controller.edit takes: (name, type), (source, target), (attribute, value)."""

    nodes: list[tuple[str, str]]
    connections: list[tuple[str, str]]
    values: list[tuple[str, object]]


def ros_graph(state_topic: str, command_topic: str, articulation: str) -> RosGraph:
    """The graph of a hand.

    Args:
      state_topic, command_topic: of sensor_msgs/JointState.
      articulation: path of the prim that is the articulation's root.
    """
    values = [
        ('context.inputs:useDomainIDEnvVar', True),
        ('publish.inputs:topicName', state_topic),
        ('subscribe.inputs:topicName', command_topic),
        ('drive.inputs:robotPath', articulation),
    ]
    return RosGraph(list(NODES.items()), list(CONNECTIONS), values)
