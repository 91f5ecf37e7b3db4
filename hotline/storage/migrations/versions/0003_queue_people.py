"""Tables and columns for the queue, the search, log-ins, rights and shifts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ON_QUEUE = sa.text("(status NOT IN ('resolved', 'closed') OR unread)")
_NOBODYS = sa.text("(status NOT IN ('resolved', 'closed') OR unread) AND assignee_id IS NULL")
_PROMISED = sa.text("promised_at IS NOT NULL AND on_time")
_NO_TICKET = sa.text("ticket_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["volunteers.id"], name=op.f("fk_grants_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["volunteers.id"], name=op.f("fk_grants_decided_by")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_grants_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_volunteer_id"), "grants", ["volunteer_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["volunteers.id"], name=op.f("fk_invitations_made_by")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_invitations_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_invitations_token_sha256")),
    )
    op.create_index(op.f("ix_invitations_volunteer_id"), "invitations", ["volunteer_id"])
    op.create_table(
        "logins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=120), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_logins_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_logins_key_sha256")),
    )
    op.create_index(op.f("ix_logins_volunteer_id"), "logins", ["volunteer_id"])
    op.create_table(
        "shift_days",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comes", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stand_in_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["stand_in_id"], ["volunteers.id"], name=op.f("fk_shift_days_stand_in_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_shift_days_team_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_shift_days_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_days")),
        sa.UniqueConstraint("team_id", "volunteer_id", "on_date", "starts", name=op.f("uq_shift_days_team_id_volunteer_id_on_date_starts")),
    )
    op.create_index("ix_shift_days_date", "shift_days", ["on_date"])
    op.create_table(
        "drafts",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_drafts_ticket_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_drafts_volunteer_id")),
        sa.PrimaryKeyConstraint("ticket_id", "volunteer_id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "shut_outs",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["volunteers.id"], name=op.f("fk_shut_outs_made_by")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_shut_outs_ticket_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_shut_outs_volunteer_id")),
        sa.PrimaryKeyConstraint("ticket_id", "volunteer_id", name=op.f("pk_shut_outs")),
    )
    op.create_index(op.f("ix_shut_outs_volunteer_id"), "shut_outs", ["volunteer_id"])
    op.create_table(
        "ticket_words",
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_words_ticket_id")),
        sa.PrimaryKeyConstraint("word", "ticket_id", name=op.f("pk_ticket_words")),
    )
    op.create_index(op.f("ix_ticket_words_ticket_id"), "ticket_words", ["ticket_id"])
    _change_tables()


def _change_tables() -> None:
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("ticket_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_index(
            "uq_alarms_about",
            ["about", "kind", "volunteer_id"],
            unique=True,
            postgresql_where=_NO_TICKET,
            sqlite_where=_NO_TICKET,
        )

    with op.batch_alter_table("messages") as batch_op:
        batch_op.add_column(sa.Column("volunteer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_messages_volunteer_id"), "volunteers", ["volunteer_id"], ["id"])

    with op.batch_alter_table("shifts") as batch_op:
        batch_op.add_column(sa.Column("on_holidays", sa.Boolean(), server_default=sa.true(), nullable=False))

    with op.batch_alter_table("tickets") as batch_op:
        batch_op.add_column(sa.Column("area", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("on_time", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("walk_in", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("wants_woman", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index(batch_op.f("ix_tickets_assignee"), sqlite_where=_ON_QUEUE)
        batch_op.create_index(
            "ix_tickets_assignee",
            ["assignee_id", "priority", "on_time", "opened_at", "id"],
            unique=False,
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.drop_index(batch_op.f("ix_tickets_queue"), sqlite_where=_ON_QUEUE)
        batch_op.create_index(
            "ix_tickets_queue",
            ["priority", "on_time", "opened_at", "id"],
            unique=False,
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.create_index(
            "ix_tickets_nobodys",
            ["priority", "on_time", "opened_at", "id"],
            unique=False,
            postgresql_where=_NOBODYS,
            sqlite_where=_NOBODYS,
        )
        batch_op.create_index(
            "ix_tickets_promised",
            ["promised_at"],
            unique=False,
            postgresql_where=_PROMISED,
            sqlite_where=_PROMISED,
        )
        batch_op.create_index(
            "ix_tickets_team",
            ["team_id", "priority", "on_time", "opened_at", "id"],
            unique=False,
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )

    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(length=16), server_default="volunteer", nullable=False))
        batch_op.add_column(sa.Column("phone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("takes_women", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("shows_numbers", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("totp_secret", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("totp_step", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_volunteers_phone_id"), "contacts", ["phone_id"], ["id"])
        batch_op.drop_column("session_key")  # log-ins have a table of their own now; volunteers who are logged in have to log in again


def downgrade() -> None:
    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.add_column(sa.Column("session_key", sa.String(length=32), server_default="", nullable=False))
        batch_op.drop_constraint(batch_op.f("fk_volunteers_phone_id"), type_="foreignkey")
        batch_op.drop_column("totp_step")
        batch_op.drop_column("totp_secret")
        batch_op.drop_column("shows_numbers")
        batch_op.drop_column("takes_women")
        batch_op.drop_column("phone_id")
        batch_op.drop_column("role")

    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_index(
            "ix_tickets_team",
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.drop_index(
            "ix_tickets_promised",
            postgresql_where=_PROMISED,
            sqlite_where=_PROMISED,
        )
        batch_op.drop_index(
            "ix_tickets_nobodys",
            postgresql_where=_NOBODYS,
            sqlite_where=_NOBODYS,
        )
        batch_op.drop_index(
            "ix_tickets_queue",
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.create_index(
            batch_op.f("ix_tickets_queue"),
            ["priority", "opened_at", "id"],
            unique=False,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.drop_index(
            "ix_tickets_assignee",
            postgresql_where=_ON_QUEUE,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.create_index(
            batch_op.f("ix_tickets_assignee"),
            ["assignee_id"],
            unique=False,
            sqlite_where=_ON_QUEUE,
        )
        batch_op.drop_column("wants_woman")
        batch_op.drop_column("walk_in")
        batch_op.drop_column("on_time")
        batch_op.drop_column("promised_at")
        batch_op.drop_column("area")

    with op.batch_alter_table("shifts") as batch_op:
        batch_op.drop_column("on_holidays")

    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_volunteer_id"), type_="foreignkey")
        batch_op.drop_column("volunteer_id")

    op.execute("DELETE FROM alarms WHERE ticket_id IS NULL")
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.drop_index("uq_alarms_about", postgresql_where=_NO_TICKET, sqlite_where=_NO_TICKET)
        batch_op.alter_column("ticket_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("seen_at")
        batch_op.drop_column("told_at")
        batch_op.drop_column("about")

    op.drop_table("ticket_words")
    op.drop_table("shut_outs")
    op.drop_table("drafts")
    op.drop_table("shift_days")
    op.drop_table("logins")
    op.drop_table("invitations")
    op.drop_table("grants")
    op.drop_table("marks")
