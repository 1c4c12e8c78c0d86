"""Faults of a run in the window: told once, listed while they last, and cured."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from app.panels.diagnosis_section import DiagnosisSection
from app.session_doctor import Doctor
from engine.protocol import Diagnosis, Finding, Remedy

SLOW = Remedy(title="Slow down", changes={"training": {"learning_rate": 1e-4}})
BACK = Remedy(
    title="Back to step 100", changes={"training": {"clip": 1.0}}, restore=100
)
CLIMB = Finding(name="diverging", title="The loss is climbing", text="Up.")


def fault(*remedies: Remedy) -> Finding:
    return CLIMB.model_copy(update={"remedies": list(remedies)})


def run_of(number: int) -> SimpleNamespace:
    return SimpleNamespace(id=f"run-{number}", waiting={})


class World(QObject):
    """A desk that writes down what is done with it, and two runs."""

    run_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.done: list[object] = []
        self.run, self.other = run_of(1), run_of(2)
        self.shown = [self.run]
        self.runs = self
        self.doctor = Doctor(self, self, self.titled, self)

    def titled(self, run, title: str) -> str:
        return title if len(self.shown) < 2 else f"{run.id}: {title}"

    def choose(self, run_id: str) -> None:
        self.done.append(("choose", run_id))
        self.run = self.other

    def restore(self, step: int, run=None) -> None:
        self.done.append(("restore", step, run.id))

    def edit_groups(self, values, text: str) -> None:
        self.done.append((values, text))

    def restart(self) -> None:
        self.done.append("restart")


@pytest.fixture
def world(qapp):
    return World()


def tell(world: World, *findings: Finding, run_id: str = "run-1") -> None:
    event = Diagnosis(run_id=run_id, step=5, findings=list(findings))
    world.doctor.receive(event)


def test_a_fault_is_told_once_and_again_after_a_new_beginning(world):
    notes = []
    world.doctor.noted.connect(notes.append)
    tell(world, fault(SLOW))
    tell(world, fault(SLOW))
    tell(world)
    tell(world, fault(SLOW))
    assert [n.title for n in notes] == ["The loss is climbing"]
    assert notes[0].action == "Slow down"
    world.doctor.forget("run-1")
    tell(world, fault())
    assert len(notes) == 2
    assert notes[1].action == ""


def test_a_fault_of_a_run_that_is_not_on_show_waits_in_silence(world):
    notes = []
    world.doctor.noted.connect(notes.append)
    tell(world, fault(SLOW), run_id="run-2")
    assert notes == []
    assert world.doctor.findings["run-2"]


def test_the_note_applies_the_best_remedy_and_restarts_only_if_it_must(world):
    notes = []
    world.doctor.noted.connect(notes.append)
    tell(world, fault(BACK, SLOW))
    notes[0].do()
    assert world.done == [
        ("restore", 100, "run-1"),
        ({"training": {"clip": 1.0}}, "remedy for the loss is climbing"),
    ]
    world.done.clear()
    world.run.waiting = {"training": {"clip"}}
    world.doctor.cure(world.run, "X", SLOW)
    assert world.done == [
        ({"training": {"learning_rate": 1e-4}}, "remedy for x"),
        "restart",
    ]


def test_the_panel_lists_what_is_wrong_now_and_each_remedy_does_its_work(world, qtbot):
    section = DiagnosisSection(world)
    qtbot.addWidget(section)
    assert not section.sound.isHidden()
    tell(world, fault(BACK, SLOW))
    assert section.sound.isHidden()
    assert list(section.buttons) == ["Back to step 100", "Slow down"]
    section.buttons["Slow down"].click()
    assert world.done[0][0] == SLOW.changes
    assert list(section.buttons) == ["Back to step 100", "Slow down"]  # until it goes
    notes = []
    world.doctor.noted.connect(notes.append)
    tell(world, fault(SLOW))
    assert len(notes) == 1  # it did not help
    assert list(section.buttons) == ["Slow down"]
    tell(world)
    assert section.buttons == {}
    assert not section.sound.isHidden()


def test_a_note_leaves_with_its_fault_with_its_run_and_with_a_new_beginning(world):
    over = []
    world.doctor.outdated.connect(over.append)
    notes = []
    world.doctor.noted.connect(notes.append)
    tell(world, fault(SLOW))
    assert notes[0].about == "run-1:diverging"
    tell(world, fault(SLOW))
    assert over == []
    tell(world)
    assert over == ["run-1:diverging"]
    world.doctor.forget("run-1")
    tell(world, fault(SLOW))
    world.doctor.keep_to_screen()
    assert len(over) == 1
    world.shown = [world.other]
    world.doctor.keep_to_screen()
    world.doctor.keep_to_screen()
    assert len(over) == 2
    world.shown = [world.run]
    world.doctor.forget("run-1")
    tell(world, fault(SLOW))
    world.doctor.forget("run-1")
    assert len(over) == 3


def test_among_several_runs_a_note_says_which_and_cures_that_one(world):
    notes, retitled = [], []
    world.doctor.noted.connect(notes.append)
    world.doctor.retitled.connect(lambda *words: retitled.append(words))
    tell(world, fault(SLOW))
    world.shown = [world.run, world.other]
    world.doctor.keep_to_screen()
    assert retitled == [("run-1:diverging", "run-1: The loss is climbing")]
    tell(world, fault(BACK), run_id="run-2")
    assert notes[1].title == "run-2: The loss is climbing"
    notes[1].do()
    assert world.done == [
        ("choose", "run-2"),
        ("restore", 100, "run-2"),
        (BACK.changes, "remedy for the loss is climbing"),
    ]
    world.shown = [world.other]
    world.doctor.keep_to_screen()
    assert retitled[1:] == [("run-2:diverging", "The loss is climbing")]
