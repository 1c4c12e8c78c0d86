"""Settings that name a class of the data: no further than there are classes."""

from engine.data.load import Data
from engine.models.base import ModelConfig
from engine.protocol import RunConfig
from engine.settings import SettingError
from engine.training.setup import Parts


def class_settings(kind: type[ModelConfig]) -> list[str]:
    """Names of the settings that the number of classes limits."""
    extras = {n: f.json_schema_extra for n, f in kind.model_fields.items()}
    return [n for n, e in extras.items() if isinstance(e, dict) and e.get("most")]


def check_classes(found: Parts, data: Data) -> None:
    """Refuse a class that the data do not have.

    Raises:
        SettingError: In one sentence, with the number of classes.
    """
    kind = type(found.model_config)
    for name in class_settings(kind):
        value = getattr(found.model_config, name)
        if value > data.classes:
            title, count = kind.model_fields[name].title, data.classes
            known = f"{count} class{'' if count == 1 else 'es'}" if count else "none"
            rule = f"be at most {count}" if count else "stay 0"
            raise SettingError(
                f"{title} ({name!r}) of {found.model.card.title} is {value}, a class "
                f"that is not there: the data have {known}, so it must {rule}."
            )


def brought_in(
    kind: type[ModelConfig], config: RunConfig, data: Data
) -> tuple[RunConfig, list[str]]:
    """The configuration for other data: what named a class that is gone, named anew.

    Returns:
        The configuration, and the titles of the settings that took their default.
    """
    settings = dict(config.model_settings)
    titles = []
    for name in class_settings(kind):
        field = kind.model_fields[name]
        if settings.get(name, field.default) > data.classes:
            settings[name] = field.default
            titles.append(str(field.title))
    if not titles:
        return config, []
    return config.model_copy(update={"model_settings": settings}), titles
