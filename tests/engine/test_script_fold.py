"""Dead branches go, live ones stay, and what is not known is left alone."""

import ast

import pytest

from engine.lab.script.fold import folded
from engine.lab.script.known import Known, Unknown
from engine.lab.script.layout import fitted
from engine.lab.script.module import Module
from engine.lab.script.unread import without_unread
from engine.models.vae import VAEConfig

CONFIG = VAEConfig(draws=3, sample_noise=False, spread="fixed")


def fold(text: str) -> str:
    values = {"self.config": CONFIG, "config": CONFIG}
    module = Module("m", text.encode())
    source = folded(module, lambda *_: Known(values, frozenset({"Absent"}))).decode()
    ast.parse(source)
    return source


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("config.draws > 1", True),
        ("config.draws == 1 or self.config.spread == 'fixed'", True),
        ("x and config.sample_noise", False),
        ("not config.sample_noise", True),
        ("config.spread in ('learned', 'free')", False),
        ("1 if config.sample_noise else config.draws", 3),
        ("isinstance(x, Absent)", False),
        ("bool(config.draws)", True),
        ("-config.draws", -3),
    ],
)
def test_what_settings_decide(expression, value):
    known = Known({"config": CONFIG, "self.config": CONFIG}, frozenset({"Absent"}))
    assert known.value(ast.parse(expression, mode="eval").body) == value


@pytest.mark.parametrize(
    "expression",
    ["x", "config.draws + x", "x or config.sample_noise", "f(config)", "config.none"],
)
def test_what_settings_do_not_decide(expression):
    known = Known({"config": CONFIG}, frozenset())
    with pytest.raises(Unknown):
        known.value(ast.parse(expression, mode="eval").body)
    assert known.truth(ast.parse(expression, mode="eval").body) is None


def test_a_dead_branch_goes_and_the_live_one_moves_out():
    before = """
def f(config, x):
    if config.draws == 1:
        x = 1
    else:
        # Why.
        x = 2
        if x:
            x = 3
    return x
"""
    after = """
def f(config, x):
    # Why.
    x = 2
    if x:
        x = 3
    return x
"""
    assert fold(before) == after


def test_what_follows_a_return_goes():
    before = (
        "def f(config):\n    if config.draws > 1:\n        return 1\n    return 2\n"
    )
    assert fold(before) == "def f(config):\n    return 1\n"


def test_a_chain_keeps_the_branches_that_stay_open():
    before = """
def f(config, x):
    if config.draws == 1:
        x = 1
    elif x == 2:
        x = 2
    elif config.draws == 3:
        x = 3
    else:
        x = 4
    return x
"""
    space: dict[str, object] = {}
    after = fold(before)
    exec(after, space)
    assert "x = 1" not in after
    assert "x = 4" not in after
    assert [space["f"](None, x) for x in (2, 9)] == [2, 3]


def test_a_choice_in_an_expression_is_made():
    text = "def f(config, x):\n    return 2 * (x if config.sample_noise else (x + 1))\n"
    assert fold(text) == "def f(config, x):\n    return 2 * (x + 1)\n"


def test_a_local_name_is_known_if_it_is_bound_once():
    text = """
def f(config, x):
    k, other = config.draws, x
    moving = config.draws
    moving = x
    if k == 1:
        return 1
    if moving == 1:
        return 2
    return 3
"""
    after = fold(text)
    assert "return 1" not in after
    assert "return 2" in after


def test_a_suite_is_never_left_empty():
    loop = "    for x in 3:\n        if config.draws == 1:\n            x\n"
    text = f"def f(config):\n{loop}"
    assert fold(text) == text


def test_long_signatures_are_laid_out_anew():
    arguments = ", ".join(f"argument_{k}: dict[str, int] = None" for k in range(3))
    text = f"    def f(self, {arguments}) -> None:\n        return None"
    lines = fitted(text).split("\n")
    assert lines[0] == "    def f("
    assert lines[2] == "        argument_0: dict[str, int] = None,"
    assert lines[5] == "    ) -> None:"
    assert fitted("x = 1") == "x = 1"


UNREAD = """
def f(a, b):
    drawn = a.draw()
    noise = normal(b)
    # Only for what is gone.
    alone: int = int(a.size)
    both = other = 2
    if b:
        inner = len(a)
    else:
        first, second = a
    count = 0
    count += 1
    shared = 1
    seen = a
    del b
    def g():
        nonlocal shared
        shared = 2
        return seen
    return g
"""


def test_values_that_nobody_reads_go_unless_that_could_be_noticed():
    left = without_unread(Module("m", UNREAD.encode())).decode()
    gone = "    # Only for what is gone.\n    alone: int = int(a.size)\n"
    assert gone in UNREAD
    assert left == UNREAD.replace(gone, "")
    ast.parse(left)


def test_a_long_list_at_the_end_of_a_line_is_broken():
    names = ", ".join(['"number"'] * 9)
    line = f"    own = {{k: get(c, k) for k in ({names})}}"
    text = fitted(line)
    assert max(map(len, text.splitlines())) <= 88
    assert ast.dump(ast.parse(text.replace("    own", "own", 1))) == ast.dump(
        ast.parse(line.strip())
    )
    assert fitted(f"    # {line}") == f"    # {line}"
