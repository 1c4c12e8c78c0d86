"""Files that are written whole or not at all, and what a killed writer leaves."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from engine.part_file import remove_left_over, replacing

_KILLED = """
import os, signal, sys
from pathlib import Path
from engine.part_file import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_while_writing(path):
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)


def parts(folder):
    return sorted(p.name for p in folder.glob("*.part"))


@pytest.fixture
def left(tmp_path):
    """A file ``a.genplay`` whose later writer was killed."""
    path = tmp_path / "a.genplay"
    path.write_bytes(b"old")
    kill_while_writing(path)
    assert path.read_bytes() == b"old"
    assert len(parts(tmp_path)) == 1
    return path


def test_a_block_replaces_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert parts(tmp_path) == []


def test_what_is_raised_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with suppress(KeyError), replacing(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert parts(tmp_path) == []


def test_an_error_names_the_file_that_a_person_chose(tmp_path):
    path = tmp_path / "none" / "a.csv"
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)


def test_the_next_save_removes_what_a_killed_one_left(left):
    with replacing(left) as file:
        file.write(b"new")
    assert parts(left.parent) == []


def test_a_save_that_fails_removes_nothing(left):
    with suppress(KeyError), replacing(left):
        raise KeyError
    assert len(parts(left.parent)) == 1


def test_only_parts_of_this_file_and_of_the_dead_are_removed(left):
    folder = left.parent
    (dead,) = parts(folder)
    alive = dead.replace(f"-{dead.split('-')[1]}-", f"-{os.getpid()}-")
    elsewhere = dead.replace(".a.genplay.", ".a.genplay.x")
    of_another = dead.replace(".a.genplay.", ".aa.genplay.")
    others = [alive, elsewhere, of_another, "a.genplay.part", ".a.genplay.1.part"]
    for name in others:
        (folder / name).write_bytes(b"half")
    remove_left_over(left)
    assert parts(folder) == sorted(others)
    assert left.read_bytes() == b"old"


def test_a_dead_part_that_is_a_folder_stays(left):
    folder = left.parent
    (dead,) = parts(folder)
    (folder / dead).unlink()
    (folder / dead).mkdir()
    remove_left_over(left)
    assert parts(folder) == [dead]
