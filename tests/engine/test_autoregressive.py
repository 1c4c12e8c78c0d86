"""Autoregressive Transformer: causality, caches, and a histogram that adds up."""

import pytest
import torch
from torch import Tensor, nn

from engine import Experiment
from engine.models.autoregressive import Autoregressive, AutoregressiveConfig
from engine.models.base import capabilities
from engine.nets.causal_transformer import CausalTransformer
from engine.settings import SettingError, checked


def lively(dim: int = 2, **settings: object) -> Autoregressive:
    """A model with no zero weights, in float64."""
    torch.manual_seed(0)
    defaults = {"bins": 16, "width": 16, "heads": 2, **settings}
    model = Autoregressive(AutoregressiveConfig(**defaults), dim).double()
    nn.init.normal_(model.head.weight, std=0.5)
    nn.init.normal_(model.tokens.weight, std=1.0)
    return model


def all_bins(model: Autoregressive) -> Tensor:
    axis = torch.arange(model.config.bins)
    return torch.cartesian_prod(*[axis] * model.dim)


def test_the_shares_of_all_bins_add_up_to_one() -> None:
    """D5 (1) and section D: by enumeration."""
    model = lively()
    bins = all_bins(model)
    log = model.logits(bins).log_softmax(-1).gather(-1, bins[..., None])[..., 0]
    assert log.sum(1).exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_the_density_adds_up_over_the_plane() -> None:
    """Open bins at the ends included: fine cells far beyond the range of the data."""
    model = lively()
    with torch.no_grad():
        model.bins.low.fill_(0)
        model.bins.length.fill_(1 / 16)
    side = 160
    edge = (torch.arange(side) + 0.5) / side * 2 - 0.5
    grid = torch.cartesian_prod(edge, edge).double()
    with torch.no_grad():
        log = model.log_prob(grid, torch.Generator())
    assert log.exp().sum().item() * (2 / side) ** 2 == pytest.approx(1, abs=5e-3)
    far = model.log_prob(torch.tensor([[9.0, -9.0]]).double(), torch.Generator())
    assert far.isfinite().all()


def test_samples_fill_bins_as_the_density_says() -> None:
    """Share of each bin, and the tail beyond the range."""
    model = lively()
    model.initialise({"x": torch.rand(100, 2).double()}, torch.Generator())
    n = 40_000
    x = model.sample(n, torch.Generator().manual_seed(0))
    bins = all_bins(model)
    logits = model.logits(bins).log_softmax(-1)
    share = logits.gather(-1, bins[..., None])[..., 0].sum(1).exp()
    named = model.bins.of(x)
    found = torch.bincount(named[:, 0] * 16 + named[:, 1], minlength=256) / n
    # Counts scatter by a root: their squared deviations have a known mean.
    chi_squared = (n * (found - share).square() / share).sum().item()
    assert chi_squared == pytest.approx(255, abs=100)
    # The density of the samples, averaged, against the entropy of the histogram.
    entropy = -(share * (share.log() + model.bins.log_within(
        model.bins.points_in(bins, torch.full((256, 2), 0.5).double()), bins
    ).sum(1))).sum()  # fmt: skip
    edges = ((named == 0) | (named == 15)).double().sum(1).mean()
    # Exponentials have one nat; the middle points used above count ln 2 of it.
    entropy = entropy + edges * (1 - torch.log(torch.tensor(2.0)))
    nll = -model.log_prob(x, torch.Generator()).mean()
    assert nll.item() == pytest.approx(entropy.item(), abs=0.03)


def test_points_come_back_to_their_bins() -> None:
    model = lively()
    bins = all_bins(model).repeat(4, 1)
    uniform = torch.rand(len(bins), 2).double()
    x = model.bins.points_in(bins, uniform)
    assert torch.equal(model.bins.of(x), bins)
    outside = (x < model.bins.low) | (x > model.bins.low + 16 * model.bins.length)
    assert torch.equal(outside.any(), torch.tensor(True))
    assert not (outside & (bins > 0) & (bins < 15)).any()


