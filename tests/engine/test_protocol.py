"""Every message survives the wire; no bytes can do worse than a ProtocolError."""

import json
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import protocol as p

COMMANDS = get_args(get_args(p.AnyCommand)[0])
EVENTS = get_args(get_args(p.AnyEvent)[0])
SCALARS = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation, inside the limits that the messages set."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values(inner[0])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of([values(k) for k in inner])
    if origin is list:
        return st.lists(values(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(st.text(max_size=8), values(inner[1]), max_size=3)
    if origin is tuple:
        return st.tuples(*[values(k) for k in inner])
    if isinstance(kind, type) and issubclass(kind, p.Message):
        return messages(kind)
    plain = {
        int: st.integers(1, 1000),
        float: st.floats(0, 1),
        str: st.text(max_size=12),
        bool: st.booleans(),
        type(None): st.none(),
        Any: SCALARS,
    }
    return plain[kind]


def messages(kind: type[p.Message]) -> st.SearchStrategy[Any]:
    fields = {k: values(f.annotation) for k, f in kind.model_fields.items()}
    return st.builds(kind, **fields)


ARRAYS = st.dictionaries(
    st.text(max_size=8),
    st.sampled_from(p.DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=4))
    ),
    max_size=3,
)


@pytest.mark.parametrize("kind", [*COMMANDS, p.Credit], ids=lambda k: k.__name__)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_command_comes_back_as_it_was(kind: Any, data: Any) -> None:
    message, arrays = data.draw(messages(kind)), data.draw(ARRAYS)
    _assert_same(p.decode_command(p.encode(message, arrays)), message, arrays)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda k: k.__name__)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_event_comes_back_as_it_was(kind: Any, data: Any) -> None:
    message, arrays = data.draw(messages(kind)), data.draw(ARRAYS)
    _assert_same(p.decode_event(p.encode(message, arrays)), message, arrays)


def _assert_same(decoded: Any, message: Any, arrays: Any) -> None:
    found, found_arrays = decoded
    assert found == message
    assert type(found) is type(message)
    assert found_arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found_arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found_arrays[name], array)
        assert not found_arrays[name].flags.writeable


JSON = st.recursive(
    SCALARS | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["message", "arrays", "kind", "name", "dtype", "shape"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def _decode_both(parts: list[bytes]) -> None:
    for decode in (p.decode_command, p.decode_event):
        try:
            decode(parts)
        except p.ProtocolError:
            continue


@given(parts=st.lists(st.binary(max_size=80), max_size=4))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_raise_nothing_but_protocol_errors(parts: list[bytes]) -> None:
    _decode_both(parts)


@given(header=JSON, spec=JSON, rest=st.lists(st.binary(max_size=16), max_size=2))
@settings(max_examples=300, deadline=None)
def test_arbitrary_headers_raise_nothing_but_protocol_errors(
    header: Any, spec: Any, rest: list[bytes]
) -> None:
    _decode_both([json.dumps(header).encode(), *rest])
    good = p.Pause(run_id="a").model_dump(mode="json")
    for specs in (spec, [spec] * len(rest)):
        crafted = {"message": good, "arrays": specs}
        _decode_both([json.dumps(crafted).encode(), *rest])


def test_hostile_headers_are_refused() -> None:
    deep = b'{"message":' + b"[" * 100_000
    good = {"message": {"kind": "ping", "id": 1}, "arrays": []}
    spec = {"name": "x", "dtype": "<f4", "shape": [2**28, 2**28, 2**28, 2**28]}
    hostile = [
        [deep],
        [json.dumps(good | {"message": {"kind": "ping", "id": -1}}).encode()],
        [json.dumps(good | {"message": {"kind": "ping", "more": 1}}).encode()],
        [json.dumps(good | {"message": {"kind": "frame"}}).encode()],
        [json.dumps(good).encode(), b"stray"],
        [json.dumps(good | {"arrays": [spec]}).encode(), b"1234"],
        [json.dumps(good | {"arrays": [spec | {"dtype": "|O"}]}).encode(), b"1234"],
        [json.dumps(good | {"arrays": [spec | {"shape": [-1]}]}).encode(), b"1234"],
    ]
    for parts in hostile:
        with pytest.raises(p.ProtocolError):
            p.decode_command(parts)


def test_an_array_of_objects_never_leaves() -> None:
    with pytest.raises(p.ProtocolError, match="dtype"):
        p.encode(p.Ping(), {"x": np.array([object()])})


def test_big_endian_arrays_are_turned_round() -> None:
    array = np.arange(5, dtype=">f4")
    _, found = p.decode_command(p.encode(p.Ping(), {"x": array}))
    np.testing.assert_array_equal(found["x"], array)
    assert found["x"].dtype == "<f4"
