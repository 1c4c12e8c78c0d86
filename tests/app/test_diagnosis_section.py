"""Faults of a run in the window: told once, listed while they last, and cured."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from app.panels.diagnosis_section import DiagnosisSection
from app.session_doctor import Doctor
from app.widgets.label import Label
from engine.protocol import Diagnosis, Finding, Remedy

SLOW = Remedy(title="Slow down", changes={"training": {"learning_rate": 1e-4}})
BACK = Remedy(
    title="Back to step 100", changes={"training": {"clip": 1.0}}, restore=100
)
CLIMB = Finding(name="diverging", title="The loss is climbing", text="Up.")


def fault(*remedies: Remedy) -> Finding:
    return CLIMB.model_copy(update={"remedies": list(remedies)})


def run_of(number: int) -> SimpleNamespace:
    status = SimpleNamespace(state="playing", steps=4000)
    return SimpleNamespace(id=f"run-{number}", waiting={}, status=status)


class World(QObject):
    """A desk that writes down what is done with it, and two runs."""

    run_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.done: list[object] = []
        self.run, self.other = run_of(1), run_of(2)
        self.shown = [self.run]
        self.runs = self
        self.doctor = Doctor(self, self, self, self.titled, self)

    def titled(self, run, title: str) -> str:
        return title if len(self.shown) < 2 else f"{run.id}: {title}"

    def choose(self, run_id: str) -> None:
        self.done.append(("choose", run_id))
        self.run = self.other

    def restore(self, step: int, run=None) -> None:
        self.done.append(("restore", step, run.id))

    def go_on(self, run) -> None:
        self.done.append(("play", run.id))

    def extend(self, run) -> None:
        self.done.append(("more", run.id))

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
        ("play", "run-1"),
    ]
    world.done.clear()
    world.run.waiting = {"training": {"clip"}}
    world.doctor.cure(world.run, "X", SLOW)
    assert world.done == [
        ({"training": {"learning_rate": 1e-4}}, "remedy for x"),
        "restart",
    ]


@pytest.mark.parametrize("state", ["playing", "complete", "failed"])
def test_a_remedy_that_goes_back_trains_on_from_there(world, state):
    """Its run was left standing, without a word."""
    world.run.status.state = state
    world.doctor.cure(world.run, "X", BACK)
    assert world.done[0] == ("restore", 100, "run-1")
    assert world.done[-1] == ("play", "run-1")


def test_a_run_that_a_person_paused_stays_so_and_says_what_to_press(world):
    notes = []
    world.doctor.noted.connect(notes.append)
    world.run.status.state = "paused"
    world.doctor.cure(world.run, "X", BACK)
    assert ("play", "run-1") not in world.done
    (note,) = notes
    assert note.title == "The remedy is set, at step 100"
    assert "Play trains on" in note.text
    note.do()
    assert world.done[-1] == ("play", "run-1")


def test_a_remedy_for_a_complete_run_offers_further_steps(world):
    notes = []
    world.doctor.noted.connect(notes.append)
    world.doctor.cure(world.run, "X", SLOW)
    world.run.status.state = "complete"
    more = Remedy(title="8 steps", changes={"sampler_settings": {"steps": 8}})
    world.doctor.cure(world.run, "X", more)
    assert notes == []  # it trains on by itself, or needs no training
    world.doctor.cure(world.run, "X", SLOW)
    (note,) = notes
    assert note.text == "All 4,000 steps are done: it works in further ones only."
    assert note.action == "Train 4,000 more"
    note.do()
    assert world.done[-1] == ("more", "run-1")


def test_a_complete_run_that_begins_again_for_a_remedy_trains(world):
    world.run.status.state = "complete"
    world.run.waiting = {"model_settings": {"codes"}}
    world.doctor.cure(world.run, "X", SLOW)
    assert world.done[-2:] == ["restart", ("play", "run-1")]


def test_the_panel_lists_what_is_wrong_now_and_each_remedy_does_its_work(world, qtbot):
    section = DiagnosisSection(world)
    qtbot.addWidget(section)
    assert not section.sound.isHidden()
    tell(world, fault(BACK, SLOW))
    assert section.sound.isHidden()
    assert list(section.buttons) == ["Back to step 100", "Slow down"]
    section.buttons["Slow down"].click()
    assert world.done[0][0] == SLOW.changes
    assert list(section.buttons) == ["Back to step 100"]  # the other is tried now
    labels = section.findChildren(Label)
    said = [label.text() for label in labels if not label.isHidden()]
    assert any(text.startswith("The remedy is set") for text in said)
    assert CLIMB.text not in said
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


def test_a_remedy_takes_the_notes_on_its_run_away_whichever_was_chosen(world):
    """The first note stood on, with its remedy, beside the one that came after."""
    notes, over = [], []
    world.doctor.noted.connect(notes.append)
    world.doctor.outdated.connect(over.append)
    world.shown = [world.run, world.other]
    tell(world, fault(BACK, SLOW))
    tell(world, fault(BACK), run_id="run-2")
    world.doctor.cure(world.run, CLIMB.title, SLOW)
    assert over == ["run-1:diverging"]
    tell(world, fault(BACK))
    assert [note.about for note in notes] == [
        "run-1:diverging",
        "run-2:diverging",
        "run-1:diverging",
    ]
    assert len(over) == 1


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
        ("play", "run-2"),
    ]
    tell(world, fault(BACK), run_id="run-2")
    world.shown = [world.other]
    world.doctor.keep_to_screen()
    assert retitled[1:] == [("run-2:diverging", "The loss is climbing")]
