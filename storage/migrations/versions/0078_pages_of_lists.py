"""Pages of lists"""

from collections.abc import Sequence

from alembic import op

revision: str = "0078"
down_revision: str | None = "0077"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index("ix_call_page", ["workspace_id", "id"], unique=False)

    with op.batch_alter_table("document_item", schema=None) as batch_op:
        batch_op.create_index("ix_document_item_page", ["workspace_id", "id"], unique=False)

    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index("ix_follow_up_page", ["workspace_id", "id"], unique=False)

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.create_index("ix_loan_page", ["workspace_id", "id"], unique=False)

    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index("ix_promise_page", ["workspace_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.drop_index("ix_promise_page")

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.drop_index("ix_loan_page")

    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_page")

    with op.batch_alter_table("document_item", schema=None) as batch_op:
        batch_op.drop_index("ix_document_item_page")

    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index("ix_call_page")
