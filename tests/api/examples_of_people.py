"""Bodies about people who work here."""

from typing import Any

Json = dict[str, Any]

USER: Json = {
    "login": "nadia",
    "name": "Nadia Bruni",
    "role": "area_manager",
    "location": "MI-01",
    "locations": ["MI-01"],
    "language": "it",
}
USER_ACTS: dict[str, Json] = {
    "/v1/keys/{key_id}/rotations": {},
    "/v1/users/{login}/deactivation": {},
    "/v1/users/{login}/invitations": {},
    "/v1/users/{login}/sign-outs": {},
}
