"""Who waits for the engine longer than a moment is told what is under way."""

import pytest

from app import patience
from app.patience import Patience


@pytest.fixture
def waiting(qapp, monkeypatch):
    monkeypatch.setattr(patience, "_MOMENT", 0)
    made = Patience("a file")
    made.said = []
    made.noted.connect(made.said.append)
    made.outdated.connect(made.said.append)
    return made


def test_long_work_is_told_and_taken_back_when_it_ends(waiting, qtbot):
    waiting.begin("Saving", "lab.genplay")
    qtbot.waitUntil(lambda: bool(waiting.said))
    (note,) = waiting.said
    assert (note.title, note.text, note.about) == ("Saving", "lab.genplay", "a file")
    waiting.end()
    assert waiting.said[1:] == ["a file"]


def test_short_work_is_not_told(waiting, qapp):
    waiting.begin("Saving", "lab.genplay")
    waiting.end()
    qapp.processEvents()
    assert waiting.said == ["a file"]
