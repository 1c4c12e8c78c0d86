"""Operations to points: geometry by closed forms, the same bits each time, limits."""

import base64
import json
import math

import numpy as np
import pytest
import torch

from engine.data import drawing
from engine.data.base import DataError, TooFewPointsError
from engine.data.drawing import MAX_POINTS, drawn
from engine.data.load import load_data
from engine.data.operations import MAX_OPERATIONS, checked_operations
from engine.settings import SettingError, checked

DAB = {"do": "brush", "path": [1, -2], "radius": 0.5, "density": 4000, "seed": 3}
LINE = {"do": "brush", "path": [-3, 0, 3, 0], "radius": 0.2, "density": 500, "seed": 4}


@pytest.fixture(autouse=True)
def nothing_kept():
    drawing._known.clear()


def cloud(*operations):
    return drawn(checked_operations(list(operations)))


def points(*values):
    return {"do": "points", "x": [v for pair in values for v in pair]}


def data(*operations, **settings):
    return load_data("drawn", {"operations": list(operations), **settings}, seed=0)


# The brush


def test_a_dab_fills_its_disc_evenly():
    found = cloud(DAB).x - [1, -2]
    square = (found**2).sum(1)
    assert len(found) == 4000
    assert square.max() <= 0.25
    assert square.mean() == pytest.approx(0.125, rel=0.03)  # R^2 / 2
    assert np.abs(found.mean(0)).max() < 0.02
    quarters = [(np.sign(found) == sign).all(1).mean() for sign in ([1, 1], [-1, 1])]
    assert quarters == pytest.approx([0.25, 0.25], abs=0.03)


def test_a_brush_with_two_radii_leaves_an_ellipse():
    found = cloud({**DAB, "radius": [2.0, 0.1]}).x - [1, -2]
    assert ((found / [2.0, 0.1]) ** 2).sum(1).max() <= 1 + 1e-12
    assert (found**2).mean(0) == pytest.approx([1.0, 0.0025], rel=0.05)  # R^2 / 4


def test_a_long_stroke_is_as_dense_as_a_dab_and_even():
    found = cloud(LINE).x
    middle = found[np.abs(found[:, 0]) < 2.5]
    per_area = len(middle) / (5 * 0.4)
    assert per_area == pytest.approx(500 / (math.pi * 0.04), rel=0.03)
    left = (middle[:, 0] < 0).mean()
    assert left == pytest.approx(0.5, abs=0.02)
    assert np.abs(found[:, 1]).max() <= 0.2


def test_the_corner_of_a_path_is_followed():
    bent = cloud({**LINE, "path": [0, 0, 2, 0, 2, 2]}).x
    straight = np.clip(bent, [0, 0], [2, 0]), np.clip(bent, [2, 0], [2, 2])
    nearest = np.minimum(*[np.hypot(*(bent - foot).T) for foot in straight])
    assert nearest.max() <= 0.2 + 1e-9
    assert (bent[:, 1] > 1.5).any()


def test_the_same_operations_make_the_same_bits():
    operations = [DAB, LINE, {"do": "noise", "std": 0.1, "seed": 5}]
    first = cloud(*operations)
    drawing._known.clear()
    again = cloud(*operations)
    for name in ("x", "labels", "lot"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    other = cloud(*operations[:2], {"do": "noise", "std": 0.1, "seed": 6})
    assert (first.x != other.x).any()


def test_a_growing_stroke_and_a_further_operation_move_nothing():
    before = cloud(LINE)
    longer = cloud({**LINE, "path": [*LINE["path"], 3, 2]})
    more = cloud(LINE, DAB)
    for after in (longer, more):
        assert len(after) > len(before)
        assert (after.x[: len(before)] == before.x).all()
        assert (after.lot[: len(before)] == before.lot).all()


def test_what_is_kept_between_calls_changes_nothing():
    steps = [LINE, {"do": "erase", "path": [0, 0], "radius": 1}, DAB]
    fresh = []
    for count in (1, 2, 3):
        drawing._known.clear()
        fresh.append(cloud(*steps[:count]).x)
    kept = [cloud(*steps[:count]).x for count in (1, 2, 3, 2, 1, 3)]
    order = [0, 1, 2, 1, 0, 2]
    for index, found in zip(order, kept, strict=True):
        assert (found == fresh[index]).all()
    changed = cloud(LINE, {"do": "erase", "path": [1, 0], "radius": 1}, DAB).x
    assert len(changed) != len(fresh[2]) or (changed != fresh[2]).any()


# The other operations


def test_the_eraser_takes_what_lies_under_it_and_nothing_else():
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 1, (2000, 2))
    path = np.array([[-0.5, -0.5], [0.5, 0.0], [0.0, 0.6]])
    kept = cloud(
        points(*places.tolist()),
        {"do": "erase", "path": path.ravel().tolist(), "radius": [0.2, 0.1]},
    ).x
    # Against a path that is cut so finely that its corners are all there is to it.
    fine = np.concatenate(
        [
            path[k] + np.linspace(0, 1, 2000)[:, None] * (path[k + 1] - path[k])
            for k in (0, 1)
        ]
    )
    radius = np.array([0.2, 0.1])
    gaps = [np.hypot(*((fine - p) / radius).T).min() for p in places]
    expected = places[np.array(gaps) > 1]
    assert 1000 < len(expected) < 1990
    assert kept == pytest.approx(expected)


