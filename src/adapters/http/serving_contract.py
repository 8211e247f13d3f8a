"""The serving API as its callers know it: what they send, what they are told, and the OpenAPI document made of that."""

import json
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.solicitation.intake import MOST_ID_BYTES
from domain.solicitation.keys import escaped
from domain.solicitation.listing import MOST, PAGE

MOST_OF_CUSTOMER = 100  # candidates of one customer
MOST_CUSTOMERS = 100  # in one call


def known_id(id: str) -> str:
    if not id or len(escaped(id).encode()) > MOST_ID_BYTES:
        raise ValueError(f"an id has 1 to {MOST_ID_BYTES} bytes, where # and % count three")
    return id


Id = Annotated[str, AfterValidator(known_id)]
PathId = Annotated[str, BeforeValidator(unquote), AfterValidator(known_id)]
Customer = Annotated[PathId, Path(description="The customer's id. One that holds / or ? goes into the body of a call.")]
Subject = Annotated[PathId, Path(description="What was asked about: a product's or a track's id.")]
InPath = Annotated[PathId, Path(description="The program's id.")]
Channel = Annotated[PathId, Path(description="The channel's id in the program, `email` for one.")]
MinScore = Annotated[float, Query(ge=0, le=1, alias="minScore", description="The least score, inclusive.")]
Limit = Annotated[
    int, Query(ge=1, le=MOST, description=f"Candidates in all; a page holds at most {PAGE:,}, a cursor leads on.")
]
CursorText = Annotated[
    str | None, Query(description="Where to go on: what the page before gave, with the same parameters.")
]
Few = Annotated[int, Query(ge=1, le=MOST_OF_CUSTOMER, description="Candidates a customer.")]
ProgramFilter = Annotated[str | None, Query(description="Only of this program; of all, when left out.")]
ChannelFilter = Annotated[str | None, Query(description="Only those that may be asked on this channel.")]


class Candidate(BaseModel):
    """One possible ask. `score` lies in [0, 1]; `eventDate` and `expiresAt` are instants in UTC."""

    customer: str
    subject: str
    subjectName: str | None
    marketplace: str
    eventDate: str
    score: float
    expiresAt: str
    genre: str | None = None


class OwnCandidate(Candidate):
    """A candidate of one customer: its program, and the channels it may be asked on."""

    program: str
    channels: list[str]


class Told(BaseModel):
    """`degraded`: the table was out of reach, this was true at `asOf` (UTC, at most five minutes ago)."""

    degraded: bool
    asOf: str


class ChannelPage(Told):
    """The best candidates of a channel, best first; `cursor` is null on the last page."""

    program: str
    channel: str
    candidates: list[Candidate]
    cursor: str | None


class CustomerAnswer(Told):
    """One customer's candidates: by score, then the latest event, then the subject."""

    customer: str
    candidates: list[OwnCandidate]


class CustomersAnswer(Told):
    """Every customer that was asked for, each with its own candidates."""

    customers: dict[str, list[OwnCandidate]]


class CustomersAsked(BaseModel):
    """Up to a hundred customers; one that is named twice is answered once."""

    model_config = ConfigDict(extra="forbid")

    customers: list[Id] = Field(min_length=1, max_length=MOST_CUSTOMERS)
    program: str | None = None
    channel: str | None = None
    limit: int = Field(10, ge=1, le=MOST_OF_CUSTOMER, strict=True)


class Deleted(BaseModel):
    """How many candidates and kept scores went."""

    customer: str
    candidates: int
    scores: int


class OptedOut(BaseModel):
    """What the customer is now opted out of; `withdrawn` counts the candidates that went at once."""

    customer: str
    everything: bool
    programs: list[str]
    withdrawn: int


class Spoken(BaseModel):
    """What a customer said to a voice channel."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    answer: Literal["yes", "no"]


class Recorded(BaseModel):
    """The answer that stands: this one, if it was the `first`. By mail it may have been stars."""

    first: bool
    channel: str
    submittedAt: str
    thumb: Literal["up", "down"] | None
    stars: int | None


class Error(BaseModel):
    """What is wrong, in which part of the call, and what to do about it."""

    what: str
    where: str
    mend: str


class Errors(BaseModel):
    """Why a call was not answered."""

    errors: list[Error]


AskedFor = Annotated[CustomersAsked, Body()]
SpokenAnswer = Annotated[Spoken, Body()]


REFUSALS = {
    400: "The call is wrong.",
    404: "It names something that there is not.",
    413: "The answer would be too large.",
    503: "The tables are out of reach: repeat the call.",
}


def responses(model: type[BaseModel], *refusals: int) -> dict[int, Any]:
    """What a route may tell: its answer, a refusal, or that the tables are out of reach."""
    told = {status: {"description": REFUSALS[status], "content": _content(Errors)} for status in refusals}
    return {200: {"description": model.__doc__, "content": _content(model)}, **told}


def document(app: APIGatewayHttpResolver) -> str:
    """The OpenAPI document of the API; `schemas/openapi/serving.json` is its copy."""
    title, description = (
        "Ovation serving API",
        "Candidates, opt-outs and voice answers. Every call is signed (AWS IAM, SigV4).",
    )
    whole = json.loads(app.get_openapi_json_schema(title=title, version="1", description=description))
    for path in whole["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # the router's own word for what we answer with 400
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        whole["components"]["schemas"].pop(name, None)
    return json.dumps(whole, indent=2) + "\n"


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"model": model}}
