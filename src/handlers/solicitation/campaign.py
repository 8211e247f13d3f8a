"""Candidates -> recipient lists, campaigns, schedules: choose whom to ask by mail today, and set the clock for each local hour."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.batch_items import chunks
from adapters.aws.deliveries import Deliveries
from adapters.aws.one_time_schedules import OneTimeSchedules
from adapters.aws.ranking import Ranking
from adapters.aws.recipient_facts import RecipientFacts
from adapters.aws.recipient_lists import HELD_OUT, LEFT_OUT, RecipientLists, packed
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from adapters.files.zones import known_zone
from domain.solicitation.campaign_names import namer
from domain.solicitation.campaign_records import held_out_rows, plan_document, records, settled
from domain.solicitation.campaigns import chunk_keys, email_channel, planned, recipient_lists
from domain.solicitation.delivery import TOO_LATE, Recipient
from domain.solicitation.program import Channel, Program
from domain.solicitation.ranked import NOTHING_KNOWN, Ranked, Terms
from domain.solicitation.run import Run
from domain.solicitation.selection import Selection
from domain.solicitation.send_time import resumed_at
from domain.solicitation.stored import iso
from handlers.solicitation.delivery_settings import CampaignSettings

COUNTED = ("selected", "recipients", "holdout")
AT_A_TIME = 100  # candidates that are looked up together

logger = Logger(service="campaign")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return campaign(
        Run.from_json(event["run"]), now=datetime.fromisoformat(event["scheduledTime"]).astimezone(UTC), **live()
    )


@cache
def live() -> dict[str, Any]:
    env = CampaignSettings.from_env()
    tables, files = dynamodb(), WorkFiles(client("s3"), env.work_bucket)
    deliveries = Deliveries(tables, env.deliveries_table)
    return {
        "ledger": RunLedger(tables, env.runs_table),
        "files": files,
        "ranking": Ranking(tables, env.candidates_table),
        "facts": RecipientFacts(tables, env.candidates_table, env.customers_table, deliveries),
        "lists": RecipientLists(files),
        "deliveries": deliveries,
        "schedules": OneTimeSchedules(
            client("scheduler"),
            env.schedule_group,
            env.schedule_role,
            env.release_function,
            env.lost_schedules_queue,
        ),
    }


def campaign(
    run: Run,
    *,
    now: datetime,
    ledger: RunLedger,
    files: WorkFiles,
    ranking: Ranking,
    facts: RecipientFacts,
    lists: RecipientLists,
    deliveries: Deliveries,
    schedules: OneTimeSchedules,
) -> dict[str, Any]:
    """Plan the run's campaigns, or take up the plan that stands for its date, and make good what of it is not there yet."""
    ledger.check_held(run)
    program = load_program(files, run.program_hash)
    channel = email_channel(program)
    if run.dry_run or channel is None:
        return {"campaigns": 0, **dict.fromkeys(COUNTED, 0)}
    selection = Selection(terms(run, program, channel, now), namer(program, run.date))
    plan = lists.plan(run.program, run.date) or make_plan(run, program, selection, ranking, facts, lists)
    make_good(plan, now, lists, deliveries, schedules)
    told = {"campaigns": len(plan["campaigns"]), **{name: plan["counts"].get(name, 0) for name in COUNTED}}
    logger.info("campaign", extra={"run_id": run.id, **told, "left_out": plan["leftOut"]})
    return told


def make_plan(
    run: Run, program: Program, selection: Selection, ranking: Ranking, facts: RecipientFacts, lists: RecipientLists
) -> dict[str, Any]:
    """Choose, write the lists, then commit the plan: the one that stands now, ours or that of a start that was faster.

    A plan that asks nobody is not committed, so that a later start may find somebody.
    """
    name, now = selection.campaign_of, selection.terms.at
    left_out = packed(left_out_rows(selection, program, ranking, facts))  # this is what fills the selection
    campaigns = planned(selection.chosen, selection.held_out, program, name)
    made = records(campaigns, run, program, now)
    held_out = packed(held_out_rows(made, selection.held_out, name, now))
    chunked = {chunk: packed(rows) for chunk, rows in recipient_lists(campaigns)}
    folder = lists.write(run.program, run.date, {LEFT_OUT: left_out, HELD_OUT: held_out, **chunked})
    plan = plan_document(made, selection.reasons, run, folder, now)
    return lists.commit(plan) if made else plan


