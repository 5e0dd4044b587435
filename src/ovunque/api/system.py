"""Addresses for machines that watch us, and for people who read how we work."""

import asyncio
from dataclasses import asdict
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ovunque.api.call import services_of
from ovunque.api.docs import page_of_operations, page_of_refusals, style
from ovunque.api.metrics import process_text
from ovunque.api.tokens import ROUTE as TOKENS

JSON = "application/json"
PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'"}
NOT_READY = 503


async def get_livez(_: Request) -> Response:
    """The loop turns: nothing else is asked."""
    return PlainTextResponse("alive\n")


async def get_readyz(request: Request) -> Response:
    """Whether requests may be sent here, and what stands against it."""
    services = services_of(request)
    findings = await services.health.examine(services.database, services.clock())
    ready = all(each.ok for each in findings)
    told = {"ready": ready, "checks": [asdict(each) for each in findings]}
    return Response(msgspec.json.encode(told), 200 if ready else NOT_READY, media_type=JSON)


async def get_metrics(request: Request) -> Response:
    """The figures of all processes of this server, and what waits, in Prometheus' text."""
    services, watcher = services_of(request), request.app.state.watcher
    text = await asyncio.to_thread(process_text)
    text += await asyncio.to_thread(watcher.text, services.database, services.clock())
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def get_openapi(request: Request) -> Response:
    document = request.app.state.openapi()
    return Response(msgspec.json.encode(document), media_type=JSON)


async def get_docs(request: Request) -> Response:
    return page(page_of_operations(request.app.state.openapi()))


async def get_refusals(_: Request) -> Response:
    return page(page_of_refusals())


async def get_style(_: Request) -> Response:
    headers = {"Cache-Control": "max-age=3600"}
    return Response(style(), headers=headers, media_type="text/css")


def page(html: str) -> Response:
    return Response(html, headers=PAGE_POLICY, media_type="text/html")


ROUTES = (
    Route("/livez", get_livez),
    Route("/readyz", get_readyz),
    Route("/metrics", get_metrics),
    Route("/openapi.json", get_openapi),
    Route("/docs", get_docs),
    Route("/docs/refusals", get_refusals),
    Route("/docs/style.css", get_style),
    TOKENS,
)
QUIET = frozenset({"/livez", "/readyz", "/metrics"})


def told(summary: str, media: str, **others: str) -> dict[str, Any]:
    answers = {"200": {"description": "Done.", "content": {media: {}}}}
    answers |= {status.strip("_"): {"description": text} for status, text in others.items()}
    return {"get": {"tags": ["system"], "summary": summary, "responses": answers}}


PATHS = {
    "/livez": told("Whether the process turns", "text/plain"),
    "/readyz": told("Whether requests may be sent here", JSON, _503="Not now: the body says why."),
    "/metrics": told("Figures for Prometheus", "text/plain"),
    "/openapi.json": told("This document", JSON),
}
