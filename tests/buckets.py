"""A bucket on moto's server, which runs in this process."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from storage.files.bucket import Bucket

NAME = "scans"


class MotoBucket:
    """The bucket as moto has it: what is in it, and what it refuses."""

    def __init__(self, endpoint: str, stored: Any) -> None:
        self.endpoint = endpoint
        self._stored = stored

    def at(self, name: str = NAME) -> Bucket:
        """Where it is; another `name` is a bucket that is not there."""
        return Bucket(name, "desk/files", self.endpoint, "us-east-1", "key", "secret")

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a desk that keeps its files there."""
        place = self.at()
        return {
            "files": str(place),
            "files_endpoint": place.endpoint,
            "files_region": place.region,
            "aws_access_key_id": place.access_key_id,
            "aws_secret_access_key": place.secret_access_key,
        }

    @property
    def unfinished(self) -> int:
        """How many uploads in parts have neither ended nor been removed."""
        return len(self._stored.multiparts)


@contextlib.contextmanager
def moto_bucket() -> Iterator[MotoBucket]:
    """Start moto's server with one bucket."""
    from moto.s3.models import s3_backends
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        backend = s3_backends["123456789012"]["aws"]
        backend.create_bucket(NAME, "us-east-1")
        yield MotoBucket("http://{}:{}".format(*server.get_host_and_port()), backend.buckets[NAME])
    finally:
        server.stop()
