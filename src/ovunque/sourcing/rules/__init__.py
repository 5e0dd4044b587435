"""Which method answers a problem: whole lines first, split only where whole lines fall short."""

from ovunque.sourcing.model import Problem, Solution
from ovunque.sourcing.rules import cover, lattice, subsets


def solve(problem: Problem) -> Solution | None:
    """The cheapest plan; None when something that must be met cannot be.

    Exact over whole lines up to 12 distinct items. When that leaves something unmet, quantities
    are split over locations, exactly as long as the lattice is small enough.
    """
    if len(problem.want) > subsets.ITEMS_MAX:
        return cover.solve(problem)
    whole = subsets.solve(problem)
    if whole is not None and not any(whole.unmet):
        return whole
    if not _could_split(problem):
        return whole
    split = lattice.solve(problem) if lattice.fits(problem) else cover.solve(problem)
    found = [each for each in (whole, split) if each is not None]
    return min(found, key=lambda each: each.cents) if found else None


def _could_split(problem: Problem) -> bool:
    """Splitting helps only if some item is wanted more than once, and enough of it lies about."""
    used = problem.have[sorted({int(each) for each in problem.location})]
    enough = used.sum(axis=0) >= problem.want
    must = problem.unmet_cents >= 1 << 50
    return bool((problem.want > 1).any() and (enough | ~must).all())
