"""The command `dexgen-identify`: records step responses and fits the simulated drive to them."""

from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Annotated

from dexgen_description import load_hand
import numpy as np
import tyro
import yaml

from dexgen_sim_bridge.drive_table import drive_text
from dexgen_sim_bridge.identification import Fit, fit_drive, resample
from dexgen_sim_bridge.preset import load_preset
from dexgen_sim_bridge.recording_file import read_recording, write_recording
from dexgen_sim_bridge.wrist import wrist_orientation


@dataclass(frozen=True)
class RecordSteps:
    """Record the response of the empty hand to steps; hand_bridge must run, without a controller.

    Attributes:
      output: CSV file to write.
      hand: name of the hand description.
      size: of the steps [rad].
    """

    output: tyro.conf.Positional[Path]
    hand: str = 'allegro_right'
    size: float = 0.3

    def run(self) -> None:
        """Record and write the file."""
        import rclpy

        from dexgen_sim_bridge.steps_node import StepRecorder

        hand = load_hand(self.hand)
        rclpy.init()
        recorder = StepRecorder(hand)
        try:
            recording = recorder.record(self.size)
        finally:
            recorder.close()
            rclpy.try_shutdown()
        write_recording(self.output, recording, hand.joint_names)
        print(f'{len(recording.positions)} positions in {self.output}')


@dataclass(frozen=True)
class FitDrive:
    """Fit gains and delay of the simulated drive to a recording; prints the errors as JSON.

    Attributes:
      recording: CSV file of `dexgen-identify record`, or a bag with applied_target, joint_states.
      hand: name of the hand description.
      wrist: orientation of the hand while it was recorded.
      output: YAML file for the fitted drive, as in a preset; none: only print.
    """

    recording: tyro.conf.Positional[Path]
    hand: str = 'allegro_right'
    wrist: str = 'palm_up'
    output: Path | None = None

    def run(self) -> None:
        """Fit, write and print."""
        hand = load_hand(self.hand)
        wrist = wrist_orientation(self.wrist, hand.side)
        recording = read_recording(self.recording, hand.joint_names)
        motion = resample(*recording)
        fit = fit_drive(hand, motion, wrist)
        if self.output:
            self.output.write_text(drive_yaml(fit, self.recording.name))
        still = np.array(hand.joint_names)[~fit.moved]
        if len(still):
            print(f'too still to fit, kept as described: {", ".join(still)}', file=sys.stderr)
        print(json.dumps(figures(fit, len(motion.targets) * motion.timestep)))


@dataclass(frozen=True)
class ShowDrive:
    """Print gains and limits of a real hand beside those of the simulation.

    Attributes:
      backend: preset, or the path of its YAML file.
      hand: name of the hand description.
    """

    backend: tyro.conf.Positional[str]
    hand: str = 'allegro_right'

    def run(self) -> None:
        """Print the table."""
        hand = load_hand(self.hand)
        print(drive_text(hand, load_preset(self.backend, hand)))


def figures(fit: Fit, seconds: float) -> dict[str, object]:
    """What the command prints."""
    return {
        'seconds': round(seconds, 2),
        'joints_fitted': int(fit.moved.sum()),
        'error_before_mrad': round(1e3 * fit.error_before, 2),
        'error_after_mrad': round(1e3 * fit.error_after, 2),
        'delay_ms': round(1e3 * fit.drive.delay, 1),
        'kp': np.round(fit.drive.kp, 4).tolist(),
        'kd': np.round(fit.drive.kd, 5).tolist(),
    }


def drive_yaml(fit: Fit, source: str) -> str:
    """The fitted drive as a preset's `drive` has it."""
    drive = {
        'source': f'dexgen-identify on {source}',
        'kp': np.round(fit.drive.kp, 4).tolist(),
        'kd': np.round(fit.drive.kd, 5).tolist(),
        'delay': round(float(fit.drive.delay), 4),
    }
    return yaml.safe_dump({'drive': drive}, sort_keys=False, default_flow_style=None)


Command = (
    Annotated[RecordSteps, tyro.conf.subcommand('record')]
    | Annotated[FitDrive, tyro.conf.subcommand('fit')]
    | Annotated[ShowDrive, tyro.conf.subcommand('show')]
)


def main() -> None:
    """Run the command; a user's error is one line and exit status 2."""
    command = tyro.cli(Command, prog='dexgen-identify', description=__doc__)
    try:
        command.run()
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)


if __name__ == '__main__':
    main()
