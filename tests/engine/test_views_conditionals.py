"""Conditional slices: factors that add up, exact ones and sums, in data units."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from views_world import LIMITS, MEAN, STD, Identity, SamplesOnly, moment, normal_data

from engine import registry
from engine.models.inside import Conditionals
from engine.views.base import Cancelled
from engine.views.conditionals import (
    ConditionalsConfig,
    ConditionalsView,
    cut,
    divergence,
    high_of_most,
)

VARIANTS = [
    ("made", {}),
    ("made", {"order": "reversed"}),
    ("made", {"conditionals": "gaussian"}),
    ("rnade", {}),
    ("rnade", {"order": "backward", "shape": "laplace"}),
    ("autoregressive", {"bins": 16}),
]


def shaken(name: str, **settings: object):
    torch.manual_seed(0)
    kind = registry.model(name)
    model = kind(kind.Config(**settings)).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


def some_points(n: int = 50) -> Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.parametrize(("name", "settings"), VARIANTS)
def test_factors_multiply_to_the_density(name, settings):
    model, x = shaken(name, **settings), some_points()
    assert isinstance(model, Conditionals)
    with torch.no_grad():
        found = model.log_conditionals(x).sum(1)
        whole = model.log_prob(x, torch.Generator())
    torch.testing.assert_close(found, whole)


@pytest.mark.parametrize(("name", "settings"), VARIANTS)
def test_each_factor_sees_what_comes_before_it_only_and_integrates_to_one(
    name, settings
):
    model = shaken(name, **settings)
    first, second = model.order
    line = torch.linspace(-12, 12, 8001).double()
    for given in (-0.7, 0.4):
        x = torch.full((len(line), 2), given).double()
        x[:, second] = line
        with torch.no_grad():
            log_p = model.log_conditionals(x)
        assert log_p[:, first].std() < 1e-12
        assert torch.trapezoid(log_p[:, second].exp(), line) == pytest.approx(
            1, abs=2e-3
        )
    x = some_points(len(line))
    x[:, first] = line
    with torch.no_grad():
        marginal = model.log_conditionals(x)[:, first].exp()
    assert torch.trapezoid(marginal, line) == pytest.approx(1, abs=2e-3)


class Sheared(Identity):
    """X ~ N(0, 1), y | x ~ N(x / 2, 0.6^2), as factors or, hidden, as a whole."""

    order = (0, 1)

    def log_conditionals(self, x: Tensor) -> Tensor:
        away = (x[:, 1] - 0.5 * x[:, 0]) / 0.6
        first = -0.5 * x[:, 0].square() - 0.5 * math.log(2 * math.pi)
        second = -0.5 * away.square() - math.log(0.6 * math.sqrt(2 * math.pi))
        return torch.stack((first, second), 1)

    def log_prob(self, x: Tensor, generator, effort=1.0) -> Tensor:
        return self.log_conditionals(x).sum(1)


class Whole(Sheared):
    """The same without its factors."""

    log_conditionals = None  # type: ignore[assignment]

    def log_prob(self, x: Tensor, generator, effort=1.0) -> Tensor:
        return Sheared.log_conditionals(self, x).sum(1)


def normal(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    return np.exp(-((x - mean) ** 2) / (2 * std**2)) / (std * math.sqrt(2 * math.pi))


def picture(model, data=None, quality=1.0, **settings):
    view = ConditionalsView(ConditionalsConfig(**settings))
    return view.compute(moment(model, data, quality=quality))


@pytest.mark.parametrize("kind", [Sheared, Whole])
def test_slices_in_data_units_against_the_closed_form(kind):
    """Given x: N(mean, std) and y | x with the slope in data units."""
    found = picture(kind(), resolution=256)
    (m_x, m_y), (s_x, s_y) = MEAN.tolist(), STD.tolist()
    x, y = found.arrays["first_at"], found.arrays["second_at"]
    assert (x[0] + x[-1]) / 2 == pytest.approx(m_x)
    assert (y[0] + y[-1]) / 2 == pytest.approx(m_y)
    np.testing.assert_allclose(found.arrays["first"], normal(x, m_x, s_x), atol=1e-4)
    for index in (110, 140):
        mean = m_y + s_y * 0.5 * (x[index] - m_x) / s_x
        np.testing.assert_allclose(
            found.arrays["second"][index], normal(y, mean, 0.6 * s_y), atol=2e-3
        )
    assert found.meta["mass"] == pytest.approx(1, abs=1e-4)
    assert found.meta["own_axis"] is (kind is Sheared)


def test_the_other_way_round_is_found_by_sums():
    found = picture(Sheared(), resolution=256, given="y")
    assert found.meta["axis"] == 1
    assert found.meta["own_axis"] is False
    assert "summed over x" in found.meta["note"]
    (m_x, m_y), (s_x, s_y) = MEAN.tolist(), STD.tolist()
    y, x = found.arrays["first_at"], found.arrays["second_at"]
    spread = math.sqrt(0.25 + 0.36)  # of y, standardised
    np.testing.assert_allclose(
        found.arrays["first"], normal(y, m_y, s_y * spread), atol=2e-3
    )
    index = 135
    v = (y[index] - m_y) / s_y
    mean = m_x + s_x * (0.5 / spread**2) * v
    std = s_x * math.sqrt(1 - 0.25 / spread**2)
    np.testing.assert_allclose(
        found.arrays["second"][index], normal(x, mean, std), atol=2e-3
    )


def test_truth_is_known_where_the_data_know_it():
    """The data are normal with independent axes: each slice is the same."""
    found = picture(Identity(), resolution=256)
    y, m_y, s_y = found.arrays["second_at"], float(MEAN[1]), float(STD[1])
    np.testing.assert_allclose(
        found.arrays["true_second"][128], normal(y, m_y, s_y), atol=1e-3
    )
    assert abs(found.meta["kl_first"]) < 1e-5
    assert np.abs(found.arrays["kl"][80:170]).max() < 1e-4
    unknown = picture(Identity(), normal_data(known=False))
    assert not unknown.meta["has_truth"]
    assert "true_first" not in unknown.arrays
    assert "kl" not in unknown.arrays


def test_error_of_a_slice_is_the_divergence_of_two_normals():
    """KL(N(0, 1) || N(1/2, 0.36)) + ... of the sheared model, in closed form."""
    found = picture(Sheared(), resolution=256)
    index = 140
    x = (found.arrays["first_at"][index] - float(MEAN[0])) / float(STD[0])
    mean, std = 0.5 * x, 0.6
    expected = math.log(std) + (1 + mean**2) / (2 * std**2) - 0.5
    assert found.arrays["kl"][index] == pytest.approx(expected, abs=5e-3)


def test_histograms_are_densities_of_the_data():
    data = normal_data()
    found = picture(Identity(), data)
    x_min, x_max, y_min, y_max = LIMITS
    bin_x, bin_y = (x_max - x_min) / 48, (y_max - y_min) / 48
    assert found.arrays["data_first"].sum() * bin_x == pytest.approx(1, abs=1e-4)
    strips = found.arrays["data_second"].sum(1) * bin_y
    assert strips[12] == pytest.approx(1, abs=1e-4)
    assert strips[0] == 0  # nobody there
    given_y = picture(Identity(), data, given="y").arrays["data_first"]
    counts, _ = np.histogram(data.train.x[:, 1].numpy(), 48, (y_min, y_max))
    np.testing.assert_allclose(given_y, counts / 3000 / bin_y, rtol=1e-5)


def test_cut_of_a_table():
    p = np.array([[1.0, 0.0], [3.0, 0.0]])
    found = cut(p, 0, 2.0, 0.5)
    np.testing.assert_allclose(found.first, [2.0, 0.0])
    np.testing.assert_allclose(found.second, [[0.5, 1.5], [0.0, 0.0]])
    other = cut(p, 1, 2.0, 0.5)
    np.testing.assert_allclose(other.first, [2.0, 6.0])
    np.testing.assert_allclose(other.second, [[0.5, 0.0], [0.5, 0.0]])


def test_a_thin_thread_does_not_press_all_slices_flat():
    """Nine tenths of the mass decide the height, not a spike where nothing lies."""
    slices = np.array([[0.1, 1.0], [0.2, 2.0], [3.0, 50.0]])
    assert high_of_most(slices, np.array([0.5, 0.48, 0.02])).tolist() == [2.0]
    assert high_of_most(slices, np.array([0.4, 0.4, 0.2])).tolist() == [50.0]
    assert high_of_most(slices, np.zeros(3)).tolist() == [50.0]


def test_divergence_of_rows():
    true = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    learned = np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(divergence(true, learned), [0.5 * math.log(2), 0.0])


def test_a_bound_cannot_be_cut_exactly():
    class Bound(Identity):
        density_kind = "bound"

    found = picture(Bound())
    assert found.meta["kind"] == "estimate"
    assert "(bound)" in found.meta["note"]
    assert picture(Identity()).meta["kind"] == "exact"
    assert not ConditionalsView.can_show(moment(SamplesOnly()).fitted.capabilities)


def test_quality_and_commands():
    assert len(picture(Sheared()).arrays["first"]) == 160
    assert len(picture(Sheared(), quality=0.5).arrays["first"]) == 80

    def cancel() -> None:
        raise Cancelled

    run = moment(Sheared())
    run.fitted.tick = cancel
    with pytest.raises(Cancelled):
        ConditionalsView(ConditionalsConfig()).compute(run)
