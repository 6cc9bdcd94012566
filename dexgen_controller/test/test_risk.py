"""What a command may cost: what the network sees, what it permits, what then moves."""

from dexgen_controller.arbitration import Arbitration
from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import model_config
from dexgen_controller.risk import (
    basis,
    LAYERS,
    risk_feature_count,
    RiskEstimator,
    Seen,
    SHARES,
    Watch,
)
from dexgen_controller.touch import feature_count
from dexgen_description import load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
MODEL = model_config('tiny')
COUNT = risk_feature_count(16, 4)
FRESH, KNOWN = np.ones(1, bool), np.zeros(1, bool)
ASKED = np.array([0.0, 0.02, 0.0])


def seen(offset=0.0, reference=0.0, loaded=1.0) -> Seen:
    """One hand whose tips are commanded by `offset` from where they are applied."""
    here = np.full((1, 4, 3), reference) + np.arange(4)[:, None] * 0.01
    touch, load = np.zeros((1, feature_count(16))), np.full((1, 4), loaded)
    return Seen(touch, load, np.zeros((1, 16)), here, here + offset, here)


def network(stay: float, slope: float, root: float = 0.0) -> RiskEstimator:
    """A network that says the same of everything."""
    weights = {'mean': np.zeros(COUNT), 'scale': np.ones(COUNT)}
    sizes = [COUNT, *[4] * (LAYERS - 1), 3]
    for i in range(LAYERS):
        weights[f'layers.{i}.weight'] = np.zeros((sizes[i + 1], sizes[i]))
        weights[f'layers.{i}.bias'] = np.zeros(sizes[i + 1])
    weights[f'layers.{LAYERS - 1}.bias'] = np.array([stay, slope, root])
    return RiskEstimator(weights)


def test_the_watch_sees_how_far_fingers_left_their_grasp():
    watch = Watch(4, 10.0, 1, leak=1e9)
    first = watch.step(seen(), FRESH)
    assert first.shape == (1, COUNT) and first.dtype == np.float32
    then = watch.step(seen(reference=0.01), KNOWN)
    begin = feature_count(16) + 4 + 16
    np.testing.assert_allclose(first[0, begin : begin + 12], 0.0, atol=1e-7)
    np.testing.assert_allclose(then[0, begin : begin + 12], 0.2, rtol=1e-5)
    free = watch.step(seen(reference=0.01, loaded=0.0), KNOWN)
    np.testing.assert_allclose(free[0, begin : begin + 12], 0.0, atol=1e-7)


def test_a_hand_begins_anew():
    watch = Watch(4, 10.0, 1, leak=10.0)
    first = watch.step(seen(ASKED), FRESH)
    watch.permitted(np.ones(1))
    other = watch.step(seen(2 * ASKED), KNOWN)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(watch.step(seen(ASKED), FRESH), first)


def test_what_trembles_is_not_meant():
    watch = Watch(4, 10.0, 1, leak=10.0)
    watch.step(seen(ASKED), FRESH)
    for _ in range(40):
        watch.step(seen(ASKED), KNOWN)
    assert watch.steady == pytest.approx(1.0)
    for step in range(40):
        watch.step(seen((1.0 - 2.0 * (step % 2)) * ASKED), KNOWN)
    assert watch.steady == pytest.approx(0.0)


def test_more_is_permitted_where_it_costs_less_and_guidance_is_stronger():
    features, steady = np.zeros((1, COUNT)), np.ones(1)
    cheap, dear = network(-3.0, 0.5), network(-1.0, 2.0)
    assert cheap.share(features, steady, 3.0) == 1.0
    assert cheap.share(features, steady, 0.5) == 0.0
    assert dear.share(features, steady, 3.0) == 0.0
    assert dear.share(features, steady, 300.0) == 0.0
    assert cheap.share(features, steady, 0.0) == 0.0
    assert cheap.share(features, 0.4 * steady, 3.0) == pytest.approx(0.4)


def test_the_risk_is_that_of_the_logit():
    risk = network(-2.0, 1.0, 0.5).risk(np.zeros((1, COUNT)))
    linear, root = basis(SHARES)
    np.testing.assert_allclose(risk[0], 1.0 / (1.0 + np.exp(2.0 - linear - 0.5 * root)))


@pytest.mark.parametrize('permitted', [0.0, 1.0])
def test_a_loaded_finger_goes_along_with_what_is_permitted(permitted):
    asked = []

    def permit(features, steady, guidance):
        asked.append((features.shape, guidance))
        return np.full(1, permitted)

    arbitration = Arbitration(
        HandLayout.of(HAND), MODEL, 1, lambda features: np.ones((1, 4)), permit=permit
    )
    state = np.zeros((1, MODEL.state_size))
    reference = np.random.default_rng(0).normal(0.0, 0.03, (1, MODEL.keypoints, 3))
    apart = np.random.default_rng(1).normal(0.0, 0.05, reference.shape)
    found = arbitration.share(state, reference + apart, reference, 3.0)
    assert asked == [((1, COUNT), 3.0)]
    moved = np.linalg.norm(found - reference) / np.linalg.norm(apart)
    assert moved > 0.9 if permitted else moved < 0.2


def test_missing_weights_are_named():
    with pytest.raises(ValueError, match=r'layers\.3\.bias.*train'):
        RiskEstimator({'mean': np.zeros(COUNT)})
