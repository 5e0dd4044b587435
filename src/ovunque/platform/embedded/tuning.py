"""The server's settings, written anew at every start."""

import os
from collections.abc import Mapping
from pathlib import Path

MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
MB = 1024 * 1024

HEADER = """\
# Written anew at every start. Your own settings go into data/postgresql.conf, at its end.
"""

FIXED: Mapping[str, str] = {
    "listen_addresses": "''",
    "port": "5432",
    "cluster_name": "'ovunque'",
    "max_connections": "200",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "random_page_cost": "1.1",
    "jit": "off",  # Compiling costs more than our short statements.
    "idle_in_transaction_session_timeout": "'5s'",  # Nobody keeps a lock while thinking.
    "client_connection_check_interval": "'500ms'",  # A killed client's locks are free at once.
    "autovacuum_vacuum_cost_delay": "0",
    "log_lock_waits": "on",
    "log_line_prefix": "'%m [%p] %q%u@%d %a '",
}
DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "wal_buffers": "'16MB'",
    "min_wal_size": "'512MB'",  # New log files would be made amid a rush.
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'10min'",
    "max_slot_wal_keep_size": "'8GB'",  # A backup that stays away must not fill the disk.
}
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "'32MB'",
    "max_wal_size": "'256MB'",
    "autovacuum": "off",  # Its transactions would move the journal's horizon by chance.
}


def settings_text(sockets: Path, durable: bool) -> str:
    """The settings file of a server that listens in this folder."""
    memory_mb = memory_bytes() // MB
    settings = {
        **FIXED,
        **(DURABLE if durable else THROWAWAY),
        "shared_buffers": f"'{min(256 if durable else 64, max(16, memory_mb // 8))}MB'",
        "effective_cache_size": f"'{max(64, memory_mb // 2)}MB'",
        "unix_socket_directories": quote(f'"{sockets}"'),  # A list: spaces and commas are no end.
    }
    return HEADER + "".join(f"{name} = {value}\n" for name, value in settings.items())


def quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def memory_bytes() -> int:
    """The memory of the machine, or of the container when that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(machine, int(MEMORY_LIMIT.read_text()))
    except (OSError, ValueError):  # No container, or "max".
        return machine
