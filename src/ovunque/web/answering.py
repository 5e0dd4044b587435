"""The form in which somebody writes down what a customer said: care and stores have the same."""

from pydantic import Field

from ovunque.customers.model import ContactRequest
from ovunque.fulfillment.model.consulting import Consent, Instead
from ovunque.orders.consenting import AnswerRequest, answer_for
from ovunque.orders.model import Order
from ovunque.web.screens import Form
from ovunque.web.visiting import Visit


class AnswerForm(Form):
    delivery: int = Field(default=0, ge=0, le=499)
    answer: Instead
    name: str = Field(default="", max_length=200)
    street: str = Field(default="", max_length=200)
    postal_code: str = Field(default="", max_length=20)
    city: str = Field(default="", max_length=200)
    country: str = Field(default="", max_length=2)

    @property
    def address(self) -> ContactRequest | None:
        if self.answer != Instead.DELIVERY:
            return None
        return ContactRequest(
            name=self.name.strip() or None,
            street=self.street.strip(),
            postal_code=self.postal_code.strip(),
            city=self.city.strip(),
            country=self.country.strip().upper(),
        )


def write_down(visit: Visit, order: Order, form: AnswerForm, consent: Consent) -> None:
    """What the customer wants instead; refused where it cannot be."""
    request = AnswerRequest(
        order_id=order.id,
        delivery=form.delivery,
        answer=form.answer,
        consent=consent,
        address=form.address,
        snapshot=visit.house.snapshot(),
        new_id=visit.house.new_id,
    )
    visit.transact(lambda tx: answer_for(tx, visit.by, request, visit.now))
