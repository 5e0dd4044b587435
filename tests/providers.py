"""A provider of single sign-on, on a real socket: it signs with keys of its own and remembers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from threading import Thread
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from ovunque.access.federating import challenge_of

CLIENT, SECRET = "ovunque", "between us"


@dataclass
class FakeProvider:
    """Lets in whoever `who` is; `lies` changes what its tokens say."""

    port: int = 0
    who: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # Each opens once.
    asked: list[str] = field(default_factory=list)
    named: str | None = None  # Whom it says to be, if not itself.
    forged: RSAKey | None = None  # Signs instead, under the name of the true key.

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rotate(self) -> None:
        """Sign with a new key; the old one is gone."""
        self.keys[:] = [RSAKey.generate_key(2048, {"kid": token_urlsafe(6), "use": "sig"})]

    def let_in(self, address: str) -> str:
        """What somebody's browser does there: the address that it is sent back to."""
        told = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        assert told["response_type"] == "code"
        assert told["client_id"] == CLIENT
        assert told["code_challenge_method"] == "S256"
        code = token_urlsafe(12)
        self.codes[code] = told
        back = {"code": code, "state": told["state"], "iss": self.issuer}
        return f"{told['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        told = self.codes.pop(form["code"], None)
        right = authorization.startswith("Basic ")
        if told is None or not right or told["redirect_uri"] != form["redirect_uri"]:
            return None
        if challenge_of(form["code_verifier"]) != told["code_challenge"]:
            return None
        now = int(time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": told["nonce"],
            **self.who,
            **self.lies,
        }
        key = self.keys[0]
        header = {"alg": "RS256", "kid": key.kid}
        claims = {name: each for name, each in claims.items() if each is not None}
        return {"id_token": jwt.encode(header, claims, self.forged or key)}

    def answer(self, head: str, body: str) -> dict[str, Any] | None:
        path = head.split(" ", 2)[1]
        self.asked.append(path)
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.named or self.issuer,
                    "authorization_endpoint": f"{self.issuer}/door",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                }
            case "/keys":
                return {"keys": [each.as_dict(private=False) for each in self.keys]}
            case "/token":
                lines = dict(
                    line.lower().partition(": ")[::2]
                    for line in head.split("\r\n")[1:]
                    if not line.lower().startswith("authorization")
                )
                assert lines["content-type"] == "application/x-www-form-urlencoded"
                named = [x for x in head.split("\r\n") if x.lower().startswith("authorization")]
                form = {name: each[0] for name, each in parse_qs(body).items()}
                return self.exchange(form, named[0].partition(": ")[2] if named else "")
        return None

    def serve(self, door: socket.socket) -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                came = b""
                while b"\r\n\r\n" not in came:
                    came += connection.recv(65_536)
                head, _, body = came.partition(b"\r\n\r\n")
                length = [x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")]
                while length and len(body) < int(length[0].split(b":")[1]):
                    body += connection.recv(65_536)
                if head.startswith(b"GET /door?"):
                    away = head.split(b" ", 2)[1].decode()
                    back = self.let_in(away).encode()
                    connection.sendall(
                        b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n"
                        b"Connection: close\r\n\r\n" % back
                    )
                    continue
                told = self.answer(head.decode(), body.decode())
                status = b"200 OK" if told is not None else b"400 Bad Request"
                text = msgspec.json.encode(told or {"error": "invalid_grant"})
                connection.sendall(
                    b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(text), text)
                )


@contextmanager
def providing() -> Iterator[FakeProvider]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        provider = FakeProvider(port=door.getsockname()[1])
        provider.rotate()
        thread = Thread(target=provider.serve, args=(door,))
        thread.start()
        try:
            yield provider
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def subject_of(login: str) -> str:
    return sha256(login.encode()).hexdigest()[:16]
