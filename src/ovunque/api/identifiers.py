"""How things are named in addresses and bodies: typed ids and the retailer's own codes."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import CODE

EXAMPLE = "01jd8m4z6vf2a9t3k5w7x0y1q8"


@dataclass(frozen=True, slots=True)
class PublicId:
    """`Annotated[UUID, PublicId("ord")]`: prefix and letters outside, a UUID inside.

    What cannot be one of ours is `not_found`, wherever it stands: nobody learns more from it.
    """

    prefix: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(self.show),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": f"^{self.prefix}_[0-9a-hjkmnp-tv-z]{{26}}$",
            "examples": [f"{self.prefix}_{EXAMPLE}"],
        }

    def parse(self, told: Any) -> UUID:
        if isinstance(told, UUID):  # Our own answers are made of these.
            return told
        if not isinstance(told, str):
            raise Refusal("not_found", what=f"{self.prefix}_…")
        return parse_public_id(self.prefix, told)

    def show(self, id_: UUID) -> str:
        return public_id(self.prefix, id_)


# A retailer's own code: of a location, an item, a channel.
Code = Annotated[
    str,
    StringConstraints(pattern=f"^{CODE.pattern}$", max_length=64),
]
