"""What access announces: every process forgets or learns keys by these."""

from ovunque.access.model import ApiKey
from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

KEY_PREFIX = "key"


def key_created(key: ApiKey) -> Fact:
    body = {"client": key.client, "scopes": sorted(key.scopes), "expires_at": key.expires_at}
    return Fact(kind="key.created", subject=public_id(KEY_PREFIX, key.id), body=body)


def key_revoked(key: ApiKey) -> Fact:
    body = {"client": key.client}
    return Fact(kind="key.revoked", subject=public_id(KEY_PREFIX, key.id), body=body)
