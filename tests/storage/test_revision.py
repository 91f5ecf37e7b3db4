"""Whether the schema is the one that this version needs: it is known without Alembic, and says the same."""

from alembic.script import ScriptDirectory
from sqlalchemy import text

from hotline.storage import schema
from hotline.storage.db import make_engine
from hotline.storage.revision import VERSIONS, lacking


def test_an_empty_and_an_older_database_lack_something_and_a_newer_one_does_not(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url, pool_size=1)
    newest = ScriptDirectory(str(schema.MIGRATIONS)).get_current_head()
    said = [lacking(engine)]
    for to in ("0037", "head"):
        with engine.connect() as connection:
            schema.upgrade(connection, to)
            connection.commit()
        said.append(lacking(engine))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said.append(lacking(engine))
    engine.dispose()
    assert said == ["the database is empty", f"the database is at 0037, and this version needs {newest}", "", ""]


def test_the_names_of_the_files_are_the_revisions_in_their_order() -> None:
    revisions = [one.revision for one in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()]
    assert sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py")) == revisions[::-1]
