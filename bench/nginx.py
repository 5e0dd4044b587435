"""nginx with a static answer, and wrk that asks it and us: the floor of availability."""

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import cores, read
from bench.points import MeasuringError, Point
from bench.serving import HOST, START_SECONDS_MAX, free_port
from ovunque.platform.embedded import wait_until

NEEDED = ("nginx", "wrk")
MISSING = "nginx and wrk are needed: apt-get install nginx wrk"
ASKED_MAX = 2_000  # Different questions; wrk goes round.
CONF = """
worker_processes {processes};
daemon off;
pid {folder}/pid;
error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  default_type application/json;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen {host}:{port}; root {folder}; }}
}}
"""
# Each thread of wrk goes through the questions by itself; all are written before it begins.
ASKING = """
local asked, nth = {{}}, 0
local headers = {{ {headers} }}
init = function()
  for line in io.lines("{lines}") do
    asked[#asked + 1] = {asking}
  end
end
request = function()
  nth = nth % #asked + 1
  return asked[nth]
end
"""
GET, POST = 'wrk.format("GET", line, headers)', 'wrk.format("POST", "{path}", headers, line)'
UNITS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What wrk asks of whom: the processes at and below these are paid for it."""

    name: str
    port: int
    paths: Sequence[str]
    headers: Mapping[str, str]
    roots: Mapping[str, int]
    bodies: Sequence[str] = ()  # Posted to the one path, instead of asking for many.


def refuse_without() -> None:
    """Say in a sentence what is missing."""
    if not all(map(shutil.which, NEEDED)):
        raise MeasuringError(MISSING)


@contextmanager
def serve_static(bodies: Mapping[str, bytes], processes: int) -> Iterator[tuple[int, int]]:
    """nginx with these files, until the end: its process and its port."""
    with tempfile.TemporaryDirectory(prefix="ovunque-nginx-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for path, body in bodies.items():
            (folder / path).write_bytes(body)
        conf = folder / "nginx.conf"
        conf.write_text(CONF.format(processes=processes, folder=folder, host=HOST, port=port))
        server = subprocess.Popen(["nginx", "-p", name, "-c", str(conf)])
        try:
            if not wait_until(lambda: _listens(port), START_SECONDS_MAX):
                raise MeasuringError("nginx does not start")
            yield server.pid, port
        finally:
            server.terminate()
            server.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(question: Question, clients: int, seconds: float, warmup_seconds: float) -> Point:
    """Answers a second as wrk counts them, and the processor time of who answered."""
    _wrk(question, clients, warmup_seconds)
    before = read(question.roots)
    said = _wrk(question, clients, seconds)
    after = read(question.roots)
    count = int(_found(r"(\d+) requests in", said))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    used = {part: after.cpu[part] - before.cpu[part] for part in question.roots}
    return Point(
        name=question.name,
        clients=clients,
        seconds=seconds,
        orders=count,
        per_second=round(float(_found(r"Requests/sec:\s+([\d.]+)", said)), 1),
        p50_ms=_milliseconds("50%", said),
        p99_ms=_milliseconds("99%", said),
        cpu_us={part: round(spent / max(1, count) * 1e6, 1) for part, spent in used.items()},
        others_percent=round(
            max(0.0, after.others - before.others) / (after.at - before.at) / cores() * 100
        ),
        failed=int(failed[1]) if failed else 0,
        accepted=count,
        wrong=(said,) if failed else (),
    )


def _wrk(question: Question, clients: int, seconds: float) -> str:
    with tempfile.TemporaryDirectory(prefix="ovunque-wrk-") as folder:
        lines, script = Path(folder) / "lines", Path(folder) / "ask.lua"
        lines.write_text("\n".join((question.bodies or question.paths)[:ASKED_MAX]))
        asking = POST.format(path=question.paths[0]) if question.bodies else GET
        headers = ", ".join(f'["{name}"] = "{value}"' for name, value in question.headers.items())
        script.write_text(ASKING.format(lines=lines, headers=headers, asking=asking))
        command = ["wrk", "--latency", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s"]
        done = subprocess.run(
            [*command, "-s", str(script), f"http://{HOST}:{question.port}"],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise MeasuringError(f"wrk failed: {done.stderr[-500:]}")
    return done.stdout


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise MeasuringError(f"wrk says what we do not understand: {said[-500:]}")
    return found[1]


def _milliseconds(percentile: str, said: str) -> float:
    told = _found(rf"\s{percentile}\s+([\d.]+\w+)", said)
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", told).groups()  # type: ignore[union-attr]
    return round(float(number) * UNITS[unit], 3)
