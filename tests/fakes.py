"""Other companies, with a memory."""

from dataclasses import dataclass, field

from ovunque.fulfillment.ports import Label, Shipment, VisitCall


class AnswerLost(Exception):  # noqa: N818 - it is no error of ours
    """The other side did it; nobody here knows."""


@dataclass
class FakeCarrier:
    """Sells a label once for each key, and can lose its answer after the sale."""

    answers_lost: int = 0
    sold: dict[str, Label] = field(default_factory=dict)
    shipments: list[Shipment] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)
    visits: dict[str, VisitCall] = field(default_factory=dict)
    called_off: set[str] = field(default_factory=set)

    def buy_label(self, shipment: Shipment, key: str) -> Label:
        if key not in self.sold:
            self.shipments.append(shipment)
            tracking = f"FAKE{len(self.sold) + 1:06}"
            self.sold[key] = Label(
                tracking=tracking, media_type="application/pdf", content=b"%PDF-"
            )
        if self.answers_lost:
            self.answers_lost -= 1
            raise AnswerLost
        return self.sold[key]

    def void_label(self, tracking: str, key: str) -> None:
        self.voided.add(tracking)

    def book_visit(self, call: VisitCall, key: str) -> str:
        self.visits.setdefault(key, call)
        if self.answers_lost:
            self.answers_lost -= 1
            raise AnswerLost
        return f"VISIT{[*self.visits].index(key) + 1:04}"

    def cancel_visit(self, confirmation: str, key: str) -> None:
        self.called_off.add(confirmation)
