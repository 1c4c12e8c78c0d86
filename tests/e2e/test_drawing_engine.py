"""Data drawn in the real window while the real engine trains; undone, saved, opened."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine import cli
from engine.protocol import Open

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hand:
    """Draws on the page of a lab."""

    def __init__(self, lab):
        self.lab = lab
        lab.window.pages.show_page("draw")
        self.page = lab.window.pages.page("draw")

    def stroke(self, *places):
        view = self.page.canvas.viewport()
        pixels = [self.page.canvas.pane.pixel(*p).toPoint() for p in places]
        QTest.mousePress(view, LEFT, NONE, pixels[0])
        for pixel in pixels[1:]:
            QTest.mouseMove(view, pixel)
            self.lab.qtbot.wait(1)
        QTest.mouseRelease(view, LEFT, NONE, pixels[-1])

    @property
    def shown(self):
        """Points on the canvas."""
        canvas = self.page.canvas
        items = [*canvas.plain, *(i for c in canvas.points for i in c.items)]
        return np.concatenate([item.points for item in items])

    def until_shown(self, condition):
        self.lab.until(lambda: condition(self.shown))


def circle(radius):
    angles = np.linspace(0, 2 * np.pi, 40)
    return [(radius * np.cos(a), radius * np.sin(a)) for a in angles]


def test_a_drawing_is_learned_while_it_grows(open_lab, tmp_path):
    lab = open_lab(model="realnvp", data="two_moons", settings=["steps=100000"])
    hand = Hand(lab)
    QTest.mouseClick(hand.page.start.empty, LEFT)
    hand.stroke(*circle(1.0))
    lab.until(lambda: lab.run.applied.data == "drawn" and lab.run.status)
    hand.until_shown(len)
    radii = np.hypot(*hand.shown.T)
    assert radii.min() > 0.5
    assert radii.max() < 1.5
    begun = lab.run.ready.scaling
    lab.session.play()
    lab.until(lambda: lab.run.step > 5)
    one = lab.run.ready.points
    step = lab.run.step
    hand.stroke((-2, 2), (0, 2), (2, 2))
    lab.until(lambda: lab.run.ready.points > one)
    hand.until_shown(lambda x: len(x) and x[:, 1].max() > 1.8)
    lab.until(lambda: lab.run.step > step + 5)  # never paused, never begun again
    assert lab.run.is_playing
    assert lab.run.ready.scaling == begun
    lab.until(lambda: any(c.name == "points" for c in lab.run.changes))

    hand.page.drawing.clear()
    lab.until(lambda: lab.run.has_too_few)
    assert len(hand.shown) == 0
    assert lab.run.is_playing
    hand.page.drawing.undo()
    lab.until(lambda: not lab.run.has_too_few)
    hand.page.drawing.undo()
    lab.until(lambda: lab.run.ready.points == one)
    hand.until_shown(lambda x: len(x) and x[:, 1].max() < 1.5)
    hand.page.drawing.redo()
    lab.until(lambda: lab.run.ready.points > one)
    lab.session.pause()
    lab.until(lambda: not lab.run.is_playing and not lab.session.desk.is_busy)

    folder = tmp_path / "run"
    lab.session.questions.save_run(str(folder))
    lab.until(lambda: any(note.title == "Run saved" for note in lab.notes))
    head = json.loads((folder / "run.json").read_text())
    operations = head["config"]["data_settings"]["operations"]
    assert [o["do"] for o in operations] == ["brush", "brush"]
    answers = []
    command = Open(run_id="again", folder=str(folder))
    lab.session.link.send(command, lambda ack, arrays: answers.append(ack))
    lab.until(lambda: answers)
    assert answers[0].error == ""
    assert answers[0].result["config"]["data_settings"]["operations"] == operations


def test_text_pictures_and_data_sets_are_added(open_lab, tmp_path):
    lab = open_lab(model="conditional_gan", data="two_moons")
    hand = Hand(lab)
    hand.page.drawing.read({"text": "10,5;1\n20,5;2\n;\n"}, "paste")
    lab.until(lambda: lab.run.applied.data == "drawn" and lab.run.status)
    hand.until_shown(lambda x: len(x) == 2)
    assert lab.run.ready.limits[1] > 20
    hand.page.tools.layer.user_choose("rings")
    QTest.mouseClick(hand.page.tools.add_layer, LEFT)
    hand.until_shown(lambda x: len(x) == 2002)
    lab.train(3)
    hand.page.tools.changes.fields["scale"].user_set(0.5)
    QTest.mouseClick(hand.page.tools.change["scale"], LEFT)
    hand.until_shown(lambda x: len(x) == 2002 and x.max() < 12)
    assert lab.run.step == 3


def test_the_command_line_learns_a_saved_drawing(tmp_path, capsys):
    dab = {"do": "brush", "path": [0, 0, 1, 1], "radius": 0.3, "density": 200}
    file = tmp_path / "mine.json"
    line = ["train", "realnvp", "--data", "drawn", "--steps", "5", "--json"]
    line += ["--set", f"operations=@{file}", "--device", "cpu"]
    assert cli.main(line) == 2
    assert "cannot be read" in capsys.readouterr().err
    file.write_text(json.dumps([dab]))
    assert cli.main([*line, "--out", str(tmp_path / "run")]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 5
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    assert kept["config"]["data_settings"]["operations"][0]["path"] == [0, 0, 1, 1]
    for text, words in (("[", "no readable JSON"), ('[{"do": 7}]', "Operation 1")):
        file.write_text(text)
        assert cli.main(line) == 2
        assert words in capsys.readouterr().err
