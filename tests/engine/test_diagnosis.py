"""Each known fault is found in a run that has it, and in no sound one."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Experiment
from engine.diagnosis.case import Case
from engine.diagnosis.latent import _make_codes_pay, kl_per_axis
from engine.diagnosis.samples import (
    _gentler_critic,
    coverage,
    flung_away,
    mode_collapse,
)
from engine.metrics.modes import mode_coverage
from engine.models.fitted import Fitted
from engine.protocol import Finding, Metrics, RunConfig


def made(model: str, data: str = "eight_gaussians", steps: int = 0, **settings):
    run = Experiment(model, data, seed=0, **settings)
    run.train(steps)
    return run


def named(run: Experiment, name: str) -> Finding | None:
    return next((f for f in run.diagnose() if f.name == name), None)


def cured(run: Experiment, finding: Finding) -> Experiment:
    """The run as the first remedy would have it, from the start."""
    config = run.config
    for group, values in finding.remedies[0].changes.items():
        now = getattr(config, group)
        config = config.model_copy(update={group: now | values})
    run.requires_restart(config)  # raises if the engine would refuse it
    return Experiment.from_config(config)


def changed(run: Experiment, group: str, **values) -> Experiment:
    update = {group: getattr(run.config, group) | values}
    run.configure(run.config.model_copy(update=update))
    return run


@pytest.mark.parametrize(
    ("model", "data"),
    [
        pytest.param("rectified_flow", "two_moons", marks=pytest.mark.slow),
        ("ddpm", "two_moons"),
        ("vae", "two_moons"),
        pytest.param("realnvp", "two_moons", marks=pytest.mark.slow),
        ("vqvae", "eight_gaussians"),
        ("oracle", "eight_gaussians"),
    ],
)
def test_a_sound_run_has_no_fault(model, data):
    """Short runs, at whose end every detector looks."""
    run = made(model, data, training={"steps": 400})
    run.train(run.steps)
    case = Case(run, run.measure(500), lambda: None)
    assert case.has_trained(10**9, 1.0)
    assert run.diagnose() == []


@pytest.mark.parametrize(
    "model", ["edm", "score_sde", "flow_matching", "ddpm", "score_matching"]
)
def test_schedules_are_sound_as_they_come(model):
    assert named(made(model), "never_noise") is None


def loss_of(run: Experiment, steps: int) -> float:
    """Its mean over the newest steps."""
    return float(run.history.terms["loss"].arrays()[2][-steps:].mean())


@pytest.mark.parametrize("model", ["vae", "rectified_flow"])
def test_a_loss_that_climbs_is_sent_back_and_slowed_down(model):
    run = made(model, "two_moons", 300)
    sound = loss_of(run, 30)
    assert named(run, "diverging") is None
    changed(run, "training", learning_rate=0.1)
    run.train(100)
    assert loss_of(run, 30) > 10 * sound
    found = named(run, "diverging")
    assert found is not None
    remedy = found.remedies[0]
    assert remedy.restore in run.snapshots
    assert 100 <= remedy.restore <= 300
    run.restore(remedy.restore)
    changed(run, "training", **remedy.changes["training"])
    assert (
        run.config.training["learning_rate"]
        == made(model).config.training["learning_rate"]
    )
    run.train(60)
    assert named(run, "diverging") is None
    assert loss_of(run, 30) < 2 * sound


def test_a_loss_that_explodes_at_once_is_sent_to_the_start_at_the_usual_rate():
    """It never was low, so it has not climbed; nothing was said of it."""
    run = made("vae", "two_moons", 1)
    steps = np.arange(1, 60)
    run.history.terms["loss"].extend(steps, steps / 100, np.full(59, 3e6))
    found = named(run, "diverging")
    assert found is not None
    assert found.title == "The loss has exploded"
    assert "e+" not in found.text
    remedy = found.remedies[0]
    assert (remedy.restore, remedy.title) == (0, "From the start, slower")
    fast = changed(run, "training", learning_rate=0.3)
    remedy = named(fast, "diverging").remedies[0]
    usual = made("vae").config.training["learning_rate"]
    assert remedy.restore == 0
    assert remedy.changes == {"training": {"learning_rate": usual}}
    run.restore(0)
    changed(run, "training", learning_rate=usual)
    run.train(60)
    assert named(run, "diverging") is None


def test_a_loss_that_explodes_later_is_sent_back_to_before_it():
    """Told early, it was sent to the start, and all that had been learned with it."""
    run = made("vae", "two_moons", 300)
    changed(run, "training", learning_rate=0.1)
    series = run.history.terms["loss"]
    steps = np.arange(301, 360)
    series.extend(steps, steps / 100, np.full(59, 3e6))
    found = named(run, "diverging")
    assert found.title == "The loss has exploded"
    (remedy,) = found.remedies
    assert 100 <= remedy.restore <= 150
    assert remedy.title == f"Back to step {remedy.restore}, slower"
    assert remedy.changes["training"]["learning_rate"] < 0.034


def test_a_slow_climb_is_seen_as_well_as_a_fall_of_the_cliff():
    run = made("vae", "two_moons", 300)
    changed(run, "training", learning_rate=3e-6)
    for _ in range(300):
        with torch.no_grad():
            for weight in run.trainer.model.parameters():
                weight.mul_(1.004)
        run.train(1)
    assert named(run, "diverging") is not None


def test_a_climb_because_the_loss_itself_was_changed_is_none():
    run = made("vae", "two_moons", 300)
    changed(run, "model_settings", sigma_x=0.02)  # weighs errors 25 times as much
    run.train(300)
    assert named(run, "diverging") is None


def test_a_climb_because_the_data_were_drawn_anew_is_none():
    """Points drawn while a run learned were told to be steps that are too large."""

    def climbs(run):
        series, steps = run.history.terms["loss"], np.arange(301, 601)
        noise = np.random.default_rng(0).normal(size=len(steps))
        series.extend(steps, steps / 100, 1e3 + noise)
        return named(run, "diverging") is not None

    run = made("vae", "two_moons", 300)
    run.trainer.record_change("points", 1588, 1000)
    assert not climbs(run)
    run.history.changes.clear()
    assert named(run, "diverging") is not None


def test_samples_that_leave_modes_out_are_named_with_their_number():
    settings = {"r1": False, "loss": "minimax"}
    run = made("gan", steps=100, training={"steps": 200}, model_settings=settings)
    found = named(run, "mode_collapse")
    assert found is not None
    case = unmeasured(run)
    shares = mode_coverage(case.many_samples, case.modes).shares
    lost = sum(share < sum(shares) / 24 for share in shares)
    assert f"{lost} of 8 modes get less than a third" in found.text
    assert found.remedies[0].changes == {
        "model_settings": {"r1": True, "r1_weight": 0.1}
    }


def test_momentum_of_opponents_is_taken_back_together_with_a_penalty():
    """The penalty alone brought 8 of 25 modes, both 23."""
    bold = {"steps": 100, "beta1": 0.9}
    run = made("gan", training=bold, model_settings={"r1": False})
    both, penalty = _gentler_critic(unmeasured(run))
    assert both.changes == {
        "training": {"beta1": 0.5},
        "model_settings": {"r1": True, "r1_weight": 0.1},
    }
    assert penalty.title == "Switch the R1 penalty on"
    strong = {"r1": True, "r1_weight": 2.0}
    run = made("gan", training=bold, model_settings=strong)
    changes = _gentler_critic(unmeasured(run))[0].changes
    assert changes == {"training": {"beta1": 0.5}}
    usual = made("gan", training={"steps": 100}, model_settings={"r1": False})
    assert _gentler_critic(unmeasured(usual))[0] == penalty


def test_a_collapse_on_data_without_modes_is_seen_by_coverage():
    settings = {"r1": False, "loss": "minimax"}
    steps = {"steps": 300}
    run = made("gan", "swiss_roll", 150, training=steps, model_settings=settings)
    found = named(run, "mode_collapse")
    assert found is not None
    assert "of the data have no sample near them" in found.text
    assert named(made("oracle", "eight_gaussians"), "mode_collapse") is None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_collapse_of_the_gallery_lasts_and_its_remedy_brings_modes_back():
    """It healed by itself, and whether anything was said of it was a matter of luck."""
    file = Path(__file__).parents[2] / "assets" / "presets" / "05_collapse.json"
    config = RunConfig.model_validate(json.loads(file.read_text("utf-8"))["config"])
    run = Experiment.from_config(config)
    run.train(1600)
    found = named(run, "mode_collapse")
    assert found is not None
    remedy = found.remedies[0]
    run.keep()
    other = run.branch(1600)
    run.train(1400)
    assert named(run, "mode_collapse") is not None
    config = other.config
    for group, values in remedy.changes.items():
        config = config.model_copy(update={group: getattr(config, group) | values})
    other.configure(config)  # a click, no restart
    other.train(1400)
    # On some processors one or two of the 25 stay weak, and are named.
    lost = mode_coverage(unmeasured(run).many_samples, unmeasured(run).modes).covered
    found_again = unmeasured(other).many_samples
    kept = mode_coverage(found_again, unmeasured(other).modes).covered
    assert lost < 10 < 15 < kept


def test_coverage_of_two_draws_and_of_one_point():
    points = torch.randn(2, 600, 2, generator=torch.Generator().manual_seed(0)).double()
    assert coverage(*points) > 0.93
    assert coverage(points[0], points[0][:1].expand(600, 2)) < 0.05


def test_a_critic_that_trained_alone_is_saturated():
    run = made("gan", steps=10, training={"steps": 100}, model_settings={"r1": False})
    assert named(run, "saturated_critic") is None
    for _ in range(250):
        run.train_player("discriminator")
    found = named(run, "saturated_critic")
    assert found is not None
    assert found.remedies[0].changes["model_settings"]["r1"] is True


def unmeasured(run: Experiment) -> Case:
    """A case for detectors that look at samples alone."""
    return Case(run, Metrics.model_construct(modes=None), lambda: None)


@pytest.mark.parametrize(("model", "usual"), [("gan", 1e-3), ("ddpm", 2e-3)])
def test_weights_that_were_thrown_off_draw_far_outside_the_data(model, usual):
    """At a rate of 10 the loss of a DDPM falls, from the billions."""
    run = made(model, steps=40, training={"steps": 400, "learning_rate": 10.0})
    found = flung_away(unmeasured(run))
    assert found is not None
    (remedy,) = found.remedies
    assert remedy.changes == {"training": {"learning_rate": usual}}
    assert remedy.restore == 0
    sound = cured(run, found)
    sound.train(40)
    assert flung_away(unmeasured(sound)) is None


def test_samples_just_outside_or_a_few_far_ones_are_not_flung_away():
    run = made("vae", steps=40, training={"steps": 100})
    data = run.data.heldout.x[:500]
    case = unmeasured(run)
    case.samples = 2 * data
    assert flung_away(case) is None
    case.samples = torch.cat((data[:300], 1e6 + data[:200]))
    assert flung_away(case) is None
    case.samples = torch.full_like(data, torch.nan)
    assert flung_away(case).text.startswith("100 %")
    # What is lost altogether is no collapse onto a part of the data.
    case.samples = data + 1e6
    assert flung_away(case) is not None
    assert mode_collapse(case) is None
    case.samples = case.many_samples = data[:1].expand(500, 2)
    assert flung_away(case) is None
    found = mode_collapse(case)
    assert "7 of 8" in found.text
    assert found.remedies == []  # no critic to hold, and no rate above the usual


def case_of(run: Experiment, samples: torch.Tensor) -> Case:
    case = unmeasured(run)
    case.samples = case.many_samples = samples
    return case


def test_modes_that_blur_or_that_chance_leaves_short_are_no_collapse():
    """22 of 25 modes were said to get samples, of a run that had all by 2,000."""
    run = made("vae", "gaussian_grid", steps=95, training={"steps": 100})
    data = run.data.heldout.x
    short = case_of(run, data[:500])
    mode = (data[:500, None] - short.modes.centres).norm(dim=2).argmin(1)
    short.samples = data[:500][(mode > 2) | (torch.arange(500) % 8 == 0)]
    short.many_samples = data[:2000]
    assert mode_collapse(short) is None
    noise = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0))
    blurred = case_of(run, data[:2000] + 0.4 * noise)  # half of them miss
    assert mode_collapse(blurred) is None
    assert mode_collapse(case_of(run, short.samples)) is not None


def test_modes_that_are_still_being_found_are_no_collapse(monkeypatch):
    """A conditional GAN that spread out in time was told to change its penalty."""
    run = made("vae", steps=40, training={"steps": 100})
    data = run.data.heldout.x[:500]
    mode = (data[:, None] - unmeasured(run).modes.centres).norm(dim=2).argmin(1)
    monkeypatch.setattr(Fitted, "sample", lambda *_: data[mode < 2])  # at half the way
    assert mode_collapse(case_of(run, data[mode < 6])) is None
    assert mode_collapse(case_of(run, data[mode < 3])) is not None
    monkeypatch.setattr(Fitted, "sample", lambda *_: data[mode < 1])
    assert mode_collapse(case_of(run, data[mode < 3])) is not None  # 5 of 8 are lost
    run.train(55)  # too late to hope
    assert mode_collapse(case_of(run, data[mode < 6])) is not None


def test_codes_that_are_no_gaussian_are_told_as_such():
    """Not as a collapse that slower steps would cure: it is natural there."""
    run = made("autoencoder", steps=120, training={"steps": 300})
    data = run.data.heldout.x[:500]
    found = mode_collapse(case_of(run, data[:1].expand(500, 2)))
    assert found.title == "The samples leave data out"
    assert found.remedies == []
    assert mode_collapse(case_of(run, data)) is None


def nats_in_codes(run: Experiment) -> float:
    """KL of the codes of held-out data to the prior, all axes together."""
    codes = run.fitted().encode(run.data.heldout.x[:500])
    return float(kl_per_axis(codes.mean, codes.std).sum())


@pytest.mark.parametrize(
    ("settings", "title", "changes"),
    [
        ({"beta": 8.0, "sigma_x": 0.5}, "β 1, decoder", {"beta": 1, "sigma_x": 0.1}),
        ({"sigma_x": 1.0}, "Decoder noise 0.1", {"sigma_x": 0.1}),
        ({"beta": 8.0, "sigma_x": 0.05}, "Set β to 1", {"beta": 1.0}),
        ({"draws": 5, "beta": 8.0, "sigma_x": 1.0}, "Decoder", {"sigma_x": 0.1}),
        ({"spread": "learned", "sigma_x": 1.0}, "From the start", {"warmup": 1000}),
        (
            {"spread": "learned", "beta": 4.0},
            "From the start",
            {"beta": 1, "warmup": 1000},
        ),
        ({}, "From the start", {"warmup": 1000}),
    ],
)
def test_what_makes_codes_pay_depends_on_why_they_do_not(settings, title, changes):
    """β alone was offered where a blurred decoder needs no codes at any price."""
    run = made("vae", steps=3, model_settings=settings)
    best = _make_codes_pay(unmeasured(run))[0]
    assert best.title.startswith(title)
    assert best.changes == {"model_settings": changes}
    assert best.restore == (0 if "warmup" in changes else None)
    changed(run, "model_settings", **changes)  # nothing waits for a restart


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "settings",
    [
        {"beta": 8.0, "sigma_x": 0.5},
        {"sigma_x": 1.0},
        {"sigma_x": 1.0, "spread": "learned"},
    ],
)
def test_the_remedy_offered_first_opens_the_codes_again(settings):
    """By the linear VAE an axis then says -ln(0.1) = 2.3 nats about these data."""
    run = made("vae", steps=500, model_settings=settings)
    assert nats_in_codes(run) < 0.05
    best = named(run, "posterior_collapse").remedies[0]
    if best.restore is not None:
        run.restore(best.restore)
    changed(run, "model_settings", **best.changes["model_settings"])
    run.train(500)
    assert nats_in_codes(run) > 1.5
    assert named(run, "posterior_collapse") is None


def test_kl_per_axis_by_the_closed_form_of_torch():
    mean, std = torch.randn(50, 3), torch.rand(50, 3) + 0.1
    normal = torch.distributions.Normal
    exact = torch.distributions.kl_divergence(normal(mean, std), normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_axis(mean, std), exact.mean(0))


def test_words_that_nobody_uses_are_counted():
    settings = {"codes": 256, "restart_below": 0.0, "codebook": "gradient"}
    run = made("vqvae", steps=500, model_settings=settings)
    found = named(run, "dead_codes")
    assert found is not None
    dead = int((run.model_at().prior() < 0.01 / 256).sum())
    assert f"{dead} of 256" in found.text
    assert cured(run, found).config.model_settings["restart_below"] == 0.1


def test_a_flow_that_throws_data_away_has_exploded():
    # Few layers that may stretch a lot: many that stretch little end without a number.
    wide = {"couplings": 12, "width": 64, "spread": 2.0, "bound": 2.0}
    # At 0.3 some machines end without a number as well, at 0.05 some seeds stay sound.
    wild = {"learning_rate": 0.15, "clip": 1.0}
    run = made("realnvp", "two_moons", 60, training=wild, model_settings=wide)
    found = named(run, "exploding_log_det")
    assert found is not None
    remedy = found.remedies[0]
    assert remedy.restore in run.snapshots
    # The moments in between were ruined as well, and a third of that rate ruins again.
    run.restore(remedy.restore)
    assert named(run, "exploding_log_det") is None
    changed(run, "training", **remedy.changes["training"])
    run.train(30)
    assert named(run, "exploding_log_det") is None


def test_below_the_usual_rate_a_third_is_slower():
    run = made("realnvp", training={"learning_rate": 1e-3})
    (remedy,) = Case(run, run.measure(100), lambda: None).slower("Slow down")
    assert remedy.changes == {"training": {"learning_rate": 3.3e-4}}


def test_a_flow_that_squeezes_areas_too_much_has_exploded():
    run = made("nice", "two_moons")
    with torch.no_grad():
        run.trainer.averaged().log_scale.fill_(9.0)
    assert named(run, "exploding_log_det") is not None


def test_two_steps_are_too_few_and_the_remedy_suffices():
    few = {"sampler": "euler", "sampler_settings": {"steps": 2}}
    run = made("oracle", steps=1, **few)
    found = named(run, "too_few_steps")
    assert found is not None
    assert found.remedies[0].changes == {"sampler_settings": {"steps": 8}}
    again = cured(run, found)
    again.train(1)
    assert again.diagnose() == []


def test_guidance_that_is_too_steep_for_the_density_is_cured_by_finer_steps():
    steep = {"label": 1, "guidance": 4.0}
    run = made("oracle", steps=1, model_settings=steep)
    found = named(run, "coarse_density")
    assert found is not None
    titles = [remedy.title for remedy in found.remedies]
    assert titles == ["100 density steps", "Guidance 2.5"]
    again = cured(run, found)
    again.train(1)
    assert named(again, "coarse_density") is None
    gentle = changed(run, "model_settings", guidance=2.5)
    assert named(gentle, "coarse_density") is None


def test_what_guidance_leaves_out_is_no_collapse_of_the_training():
    run = made("oracle", "two_moons", 1, model_settings={"label": 1, "guidance": 4.0})
    found = named(run, "guidance_narrows")
    assert found is not None
    assert "have no sample near them" in found.text
    assert named(run, "mode_collapse") is None
    whole = cured(run, found)
    whole.train(1)
    assert whole.diagnose() == []


def test_a_class_that_is_not_drawn_whole_without_guidance_either_is_a_collapse():
    """All samples at one place, at any weight: guidance is not what lacks the rest."""
    run = made("oracle", "two_moons", 1, model_settings={"label": 1, "guidance": 4.0})
    case = Case(run, run.measure(200), lambda: None)
    bare = case.fitted.sample
    case.fitted.sample = lambda n, seed: bare(n, seed)[:1].expand(n, 2)
    case.model.with_guidance = lambda weight: case.model
    found = mode_collapse(case)
    assert found is not None
    assert found.name == "mode_collapse"


def test_where_no_density_steps_suffice_guidance_is_given_up(monkeypatch):
    """Half of it was offered, then half of that, and the fault stayed."""
    run = made("oracle", steps=1, model_settings={"label": 1, "guidance": 4.0})
    monkeypatch.setattr("engine.diagnosis.process._gap", lambda case, effort: 14.0)
    found = named(run, "coarse_density")
    assert found is not None
    (remedy,) = found.remedies
    assert remedy.title == "Guidance 1"
    assert remedy.changes == {"model_settings": {"guidance": 1.0}}


def test_too_few_density_steps_are_found_without_guidance_too():
    run = made("oracle", steps=1, model_settings={"label": 1, "guidance": 1.5})
    assert named(run, "coarse_density") is None
    few = changed(run, "model_settings", guidance=2.0, density_steps=8)
    assert named(few, "coarse_density") is not None


def test_a_schedule_that_leaves_data_in_its_noise_is_cured_by_more_noise():
    settings = {"sde": "ve", "sigma_max": 2.0}
    run = made("score_sde", model_settings=settings)
    found = named(run, "never_noise")
    assert found is not None
    assert "50 %" in found.text  # alpha / sigma of the variance exploding path: 1 / 2
    assert named(cured(run, found), "never_noise") is None


def test_a_start_as_wide_as_the_blurred_data_needs_less_noise():
    """Annealed Langevin was told, as it comes, that its samples drift to the middle."""
    narrow = made("score_matching", model_settings={"sigma_max": 0.5})
    found = named(narrow, "never_noise")
    assert found is not None
    assert "200 %" in found.text
    assert named(cured(narrow, found), "never_noise") is None
