"""Runs of several families side by side in front of the real engine."""

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def pair(open_lab):
    """A VAE and a rectified flow on the compare page, with steps for a fast machine."""
    lab = open_lab(settings=["steps=100000"])
    lab.window.pages.show_page("compare")
    lab.session.compare.add_model("rectified_flow")
    lab.until(lambda: len(lab.session.compare.runs) == 2)
    lab.until(lambda: all(r.status for r in lab.session.compare.runs))
    return lab, lab.window.pages.page("compare")


def test_two_families_train_side_by_side_and_share_the_time(pair):
    lab, page = pair
    runs = lab.session.compare.runs
    lab.session.play()
    lab.until(lambda: all(run.is_playing for run in runs))
    frames = {run.id: set() for run in runs}
    for run in runs:
        slots = lab.session.compare.slots[run.id]
        slots.frame_received.connect(
            lambda name, frame, _: frames[frame.run_id].add(frame.step)
        )
    lab.until(lambda: all(len(steps) > 2 for steps in frames.values()))

    def shared():
        seconds = [run.status.seconds for run in runs]
        return min(seconds) > 3 and max(seconds) < 1.5 * min(seconds) + 0.5

    # Slices of the run that has had least: neither is more than a picture ahead, as
    # soon as both have told how far they are.
    lab.until(shared)
    lab.session.pause()
    lab.until(lambda: not any(run.is_playing for run in runs))
    lab.until(lambda: all(len(r.status.losses) > 0 for r in runs))
    lab.until(lambda: set("AB") <= set(page.race.plot._names()))
    costs = [run.status.evaluations_per_sample for run in runs]
    assert costs[0] == 1
    assert costs[1] > 10


def test_time_of_both_is_scrubbed_by_one_hand_and_the_engine_follows(pair):
    lab, page = pair
    first, second = lab.session.compare.runs
    lab.session.step_once(40)
    lab.until(lambda: first.step == second.step == 40)
    lab.until(lambda: all(max(run.snapshots) > 5 for run in (first, second)))
    timeline = lab.window.timeline.timeline
    timeline.scrubbed.emit(5)
    assert first.at in first.snapshots
    assert second.at in second.snapshots
    places = [p for c in page.columns.values() for p in (c.left, c.right)]
    slots = lab.session.compare.slots
    lab.until(
        lambda: all(
            (found := slots[p.run.id][p.name].frame) is not None
            and found[0].step == p.run.at
            and found[0].full
            for p in places
        )
    )
    timeline.returned_live.emit()
    lab.until(lambda: all(slots[p.run.id][p.name].frame[0].step == 40 for p in places))


def test_a_place_is_answered_by_each_family_as_far_as_it_knows(pair):
    lab, page = pair
    lab.session.step_once(20)
    vae, flow = lab.session.compare.runs
    lab.until(lambda: vae.step == flow.step == 20)
    page.columns[vae.id].left.plot.asked.emit(0.5, 0.25)
    probe = lab.session.probe
    lab.until(lambda: all(r.id in probe.answers for r in (vae, flow)))
    assert probe.answers[vae.id].facts["kind"] == "bound"
    assert "path" not in probe.answers[vae.id].arrays
    path = probe.answers[flow.id].arrays["path"]
    np.testing.assert_allclose(path[-1, 0], [0.5, 0.25], atol=1e-4)
    marks = page.columns[flow.id].left.plot._marks
    assert next(iter(marks.values())).start.points.size == 2


def test_a_dragged_start_keeps_one_question_under_way(pair):
    lab, page = pair
    flow = lab.session.compare.runs[1]
    place = page.columns[flow.id].right
    lab.until(lambda: place.plot.has_frame)
    answers = []
    lab.session.questions.probe_answered.connect(lambda *answer: answers.append(answer))
    for step in range(60):
        place.plot.probed.emit("path", [[step / 60, 0.1]])
    lab.until(lambda: answers and np.isclose(answers[-1][2]["x"][0, 0, 0], 59 / 60))
    assert len(answers) < 60
