"""Whether the database has the schema that this version needs, asked without Alembic: that takes 8 MiB of every process."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def lacking(engine: Engine) -> str:
    """What is wrong with the schema, in words: it is older than this version, or there is none; "" if this version runs on it.

    A newer one only adds to what this version knows, or the newer version has said otherwise (`hotline upgrade --check`).
    """
    known = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return "the database is empty"
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None:
        return "the database is empty"
    return f"the database is at {found}, and this version needs {known[-1]}" if found in known[:-1] else ""
