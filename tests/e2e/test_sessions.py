"""Sessions: saved from one window, opened in another, as they were left."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def saved(lab, path):
    lab.window.files.write_session(str(path))
    lab.until(path.is_file)
    lab.until(lambda: any(n.title == "Session saved" for n in lab.notes + told(lab)))
    return path


def more(lab, steps):
    """Train on."""
    goal = lab.run.step + steps
    lab.session.step_once(steps)
    lab.until(lambda: lab.run.step == goal and not lab.run.is_playing)


def told(lab):
    return lab.window.toasts.toasts


def test_a_session_comes_back_as_it_was_left(open_lab, tmp_path):
    lab = open_lab()
    lab.session.desk.edit("model_settings", "beta", 2.0)
    lab.session.desk.edit("model_settings", "beta", 3.0)
    lab.until(lambda: not lab.session.desk.is_busy)
    lab.train(40)
    lab.session.runs.branch()
    lab.until(lambda: lab.run.number == 2 and lab.run.status)
    lab.session.desk.edit("model_settings", "beta", 5.0)
    lab.until(lambda: not lab.session.desk.is_busy)
    more(lab, 20)
    lab.session.runs.undo_group.undo()
    lab.until(lambda: not lab.session.desk.is_busy)
    step = lab.run.step
    lab.session.slots.choose("a", "samples")
    lab.session.runs.visit(45)
    at, kept = lab.run.at, set(lab.run.snapshots)
    wanted = lab.run.config
    file = saved(lab, tmp_path / "lab.genplay")

    other = open_lab(model="gan")
    other.window.files.sessions.open(str(file))
    other.until(lambda: len(other.session.runs.all) == 2 and other.run.step == step)
    assert other.run.config == wanted
    assert set(other.run.snapshots) >= kept
    assert other.run.at == at
    assert sorted(run.number for run in other.session.runs.all.values()) == [1, 2]
    assert other.run.number == 2
    assert other.session.slots["a"].view == "samples"
    cards = other.window.wall.cards
    other.until(lambda: cards["a"].shows_step(at))
    other.session.runs.undo_group.redo()
    other.until(lambda: not other.session.desk.is_busy)
    assert other.run.config.model_settings["beta"] == 5.0
    more(other, 5)
    first = next(r for r in other.session.runs.all.values() if r is not other.run)
    other.session.runs.choose(first.id)
    other.until(lambda: other.run.step == 40)


DAB = {
    "do": "brush",
    "path": [0.0, 0.0, 1.0, 1.0],
    "radius": [0.3, 0.3],
    "density": 200,
    "label": 1,
    "seed": 3,
}


def test_a_drawing_that_was_cleared_comes_back_empty(open_lab, tmp_path):
    """Its points were back on the canvas: the engine goes on learning from them."""
    lab = open_lab(model="realnvp")
    lab.window.pages.show_page("draw")
    drawing = lab.window.pages.page("draw").drawing
    drawing.begin_empty()
    drawing.add([DAB], "stroke")
    lab.until(lambda: lab.run.applied.data == "drawn" and lab.run.status)
    lab.train(5)
    points = lab.run.ready.points
    drawing.clear()
    lab.until(lambda: lab.run.has_too_few)
    file = saved(lab, tmp_path / "lab.genplay")

    other = open_lab(model="gan")
    other.window.files.sessions.open(str(file))
    page = other.window.pages.page("draw")
    other.until(lambda: other.run.step == 5 and other.run.has_too_few)
    assert page.drawing.operations == []
    (note,) = page.foot.notes.labels
    assert note.text().endswith("Until then the points from before are learned.")
    assert other.run.ready.points == points
    assert other.run.step == 5
    other.session.runs.undo_group.undo()
    other.until(lambda: not other.run.has_too_few)
    assert page.drawing.operations == [DAB]


def test_a_file_that_cannot_be_read_leaves_everything_as_it_is(open_lab, tmp_path):
    lab = open_lab()
    lab.train(10)
    file = saved(lab, tmp_path / "lab.genplay")
    bad = tmp_path / "bad.genplay"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    bad.write_bytes(content)
    run = lab.run
    lab.window.files.sessions.open(str(bad))
    lab.until(lambda: any("not opened" in toast.title for toast in told(lab)))
    assert lab.run is run
    assert list(lab.session.runs.all.values()) == [run]
    more(lab, 5)
    nothing = tmp_path / "nothing.genplay"
    nothing.write_text("hello")
    heard = []
    lab.window.files.noted.connect(heard.append)
    lab.window.files.sessions.open(str(nothing))
    assert "no session file" in heard[0].text
    assert lab.run is run


def test_a_comparison_comes_back_with_its_page_its_links_and_its_plots(
    open_lab, tmp_path
):
    lab = open_lab()
    lab.train(20)
    lab.window.pages.show_page("compare")
    compare, page = lab.session.compare, lab.window.pages.page("compare")
    compare.add_model("rectified_flow")
    lab.until(lambda: len(compare.runs) == 2 and all(r.status for r in compare.runs))
    page.head.links["axes"].click()
    _, flow = (page.columns[run.id] for run in compare.runs)
    flow.left.head.choose("split")
    flow.right.head.view_chosen.emit("samples")
    lab.session.probe.ask(0.5, 0.25)
    file = saved(lab, tmp_path / "lab.genplay")

    other = open_lab(model="gan")
    other.window.files.sessions.open(str(file))
    other.until(lambda: other.window.pages.current_name == "compare")
    compare, page = other.session.compare, other.window.pages.page("compare")
    models = [run.config.model for run in compare.runs]
    assert models == ["vae", "rectified_flow"]
    assert "axes" not in compare.links
    columns = list(page.columns.values())
    assert [c.right.plot.view for c in columns] == ["samples", "samples"]
    assert [c.left.plot.mode for c in columns] == ["split", "split"]
    other.until(lambda: all(c.right.plot.has_frame for c in columns))
    other.until(lambda: len(other.session.probe.answers) == 2)
    assert compare.runs[0].step == 20


def test_what_was_changed_and_what_waits_for_a_restart_come_back(open_lab, tmp_path):
    lab = open_lab()
    lab.train(20)
    lab.session.desk.edit("model_settings", "beta", 2.0)
    lab.until(lambda: lab.run.changes)
    lab.session.desk.edit("model_settings", "width", 64)
    lab.until(lambda: not lab.session.desk.is_busy)
    wanted, changes = lab.run.config, lab.run.changes
    assert lab.run.waiting == {"model_settings": {"width"}}
    file = saved(lab, tmp_path / "lab.genplay")

    other = open_lab(model="gan")
    other.window.files.sessions.open(str(file))
    other.until(lambda: other.run.step == 20 and other.run.waiting)
    assert other.run.config == wanted
    assert other.run.waiting == {"model_settings": {"width"}}
    marks = [(c.step, c.name, c.old, c.new) for c in other.run.changes]
    assert marks == [(c.step, c.name, c.old, c.new) for c in changes]
    other.session.desk.restart()
    other.until(lambda: other.run.applied == wanted and other.run.step == 0)
