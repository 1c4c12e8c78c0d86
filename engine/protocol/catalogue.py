"""What an engine offers: the window draws its forms from this, and knows no names."""

from pydantic import Field

from engine.protocol.message import Json, Message


class ModelEntry(Message):
    """A model as the window knows it; ``settings`` is a JSON schema."""

    name: str
    title: str
    short: str = Field(description="What it is called where the title has no room")
    family: str
    paper: str
    arxiv: str
    formula: str
    formula_setting: str = Field("", description="Setting that decides the formula")
    formulas: dict[str, str] = Field({}, description="Other formulas by its value")
    formula_terms: dict[str, str] = Field({}, description="Ends of it, by switch")
    summary: str
    settings: Json
    training_defaults: Json
    capabilities: list[str]
    samplers: list[str] = Field(description="Names of usable samplers, default first")
    sampler_defaults: Json
    players: list[str]


class DataEntry(Message):
    """A data set; ``thumbnail`` holds some 300 points, x and y in turn, data units."""

    name: str
    title: str
    description: str
    settings: Json
    thumbnail: list[float]
    thumbnail_labels: list[int]
    exact_density: bool


class SamplerEntry(Message):
    """A sampler with the JSON schema of its settings."""

    name: str
    title: str
    description: str
    settings: Json
    order: int
    stochastic: bool


class ViewEntry(Message):
    """A view; it can show a model that has all of one of the groups in ``needs``."""

    name: str
    title: str
    description: str
    settings: Json
    needs: list[list[str]]
    empty: str = Field(description="What to say to a model that cannot feed the view")


class Catalogue(Message):
    """Everything that the engine offers."""

    models: list[ModelEntry]
    data: list[DataEntry]
    samplers: list[SamplerEntry]
    views: list[ViewEntry]
    training: Json = Field(description="JSON schema of the training settings")
