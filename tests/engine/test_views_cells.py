"""The quick density map of a process against the exact one."""

import numpy as np
import pytest
import torch

from engine import Experiment
from engine.views.cells import corners, image_areas
from engine.views.grid import cell_area


def test_areas_of_a_linear_map_are_its_determinant():
    limits = (-1.0, 3.0, 0.0, 4.0)
    grid = corners(limits, 5).reshape(6, 6, 2)
    matrix = torch.tensor([[2.0, 0.7], [-0.3, 0.5]], dtype=torch.float64)
    areas = image_areas(grid @ matrix.T)
    expected = float(torch.linalg.det(matrix)) * cell_area(limits, 5)
    torch.testing.assert_close(areas, torch.full((5, 5), expected).double())


def test_quick_maps_agree_with_the_exact_one_and_more_so_on_finer_grids():
    run = Experiment("rectified_flow", "banana", training={"batch_size": 256}, seed=2)
    run.train(300)
    errors = []
    for resolution in (32, 64):
        settings = {"resolution": resolution}
        quick = run.picture("density", settings, quality=0.9)
        exact = run.picture("density", settings, quality=1.0)
        assert (quick.meta["kind"], exact.meta["kind"]) == ("estimate", "exact")
        assert quick.meta["mass"] == pytest.approx(exact.meta["mass"], abs=0.03)
        a, b = quick.arrays["learned"], exact.arrays["learned"]
        errors.append(np.median(np.abs(a - b)[b > b.max() - 4]))
    assert errors[1] < 0.1
    assert errors[1] < 0.5 * errors[0]
