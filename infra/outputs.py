"""The parts of a stack in, what its operators are told out: where things are, and what others must still grant."""

from collections.abc import Iterator, Mapping

from aws_cdk import aws_stepfunctions as sfn

from infra.parts import Parts
from infra.warehouses import Warehouses


def names(parts: Parts, machines: Mapping[str, sfn.StateMachine]) -> Iterator[tuple[str, str]]:
    """Of every table, bucket, machine and address."""
    yield from ((f"{name}Table", table.table_name) for name, table in parts.stores.tables().items())
    yield from ((f"{name}Bucket", bucket.bucket_name) for name, bucket in parts.stores.buckets().items())
    yield from ((f"{name}Machine", machine.state_machine_arn) for name, machine in machines.items())
    yield from ((f"{name}Url", api.url) for name, api in parts.apis().items())
    yield "OutboxUrl", parts.outbox.queue_url
    yield "ScheduleGroup", parts.one_time.group.schedule_group_name
    yield "LinkKeysSecret", parts.mail.link_keys.secret_arn
    yield "GlueDatabase", parts.analytics.database
    yield "AthenaWorkgroup", parts.analytics.workgroup


def grants(parts: Parts, warehouses: Warehouses) -> Iterator[str]:
    """What owners of other things must do: of warehouses, and of the addresses that mails are sent from."""
    yield from warehouses.to_be_granted(parts.stores.work.bucket_name)
    yield f"verify with SES, each address or its domain: {', '.join(parts.mail.senders(parts.programs))}."
