"""The reader of texts: the shipped model, or the one that this deployment has learnt."""

from pathlib import Path

from hotline.config import Config
from hotline.domain.category import Category
from hotline.domain.gazetteer import Gazetteer
from hotline.domain.keyword import Lexicon
from hotline.domain.reading import Reader, Thresholds
from hotline.modelfile import MODEL, read_model


def learnt_model(config: Config) -> Path:
    """The file of the model that this deployment has learnt from its own corrections."""
    return config.data_dir / "reading.model"


def load_reader(config: Config, categories: tuple[Category, ...], lexicon: Lexicon, gazetteer: Gazetteer) -> Reader:
    """The reader of a deployment: with the model it has learnt, if it has. Raises `TableFault`."""
    learnt = learnt_model(config)
    limits = config.reading
    thresholds = Thresholds(limits.danger / 100, limits.rings / 100, limits.against / 100, limits.quiet / 100)
    model = read_model(learnt if learnt.is_file() else MODEL).model
    return Reader(model, thresholds, categories, lexicon, gazetteer)
