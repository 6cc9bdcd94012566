"""Checkpoints on disk."""

from dexgen_controller.checkpoint import load_checkpoint, random_checkpoint, save_checkpoint
from dexgen_controller.model_config import CONFIGS, model_config, ModelConfig
from dexgen_description import load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')


def test_what_is_saved_is_loaded(tmp_path):
    saved = random_checkpoint(CONFIGS['tiny'], HAND)
    loaded = load_checkpoint(save_checkpoint(saved, tmp_path / 'c', '# Card\n'))
    assert (loaded.config, loaded.hand, loaded.facts) == (saved.config, saved.hand, saved.facts)
    for name, array in saved.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], array)
    for name, array in vars(saved.normaliser).items():
        np.testing.assert_allclose(getattr(loaded.normaliser, name), array, rtol=1e-6)
    np.testing.assert_allclose(loaded.spread.covariance, saved.spread.covariance, rtol=1e-6)
    assert (tmp_path / 'c' / 'README.md').read_text() == '# Card\n'


def test_what_is_no_checkpoint_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match='config.json'):
        load_checkpoint(tmp_path)
    folder = save_checkpoint(random_checkpoint(CONFIGS['tiny'], HAND), tmp_path / 'c')
    (folder / 'config.json').write_text('{"version": 99}')
    with pytest.raises(ValueError, match='version 99'):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ('file', 'content'),
    [
        ('config.json', b'{"version": 2'),
        ('config.json', b'[1, 2]'),
        ('config.json', b'{"version": 2}'),
        ('config.json', b'{"version": 2, "hand": {"name": "x"}, "model": {"modes": []}}'),
        ('weights.safetensors', b'no tensors at all'),
    ],
)
def test_damage_is_said_with_the_folder(tmp_path, file, content):
    folder = save_checkpoint(random_checkpoint(CONFIGS['tiny'], HAND), tmp_path / 'c')
    (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=f"checkpoint '{folder}' is damaged"):
        load_checkpoint(folder)


def test_configurations_have_names_and_sizes():
    assert model_config('paper').motion_size == 48
    assert model_config('paper').state_size == 240
    with pytest.raises(ValueError, match='paper, small, mini, tiny'):
        model_config('huge')
    with pytest.raises(ValueError, match='noise'):
        ModelConfig(prediction='clean')
    with pytest.raises(ValueError, match='multiple'):
        ModelConfig(width=100)