def left_out_rows(
    selection: Selection, program: Program, ranking: Ranking, facts: RecipientFacts
) -> Iterator[dict[str, Any]]:
    """Rank the candidates and let the selection take them; the rows of those it leaves out."""
    agreed = selection.terms
    ranked = ranking.top(
        program, agreed.channel, min_score=agreed.min_score, now=agreed.at, attributes=Ranked.ATTRIBUTES
    )
    for some in chunks(map(Ranked.from_item, ranked), AT_A_TIME):
        known = NOTHING_KNOWN if selection.full else facts.of(some, program.id, zones=agreed.fixed is None)
        yield from selection.left_out(some, known)


def terms(run: Run, program: Program, channel: Channel, now: datetime) -> Terms:
    """What the program agreed to for its mails, with the rules of the zones it names."""
    return Terms(
        program=program.id,
        channel=channel.id,
        day=run.date,
        at=now,
        min_score=program.min_score,
        limit=program.limit,
        limit_per_subject=program.limit_per_subject,
        holdout_share=program.holdout_share,
        homes={place.id: known_zone(place.time_zone) for place in program.marketplaces},
        fixed=None if channel.config["timezone"] == "local" else known_zone(channel.config["timezone"]),
        local_time=time.fromisoformat(channel.config["sendTime"]),
        late=channel.config.get("lateZones", "next-day"),
    )


def make_good(
    plan: Mapping[str, Any], now: datetime, lists: RecipientLists, deliveries: Deliveries, schedules: OneTimeSchedules
) -> None:
    """Put what a plan leads to where it is not there yet: who was left out, who was held out, each campaign and its schedules."""
    lists.tell_left_out(plan)
    for row in lists.rows([f"{plan['folder']}/{HELD_OUT}"]):
        deliveries.put_delivery(row)
    for record in plan["campaigns"]:
        launch(record, now, lists, deliveries, schedules)


def launch(
    record: Mapping[str, Any],
    now: datetime,
    lists: RecipientLists,
    deliveries: Deliveries,
    schedules: OneTimeSchedules,
) -> None:
    """Put a campaign's record and each of its schedules, where they are not there yet."""
    deliveries.put_campaign(record)
    standing = deliveries.campaign(record["id"]) or record
    if standing["state"] in ("STOPPED", "DONE"):
        return
    for number, slot in enumerate(standing["slots"]):
        if not {"firesAt", "releasedAt"} & slot.keys():
            deliveries.note_slot(record["id"], number, set_clock(standing, slot, now, lists, deliveries, schedules))
    deliveries.move_campaign(record["id"], "SCHEDULED")


def set_clock(
    record: Mapping[str, Any],
    slot: Mapping[str, Any],
    now: datetime,
    lists: RecipientLists,
    deliveries: Deliveries,
    schedules: OneTimeSchedules,
) -> dict[str, Any]:
    """Make a slot's schedule; where its hour is over and the program skips late zones, note that of each recipient instead."""
    rules = [known_zone(name).rules for name in slot["zones"]]
    local_time, planned = time.fromisoformat(record["sendTime"]), datetime.fromisoformat(slot["at"])
    at = resumed_at(planned, local_time, rules, now, record["lateZones"])
    if at is None:
        for row in lists.rows(chunk_keys(record, slot)):
            deliveries.put_skipped(settled(Recipient.from_row(row), record, "SKIPPED", TOO_LATE, now))
        return {"schedule": None, "firesAt": None}
    told = {"campaign": record["id"], "slot": slot["at"], "scheduledTime": iso(at)}
    return {"schedule": schedules.create(f"{record['id']}|{slot['at']}", at, told), "firesAt": iso(at)}
