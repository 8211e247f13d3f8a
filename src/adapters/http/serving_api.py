"""A call of the serving API in, what the desk answers out: its routes, and how refusals are told.

The desk lies in the router's context while a call is answered; `handlers.solicitation.serve` has it.
"""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from adapters.http import serving_contract as contract
from adapters.http.calls import answered, errors, invalid, knows, refused
from domain.errors import Unavailable, Unknown
from domain.solicitation.listing import Cursor, Listing
from domain.solicitation.serving import Refused

app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=orjson.loads)


@app.get(
    "/programs/<program>/channels/<channel>/candidates",
    summary="The best candidates of a channel",
    operation_id="listChannelCandidates",
    responses=contract.responses(contract.ChannelPage, 400, 404, 503),
    middlewares=[knows("minScore", "limit", "cursor")],
)
def of_channel(
    program: contract.InPath,
    channel: contract.Channel,
    min_score: contract.MinScore = 0.0,
    limit: contract.Limit = 100,
    cursor: contract.CursorText = None,
) -> Response[str]:
    listing = Listing(program, channel, min_score, limit)
    start = Cursor.from_text(cursor, listing) if cursor is not None else None
    return answered(200, desk().of_channel(listing, start))


@app.get(
    "/customers/<customer>/candidates",
    summary="One customer's candidates",
    operation_id="listCustomerCandidates",
    responses=contract.responses(contract.CustomerAnswer, 400, 404, 503),
    middlewares=[knows("program", "channel", "limit")],
)
def of_customer(
    customer: contract.Customer,
    program: contract.ProgramFilter = None,
    channel: contract.ChannelFilter = None,
    limit: contract.Few = 10,
) -> Response[str]:
    return answered(200, desk().of_customer(customer, program=program, channel=channel, limit=limit))


@app.post(
    "/customers/candidates",
    summary="The candidates of up to a hundred customers",
    operation_id="listCandidatesOfCustomers",
    responses=contract.responses(contract.CustomersAnswer, 400, 404, 413, 503),
    middlewares=[knows()],
)
def of_customers(ask: contract.AskedFor) -> Response[str]:
    customers = list(dict.fromkeys(ask.customers))
    return answered(200, desk().of_customers(customers, program=ask.program, channel=ask.channel, limit=ask.limit))


@app.delete(
    "/customers/<customer>",
    summary="Delete a customer's candidates and kept scores",
    operation_id="deleteCustomer",
    responses=contract.responses(contract.Deleted, 400, 503),
    middlewares=[knows()],
)
def delete(customer: contract.Customer) -> Response[str]:
    """The batch may select the customer again: to prevent that, opt the customer out."""
    return answered(200, desk().delete(customer))


@app.put(
    "/customers/<customer>/opt-out",
    summary="Opt a customer out of a program, or of all",
    operation_id="optOut",
    responses=contract.responses(contract.OptedOut, 400, 404, 503),
    middlewares=[knows("program")],
)
def opt_out(customer: contract.Customer, program: contract.ProgramFilter = None) -> Response[str]:
    """At once: no channel is told of the customer any more, and mails not sent yet are not sent."""
    return answered(200, desk().opt_out(customer, program))


@app.delete(
    "/customers/<customer>/opt-out",
    summary="Opt a customer back in to a program, or to all",
    operation_id="optIn",
    responses=contract.responses(contract.OptedOut, 400, 404, 503),
    middlewares=[knows("program")],
)
def opt_in(customer: contract.Customer, program: contract.ProgramFilter = None) -> Response[str]:
    """The next batch may select the customer again. One who opted out of all stays out until opted in to all."""
    return answered(200, desk().opt_in(customer, program))


@app.post(
    "/customers/<customer>/programs/<program>/subjects/<subject>/answer",
    summary="Record a yes or no said to a voice channel",
    operation_id="recordVoiceAnswer",
    responses=contract.responses(contract.Recorded, 400, 404, 503),
    middlewares=[knows()],
)
def record(
    customer: contract.Customer, program: contract.InPath, subject: contract.Subject, said: contract.SpokenAnswer
) -> Response[str]:
    """The candidate is consumed on every channel. A second answer changes nothing and is told the first."""
    return answered(200, desk().record(customer, program, subject, said.channel, said.answer == "yes"))


@app.exception_handler(Refused)  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
def refuse(reason: Refused) -> Response[str]:
    return refused(reason)


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
def reject(reason: RequestValidationError) -> Response[str]:
    return invalid(reason)


@app.not_found
def unknown_route(_: NotFoundError) -> Response[str]:
    return answered(404, errors([("there is no such route", "path", "see schemas/openapi/serving.json")]))


@app.exception_handler([Unavailable, Unknown])  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
def later(reason: Unavailable | Unknown) -> Response[str]:
    """What was true of late, if the same was asked then; else the caller is to try again."""
    kept = desk().kept(reason)
    if kept is not None:
        return answered(200, kept)
    return answered(
        503, errors([("the tables are out of reach", "service", "repeat the call")]), **{"Retry-After": "1"}
    )


def desk() -> Any:
    return app.context["desk"]
