"""Teacher and student: densities, samples of the same noise, and the divergence."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from views_world import Exact, Identity, moment

from engine import Experiment
from engine.views.teacher import TeacherConfig, TeacherView


def picture(run, **settings):
    return TeacherView(TeacherConfig(**settings)).compute(run)


class Scaled(Identity):
    """N(m, s^2 I) in standardised units, its samples made of plain noise."""

    def __init__(self, m, s):
        super().__init__()
        self.m, self.s = m, s

    def sample(self, n, generator):
        return self.m + self.s * self.normal((n, 2), generator)

    def log_prob(self, x, generator, effort=1.0):
        z = (x - self.m) / self.s
        inner = -0.5 * z.square().sum(1) - math.log(2 * math.pi)
        return inner - 2 * math.log(self.s)


class Pair(Exact):
    """Two normal densities whose divergence is known."""

    def __init__(self, teacher, student, begun=True):
        super().__init__()
        self.both = nn.ModuleList([teacher, student])
        self.distilling = torch.tensor(begun)

    def path_ends(self):
        return "noise", "data"

    def teacher_and_student(self):
        return self.both[0], self.both[1]


def test_the_divergence_is_that_of_two_normals():
    """KL(N(m, s^2) || N(0, 1)) = (s^2 + m^2 - 1 - ln s^2) / 2 per axis."""
    m, s = 0.5, 0.5
    meta = picture(moment(Pair(Scaled(0.0, 1.0), Scaled(m, s)))).meta
    exact = s**2 + m**2 - 1 - 2 * math.log(s)
    assert meta["kl"] == pytest.approx(exact, abs=4 * meta["kl_error"])
    assert 0 < meta["kl_error"] < 0.05
    # E_q ln p_T in data units: the entropy of the scaling included.
    log_det = float(moment(Identity()).data.scaling.log_det)
    judged = -(s**2 + m**2) - math.log(2 * math.pi) + log_det
    assert meta["judged"] == pytest.approx(judged, abs=0.1)


def test_samples_of_both_come_from_the_same_noise():
    run = moment(Pair(Scaled(0.0, 1.0), Scaled(0.25, 0.5)))
    arrays = picture(run).arrays
    teacher, student = (
        run.data.scaling.standardise(torch.tensor(arrays[f"{name}_samples"]).double())
        for name in ("teacher", "student")
    )
    torch.testing.assert_close(student, 0.25 + 0.5 * teacher, atol=1e-5, rtol=1e-5)


def test_maps_share_cells_and_scale():
    found = picture(moment(Pair(Scaled(0.0, 1.0), Scaled(0.0, 0.5))), resolution=32)
    teacher, student = found.arrays["teacher"], found.arrays["student"]
    assert teacher.shape == student.shape == (32, 32)
    assert found.meta["log_max"] == pytest.approx(float(student.max()))
    assert student.max() > teacher.max()
    same = picture(moment(Pair(Scaled(0.0, 1.0), Scaled(0.0, 1.0))), resolution=32)
    np.testing.assert_array_equal(same.arrays["teacher"], same.arrays["student"])
    assert same.meta["kl"] == 0


def test_a_real_run_tells_whether_the_student_has_begun():
    made = Experiment(
        "distilled_flow",
        "two_moons",
        model_settings={"width": 16, "layers": 2},
        training={"steps": 4},
    )
    assert picture(made.moment(0.3)).meta["begun"] is False
    made.train(4)
    found = picture(made.moment(0.3)).meta
    assert found["begun"] is True
    assert found["samples"] == 1200
