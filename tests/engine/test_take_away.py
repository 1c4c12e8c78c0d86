"""Commands, JSON, literature and tables of a run, and the job that hands them over."""

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from engine import registry
from engine.cli import _parser, main
from engine.commands import named_config
from engine.experiment import Experiment
from engine.lab.cite.bibliography import DATA, MODELS, SAMPLERS, VARIANTS, bibtex, cited
from engine.lab.cite.papers import PAPERS
from engine.lab.command_line import command_of
from engine.lab.jobs import job_class
from engine.protocol import RunConfig
from engine.training import setup

RUNS = [
    {"model": "vae", "data": "two_moons"},
    {"model": "vae", "data": "rings", "seed": 5, "device": "cpu"},
    {
        "model": "ddpm",
        "data": "checkerboard",
        "model_settings": {"schedule": "cosine", "conditional": True, "T": 50},
        "training": {"steps": 123, "learning_rate": 3e-4, "schedule": "constant"},
        "sampler": "ddim",
        "sampler_settings": {"steps": 7, "eta": 0.5},
    },
    {"model": "edm", "data": "iris", "sampler_settings": {"steps": 9}},
    {"model": "gan", "data": "drawn", "data_settings": {"canvas": [-2, 2, -2, 2]}},
    {"model": "edm", "data": "wine", "sampler": "heun"},
]


def written_out(config: RunConfig) -> RunConfig:
    return setup.written_out(config, setup.parts(config), setup.make_data(config))


def parsed(line: str) -> RunConfig:
    words = shlex.split(line)
    assert words[0] == "genplay"
    return named_config(_parser().parse_args(words[1:]))


@pytest.mark.parametrize("run", RUNS)
def test_the_command_names_the_same_run(run):
    config = written_out(RunConfig.model_validate(run))
    assert written_out(parsed(command_of(config))) == config


def test_the_command_names_what_differs_and_nothing_else():
    config = written_out(RunConfig(model="vae", data="two_moons"))
    assert command_of(config) == "genplay train vae --data two_moons"
    changed = config.model_copy(
        update={"seed": 3, "model_settings": {**config.model_settings, "beta": 2.0}}
    )
    assert command_of(changed).split("two_moons ")[1] == "--seed 3 --set model.beta=2.0"


def test_the_command_of_a_table_quotes_its_path(tmp_path):
    file = tmp_path / "my points.csv"
    file.write_text("a b,c\n1,2\n3,4\n5,6\n")
    settings = {"x_column": "c", "y_column": "a b"}
    config = RunConfig(model="nice", data=str(file), data_settings=settings)
    config = written_out(config)
    assert written_out(parsed(command_of(config))) == config


