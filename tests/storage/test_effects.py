"""What a migration does is read from its source; and from 0037 on each of ours only adds."""

from pathlib import Path

import pytest

from hotline.storage.effects import Does, Effect, effects, only_expands
from hotline.storage.schema import MIGRATIONS

# Migrations that contract, each with the reason why no version that may still run needs what it takes.
CONTRACTS: dict[str, str] = {}
_SINCE = "0037"

ADDS = """
def upgrade():
    with op.batch_alter_table("messages") as batch_op:
        batch_op.add_column(sa.Column("heard", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_table("looks", sa.Column("id", sa.Integer(), nullable=False))
    op.create_index("uq_looks_id", "looks", ["id"], unique=True)
    _index()

def downgrade():
    op.drop_table("looks")

def _index():
    op.create_index("ix_looks_id", "looks", ["id"])
"""


def test_what_only_adds_is_seen_with_its_tables_and_what_it_reads() -> None:
    assert set(effects(ADDS)) == {
        Effect("messages", Does.ADDS, expands=True),
        Effect("looks", Does.ADDS, expands=True),
        Effect("looks", Does.READS, expands=True),
    }
    assert only_expands(ADDS)


@pytest.mark.parametrize(
    ("statement", "effect"),
    [
        ('op.drop_table("looks")', Effect("looks", Does.TAKES, expands=False)),
        ('op.rename_table("looks", "seen")', Effect("looks", Does.TAKES, expands=False)),
        ('batch_op.drop_column("body")', Effect("messages", Does.TAKES, expands=False)),
        ('batch_op.alter_column("body", nullable=False)', Effect("messages", Does.REWRITES, expands=False)),
        ('batch_op.add_column(sa.Column("n", sa.Integer(), nullable=False))', Effect("messages", Does.ADDS, expands=False)),
        ('op.add_column("looks", sa.Column("n", sa.Integer(), nullable=False))', Effect("looks", Does.ADDS, expands=False)),
        ('batch_op.create_unique_constraint("uq", ["body"])', Effect("messages", Does.READS, expands=False)),
        ('op.drop_column("looks", "n")', Effect("looks", Does.TAKES, expands=False)),
        ('op.alter_column("looks", "n", nullable=False)', Effect("looks", Does.REWRITES, expands=False)),
        ('op.create_index("uq", "looks", ["n"], unique=True)', Effect("looks", Does.READS, expands=False)),
        ('op.bulk_insert(_TABLE, [{"n": 1}])', Effect("", Does.REWRITES, expands=False)),
        ('op.execute("UPDATE messages SET body = NULL")', Effect("", Does.REWRITES, expands=False)),
        ('op.get_bind().execute(sa.text("DELETE FROM looks"))', Effect("", Does.REWRITES, expands=False)),
    ],
)
def test_what_the_version_before_would_notice_contracts(statement: str, effect: Effect) -> None:
    source = f'def upgrade():\n    with op.batch_alter_table("messages") as batch_op:\n        {statement}\n'
    assert effects(source) == [effect]
    assert not only_expands(source)


@pytest.mark.parametrize("line", ["from hotline import sealing", "import hotline.keys", "from hotline.storage.people import logins"])
def test_a_migration_that_calls_code_of_ours_contracts_because_that_is_not_looked_into(line: str) -> None:
    assert not only_expands(f"{line}\n{ADDS}")
    assert only_expands(f"import sqlalchemy\nfrom alembic import op\n{ADDS}")


def test_the_version_before_runs_on_what_each_migration_of_ours_leaves() -> None:
    """Expand first, contract in a later version: a deploy half way has both at work. CONTRACTS names the exceptions."""
    newer = [path for path in sorted(Path(MIGRATIONS / "versions").glob("*.py")) if path.name >= _SINCE]
    contracting = {path.stem for path in newer if not only_expands(path.read_text("utf-8"))}
    assert contracting == set(CONTRACTS)
