"""What can be wrong with the keys."""


class KeysError(ValueError):
    """The keys cannot be used. The message names the setting or the file and what to do, and shows no key."""


class SecretFileError(KeysError):
    """A file of secrets cannot be used."""


class DamagedKeysError(KeysError):
    """The KMS works, and does not open what it should have wrapped."""


class KmsAwayError(Exception):
    """The KMS cannot be used now. The message says which, why, and what to do."""


class UnopenedError(Exception):
    """The wrapping key did not open a value. A KMS does not say whether the value, its place or the KMS itself is wrong."""
