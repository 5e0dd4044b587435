"""Benchmarks: what Ovunque does in a second, beside what the machine can do at all.

They run from a checkout, by `make bench` or `ovunque bench`.
"""
