"""A key that is held down: what is done again and again, and what but once."""


def test_held_down_a_key_does_once_what_would_be_undone_by_the_next_time(world):
    """Ctrl+Shift+B held for a second opened and closed its page 23 times."""
    actions = world.window.actions_by_name.actions
    repeating = {name for name, action in actions.items() if action.autoRepeat()}
    assert repeating == {"step", "redraw", "larger", "smaller", "undo", "redo"}
