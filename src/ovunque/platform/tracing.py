"""Traces: where the time of a request went, through its batch and the journal to the webhooks.

They are off until somebody turns them on: then each call here looks at one name and goes on. A
place in a trace travels as the header `traceparent` writes it, whatever carries it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ovunque.kernel.refusal import Refusal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
LINKS_MAX = 128  # Of a span: so many requests of a batch are named.
NOTHING = nullcontext()


class _House:
    """What this process traces with, if it does."""

    api: Any = None  # The package's, imported by whoever traces.
    tracer: Any = None
    provider: "TracerProvider | None" = None


def start(endpoint: str, process: str) -> None:
    """Send this process's spans to a collector, by OTLP over HTTP."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        detail = "it needs the extra: pip install 'ovunque[traces]'"
        raise Refusal("setting_invalid", name="OVUNQUE_TRACES", detail=detail) from None
    named = Resource.create({"service.name": f"ovunque-{process}"})
    provider = TracerProvider(resource=named)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider)


def use(provider: "TracerProvider | None") -> None:
    """Trace with this one from now on; with None, not any more."""
    if provider is not None:
        _House.api = import_module("opentelemetry.trace")
    _House.provider = provider
    _House.tracer = provider.get_tracer("ovunque") if provider else None


def stop() -> None:
    """Send what has not been sent."""
    provider = _House.provider
    use(None)
    if provider is not None:
        provider.shutdown()


def span(
    name: str, *, parent: str = "", links: Iterable[str] = (), **told: str | int
) -> AbstractContextManager[Any]:
    """Time spent on something, within what is being done, or within what a caller names."""
    if _House.tracer is None:
        return NOTHING
    return _span(name, parent, links, told)


@contextmanager
def _span(
    name: str, parent: str, links: Iterable[str], told: dict[str, str | int]
) -> Iterator[Any]:
    trace, above = _House.api, context_of(parent)
    within = trace.set_span_in_context(trace.NonRecordingSpan(above)) if above else None
    beside = [trace.Link(each) for text in dict.fromkeys(links) if (each := context_of(text))]
    with _House.tracer.start_as_current_span(
        name, context=within, links=beside[:LINKS_MAX], attributes=told
    ) as current:
        yield current


def context_of(text: str) -> Any:
    """A place in a trace; None where the text names none."""
    found = TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    told = _House.api.TraceFlags(flags)
    return _House.api.SpanContext(trace_id, span_id, is_remote=True, trace_flags=told)


def here() -> str:
    """Where we are in a trace, for whoever goes on elsewhere; nothing when nobody traces."""
    if _House.tracer is None:
        return ""
    context = _House.api.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
