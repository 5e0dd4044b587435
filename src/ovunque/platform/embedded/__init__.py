"""The embedded PostgreSQL: a server of our own in a folder, started and stopped explicitly."""

from ovunque.platform.embedded.account import data_home
from ovunque.platform.embedded.binaries import BinFolder, find_binaries
from ovunque.platform.embedded.cluster import Cluster, Status, cluster_at
from ovunque.platform.embedded.layout import DATABASE
from ovunque.platform.embedded.throwaway import throwaway
from ovunque.platform.embedded.waiting import wait_until

__all__ = [
    "DATABASE",
    "BinFolder",
    "Cluster",
    "Status",
    "cluster_at",
    "data_home",
    "find_binaries",
    "throwaway",
    "wait_until",
]
