"""Which keys this database was sealed by."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.models import KeyPrint


def all_of(session: Session) -> dict[str, str]:
    """Name of each key → its fingerprint."""
    return {row.name: row.print for row in session.scalars(select(KeyPrint))}


def keep(session: Session, prints: Mapping[str, str]) -> None:
    """Store fingerprints in place of those of the same names."""
    for name, fingerprint in prints.items():
        values = {"name": name, "print": fingerprint}
        session.execute(upsert(session, KeyPrint).values(values).on_conflict_do_update(index_elements=["name"], set_=values))


def forget(session: Session, names: Collection[str]) -> None:
    """Delete the fingerprints of keys that are retired."""
    session.execute(delete(KeyPrint).where(KeyPrint.name.in_(names)))
