"""A duel in the window: its buttons move one player of the run on show."""

from engine.protocol import StepOnce, Subscribe


def test_the_buttons_of_a_duel_move_one_player(world):
    world.session.desk.choose_model("gan")
    world.settle()
    world.session.slots.choose("a", "duel")
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    card.plot.duel_strip.buttons[1].click()
    world.until(lambda: world.client.of(StepOnce))
    sent = world.client.of(StepOnce)[-1]
    assert (sent.player, sent.count) == ("generator", 1)
    assert card.strip.height() == 58  # two lines, a low and a high one


def test_choices_of_the_chains_reach_the_engine(world):
    world.session.slots.choose("b", "chains")
    card = world.window.wall.cards["b"]
    world.until(lambda: card.plot.has_frame)
    card.plot.chain_strip.heat.user_choose("2")
    asked = world.client.of(Subscribe)[-1]
    assert (asked.view, asked.settings) == ("chains", {"temperature": 2.0})
