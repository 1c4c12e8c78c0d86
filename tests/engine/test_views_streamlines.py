"""Streamlines follow the field, keep their distance, and end where it ends."""

import math

import numpy as np
import torch
from views_world import NormalFlow, SamplesOnly, moment

from engine.views.field import FieldConfig, FieldView
from engine.views.streamlines import NEAR, STEP, STEPS, streamlines

LIMITS = (-1.0, 1.0, -1.0, 1.0)


def lines_of(field, seeds=16, limits=LIMITS):
    ticks = []
    found = streamlines(field, limits, seeds, lambda: ticks.append(1))
    assert len(ticks) >= STEPS
    return found


def lengths(lines):
    return lines.diff(dim=1).norm(dim=2).sum(dim=1)


def turning(x):
    return torch.stack((-x[:, 1], x[:, 0]), 1)


def test_a_turning_field_gives_circles_run_the_right_way():
    lines = lines_of(turning)
    radius = lines.norm(dim=2)
    # The midpoint rule leaves the circle by (h / r)^4 / 8 of it a step.
    outer = radius.mean(1) > 0.2
    assert (radius[outer] - radius[outer][:, :1]).abs().max() < 1e-3
    angle = torch.atan2(lines[..., 1], lines[..., 0])
    step = (angle.diff(dim=1) + math.pi) % (2 * math.pi) - math.pi
    assert (step[outer] > -1e-12).all()
    assert (lengths(lines) > 0.1).all()


def test_lines_keep_their_distance():
    """No point of a line comes near to a line that was taken before it."""
    seeds = 16
    lines = lines_of(turning, seeds)
    cell = 2 / seeds
    assert len(lines) > 4
    for index in range(1, len(lines)):
        before = lines[:index].reshape(-1, 2)
        # Every second point of a taken line is looked at.
        slack = 2 * STEP * 2
        assert torch.cdist(lines[index], before).min() > NEAR * cell - slack


def test_they_fill_the_plot():
    """No place is farther from a line than two cells of the seeds."""
    lines = lines_of(lambda x: torch.ones_like(x), 16).reshape(-1, 2)
    places = torch.rand(500, 2).double() * 1.8 - 0.9
    assert torch.cdist(places, lines).amin(1).max() < 2.2 * 2 / 16


def test_they_stay_inside_and_are_as_long_as_the_steps_allow():
    lines = lines_of(lambda x: torch.tensor([3.0, 0.0]).expand(len(x), 2))
    assert lines.abs().max() <= 1 + 1e-9
    assert torch.equal(lines[..., 1], lines[:, :1, 1].expand(-1, lines.shape[1]))
    assert lengths(lines).max() <= 2 * STEPS * STEP * 2 + 1e-9
    assert lengths(lines).max() > 0.9


def test_a_field_that_stands_still_or_breaks_has_no_lines_there():
    def half(x):
        return torch.where(x[:, :1] > 0, torch.tensor([0.0, 1.0]).double(), 0.0)

    assert (lines_of(half)[..., 0] > 0).all()

    def broken(x):
        return torch.where(x[:, :1] > 0, x.new_tensor([0.0, 1.0]), math.nan)

    assert lines_of(broken).isfinite().all()
    assert lines_of(torch.zeros_like).shape == (0, 2 * STEPS + 1, 2)


def test_the_view_draws_them_where_wanted():
    run = moment(NormalFlow(m=0.5, s=0.3))
    plain = FieldView(FieldConfig(t=0.4)).compute(run)
    assert "lines" not in plain.arrays
    found = FieldView(FieldConfig(t=0.4, shape="lines")).compute(run)
    lines, points = found.arrays["lines"], found.arrays["points"]
    assert found.meta["shape"] == "lines"
    np.testing.assert_array_equal(points, plain.arrays["points"])
    # In data units a line follows the velocity there, and not that of another time.
    middle = torch.from_numpy(lines[0][STEPS - 2 : STEPS + 2]).double()
    way = middle[-1] - middle[0]
    v = run.fitted.velocity(middle.mean(0)[None], 0.4)[0].double()
    cosine = torch.dot(way, v) / (way.norm() * v.norm())
    assert cosine > 0.999


def test_a_critic_has_streamlines_too():
    found = FieldView(FieldConfig(shape="lines", resolution=8)).compute(
        moment(SamplesOnly())
    )
    assert found.meta["quantity"] == "critic"
    way = found.arrays["lines"][:, -1] - found.arrays["lines"][:, 0]
    assert (way[:, 0] > 0).all()  # D grows with x and falls with y
    assert (way[:, 1] < 0).all()
