import hashlib
import os
import subprocess
import sys

from dexgen_teleop.tracking import model
import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return tmp_path / 'dexgen' / model.FILE


def test_missing_model_says_how_to_fetch_it(cache):
    with pytest.raises(FileNotFoundError, match=r'python -m dexgen_teleop\.tracking\.model'):
        model.find_model()


def test_damaged_model_is_refused(cache):
    cache.parent.mkdir()
    cache.write_bytes(b'half a file')
    with pytest.raises(ValueError, match='damaged'):
        model.find_model()


def test_named_model_is_taken(tmp_path, cache):
    file = tmp_path / 'mine.task'
    file.write_bytes(b'x')
    assert model.find_model(str(file)) == file
    with pytest.raises(FileNotFoundError, match='nowhere'):
        model.find_model('/nowhere/mine.task')


def test_digest_is_the_sha256(tmp_path):
    file = tmp_path / 'a'
    file.write_bytes(b'abc')
    assert model.digest(file) == hashlib.sha256(b'abc').hexdigest()


def test_without_any_network_one_line_says_so(cache):
    offline = {
        'XDG_CACHE_HOME': str(cache.parent.parent),
        'https_proxy': 'http://127.0.0.1:9',
        'PIP_NO_INDEX': '1',
        'PIP_CONFIG_FILE': os.devnull,
        'PIP_FIND_LINKS': '',
    }
    done = subprocess.run(
        [sys.executable, '-m', 'dexgen_teleop.tracking.model'],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        timeout=60.0,
    )
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.startswith('error: the hand landmark model could not be fetched')
    assert len(done.stderr.strip().splitlines()) == 1 and model.SHA256[:12] in done.stderr
    assert not cache.exists()