def test_no_output_sees_its_own_or_a_later_token() -> None:
    """Section D: exact zeros, in a longer sequence than the plane needs."""
    model = lively(dim=4)
    embedded = torch.randn(1, 4, 16, dtype=torch.float64, requires_grad=True)
    out, _ = model.trunk(embedded)
    for i in range(4):
        (grad,) = torch.autograd.grad(out[0, i].sum(), embedded, retain_graph=True)
        # Position i carries token i - 1, so what it may see ends with itself.
        assert torch.equal(grad[0, i + 1 :], torch.zeros(3 - i, 16).double())
    bins = torch.randint(16, (6, 4))
    for i in range(4):
        other = bins.clone()
        other[:, i:] = (other[:, i:] + 5) % 16
        assert torch.equal(
            model.logits(bins)[:, : i + 1], model.logits(other)[:, : i + 1]
        )


def test_cached_decoding_equals_the_whole() -> None:
    """D5 (2) and section D: teacher-forced against step by step."""
    model = lively(dim=4).float()
    bins = torch.randint(16, (32, 4))
    whole = model.logits(bins)
    token, past = torch.full((32,), 16), None
    for place in range(4):
        logits, past = model.next_logits(token, place, past)
        torch.testing.assert_close(logits, whole[:, place], atol=1e-5, rtol=0)
        token = bins[:, place]


def test_the_trunk_is_that_of_torch() -> None:
    """Same weights in torch.nn.TransformerEncoder with a causal mask."""
    torch.manual_seed(0)
    mine = CausalTransformer(16, layers=2, heads=4, expansion=3, activation="gelu")
    layer = nn.TransformerEncoderLayer(
        16, 4, 48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    theirs = nn.TransformerEncoder(
        layer, 2, norm=nn.LayerNorm(16), enable_nested_tensor=False
    )
    for a, b in zip(mine.blocks, theirs.layers, strict=True):
        pairs = [
            (b.self_attn.in_proj_weight, a.qkv.weight),
            (b.self_attn.in_proj_bias, a.qkv.bias),
            (b.self_attn.out_proj.weight, a.out.weight),
            (b.self_attn.out_proj.bias, a.out.bias),
            (b.linear1.weight, a.mlp[0].weight),
            (b.linear1.bias, a.mlp[0].bias),
            (b.linear2.weight, a.mlp[2].weight),
            (b.linear2.bias, a.mlp[2].bias),
        ]
        with torch.no_grad():
            for theirs_weight, my_weight in pairs:
                theirs_weight.copy_(my_weight)
    x = torch.randn(5, 7, 16)
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    expected = theirs(x, mask=mask, is_causal=True)
    torch.testing.assert_close(mine(x)[0], expected, atol=1e-5, rtol=1e-5)


def test_cold_is_the_likeliest_and_top_k_cuts_the_rest() -> None:
    """D5 (3)."""
    model = lively()
    start = torch.full((1,), 16)
    first = model.next_logits(start, 0, None)[0][0]
    order = first.argsort(descending=True)
    best = int(order[0])
    for temperature in (0.0, 0.01):
        model.config = model.config.model_copy(update={"temperature": temperature})
        x = model.sample(500, torch.Generator().manual_seed(0))
        assert set(model.bins.of(x)[:, 0].tolist()) == {best}
    model.config = model.config.model_copy(update={"temperature": 1.0, "top_k": 3})
    named = model.bins.of(model.sample(5000, torch.Generator().manual_seed(0)))[:, 0]
    assert set(named.tolist()) == set(order[:3].tolist())
    share = torch.bincount(named, minlength=16)[order[:3]] / 5000
    expected = first[order[:3]].softmax(0)
    torch.testing.assert_close(share.double(), expected, atol=0.03, rtol=0)


def test_heads_have_to_share_the_width() -> None:
    with pytest.raises(SettingError, match="multiple"):
        checked(AutoregressiveConfig, {"width": 30, "heads": 4}, "autoregressive")
    assert capabilities(lively()) == {
        "samples",
        "log_density",
        "conditionals",
        "attention",
    }


@pytest.mark.slow
def test_ring_within_the_reach_of_64_bins() -> None:
    """D5 (4): below 1.35 nats; the entropy is 1.1231 and bins cost some 0.02."""
    run = Experiment("autoregressive", "eight_gaussians", training={"steps": 1200})
    run.train()
    nll = run.measure(points=4000).nll
    assert nll is not None
    assert 1.08 < nll.value < 1.35
