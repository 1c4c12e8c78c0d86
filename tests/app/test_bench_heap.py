"""What malloc has handed out is counted, to the byte; where it cannot tell, nothing."""

import ctypes

import pytest

from app import bench_heap, bench_leaks
from app.bench_heap import heap_in_use

PIECE, PIECES = 100_000, 40  # below the size that malloc maps for itself


@pytest.fixture
def libc():
    if heap_in_use() is None:
        pytest.skip("this C library does not count what it has handed out")
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    return libc


@pytest.mark.parametrize("size", [PIECE, 10_000_000])
def test_what_is_handed_out_is_counted_until_it_comes_back(libc, size):
    """Small pieces come from the heap, large ones are mapped: both count."""
    before = heap_in_use()
    pieces = [libc.malloc(size) for _ in range(PIECES)]
    assert heap_in_use() - before == pytest.approx(size * PIECES, rel=0.01)
    for piece in pieces:
        libc.free(piece)
    assert heap_in_use() - before == pytest.approx(0, abs=0.01 * size * PIECES)


def test_without_such_a_count_the_measurement_has_no_such_figure(monkeypatch):
    monkeypatch.setattr(bench_heap, "_mallinfo2", lambda: None)
    assert heap_in_use() is None
    assert bench_leaks._heap_kb() == {}
