"""The parts of delivery and its functions in, the arrows between them out: queue, stream, events, routes."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources

from infra.function import PythonFunction
from infra.nag import acknowledge
from infra.parts import Parts
from infra.queue import DeadLetters
from infra.web_api import Routes

Functions = Mapping[str, PythonFunction]

SERVING: Routes = (
    ("GET", "/programs/{program}/channels/{channel}/candidates"),
    ("GET", "/customers/{customer}/candidates"),
    ("POST", "/customers/candidates"),
    ("DELETE", "/customers/{customer}"),
    ("PUT", "/customers/{customer}/opt-out"),
    ("DELETE", "/customers/{customer}/opt-out"),
    ("POST", "/customers/{customer}/programs/{program}/subjects/{subject}/answer"),
)
# The pages answer themselves to a method they do not know, and to an address that is none.
PAGES: Routes = (
    ("ANY", "/r/{token}"),  # the form, and its answer
    ("ANY", "/r/{token}/photos"),
    ("ANY", "/u/{token}"),  # unsubscribe
    ("ANY", "/o/{token}"),  # open pixel
    ("ANY", "/c/{token}"),  # click
    ("ANY", "/h/{token}"),  # the trap for scanners
    ("ANY", ""),
)
SENDERS = 10  # chunks in work at once; the rate is the token bucket's, this is only a ceiling


def join_up(functions: Functions, parts: Parts, lost: Mapping[str, DeadLetters]) -> None:
    """outbox → send · SES → mail_events · Responses → publish_responses · APIs → serve, engage."""
    functions["send"].add_event_source(
        sources.SqsEventSource(parts.outbox, batch_size=1, max_concurrency=SENDERS, report_batch_item_failures=True)
    )
    parts.mail.told_to(functions["mail_events"], lost["LostMailEvents"])
    functions["mail_events"].gives_up_to(lost["LostMailEvents"])
    functions["release"].gives_up_to(lost["LostReleases"])
    publish(functions["publish_responses"], parts)
    parts.serving.answer(SERVING, functions["serve"], authorizers.HttpIamAuthorizer())
    parts.pages.answer(PAGES, functions["engage"])
    acknowledge(
        parts.pages,
        {
            "AwsSolutions-APIG4": "People come from their mails: each path's token is signed, expires, and names one delivery."
        },
    )


def publish(function: PythonFunction, parts: Parts) -> None:
    """New events of the outbox items, in order by customer; what cannot be published is kept whole in the work bucket."""
    responses, work = parts.stores.responses, parts.stores.work
    stream = responses.table_stream_arn
    assert stream is not None
    function.allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream])
    function.allow(["dynamodb:ListStreams"], ["*"], "Listing streams takes no resource.")
    function.allow(["s3:ListBucket"], [work.bucket_arn])
    function.allow(["s3:PutObject"], [work.arn_for_objects("aws/lambda/*")], "Lambda names the objects itself.")
    mapping = lambda_.EventSourceMapping(
        function,
        "Responses",
        target=function,
        event_source_arn=stream,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=100,
        max_batching_window=Duration.seconds(1),
        bisect_batch_on_error=True,
        retry_attempts=10,
        max_record_age=Duration.hours(12),
        report_batch_item_failures=True,
        filters=[lambda_.FilterCriteria.filter(OUTBOX_ITEMS)],
    )
    raw = mapping.node.default_child
    assert isinstance(raw, lambda_.CfnEventSourceMapping)
    raw.add_property_override("DestinationConfig.OnFailure.Destination", work.bucket_arn)


# The answers' own items pass through the same stream; nobody reads them there.
OUTBOX_ITEMS = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUTBOX#"}]}}}}
