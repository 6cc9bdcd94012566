"""The running stack: declared parameters; what the rviz and Foxglove files name is there."""

import difflib
import time

from dexgen.arguments import resolve
from dexgen.stack import TELEOP
from dexgen_node import topics
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from stack_graph import observe, TABLE
import topics_page
import views

pytestmark = pytest.mark.stack

KINDS = {
    bool: (ParameterType.PARAMETER_BOOL, 'bool_value'),
    int: (ParameterType.PARAMETER_INTEGER, 'integer_value'),
    float: (ParameterType.PARAMETER_DOUBLE, 'double_value'),
    str: (ParameterType.PARAMETER_STRING, 'string_value'),
}
NODES = TELEOP.running(resolve(TELEOP.arguments, {'record': 'true'}))


def ask(stack, client, request, attempts: int = 8):
    """Call a service; again when the answer is lost to a server that does not know us yet."""
    for _ in range(attempts):
        future = client.call_async(request)
        stack.executor.spin_until_future_complete(future, timeout_sec=5.0)
        if future.done():
            return future.result()
    raise AssertionError(f'{client.srv_name} does not answer')


def wait_for(stack, seen, timeout: float = 40.0) -> bool:
    """Spin until `seen()` is true."""
    deadline = time.monotonic() + timeout
    while not seen() and time.monotonic() < deadline:
        stack.executor.spin_once(timeout_sec=0.2)
    return seen()


@pytest.mark.parametrize('node', NODES, ids=[node.name for node in NODES])
def test_parameters_arrive_with_their_types(stack, node):
    client = stack.node.create_client(GetParameters, f'{node.name}/get_parameters')
    assert client.wait_for_service(40.0), f'{node.name} is not there\n{stack.log.read_text()}'
    for name, value in node.parameter_values(stack.values).items():
        answers = ask(stack, client, GetParameters.Request(names=[name])).values
        assert answers, f'{node.name} does not declare {name}'
        kind, field = KINDS[type(value)]
        assert answers[0].type == kind, name
        assert getattr(answers[0], field) == value, name


def test_topics_of_the_views_are_published_with_their_types(stack):
    wanted = [*views.rviz_topics(), *views.foxglove_topics()]

    def missing() -> list:
        present = dict(stack.node.get_topic_names_and_types())
        return [
            named
            for named in wanted
            if not stack.node.count_publishers(named.topic)
            or (named.type and named.type not in present[named.topic])
        ]

    assert wait_for(stack, lambda: not missing()), missing()


def test_the_page_of_topics_is_what_the_stack_is(stack):
    written = topics_page.PAGE.read_text().splitlines()

    def difference() -> list[str]:
        made = topics_page.render(observe(stack.node)).splitlines()
        return list(difflib.unified_diff(written, made, 'docs/topics.md', 'now', lineterm='', n=0))

    assert wait_for(stack, lambda: not difference()), '\n'.join(['make docs:', *difference()])


def test_publishers_offer_what_the_table_says(stack):
    for name, topic in TABLE.items():
        for info in stack.node.get_publishers_info_by_topic(f'/{name.removeprefix("/")}'):
            offered = (info.qos_profile.reliability, info.qos_profile.durability)
            assert offered == (topic.qos.reliability, topic.qos.durability), (name, info.node_name)


def test_services_of_the_layout_are_there(stack):
    def missing() -> set[str]:
        present = dict(stack.node.get_service_names_and_types())
        return views.foxglove_services() - present.keys()

    assert wait_for(stack, lambda: not missing()), missing()


def test_frames_of_the_views_are_published(stack):
    frames = set()

    def keep(message) -> None:
        for transform in message.transforms:
            frames.update((transform.header.frame_id, transform.child_frame_id))

    subscriptions = [
        topic.subscription(stack.node, keep) for topic in (topics.TF, topics.TF_STATIC)
    ]
    wanted = views.rviz_frames() | views.foxglove_frames()
    assert wait_for(stack, lambda: wanted <= frames), wanted - frames
    for subscription in subscriptions:
        stack.node.destroy_subscription(subscription)


def test_markers_of_the_views_are_published(stack):
    namespaces = set()

    def keep(message) -> None:
        namespaces.update(marker.ns for marker in message.markers)

    subscription = topics.MARKERS.subscription(stack.node, keep)
    # Only a learned controller predicts.
    wanted = views.rviz_namespaces() - {'predicted'}
    assert wait_for(stack, lambda: wanted <= namespaces), wanted - namespaces
    stack.node.destroy_subscription(subscription)