def test_json_is_read_back_by_train(tmp_path, capsys):
    run = Experiment("nice", "rings", training={"steps": 4, "batch_size": 32}, seed=9)
    text = taken(run, what="json")[-1].result["text"]
    assert RunConfig.model_validate_json(text) == run.config
    file = tmp_path / "run.json"
    file.write_text(text)
    assert named_config(_parser().parse_args(["train", "--config", str(file)])) == (
        run.config
    )


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("{}", [], "model"),
        ("no json", [], "is no run"),
        ('{"model": "vae", "data": "rings"}', ["--seed", "3"], "leave the other"),
    ],
)
def test_a_bad_configuration_is_named(text, words, sentence, tmp_path, capsys):
    file = tmp_path / "run.json"
    file.write_text(text)
    assert main(["train", "--config", str(file), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert main(["train", "--config", str(tmp_path / "none.json")]) == 2


def test_the_script_command_prints_and_writes(tmp_path, capsys):
    assert main(["script", "nice", "--data", "rings", "--steps", "5"]) == 0
    printed = capsys.readouterr().out
    compile(printed, "script.py", "exec")
    assert "STEPS = 5" in printed
    run = Experiment("nice", "rings", training={"steps": 5})
    run.save(tmp_path / "run", samples=0)
    out = tmp_path / "mine.py"
    assert main(["script", str(tmp_path / "run"), "--out", str(out)]) == 0
    assert out.read_text() == printed
    assert main(["script", str(tmp_path / "run"), "--data", "rings"]) == 2


# Literature


def test_every_model_and_sampler_has_a_paper():
    assert set(MODELS) == set(registry.MODELS)
    assert set(SAMPLERS) == set(registry.SAMPLERS)
    assert set(DATA) <= set(registry.DATA)
    named = {*MODELS.values(), *SAMPLERS.values(), *DATA.values()}
    assert named | {v.paper for v in VARIANTS} <= set(PAPERS)


def test_the_paper_of_a_model_is_the_one_on_its_card():
    for name, key in MODELS.items():
        card = registry.model(name).card
        assert PAPERS[key].arxiv == card.arxiv, name
        first = re.split(r"[ ,]+(?:et|&)?", card.paper.removeprefix("van den "))[0]
        assert first in PAPERS[key].authors, name


def test_every_variant_is_a_setting_that_some_model_has():
    for variant in VARIANTS:
        owners = variant.models or registry.MODELS
        fields = [registry.model(m).Config.model_fields for m in owners]
        assert any(variant.setting in f for f in fields), variant
        if variant.models:
            assert all(variant.setting in f for f in fields), variant


def test_what_is_cited_follows_the_settings():
    def keys(**rest) -> set[str]:
        return set(cited(written_out(RunConfig(data="rings", **rest))))

    plain = keys(model="flow_matching")
    assert {"lipman2022flow", "hairer1993solving", "kingma2014adam"} <= plain
    assert "tong2023improving" not in plain
    coupled = keys(model="flow_matching", model_settings={"coupling": "optimal"})
    assert coupled - plain == {"tong2023improving", "pooladian2023multisample"}
    assert "hyvarinen2005estimation" not in keys(model="iaf")
    assert "burda2015importance" not in keys(model="vae")
    assert "burda2015importance" in keys(model="vae", model_settings={"draws": 5})
    exact = written_out(RunConfig(model="oracle", data="rings"))
    assert set(cited(exact, is_trained=False)) == {
        "karras2022elucidating",
        "hairer1993solving",
    }


@pytest.mark.parametrize(
    ("model", "settings", "paper"),
    [
        ("ddpm", {"zero_snr": True}, "lin2023common"),
        ("ddpm", {"loss_weight": "min_snr"}, "hang2023efficient"),
        ("score_sde", {"weighting": "likelihood"}, "song2021maximum"),
        ("vae", {"warmup": 100}, "sonderby2016ladder"),
        ("maf", {"batch_norm": True}, "ioffe2015batch"),
        ("autoregressive", {"top_k": 3}, "fan2018hierarchical"),
        ("oracle", {"label": 1, "guidance": 2.0}, "dhariwal2021diffusion"),
        ("flow_matching", {"conditional": True}, "ho2022classifier"),
        ("gan", {"spectral_norm": True}, "miyato2018spectral"),
        ("rectified_flow", {"reflow_rounds": 1}, "lee2024improving"),
        ("flow_matching", {"time_sampling": "ends"}, "lee2024improving"),
    ],
)
def test_a_method_that_is_off_at_first_is_cited_once_it_is_on(model, settings, paper):
    plain = written_out(RunConfig(model=model, data="rings"))
    on = written_out(RunConfig(model=model, data="rings", model_settings=settings))
    assert paper not in cited(plain)
    assert paper in cited(on)


@pytest.mark.parametrize(
    ("on", "off", "paper"),
    [
        ({"ema": 0.99}, {"ema": 0.0}, "polyak1992acceleration"),
        ({"schedule": "cosine"}, {"schedule": "constant"}, "loshchilov2016sgdr"),
        ({"optimizer": "adamw"}, {"optimizer": "adam"}, "loshchilov2017decoupled"),
        ({"lookahead": True}, {"lookahead": False}, "zhang2019lookahead"),
    ],
)
def test_how_a_run_trains_is_cited(on, off, paper):
    def keys(training) -> set[str]:
        plain = RunConfig(model="vae", data="rings", training=training)
        return set(cited(written_out(plain)))

    assert paper in keys(on)
    assert paper not in keys(off)


def test_what_a_note_says_of_a_text():
    trained = Experiment("nice", "rings", training={"steps": 4, "batch_size": 32})
    entries = bibtex(trained.config).count("eprint  ")
    told = taken(trained, what="cite")[-1].result
    assert told["works"] == told["text"].count("author  ") >= entries > 1
    assert told["changed"] is False
    assert taken(trained, what="json")[-1].result["works"] == 0
    trained.train(2)
    update = {"training": trained.config.training | {"learning_rate": 1e-4}}
    trained.configure(trained.config.model_copy(update=update))
    assert taken(trained, what="command")[-1].result["changed"] is True


def test_the_time_grid_of_a_sampler_is_cited():
    config = RunConfig(
        model="rectified_flow", data="rings", sampler_settings={"grid": "karras"}
    )
    assert "time grid" in cited(written_out(config))["karras2022elucidating"]


#: Named in the engine for what they explain, not for a method that a run uses.
BACKGROUND = {
    "1505.05770",  # what a flow is
    "1912.04958",  # style without its droplets
    "2006.09011",  # the size of a score
    "2009.05475",  # one last step without noise
    "2107.00630",  # stratified levels
}


def test_papers_of_models_networks_and_samplers_can_be_cited():
    """What a docstring names by its number is in the bibliography."""
    known = {paper.arxiv for paper in PAPERS.values()} | BACKGROUND
    root = Path(registry.__file__).parent
    for folder in ("models", "nets", "sampling", "data"):
        for file in (root / folder).glob("*.py"):
            named = set(re.findall(r"\b\d{4}\.\d{5}\b", file.read_text("utf-8")))
            assert named <= known, (file.name, named - known)
    unnamed = [key for key, p in PAPERS.items() if not (p.arxiv or p.doi or p.venue)]
    assert not unnamed


def test_bibtex_is_well_formed_and_each_entry_stands_once():
    text = bibtex(written_out(RunConfig(model="edm", data="iris")))
    keys = re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) >= 4
    assert text.count("{") == text.count("}")
    assert "% model, sampler, time grid\n@inproceedings{karras2022elucidating," in text
    assert "eprint        = {2206.00364}" in text


@pytest.mark.parametrize("key", PAPERS)
def test_authors_stand_where_authors_do(key):
    """``Last, First and Last, First``, which no title is."""
    names = PAPERS[key].authors.split(" and ")
    assert all(
        re.fullmatch(r"[^,]+, [^,]+", name) or name == "others" for name in names
    )
    title = PAPERS[key].title.partition(": ")[0]  # a subtitle may have a comma
    assert not re.fullmatch(r"[^,]+, [^,]+( and [^,]+, [^,]+)*", title)


# The job


def taken(run: Experiment, **settings):
    kind = job_class("take_away")
    job = kind(kind.Config(**settings), {"run": run}, "run", lambda: None)
    return list(job.work())


@pytest.fixture(scope="module")
def run():
    trained = Experiment("realnvp", "pinwheel", training={"steps": 6})
    trained.train()
    trained.measure(200)
    return trained


def test_samples_are_written_in_data_units_with_a_header(run, tmp_path):
    file = tmp_path / "samples.csv"
    news = taken(run, what="samples", file=str(file), points=4500)
    assert [round(n.share, 2) for n in news] == [0.44, 0.89, 1.0, 1.0]
    assert file.read_text().startswith("x,y\n")
    x = np.loadtxt(file, delimiter=",", skiprows=1)
    assert x.shape == (4500, 2)
    np.testing.assert_allclose(x[:2000], run.sample(2000, 0).numpy(), rtol=1e-6)
    assert len(np.unique(x[:, 0])) > 4400
    assert not list(tmp_path.glob("*.part"))


def test_curves_have_a_row_for_each_step(run, tmp_path):
    file = tmp_path / "curves.csv"
    taken(run, what="curves", file=str(file))
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 7))
    values = run.history.terms["loss"].arrays()[2]
    assert [float(row["loss.loss"]) for row in rows] == pytest.approx(values.tolist())
    assert rows[-1]["metric.energy_distance"]
    assert rows[0]["metric.energy_distance"] == ""


@pytest.mark.parametrize("what", ["code", "command", "json", "cite"])
def test_texts_are_told_or_written(run, what, tmp_path):
    told = taken(run, what=what)[-1].result["text"]
    file = tmp_path / "text"
    assert taken(run, what=what, file=str(file))[-1].result["file"] == str(file)
    assert file.read_text() == told
    assert {"code": "class RealNVP", "command": "genplay", "json": '"realnvp"'}.get(
        what, "dinh2016density"
    ) in told


def test_a_folder_that_is_not_there_is_an_error_and_writes_nothing(run, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        taken(run, what="code", file=str(tmp_path / "none" / "a.py"))
    with pytest.raises(ValueError, match="name one"):
        taken(run, what="samples")


def test_the_json_holds_the_run_and_no_more(run):
    assert json.loads(taken(run, what="json")[-1].result["text"]) == (
        run.config.model_dump(mode="json")
    )
