"""Guided sampling against a normal prior, whose guided posterior is known in closed form."""

from dexgen_controller.guidance import (
    command_precision,
    guidance_table,
    interpolate_covariance,
    normal_covariance,
)
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.sampler import sample
import numpy as np
import pytest

SIZE = 6
SAMPLES = 60_000
UNBOUNDED = np.full(SIZE, np.inf)


class NormalPrior:
    """A correlated normal distribution and its exact denoiser."""

    def __init__(self, seed: int = 0):
        random = np.random.default_rng(seed)
        turn = np.linalg.qr(random.normal(size=(SIZE, SIZE)))[0]
        self.covariance = turn @ np.diag(np.linspace(0.2, 1.8, SIZE) ** 2) @ turn.T
        self.mean = random.normal(size=SIZE)

    def denoise(self, schedule: NoiseSchedule):
        signal, noise = schedule.signal, schedule.noise

        def denoise(x, index):
            a, s = signal[index], noise[index]
            total = a * a * self.covariance + s * s * np.eye(SIZE)
            gain = np.linalg.solve(total, a * self.covariance).T
            return self.mean + (x - a * self.mean) @ gain.T

        return denoise

    def guided(self, command, precision):
        inverse = np.linalg.inv(self.covariance)
        covariance = np.linalg.inv(inverse + np.diag(precision))
        return covariance @ (inverse @ self.mean + precision * command), covariance


def drawn(prior, steps, command, precision, temperature=1.0, seed=1):
    schedule = NoiseSchedule.build(steps)
    table = guidance_table(
        normal_covariance(prior.covariance, schedule.angles[:-1]), precision, temperature
    )
    random = np.random.default_rng(seed)
    start = random.normal(size=(SAMPLES, SIZE))
    rows = SAMPLES if temperature else 1
    noise = random.normal(size=(steps, rows, SIZE))
    return sample(
        prior.denoise(schedule), schedule, table, command, 0.0, start, noise, UNBOUNDED
    ).motion


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize('steps', [1, 4, 8, 12, 50])
@pytest.mark.parametrize('guidance', [0.0, 1.0, 30.0])
def test_samples_have_the_guided_mean_and_covariance(steps, guidance):
    prior = NormalPrior()
    command = np.random.default_rng(5).normal(size=SIZE) + 2.0
    precision = np.full(SIZE, guidance)
    mean, covariance = prior.guided(command, precision)
    motions = drawn(prior, steps, command, precision)
    assert relative(motions.mean(axis=0), mean) < 0.02
    assert relative(np.cov(motions.T), covariance) < 0.02


@pytest.mark.parametrize('steps', [4, 8, 12, 50])
def test_weights_may_differ_between_coordinates(steps):
    prior = NormalPrior(3)
    command = np.ones(SIZE)
    precision = np.array([0.0, 0.0, 4.0, 4.0, 50.0, 0.5])
    mean, covariance = prior.guided(command, precision)
    motions = drawn(prior, steps, command, precision)
    assert relative(motions.mean(axis=0), mean) < 0.02
    assert relative(np.cov(motions.T), covariance) < 0.02


@pytest.mark.parametrize('steps', [4, 8, 12, 50])
def test_without_noise_the_mean_is_still_the_guided_one(steps):
    prior = NormalPrior()
    command, precision = np.full(SIZE, -1.5), np.full(SIZE, 3.0)
    mean, _ = prior.guided(command, precision)
    motions = drawn(prior, steps, command, precision, temperature=0.0)
    assert relative(motions.mean(axis=0), mean) < 0.02


@pytest.mark.parametrize('guidance', [0.0, 1e-3, 1.0, 1e3, 1e9])
def test_no_strength_overshoots(guidance):
    prior = NormalPrior()
    schedule = NoiseSchedule.build(12)
    covariance = normal_covariance(prior.covariance, schedule.angles[:-1])
    table = guidance_table(covariance, np.full(SIZE, guidance))
    shares = np.linalg.eigvals(table.gain).real
    assert shares.min() > -1e-9
    assert shares.max() < 1.0 + 1e-9


def test_stronger_guidance_ends_nearer_to_the_command():
    prior = NormalPrior()
    command = np.full(SIZE, 3.0)
    distances = [
        np.linalg.norm(
            drawn(prior, 8, command, np.full(SIZE, strength), 0.0).mean(axis=0) - command
        )
        for strength in (0.0, 0.1, 1.0, 10.0, 1e6)
    ]
    assert np.all(np.diff(distances) < 0.0)
    assert distances[-1] < 1e-3


def test_the_strength_is_a_measurement_of_the_datas_size():
    precision = command_precision(2.0, scale=np.array([0.01, 0.02]), reference=0.02)
    np.testing.assert_allclose(precision, [0.5, 2.0])


@pytest.mark.parametrize('trust', [0.0, 0.3, 1.0])
def test_trust_leads_from_one_strength_to_the_other(trust):
    prior = NormalPrior()
    schedule = NoiseSchedule.build(12)
    covariance = normal_covariance(prior.covariance, schedule.angles[:-1])
    weak, strong = np.full(SIZE, 0.5), np.full(SIZE, 50.0)
    table = guidance_table(covariance, weak, trusted=strong)
    ends = [guidance_table(covariance, precision).gain for precision in (weak, strong)]
    gain = table.gain + trust * table.lift
    np.testing.assert_allclose(gain, (1.0 - trust) * ends[0] + trust * ends[1], atol=1e-12)
    shares = np.linalg.eigvals(gain).real
    assert shares.min() > -1e-9 and shares.max() < 1.0


def test_a_bound_limits_the_motion():
    prior = NormalPrior()
    schedule = NoiseSchedule.build(8)
    covariance = normal_covariance(prior.covariance, schedule.angles[:-1])
    table = guidance_table(covariance, np.full(SIZE, 1e6), 0.0)
    start = np.random.default_rng(0).normal(size=(50, SIZE))
    motions = sample(
        prior.denoise(schedule),
        schedule,
        table,
        np.full(SIZE, 9.0),
        0.0,
        start,
        np.zeros((8, 1, SIZE)),
        np.full(SIZE, 1.5),
    ).motion
    np.testing.assert_allclose(motions, 1.5, atol=1e-3)


def test_a_covariance_table_is_interpolated():
    angles = np.array([0.1, 0.5, 1.5])
    table = np.array([1.0, 3.0, 4.0])[:, None, None] * np.eye(2)
    found = interpolate_covariance(table, angles, np.array([0.05, 0.3, 1.5]))
    np.testing.assert_allclose(found[:, 0, 0], [1.0, 2.0, 4.0])
    np.testing.assert_allclose(found[:, 0, 1], 0.0)
