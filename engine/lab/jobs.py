"""The one list of jobs: their names on the wire, and the classes that do them."""

from importlib import import_module

from engine.lab.base import Job

JOBS: dict[str, str] = {
    "film": "engine.lab.film:Film",
    "read_points": "engine.lab.read_points:ReadPoints",
    "sampler_study": "engine.lab.sampler_study:SamplerStudy",
    "sweep": "engine.lab.sweep:Sweep",
    "take_away": "engine.lab.take_away:TakeAway",
}


def job_class(name: str) -> type[Job]:
    """The class that does the job ``name``.

    Raises:
        ValueError: No job is listed under this name.
    """
    if name not in JOBS:
        raise ValueError(f"There is no job {name!r}; choose one of: {', '.join(JOBS)}.")
    module, _, attribute = JOBS[name].partition(":")
    found: type[Job] = getattr(import_module(module), attribute)
    return found
