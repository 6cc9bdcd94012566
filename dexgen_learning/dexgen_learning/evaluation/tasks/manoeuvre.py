"""The tasks of the suite as data, after the paper's Tables I and II."""

from dataclasses import dataclass

SHORT, LONG = 15.0, 30.0
"""Length of an episode with one stage and with several [s]."""


@dataclass(frozen=True)
class Manoeuvre:
    """A task.

    Attributes:
      object_name: the object.
      wrist: name of the wrist's orientation.
      stages: one after another; the last one's success is the task's.
      seconds: length of the episode.
    """

    object_name: str
    wrist: str
    stages: tuple[str, ...]
    seconds: float = SHORT


TASKS = {
    'reorient_large_palm_up': Manoeuvre('cube', 'palm_up', ('reorient',)),
    'reorient_small_palm_up': Manoeuvre('capsule', 'palm_up', ('reorient',)),
    'reorient_large_palm_down': Manoeuvre('cube', 'palm_down', ('reorient',)),
    'reorient_small_palm_down': Manoeuvre('capsule', 'palm_down', ('reorient',)),
    'regrasp_ball': Manoeuvre('sphere', 'palm_up', ('regrasp',)),
    'regrasp_cylinder': Manoeuvre('cylinder', 'palm_up', ('regrasp',)),
    'functional_grasp_normal': Manoeuvre('hammer', 'palm_up', ('functional',)),
    'functional_grasp_horizontal': Manoeuvre('hammer', 'sideways', ('functional',)),
    'screwdriver': Manoeuvre(
        'screwdriver', 'palm_up', ('reorient', 'functional', 'align', 'turn'), LONG
    ),
    'syringe': Manoeuvre('syringe', 'palm_up', ('reorient', 'functional', 'press'), LONG),
}
