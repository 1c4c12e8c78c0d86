"""The sampler bench in front of the real engine: what is asked is what is drawn."""

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def studied(lab, bench):
    """All trials of the study, once it is whole."""
    lab.until(
        lambda: bench.trials and not bench.is_busy and not bench._timer.isActive()
    )
    assert bench.error == ""
    return {trial.key: trial for trial in bench.trials}


@pytest.fixture
def bench_page(open_lab):
    lab = open_lab(model="rectified_flow", data="eight_gaussians")
    lab.train(60)
    page = lab.window.pages.page("samplers")
    page.bench.set_extent(8, 200)
    lab.window.pages.show_page("samplers")
    return lab, page


def test_cost_quality_and_paths_of_each_sampler_are_those_of_the_engine(bench_page):
    lab, page = bench_page
    trials = studied(lab, page.bench)
    passes = {"euler": 1, "heun": 2, "rk4": 4}
    for name, each in passes.items():
        costs = [trials[name, steps].facts["evaluations"] for steps in (2, 4, 8)]
        assert costs == [2 * each, 4 * each, 8 * each], name
    starts = [trial.x[0] for trial in trials.values()]
    for start in starts[1:]:  # the same noise
        np.testing.assert_array_equal(start, starts[0])
    for name in passes:
        far, near = (trials[name, n].facts["error_network"] for n in (2, 8))
        assert near < far, name
    assert trials["euler", 8].facts["error_exact"] > 0  # the data are a mixture
    lines = {line.name: line for line in page.chart._series}
    assert lines["heun"].costs == (4, 8, 16)
    assert len(page.table.keys) == len(trials)
    assert page.bench.floor > 0
    for one in page.bench.selected:
        page.bench.select(one)
    page.bench.select(("euler", 4.0))
    page.film.moved.emit(0.5)
    line = next(one for one in page.paths._sets if one.times.size)
    middle = trials["euler", 4].x[2]
    np.testing.assert_allclose(page.paths._items[0][1].points, middle, atol=1e-5)
    assert line.times[2] == pytest.approx(0.5)


def test_a_kept_moment_and_a_setting_begin_another_study(bench_page):
    lab, page = bench_page
    trained = studied(lab, page.bench)
    lab.window.timeline.timeline.scrubbed.emit(0)
    lab.until(lambda: page.bench._timer.isActive() or page.bench.is_busy)
    fresh = studied(lab, page.bench)
    assert lab.run.at == 0
    assert "step 0" in page.about.text()
    x, y = (t["euler", 8.0].x[-1] for t in (trained, fresh))
    assert np.abs(x - y).max() > 0.1
    page.choices.rows["ddim"].click()
    lab.until(lambda: page.bench._timer.isActive() or page.bench.is_busy)
    still = studied(lab, page.bench)["ddim", 8.0]
    page.bench.set_setting("ddim", "eta", 1.0)
    lab.until(lambda: page.bench._timer.isActive() or page.bench.is_busy)
    noisy = studied(lab, page.bench)["ddim", 8.0]
    np.testing.assert_array_equal(still.x[0], noisy.x[0])
    assert np.abs(still.x[-1] - noisy.x[-1]).max() > 0.1
    lab.window.pages.toggle_page("samplers")
    assert not page.bench.is_busy


def test_a_model_without_a_process_says_that_there_is_nothing_to_choose(open_lab):
    lab = open_lab()
    lab.window.pages.show_page("samplers")
    page = lab.window.pages.page("samplers")
    assert page.bench.samplers() == []
    assert "one go" in page.chart._words
    assert not page.bench.is_busy
