"""The mappings of a subsystem's streams in, their alarms out: a reader that falls behind, and records that Lambda gave up on."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from infra.alarms import Alarms
from infra.function import PythonFunction
from infra.mapping_metrics import DROPPED, FIVE, GIVEN_UP, UNKEPT, of_mapping


def watch_streams(
    alarms: Alarms,
    functions: Mapping[str, PythonFunction],
    mappings: Mapping[str, lambda_.EventSourceMapping],
    *,
    behind: Duration,
    kept: str,
    lost: str,
) -> None:
    """`behind`: how old a reader's next record may be. `kept`, `lost`: what to do about records that lie below aws/lambda/, and about
    those that lie nowhere.
    """
    for name, mapping in mappings.items():
        function, id = functions[name], functions[name].node.id
        alarms.at_least(
            behind.to_milliseconds(),
            function.metric("IteratorAge", statistic="Maximum", period=FIVE),
            id=f"{id}Behind",
            says=f"{id} is {behind.to_human_string()} behind: see its errors, throttles and duration.",
        )
        given_up = f"Lambda gave up on records; they lie below aws/lambda/. {kept}"
        alarms.at_least(1, of_mapping(mapping, GIVEN_UP), id=f"{id}GaveUp", says=given_up)
        alarms.at_least(1, of_mapping(mapping, DROPPED), id=f"{id}Dropped", says=lost)
        unkept = function.metric(UNKEPT, statistic="Sum", period=FIVE)
        alarms.at_least(1, unkept, id=f"{id}Unkept", says=lost)
