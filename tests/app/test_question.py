"""A question is answered by its buttons, and by Escape as if nothing had been asked."""

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app.panels.question import Button, ask

YES_NO = Button.Yes | Button.No


@pytest.fixture
def asked(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()

    def question(act, buttons=YES_NO, default=Button.No):
        QTimer.singleShot(0, lambda: act(QApplication.activeModalWidget()))
        return ask(parent, "Save", "Replace it?", buttons, default)

    question.parent = parent
    return question


@pytest.mark.parametrize("button", [Button.Yes, Button.No])
def test_the_clicked_button_is_the_answer(asked, button):
    assert asked(lambda box: box.button(button).click()) == button


def test_return_takes_the_proposed_button(asked):
    def enter(box):
        QTest.keyClick(box, Qt.Key.Key_Return)

    assert asked(enter) == Button.No
    three = Button.Save | Button.Discard | Button.Cancel
    assert asked(enter, three, Button.Save) == Button.Save


@pytest.mark.parametrize(
    ("buttons", "unchanged"),
    [
        (YES_NO, Button.No),
        (Button.Save | Button.Discard | Button.Cancel, Button.Cancel),
    ],
)
def test_escape_changes_nothing(asked, buttons, unchanged):
    def escape(box):
        QTest.keyClick(box, Qt.Key.Key_Escape)

    assert asked(escape, buttons, Button.Save) == unchanged
    assert asked(lambda box: box.close(), buttons, Button.Save) == unchanged


def test_the_question_is_in_words_alone_and_goes_when_answered(asked):
    said = []

    def read(box):
        said.append((box.text(), box.windowTitle(), box.icon()))
        box.close()

    asked(read)
    assert said == [("Replace it?", "Save", QMessageBox.Icon.NoIcon)]
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not asked.parent.findChildren(QMessageBox)
