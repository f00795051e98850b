"""Check where the keys come from: a file that only the desk reads, and the KMS that wraps what is in it."""

from collections.abc import Iterator

from bot.doctor.findings import Finding, fix, ok
from bot.settings import Settings
from storage.keys.errors import KeysError, KmsAwayError
from storage.keys.kms import check_known_value


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the file and of the KMS, which is asked also when the keys are in memory."""
    try:
        settings.key_ring()
        wrapped = settings.wrapped_keys()
        if wrapped is not None:
            kms = settings.kms()
            with kms.opened(wrapped.wrapping_key) as key:
                check_known_value(key, wrapped.known, kms.place)
    except KeysError as error:
        yield fix("key file", f"{error}")
        return
    except KmsAwayError as error:
        yield fix(
            "key store",
            f"{error}. What runs goes on, with the keys in its memory; nothing that is stopped could start again",
        )
        return
    if not settings.key_file:
        return
    yield ok("key file", f"only its owner may read {settings.key_file}")
    if wrapped is not None:
        yield ok("key store", f"{settings.kms().place} opens what its key {wrapped.wrapping_key} wrapped")
