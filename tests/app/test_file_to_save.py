"""A name without an ending gets one, and no file is replaced unasked."""

import stat

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QWidget

from app import films
from app.panels import question
from app.panels.file_to_save import file_to_save
from app.plots.base import Table
from app.tables import table_files, write_tables


@pytest.fixture
def ask(qtbot, monkeypatch):
    parent = QWidget()
    qtbot.addWidget(parent)
    asked = []

    def named(path, answer=question.Button.No):
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *_: (str(path) if path else "", "")
        )
        monkeypatch.setattr(
            question, "ask", lambda *words: asked.append(words[2]) or answer
        )
        return file_to_save(parent, "Save", "density.png", "*.png")

    named.asked = asked
    return named


def test_the_ending_that_was_left_out_is_added(ask, tmp_path):
    assert ask(tmp_path / "map") == str(tmp_path / "map.png")
    assert ask(tmp_path / "map.svg") == str(tmp_path / "map.svg")
    assert ask("") == ""
    assert not ask.asked


def test_a_file_that_is_there_is_asked_about_under_its_whole_name(ask, tmp_path):
    (tmp_path / "map.png").touch()
    assert ask(tmp_path / "map") == ""
    yes = question.Button.Yes
    assert ask(tmp_path / "map", yes) == str(tmp_path / "map.png")
    assert ask.asked == ["map.png already exists. Replace it?"] * 2


def test_the_next_file_is_offered_where_the_last_one_went(qtbot, monkeypatch, tmp_path):
    parent, starts = QWidget(), []
    qtbot.addWidget(parent)
    there = tmp_path / "figures"
    there.mkdir()
    names = [str(there / "map.png"), "", ""]
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda *a: (starts.append(a[2]) or names[len(starts) - 1], ""),
    )
    for _ in range(2):
        file_to_save(parent, "Save", "density.png", "*.png")
    there.rmdir()
    file_to_save(parent, "Save", "density.png", "*.png")
    assert starts == ["density.png", str(there / "density.png"), "density.png"]


def test_a_film_may_be_read_by_whoever_may_read_other_files(tmp_path):
    other, film = tmp_path / "other", tmp_path / "film.gif"
    other.touch()
    films.write_film(film, [Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "red")])
    assert stat.S_IMODE(film.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_figure_says_what_it_shows(world, tmp_path):
    """Away from its window it has model, data and step beside its title."""
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    path = tmp_path / "figure.svg"
    card.save_figure(path, (900, 600))
    words = path.read_text("utf-8")
    assert "Rectified flow, Eight Gaussians, step " in words


def test_files_that_are_written_beside_it_are_asked_about_too(
    qtbot, monkeypatch, tmp_path
):
    table, other = (
        Table(("x", "y"), np.zeros((4, 2))),
        Table(("z",), np.zeros((2, 1))),
    )
    tables = {"points": table, "label": other}
    path = tmp_path / "kept.csv"
    assert table_files(path, tables) == write_tables(path, tables)
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(
        question,
        "ask",
        lambda *words: asked.append(words[2]) or question.Button.No,
    )
    parent = QWidget()
    qtbot.addWidget(parent)

    def named(name):
        return file_to_save(
            parent, "Save", name, "*.csv", lambda at: table_files(at, tables)[1:]
        )

    assert named("kept.csv") == ""
    assert asked == ["kept_label.csv already exists. Replace it?"]
    (tmp_path / "kept_label.csv").unlink()
    assert named("kept.csv") == str(path)  # the dialog has asked about that one
    assert len(asked) == 1


def test_several_files_are_named_in_one_sentence(qtbot, monkeypatch, tmp_path):
    names = [tmp_path / f"kept{end}.csv" for end in ("", "_a", "_b", "_c")]
    for path in names:
        path.touch()
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(names[0]), ""))
    monkeypatch.setattr(
        question,
        "ask",
        lambda *words: asked.append(words[2]) or question.Button.Yes,
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    kept = file_to_save(parent, "Save", "kept.csv", "*.csv", lambda _: names[1:])
    assert kept == str(names[0])
    assert asked == [
        "kept_a.csv, kept_b.csv and kept_c.csv already exist. Replace them?"
    ]
