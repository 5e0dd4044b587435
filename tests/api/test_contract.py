"""What the document promises, tried by a stranger who knows nothing but the document.

Schemathesis makes up requests for every operation, sound and unsound ones, and calls that use what
earlier ones returned. `make hostile` does it for longer.
"""

import os
from collections import Counter
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import Api
from tests.api.examples import NETWORK

EXAMPLES = int(
    os.environ.get("OVUNQUE_EXAMPLES", "3")
)  # Of each operation; many by `make hostile`.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
HEALTHY = settings(
    database=None,
    derandomize="OVUNQUE_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


class Stranger:
    """Sends what was made up, and looks whether the answer is one that was promised."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.answers: Counter[int] = Counter()

    def send(self, case: schemathesis.Case[Any]) -> httpx.Response:
        told = case.as_transport_kwargs(base_url="http://ovunque.test")
        told.pop("cookies", None)
        given = dict(told.pop("headers", None) or {})
        # Who has no key gets nowhere: that is tried elsewhere, and here it is ours.
        headers = {n: v for n, v in given.items() if n.lower() not in ("authorization", "cookie")}
        answer = self._api.send(
            told.pop("method"), told.pop("url"), headers=headers, **as_httpx(told)
        )
        self.answers[answer.status_code] += 1
        return answer


def as_httpx(told: dict[str, Any]) -> dict[str, Any]:
    """Bodies by the name that our client has for them."""
    data = told.pop("data", None)
    if data is not None:
        told["content"] = data if isinstance(data, bytes | str) else str(data)
    return told


@pytest.fixture(scope="module")
def stranger(shared_api: Api) -> Stranger:
    for path, body in NETWORK.items():
        assert shared_api.post(path, body).status_code == 201
    return Stranger(shared_api)


@pytest.fixture(scope="module")
def schema(shared_api: Api) -> Any:
    document = shared_api.get("/openapi.json").json()
    return schemathesis.openapi.from_dict(document)


def test_every_operation_keeps_what_the_document_promises(stranger: Stranger, schema: Any) -> None:
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) >= 60
    for operation in operations:

        @settings(HEALTHY, max_examples=EXAMPLES)
        @given(case=operation.as_strategy())
        def look(case: schemathesis.Case[Any]) -> None:
            case.validate_response(stranger.send(case), checks=CHECKS)

        look()
    tell(stranger, len(operations))


def test_what_one_call_returns_the_next_one_may_use(stranger: Stranger, schema: Any) -> None:
    class Journey(schema.as_state_machine()):  # type: ignore[misc]
        def call(self, case: schemathesis.Case[Any], **_: Any) -> Response:
            return Response.from_any(stranger.send(case))

        def validate_response(
            self, response: Response, case: schemathesis.Case[Any], **_: Any
        ) -> None:
            case.validate_response(response, checks=CHECKS)

    journeys = settings(HEALTHY, max_examples=EXAMPLES, stateful_step_count=10)
    run_state_machine_as_test(Journey, settings=journeys)
    tell(stranger, 0)


def tell(stranger: Stranger, operations: int) -> None:
    print(f"{operations} operations, {stranger.answers.total()} calls: {dict(stranger.answers)}")
    assert not any(status >= 500 for status in stranger.answers)
