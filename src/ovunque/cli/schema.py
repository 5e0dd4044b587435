"""`ovunque openapi`."""

import json

from ovunque.api import routes
from ovunque.api.application import describe_api


def print_openapi() -> None:
    """Print the contract of the HTTP API as an OpenAPI 3.1 document."""
    print(json.dumps(describe_api(routes.ROUTERS, routes.HOT), indent=2, ensure_ascii=False))
