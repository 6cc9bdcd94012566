"""The saved scene of a simulated hand: what a bridge that died resumes from."""

import json
import os
from pathlib import Path
import tempfile

VERSION = 1


def state_directory(configured: str = '') -> Path:
    """Where the state lies: as configured, else under ROS_HOME, else ~/.ros."""
    if configured:
        return Path(configured).expanduser()
    home = os.environ.get('ROS_HOME')
    return (Path(home) if home else Path.home() / '.ros') / 'dexgen'


def save_scene(path: Path, saved: dict, time: float) -> None:
    """Write a scene so that a reader finds the old or the new one, never a part.

    Args:
      saved: of MujocoBackend.saved().
      time: wall clock [s], for `load_scene`.
    """
    content = json.dumps({'version': VERSION, 'saved_at': time, **saved})
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, 'w') as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_scene(path: Path, time: float, within: float) -> dict | None:
    """A scene saved less than `within` [s] before `time` (wall clock), else None.

    Only a bridge that died leaves a file behind, and it is restarted within seconds: an older
    file belongs to a run that nobody resumes.

    Raises:
      ValueError: the file is not a saved scene.
    """
    try:
        saved = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is no saved scene ({error}); it is ignored') from error
    if not isinstance(saved, dict) or saved.get('version') != VERSION:
        raise ValueError(f'{path} is no saved scene of version {VERSION}; it is ignored')
    if not 0.0 <= time - float(saved.get('saved_at', 0.0)) < within:
        return None
    return saved


class SavedScene:
    """The file of one bridge, named after its node and its ROS domain.

    Args:
      directory: where it lies; it is created when it is needed.
      node: fully qualified name of the node.
      configured: what the bridge was started with; another start does not resume the scene.
    """

    def __init__(self, directory: Path, node: str, configured: str):
        self._configured = configured
        domain = os.environ.get('ROS_DOMAIN_ID', '0')
        self.path = directory / f'{node.strip("/").replace("/", "_")}_{domain}.json'

    def resume(self, backend, time: float, within: float) -> bool:
        """Continue the scene of a bridge that died a moment ago; whether there was one.

        Args:
          backend: a MujocoBackend.
          time: wall clock [s].
          within: age up to which it is resumed [s].

        Raises:
          ValueError: there is a file, but no scene for this hand in it.
          OSError: the folder cannot be used.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        saved = load_scene(self.path, time, within)
        if not saved or saved.get('configured') != self._configured:
            return False
        backend.restore(saved)
        return True

    def save(self, saved: dict, time: float) -> None:
        """Write MujocoBackend.saved() at wall clock `time` [s]; raises OSError."""
        save_scene(self.path, {'configured': self._configured, **saved}, time)

    def forget(self) -> None:
        """Remove the file: the bridge ended in an orderly way."""
        self.path.unlink(missing_ok=True)
