"""A drive in a YAML file, as `dexgen-identify` writes it, for the simulated hand."""

from pathlib import Path

from dexgen_description import Hand
import yaml

from dexgen_sim_bridge.preset import Drive, parse_drive


def load_drive(path: str, hand: Hand) -> Drive:
    """Read gains and delay of a simulated drive.

    Raises:
      ValueError: the file does not exist, or is no drive for this hand.
    """
    file = Path(path).expanduser()
    try:
        data = yaml.safe_load(file.read_text())
        return parse_drive(data['drive'], hand)
    except OSError as error:
        raise ValueError(f'no drive file {file}: {error.strerror}') from error
    except (ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise ValueError(f'drive file {file}: {error}') from error
