"""Every view of the registry with every model of the registry."""

import json

import numpy as np
import pytest
import torch

from engine import Experiment, registry
from engine.data.load import load_data
from engine.protocol import Frame, decode_event, encode
from engine.views.base import Cancelled, View

PAIRS = [(v, m) for v in registry.VIEWS for m in registry.MODELS]


@pytest.fixture(scope="module")
def data():
    return load_data("eight_gaussians", {"points": 3000}, seed=0)


def run(model_name, data, quality=0.3, tick=lambda: None):
    del data
    made = Experiment(model_name, "eight_gaussians", data_settings={"points": 3000})
    for player in made.trainer.model.players():
        made.history.term(f"{player}.loss", player).append(1, 0.1, 2.0)
    made.trainer.averaged().eval()
    return made.moment(quality, None, tick)


def smallest(view: type[View]):
    """Settings that cost little."""
    wanted = {"resolution": 32, "points": 200, "paths": 50, "samples": 200}
    wanted |= {"chains": 20, "clouds": 5, "k": 5}
    known = {k: v for k, v in wanted.items() if k in view.Config.model_fields}
    return view.Config(**known)


@pytest.mark.parametrize(("view_name", "model_name"), PAIRS)
def test_a_fed_view_gives_a_frame_and_the_same_again(view_name, model_name, data):
    view = registry.view(view_name)
    moment = run(model_name, data)
    if not view.can_show(moment.fitted.capabilities):
        assert view.empty.endswith(".")
        return
    before = torch.get_rng_state()
    picture = view(smallest(view)).compute(moment)
    again = view(smallest(view)).compute(moment)
    assert torch.equal(before, torch.get_rng_state())

    assert json.loads(json.dumps(picture.meta, allow_nan=False)) == again.meta
    learns = bool(moment.history.terms)  # the exact reference has no curves
    assert picture.arrays or (view_name == "curves" and not learns)
    for name, array in picture.arrays.items():
        assert array.dtype.str in ("<f4", "<i4", "<f8"), name
        assert array.flags.c_contiguous, name
        assert np.isfinite(array).all(), name
        assert np.array_equal(array, again.arrays[name]), name
    frame = Frame(run_id="r", slot="a", view=view_name, step=1, meta=picture.meta)
    _, arrays = decode_event(encode(frame, picture.arrays))
    assert {k: v.shape for k, v in arrays.items()} == {
        k: v.shape for k, v in picture.arrays.items()
    }


#: Views that a model cannot feed; all other pairs are fed.
REFUSED = {
    "field": "realnvp nice glow made maf iaf distilled_flow spline_flow vae "
    "autoencoder vqvae energy_based autoregressive rnade",
    "trajectories": "vae autoencoder vqvae gan conditional_gan energy_based "
    "autoregressive rnade",
    "latent": "cyclegan energy_based autoregressive rnade",
    "layers": "rectified_flow flow_matching ddpm score_sde edm oracle vae gan "
    "conditional_gan autoencoder vqvae score_matching energy_based autoregressive "
    "rnade",
    "masks": "rectified_flow flow_matching ddpm score_sde edm cnf oracle realnvp nice "
    "glow distilled_flow spline_flow vae gan conditional_gan cyclegan autoencoder "
    "vqvae score_matching energy_based autoregressive rnade",
    "attention": " ".join(m for m in registry.MODELS if m != "autoregressive"),
    "conditionals": "gan conditional_gan cyclegan autoencoder",
    **{
        view: " ".join(m for m in registry.MODELS if m not in fed.split())
        for view, fed in {
            "posterior": "vae autoencoder vqvae cnf realnvp nice glow made maf iaf "
            "distilled_flow spline_flow",
            "elbo": "vae",
            "denoise": "rectified_flow flow_matching ddpm score_sde edm oracle "
            "score_matching",
            "levels": "rectified_flow flow_matching ddpm score_sde edm oracle "
            "score_matching",
            "duel": "gan conditional_gan cyclegan",
            "dirac": "gan conditional_gan cyclegan",
            "cycle": "cyclegan",
            "pairing": "rectified_flow flow_matching",
            "carried": "rectified_flow flow_matching ddpm score_sde edm cnf oracle "
            "score_matching",
            "teacher": "distilled_flow",
            "styles": "gan conditional_gan",
            "guidance": "flow_matching ddpm score_sde edm oracle",
            "codes": "vqvae",
            "chains": "rectified_flow flow_matching ddpm score_sde edm oracle "
            "score_matching energy_based",
        }.items()
    },
}


@pytest.mark.parametrize(("view_name", "model_name"), PAIRS)
def test_needs_refuse_exactly_what_cannot_be_shown(view_name, model_name, data):
    found = run(model_name, data).fitted.capabilities
    expected = model_name not in REFUSED.get(view_name, "").split()
    assert registry.view(view_name).can_show(found) is expected


def test_a_view_needs_all_of_one_group():
    class Both(registry.view("samples")):
        needs = (("latent", "encoder"), ("layers",))

    assert Both.can_show({"latent", "encoder"})
    assert Both.can_show({"layers", "critic"})
    assert not Both.can_show({"latent", "critic"})


@pytest.mark.parametrize("view_name", [v for v in registry.VIEWS if v != "curves"])
def test_a_picture_that_nobody_waits_for_is_given_up(view_name, data):
    def cancel():
        raise Cancelled

    view = registry.view(view_name)
    names = (n for n in registry.MODELS)
    models = (run(n, data, tick=cancel) for n in names)
    moment = next(m for m in models if view.can_show(m.fitted.capabilities))
    with pytest.raises(Cancelled):
        view(smallest(view)).compute(moment)


@pytest.mark.parametrize("model_name", ["rectified_flow", "ddpm", "vae"])
def test_commands_are_heard_within_one_chunk_of_a_density(model_name, data):
    """One chunk of a flow's or a bound's density holds many calls of its network."""
    ticks = []
    fitted = run(model_name, data, tick=lambda: ticks.append(1)).fitted
    fitted.log_prob(torch.zeros(3, 2), seed=0)
    during = len(ticks)
    assert during > 2
    for child in fitted.model.children():
        assert not child._forward_pre_hooks
    fitted.log_prob(torch.zeros(3, 2), seed=0)
    assert len(ticks) == 2 * during


@pytest.mark.parametrize("view_name", registry.VIEWS)
def test_settings_of_views_are_live(view_name):
    """A view is computed anew for each frame: nothing of it needs a restart."""
    view = registry.view(view_name)
    assert view.name == view_name
    schema = view.Config.model_json_schema()
    for field in schema["properties"].values():
        assert field["apply"] == "live"
        assert field["description"]
