"""Loading by name or by file: split, scaling, limits, classes, notes, errors."""

from pathlib import Path

import pytest
import torch

from engine import registry
from engine.data.base import DataError
from engine.data.load import load_data, plot_limits
from engine.data.sklearn_tables import principal_components

NAMES = [name for name in registry.DATA if name != "csv"]


def written(folder: Path, content: str) -> str:
    path = folder / "mine.csv"
    path.write_text(content)
    return str(path)


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_loads(name: str) -> None:
    data = load_data(name, {}, seed=1)
    again = load_data(name, {}, seed=1)
    assert torch.equal(data.train.x, again.train.x)
    assert torch.equal(data.heldout.labels, again.heldout.labels)
    assert (data.name, data.source.name) == (name, name)
    assert data.title
    assert data.source.description.endswith(".")
    assert int(data.train.labels.min()) >= 0
    assert int(data.train.labels.max()) < data.classes == len(data.source.class_names)
    for points in (data.train, data.heldout):
        assert points.x.dtype == torch.float64
        assert points.labels.dtype == torch.int64
        assert points.x.shape == (len(points.labels), 2)

    z = data.scaling.standardise(data.train.x)
    torch.testing.assert_close(z.mean(0), torch.zeros(2).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close(
        z.std(0, correction=0), torch.ones(2).double(), atol=1e-9, rtol=0
    )
    x_min, x_max, y_min, y_max = data.limits
    low, high = torch.tensor([x_min, y_min]), torch.tensor([x_max, y_max])
    inside = ((data.train.x > low) & (data.train.x < high)).all(1)
    assert inside.double().mean().item() > 0.997


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_an_effect(name: str) -> None:
    kind = registry.data_set(name)
    usual = load_data(name, {}, seed=0)
    for field, info in kind.Config.model_fields.items():
        if field == "standardise":
            continue
        bounds = {type(m).__name__: m for m in info.metadata}
        if "Le" not in bounds:
            continue  # a drawing and its canvas are no numbers; their own tests
        value = bounds["Le"].le if info.default != bounds["Le"].le else bounds["Ge"].ge
        changed = load_data(name, {field: value}, seed=0)
        assert changed.train.x.shape != usual.train.x.shape or not torch.equal(
            changed.train.x, usual.train.x
        ), field
        assert torch.isfinite(changed.train.x).all()


def test_standardise_can_be_switched_off() -> None:
    data = load_data("banana", {"standardise": False, "points": 100}, seed=0)
    assert torch.equal(data.scaling.standardise(data.train.x), data.train.x)
    assert data.scaling.log_det == 0


def test_toy_limits_are_a_square_with_a_margin() -> None:
    line = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    x_min, x_max, y_min, y_max = plot_limits(torch.stack([line, line / 2 + 5], 1))
    # 99.9 % of the longer side and 8 % on both ends of it.
    width = 0.999 * 1.16
    assert (x_min, x_max) == pytest.approx((0.5 - width / 2, 0.5 + width / 2), abs=1e-3)
    assert (y_min, y_max) == pytest.approx(
        (5.25 - width / 2, 5.25 + width / 2), abs=1e-3
    )


def test_limits_of_columns_without_a_common_scale() -> None:
    line = torch.linspace(0, 1, 1001, dtype=torch.float64)
    x_min, x_max, y_min, y_max = plot_limits(torch.stack([line, 1000 * line], 1))
    assert (y_max - y_min) == pytest.approx(1000 * (x_max - x_min))


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_limits_of_one_spot_have_a_size(value: float) -> None:
    x_min, x_max, y_min, y_max = plot_limits(torch.full((5, 2), value).double())
    assert x_min < value < x_max
    assert y_min < value < y_max


def test_a_file_is_split_and_its_classes_kept(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k * k},{10 - k % 2}\n" for k in range(50))
    path = written(tmp_path, "a,b,kind\n" + rows)
    data = load_data(path, {"label_column": "kind"}, seed=0)
    assert (data.name, data.title, data.columns) == ("csv", "mine.csv", ("a", "b"))
    assert (len(data.train.x), len(data.heldout.x)) == (40, 10)
    assert data.source.class_names == ("9", "10")
    everything = torch.cat([data.train.x, data.heldout.x])
    labels = torch.cat([data.train.labels, data.heldout.labels])
    order = everything[:, 0].argsort()
    k = torch.arange(50)
    assert torch.equal(everything[order], torch.stack([k, k * k], 1).double())
    assert torch.equal(labels[order], 1 - k % 2)
    assert data.notes == ()
    assert data.source.log_prob(data.train.x) is None
    assert data.source.entropy() is None

    half = load_data(path, {"held_out": 0.5}, seed=0, columns=("b", "a"))
    assert half.columns == ("b", "a")
    assert (len(half.heldout.x), half.classes) == (25, 0)


def test_what_a_person_should_know_is_noted(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,id\n" + "".join(f"{k},5,n{k}\n" for k in range(200)))
    data = load_data(path, {"label_column": "id"}, seed=0)
    assert data.scaling.std[1] == 1
    assert data.classes == 0
    assert any("'b' is constant" in note for note in data.notes)
    assert any("200 different values" in note for note in data.notes)
    assert data.limits[2] < 5 < data.limits[3]

    path = written(tmp_path, "a,b\n1,2\n,3\n4,5\n6,8\n")
    notes = load_data(path, {}, seed=0).notes
    assert notes == ("1 row of 4 with missing or infinite cells left out.",)


@pytest.mark.parametrize(
    ("name", "settings", "columns", "words"),
    [
        ("nine_gaussians", {}, None, "no data set or file 'nine_gaussians'"),
        ("none.csv", {}, None, "no file 'none.csv'"),
        ("csv", {}, None, "No file is chosen"),
        (
            "banana",
            {"noise": 99},
            None,
            "'noise'. of Banana is 99: it must be at most 1",
        ),
        ("banana", {"nose": 1}, None, "no setting 'nose'; its settings are: .*noise"),
        ("banana", {}, ("x", "y"), "Columns belong to a CSV file"),
    ],
)
def test_errors_are_one_sentence(name, settings, columns, words) -> None:
    with pytest.raises(DataError, match=words):
        load_data(name, settings, seed=0, columns=columns)


def test_principal_components_of_a_known_ellipsoid() -> None:
    """Axes of length 3, 2 and 1, turned: the components have the two largest."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    z = torch.linalg.qr(z - z.mean(0))[0]  # orthonormal columns, mean 0
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator).double())[0]
    x, share = principal_components(
        z * torch.tensor([3.0, 2.0, 1.0]) @ turn.T + torch.tensor([5.0, 6.0, 7.0])
    )
    lengths = x.square().sum(0)
    torch.testing.assert_close(lengths, torch.tensor([9.0, 4.0]).double())
    assert share == pytest.approx(13 / 14)


@pytest.mark.parametrize("sign", [1, -1])
def test_components_point_the_same_way_everywhere(sign: int) -> None:
    """The largest entry of an axis is positive, here the second and the third."""
    position = torch.tensor([-3.0, -1.0, 0.0, 4.0]).double()
    height = torch.tensor([1.0, -2.0, 1.0, 0.0]).double()
    axes = torch.tensor([[-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]).double()
    rows = position[:, None] * axes[0] + height[:, None] * axes[1]
    x, _ = principal_components(sign * rows)
    expected = sign * torch.stack([position, height], 1)
    angle = (x * expected).sum(0) / (x.norm(dim=0) * expected.norm(dim=0))
    assert (angle > 0.9).all()
