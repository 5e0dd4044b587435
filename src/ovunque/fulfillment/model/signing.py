"""A signature as it is kept: the way of a pen over a field."""

PEN = r"^(?:[ML]\d{1,3} \d{1,3})*$"  # Where a pen was put down, and where it went.
PEN_LENGTH_MAX = 20_000