def test_pasted_points_stay_as_they_are():
    found = cloud({"do": "points", "x": [0.5, 1, -2, 3], "labels": [2, 8]})
    assert found.x.tolist() == [[0.5, 1], [-2, 3]]
    assert found.labels.tolist() == [1, 7]
    assert cloud(points([1, 2])).labels.tolist() == [0]


def grey(rows, **more):
    cells = bytes(value for row in rows for value in row)
    return {
        "do": "picture",
        "width": len(rows[0]),
        "height": len(rows),
        "grey": base64.b64encode(cells).decode(),
        "box": [10, 14, -2, 0],
        "count": 4000,
        **more,
    }


def test_a_picture_is_dense_where_it_is_dark():
    found = cloud(grey([[0, 255, 255, 255], [255, 255, 255, 127]], label=3))
    top = (found.x[:, 0] < 11) & (found.x[:, 1] > -1)
    bottom = (found.x[:, 0] > 13) & (found.x[:, 1] < -1)
    assert (top | bottom).all()
    assert top.mean() == pytest.approx(255 / (255 + 128), abs=0.03)
    assert (found.labels == 2).all()
    assert found.x[top, 0].mean() == pytest.approx(10.5, abs=0.03)


def test_an_inverted_picture_is_dense_where_it_is_light():
    found = cloud(grey([[0, 255, 0]], invert=True, box=[0, 3, 0, 1])).x
    assert ((found > [1, 0]) & (found < [2, 1])).all()


def test_a_layer_is_the_other_data_set():
    layer = {"do": "layer", "data": "two_moons", "points": 500, "seed": 8}
    found = cloud(layer)
    own = load_data("two_moons", {"points": 500}, seed=8)
    assert (found.x == own.train.x.numpy()).all()
    assert (found.labels == own.train.labels.numpy()).all()
    assert (cloud({**layer, "label": 5}).labels == 4).all()
    noisy = cloud({**layer, "settings": {"noise": 0.5}}).x
    assert noisy.std() > found.x.std()


@pytest.mark.parametrize("name", ["drawn", "csv", "nothing"])
def test_a_layer_is_nothing_that_reads_a_file_or_itself(name):
    with pytest.raises(DataError, match="layer of a drawing"):
        cloud({"do": "layer", "data": name})


def test_rotation_scale_and_their_way_back():
    start = points([1, 0], [0, 3])
    turned = cloud(start, {"do": "rotate", "degrees": 90}).x
    assert turned == pytest.approx(np.array([[0, 1], [-3, 0]]), abs=1e-12)
    about = cloud(start, {"do": "rotate", "degrees": 180, "centre": [1, 1]}).x
    assert about == pytest.approx(np.array([[1, 2], [2, -1]]), abs=1e-12)
    scaled = cloud(start, {"do": "scale", "factor": [2, 0.5], "centre": [1, 1]}).x
    assert scaled == pytest.approx(np.array([[1, 0.5], [-1, 2]]))
    back = [
        {"do": "rotate", "degrees": 37, "centre": [2, 2]},
        {"do": "scale", "factor": 4},
        {"do": "scale", "factor": 0.25},
        {"do": "rotate", "degrees": -37, "centre": [2, 2]},
    ]
    assert cloud(start, *back).x == pytest.approx(np.array([[1, 0], [0, 3]]))


def test_noise_is_normal_and_as_wide_as_asked():
    moved = cloud(points(*[[2, 5]] * 5000), {"do": "noise", "std": [0.1, 3], "seed": 1})
    z = (moved.x - [2, 5]) / [0.1, 3]
    assert z.mean(0) == pytest.approx([0, 0], abs=0.06)
    assert z.std(0) == pytest.approx([1, 1], abs=0.04)
    assert (z**4).mean(0) == pytest.approx([3, 3], abs=0.4)
    assert np.corrcoef(z.T)[0, 1] == pytest.approx(0, abs=0.06)


# The data set


def test_held_out_points_stay_so_when_others_are_added():
    before, after = data(LINE), data(LINE, DAB)
    old = {tuple(p) for p in before.heldout.x.tolist()}
    learned = {tuple(p) for p in before.train.x.tolist()}
    assert old <= {tuple(p) for p in after.heldout.x.tolist()}
    assert learned <= {tuple(p) for p in after.train.x.tolist()}
    total = len(after.train.x) + len(after.heldout.x)
    assert len(after.heldout.x) / total == pytest.approx(0.2, abs=0.02)


