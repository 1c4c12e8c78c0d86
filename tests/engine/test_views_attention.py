"""Attention: the shares are those that the network works with."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from views_world import Identity, moment, normal_data

from engine import registry
from engine.nets.causal_transformer import CausalTransformer
from engine.views.attention import AttentionConfig, AttentionView


def model_of(**settings):
    torch.manual_seed(0)
    kind = registry.model("autoregressive")
    model = kind(kind.Config(**{"bins": 16, "width": 8, "heads": 2, **settings}))
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return model.double().eval()


def test_shares_times_values_are_what_torch_computes(monkeypatch):
    """The fused attention of each block, from the shares told and its own values."""
    trunk = CausalTransformer(12, 2, 3, 2, "gelu").double()
    x = torch.randn(5, 6, 12, generator=torch.Generator().manual_seed(0)).double()
    seen = []
    fused = F.scaled_dot_product_attention

    def spy(q, k, v, **settings):
        seen.append((v, fused(q, k, v, **settings)))
        return seen[-1][1]

    monkeypatch.setattr(F, "scaled_dot_product_attention", spy)
    shares = trunk.attention(x)
    assert shares.shape == (5, 2, 3, 6, 6)
    torch.testing.assert_close(shares.sum(-1), torch.ones(5, 2, 3, 6).double())
    assert (shares.triu(1) == 0).all()
    for layer, (values, expected) in enumerate(seen):
        torch.testing.assert_close(shares[:, layer] @ values, expected)
    assert len(seen) == 2


def picture(model, quality=1.0, **settings):
    run = moment(model, quality=quality)
    return AttentionView(AttentionConfig(**settings)).compute(run)


def test_matrices_for_every_first_coordinate():
    data, model = normal_data(), model_of()
    run = moment(model, data)
    found = AttentionView(AttentionConfig(places=32)).compute(run)
    at, shares = found.arrays["at"], found.arrays["attention"]
    assert shares.shape == (32, 4, 2, 2)
    assert found.meta["tokens"] == ["start", "x"]
    assert found.meta["guesses"] == ["x", "y"]
    assert (found.meta["layers"], found.meta["heads"]) == (2, 2)
    assert found.meta["typical"] == pytest.approx(float(data.train.x[:, 0].median()))
    assert at[0] == pytest.approx(data.limits[0])
    assert at[-1] == pytest.approx(data.limits[1])
    # The same as for one point alone, and another for another bin.
    with torch.no_grad():
        z = data.scaling.standardise(torch.tensor([[float(at[20]), 9.0]]).double())
        alone = model.attention(z)[0]
    np.testing.assert_allclose(shares[20], alone.flatten(0, 1), atol=1e-6)
    assert np.ptp(shares[:, 0, 1, 1]) > 1e-3


def test_quality_lowers_the_places():
    assert len(picture(model_of()).arrays["at"]) == 64
    assert len(picture(model_of(), quality=0.5).arrays["at"]) == 32


def test_others_have_none():
    assert not AttentionView.can_show(moment(Identity()).fitted.capabilities)
