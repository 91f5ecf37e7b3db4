"""The reader of texts: the shipped model, or what this deployment has learnt."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hotline import private
from hotline.config import Config
from hotline.domain.category import Category
from hotline.domain.gazetteer import Gazetteer
from hotline.domain.keyword import Lexicon
from hotline.domain.linear import Linear
from hotline.domain.reading import Reader, Thresholds
from hotline.log import logger
from hotline.modelfile import MODEL, Described, read_model, write_model
from hotline.tables import TableFault


def learnt_model(config: Config) -> Path:
    """The file of the model that this deployment has learnt from its own corrections."""
    return config.data_dir / "reading.model"


def model_in_force(config: Config) -> tuple[Described, TableFault | None]:
    """The model that this deployment has learnt, if it has, else the shipped one; and why the learnt one is refused, if it is.

    Raises `TableFault` if the shipped one cannot be read.
    """
    learnt, refused = learnt_model(config), None
    if learnt.is_file():
        try:
            return read_model(learnt), None
        except TableFault as fault:
            refused = fault
    return read_model(MODEL), refused


def _logged(fault: TableFault) -> None:
    logger().warning("the learnt model is refused, the shipped one reads", fault=str(fault))


def load_reader(
    config: Config,
    categories: tuple[Category, ...],
    lexicon: Lexicon,
    gazetteer: Gazetteer,
    *,
    refusing: Callable[[TableFault], None] = _logged,
) -> Reader:
    """The reader of a deployment, with the model in force. `refusing` is told why the learnt one is refused. Raises `TableFault`."""
    found, refused = model_in_force(config)
    if refused is not None:
        refusing(refused)
    limits = config.reading
    thresholds = Thresholds(limits.danger / 100, limits.rings / 100, limits.against / 100, limits.quiet / 100)
    return Reader(found.model, thresholds, categories, lexicon, gazetteer)


def take(config: Config, model: Linear, about: Mapping[str, Any]) -> None:
    """Put a learnt model in force, and keep the one before. Raises `OSError`."""
    learnt, before = learnt_model(config), _before(config)
    beside = learnt.with_name(f"{learnt.name}.learnt")
    private.folder(config.data_dir)
    write_model(beside, model, about, private=True)
    if _is_sound(learnt):
        learnt.replace(before)
    else:
        before.unlink(missing_ok=True)  # it was not the one in force
    beside.replace(learnt)


def go_back(config: Config) -> bool:
    """Put the model before in force again; the shipped one if there is none. Returns whether that changed anything. Raises `OSError`."""
    learnt, before = learnt_model(config), _before(config)
    if _is_sound(before):
        before.replace(learnt)
        return True
    is_learnt = learnt.exists()
    for path in (before, learnt):
        path.unlink(missing_ok=True)
    return is_learnt


def _before(config: Config) -> Path:
    learnt = learnt_model(config)
    return learnt.with_name(f"{learnt.name}.before")


def _is_sound(path: Path) -> bool:
    try:
        read_model(path)
    except TableFault:
        return False
    return True
