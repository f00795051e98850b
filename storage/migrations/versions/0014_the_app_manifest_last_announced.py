"""The app manifest that the admins were last told of"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEFORE = {
    "commands": [
        "/loan",
        "/loan-call",
        "/loan-digest",
        "/loan-docs",
        "/loan-due",
        "/loan-follow",
        "/loan-reassign",
        "/loan-stage",
        "/loan-team",
    ],
    "shortcuts": ["call", "call_from_message", "documents", "find", "follow_up", "inquiry"],
    "scopes": [
        "app_mentions:read",
        "channels:read",
        "chat:write",
        "commands",
        "groups:read",
        "im:history",
        "users:read",
        "users:read.email",
    ],
    "events": ["app_home_opened", "app_mention", "message.im"],
}
"""What the releases before this migration asked for. Their desks have this manifest, or were installed with it."""


def upgrade() -> None:
    op.add_column("workspace", sa.Column("app_manifest", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("workspace", sa.Column("app_manifest_at", storage.engine.types.UtcDateTime(), nullable=True))
    workspace = sa.table("workspace", sa.column("app_manifest", sa.JSON()))
    op.execute(workspace.update().values(app_manifest=sa.literal(_BEFORE, sa.JSON())))


def downgrade() -> None:
    op.drop_column("workspace", "app_manifest_at")
    op.drop_column("workspace", "app_manifest")