def test_the_first_held_out_points_stand_for_all_strokes():
    heldout = data(DAB, {**DAB, "path": [50, 50], "seed": 9}).heldout.x
    assert (heldout[:200, 0] > 40).float().mean() == pytest.approx(0.5, abs=0.12)


def test_two_points_are_enough_and_one_is_not():
    two = data(points([0, 0], [1, 1]))
    assert (len(two.train.x), len(two.heldout.x)) == (1, 1)
    for operations, words in (([], "no point"), ([points([1, 2])], "1 point;")):
        with pytest.raises(TooFewPointsError, match=words):
            data(*operations)


def test_classes_have_names_and_labels_from_zero():
    found = data({**LINE, "label": 8}, DAB)
    assert found.classes == 8
    assert set(found.train.labels.tolist()) == {0, 7}


def test_the_canvas_is_shown_and_grows_with_the_points():
    assert data(LINE).limits == (-4, 4, -4, 4)
    assert data(LINE, canvas=[-9, 9, -9, 9]).limits == (-9, 9, -9, 9)
    x_0, x_1, y_0, y_1 = data({**LINE, "path": [-3, 0, 9, 0]}).limits
    assert x_0 <= -4
    assert x_1 >= 9.2
    assert x_1 - x_0 == pytest.approx(y_1 - y_0)
    tall = data(LINE, canvas=[-9, 9, -900, 900]).limits
    assert tall == (-9, 9, -900, 900)


def test_a_point_that_is_held_out_is_shown_as_well():
    two = points((10.5, 1), (20.5, 2))
    found = [data({**two, "seed": seed}) for seed in range(8)]
    assert {float(each.heldout.x[0, 0]) for each in found} == {10.5, 20.5}
    assert len({each.limits for each in found}) == 1
    assert found[0].limits[1] > 20.5


def test_points_may_be_json_text():
    text = json.dumps([LINE])
    found = load_data("drawn", {"operations": text}, seed=0)
    assert torch.equal(found.train.x, data(LINE).train.x)


# What is refused


def refusal(operations):
    with pytest.raises((DataError, SettingError)) as caught:
        data(*operations)
    sentence = str(caught.value)
    assert len(sentence) < 200
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({**DAB, "path": [math.nan, 1]}, "number 1 of path should be a finite"),
        ({**DAB, "path": [1, 2, 3]}, "as many y as x"),
        ({**DAB, "radius": 0}, "radius"),
        ({**DAB, "label": 9}, "label"),
        ({**DAB, "density": 10**9}, "density"),
        ({**DAB, "path": [0, 0, 1e9, 1e9], "radius": 1e-6}, "more than 100,000"),
        ({**DAB, "colour": "red"}, "colour"),
        ({"do": "explode"}, ': "explode" is none of brush, erase, points,'),
        ({"path": [0, 1]}, 'it should look like {"do": "rotate", "degrees": 30}'),
        ({"do": "points", "x": [1, 2], "labels": [1, 2]}, "one for each point"),
        ({"do": "points", "x": [1e300, 2]}, "number 1 of x should be"),
        ({"do": "rotate", "degrees": math.inf}, "degrees"),
        (grey([[0, 255]], grey="!!!"), "base64"),
        (grey([[0, 255]], width=3), "2 bytes"),
        (grey([[0, 255]], width=10**6), "width"),
        (grey([[9, 9]]), "same brightness"),
        (grey([[0, 255]], box=[1, 0, 0, 1]), "box"),
        ("not an operation", "it should look like"),
        (None, "Operation 1"),
    ],
)
def test_a_bad_operation_is_named(operation, words):
    assert words in refusal([operation])


def test_a_drawing_has_its_limits():
    assert "at most 1,000 operations" in refusal([DAB] * (MAX_OPERATIONS + 1))
    many = points(*[[0, 1]] * 60_000)
    assert "400,000 numbers" in refusal([many] * 4)
    assert f"{MAX_POINTS:,}" in refusal([many, many])
    grown = [points([1, 1], [5, 5])] + [{"do": "scale", "factor": 100}] * 6
    assert "too large" in refusal(grown)


@pytest.mark.parametrize("text", ["{}", "[", "7", "[" * 100_000, '[{"do": 1}]'])
def test_bad_json_is_one_sentence(text):
    with pytest.raises(DataError) as caught:
        load_data("drawn", {"operations": text}, seed=0)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("canvas", [[1, 0, 0, 1], "x", [0, 1, 0], [0, math.nan, 0, 1]])
def test_a_bad_canvas_is_refused(canvas):
    with pytest.raises(DataError):
        data(DAB, canvas=canvas)


def test_operations_survive_json():
    config = checked(type(data(DAB).config), {"operations": [DAB, LINE]}, "drawn")
    again = json.loads(config.model_dump_json())
    assert checked(type(config), again, "drawn") == config
