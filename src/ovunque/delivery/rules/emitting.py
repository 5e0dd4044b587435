"""What an emission factor must be before it is stored."""

from ovunque.delivery.model import HUB, PACKAGING, Basis, EmissionFactor, Quality, Vehicle
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults, code, country, one_of, text, within

F5_MAX = 1_000_000_000
YEAR_MIN, YEAR_MAX = 1990, 2200
CAR = "car"  # Of a customer who comes to fetch; no carrier has one.
MOVERS = frozenset({*Vehicle, HUB, CAR, PACKAGING})


def check_factor(factor: EmissionFactor) -> Faults:
    return (
        *mover("/vehicle", factor.vehicle),
        *one_of("/basis", factor.basis, Basis),
        *suits(factor),
        *(code("/carrier", factor.carrier) if factor.carrier else ()),
        *owner(factor),
        *(country("/region", factor.region) if factor.region else ()),
        *within("/year", factor.year, YEAR_MIN, YEAR_MAX),
        *within("/ttw_f5", factor.ttw_f5, 0, F5_MAX),
        *within("/wtt_f5", factor.wtt_f5, 0, F5_MAX),
        *one_of("/quality", factor.quality, Quality),
        *text("/source", factor.source),
        *text("/license", factor.license),
    )


def mover(pointer: str, value: str) -> Faults:
    if value in MOVERS:
        return ()
    return (Fault(pointer, "unknown_value", f"Say one of {', '.join(sorted(MOVERS))}."),)


def suits(factor: EmissionFactor) -> Faults:
    """A hub handles tonnes, a box is one of a parcel, everything else moves."""
    still = {HUB: Basis.TONNE_HANDLED, PACKAGING: Basis.PARCEL}
    if factor.vehicle in still:
        fits = still[factor.vehicle] == factor.basis
    else:
        fits = factor.basis not in still.values()
    if fits:
        return ()
    sentence = "A hub goes with tonne_handled, packaging with parcel, a vehicle with the others."
    return (Fault("/basis", "contradiction", sentence),)


def owner(factor: EmissionFactor) -> Faults:
    if not factor.service:
        return ()
    if not factor.carrier:
        return (Fault("/service", "contradiction", "A service is one of a carrier: name it."),)
    return code("/service", factor.service)
