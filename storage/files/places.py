"""Which store keeps the files: a folder, or a bucket."""

from pathlib import Path
from uuid import UUID

from storage.files.bucket import Bucket, BucketStore
from storage.files.disk import DiskStore


def store_at(place: Path | Bucket, workspace_id: UUID) -> DiskStore | BucketStore:
    """Return the workspace's store at that place. Nothing is asked of it yet."""
    return BucketStore(place, workspace_id) if isinstance(place, Bucket) else DiskStore(place, workspace_id)
