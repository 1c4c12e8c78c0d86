"""Faults of real runs in the real window: named, and cured with one click."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.panels.diagnosis_section import DiagnosisSection

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LEFT = Qt.MouseButton.LeftButton
TITLE = "Too few sampling steps"


def present(lab):
    """Names of the faults of the run on show."""
    return {f.name for f in lab.session.doctor.findings.get(lab.run.id, [])}


def cure(lab, begin):
    """Click the remedy of the section whose title begins so."""
    buttons = lab.window.model.findChild(DiagnosisSection).buttons
    title = next(title for title in buttons if title.startswith(begin))
    QTest.mouseClick(buttons[title], LEFT)
    lab.until(lambda: not lab.session.desk.is_busy)


def test_a_climbing_loss_goes_back_to_a_kept_moment_and_slows_down(open_lab):
    lab = open_lab(model="vae", data="two_moons", settings=["steps=4000"])
    lab.train(300)
    lab.session.desk.edit("training", "learning_rate", 0.1)
    lab.until(lambda: not lab.session.desk.is_busy)
    lab.train(400)
    lab.until(lambda: "diverging" in present(lab))
    cure(lab, "Back to step")
    lab.until(lambda: lab.run.step <= 300)
    assert lab.run.step in lab.run.snapshots
    usual = lab.run.history.stack.command(0).before.training["learning_rate"]
    assert lab.run.applied.training["learning_rate"] == usual < 0.033
    lab.until(lambda: "diverging" not in present(lab))


def test_too_few_steps_and_a_weak_noise_are_cured_in_the_window(open_lab):
    few = ["sampler=euler", "sampler.steps=2"]
    lab = open_lab(model="oracle", data="eight_gaussians", settings=few)
    lab.train(1)
    lab.until(lambda: "too_few_steps" in present(lab))
    toasts = [t for t in lab.window.toasts.toasts if t.title == TITLE]
    assert len(toasts) == 1
    toasts[0].action_chosen.emit()
    lab.until(lambda: lab.run.applied.sampler_settings["steps"] == 8)
    assert lab.run.step == 1
    lab.until(lambda: present(lab) == set())
    lab.session.runs.undo_group.undo()
    lab.until(lambda: lab.run.applied.sampler_settings["steps"] == 2)
    lab.until(lambda: "too_few_steps" in present(lab))


def test_a_remedy_that_needs_a_restart_restarts(open_lab):
    unused = ["codes=256", "restart_below=0.0", "codebook=gradient", "steps=3000"]
    lab = open_lab(model="vqvae", data="eight_gaussians", settings=unused)
    lab.train(500)
    lab.until(lambda: "dead_codes" in present(lab))
    cure(lab, "A list of")
    lab.until(lambda: lab.run.step == 0)
    lab.until(lambda: lab.run.applied.model_settings["codes"] < 256)
    assert present(lab) == set()
