"""Erasure: no byte of any version holds the fan any more, all others stay, and the receipt says what was found where."""

import base64
import gzip
import json
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest
from rewrite_world import DAY, demand, records, rewrite_world, sale

from adapters.files import avro_files
from adapters.files.avro_blocks import blocks
from domain.archive.fan import Fan
from domain.archive.places import partition_prefix
from domain.errors import Rejected, Unavailable
from handlers.archive import erase
from handlers.archive.erasing import results
from handlers.archive.erasing.cutting import Cut, cut

FAN, OTHERS = "f1", ("f10", "xf1", "f1-2", "F1")
PREFIX = partition_prefix("demand", DAY)
ODD = ["f1", 'a"b', "José-Ñ", "f#1|x y", "😀", "a\\b", "-", "7", "e'1"]


@pytest.fixture(scope="module")
def one_world():
    with rewrite_world() as world:
        yield world


@pytest.fixture
def world(one_world, monkeypatch):
    """One thread: the calls have an order, and moto is not safe across threads."""
    monkeypatch.setattr(erase, "AT_ONCE", 1)
    one_world.anew()
    return one_world


def change(fan, number=1, name="INSERT", **image):
    """A change record as the stream has it."""
    keys = {"PK": {"S": f"fan:{fan}"}, "SK": {"S": "demand#e1-s1"}}
    image = {**keys, "type": {"S": "demand"}, "fanId": {"S": fan}, **image}
    side = "OldImage" if name == "REMOVE" else "NewImage"
    dynamodb = {"ApproximateCreationDateTime": 1795180000, "Keys": keys, side: image}
    return {"eventID": f"ev-{number}", "eventName": name, "dynamodb": dynamodb}


def parked(*texts, code="missing_field"):
    """An error object."""
    error = {"message": "saleId is missing", "code": code, "fingerprint": "missing_field:demand:saleId"}
    numbers = [str(number) for number in range(len(texts))]
    return json.dumps(
        {
            "timestamp": f"{DAY}T12:00:00.000000Z",
            "error": error,
            "events": texts,
            "sequenceNumbers": numbers,
            "source": "shard-0",
        }
    )


def given_up(*texts):
    """A batch as Lambda leaves it."""
    kinesis = [
        {
            "eventID": f"shard-0:{number}",
            "kinesis": {
                "data": base64.b64encode(text.encode()).decode(),
                "sequenceNumber": str(number),
                "approximateArrivalTimestamp": 1795180000.0,
            },
        }
        for number, text in enumerate(texts)
    ]
    whole = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "timestamp": f"{DAY}T12:00:00.000Z"}
    return json.dumps({**whole, "payload": json.dumps({"Records": kinesis})})


def part(*texts):
    """A part of a replay's plan."""
    steps = [
        {"id": f"ev-{place}", "at": "", "text": text, "source": "shard-0", "number": str(place), "arrived": 0.0}
        | {"lost": False, "garbled": False, "origins": []}
        for place, text in enumerate(texts)
    ]
    return json.dumps({"plan": "abc", "name": "0000", "steps": steps, "sizes": {}})


def everywhere(world, fan=FAN, others=OTHERS):
    """The fan and others in all places, in versions of all kinds."""
    fans = (fan, *others)
    rows = [demand(number, who) for number, who in enumerate(fans)]
    told = [json.dumps(change(who)) for who in fans]
    world.file(rows, "2026-11-20-mixed")
    world.file(rows[:1], "2026-11-20-alone")
    world.file(rows[1:], "2026-11-20-others")
    for number in range(2):  # compacted inputs that are hidden
        world.file(
            [demand(100 + number, fan), demand(200 + number, others[0])],
            f"2026-11-20-hidden-{number}",
            day="2026-11-19",
        )
    world.compact(dates=["2026-11-19"])
    overwritten = world.file(rows, "2026-11-20-twice")
    world.put(overwritten, world.body(overwritten))
    world.file([sale(1)], kind="sale")
    world.put("errors/mixed.json", parked(*told))
    world.put("errors/alone.json", parked(told[0]))
    world.put("errors/others.json", parked(*told[1:]))
    world.put("errors/cut.json", parked(told[0][:-9], code="malformed_json"))
    world.put("errors/cut-others.json", parked(told[1][:-9], code="malformed_json"))
    world.put("aws/lambda/u/shard-0/2026/11/20/x", given_up(*told))
    world.put("replays/abc.json", json.dumps({"plan": "abc", "parts": 1, "outcomes": []}))
    world.put("replays/abc/0000.json", part(*told))
    for who in fans:
        name = sha256(who.encode()).hexdigest()[:8]
        quoted = who.replace('"', '""')
        world.put(f"results/{name}.csv", f'"fanid","reference"\n"{quoted}","e1_s1_{quoted}"\n')
        world.put(f"results/{name}.csv.metadata", b"\x08\x01columns")


def spelled(fan):
    """All the ways in which the id may stand in the bytes, with what delimits it there."""
    packed = len(fan.encode()) * 2
    row = bytes([packed]) + fan.encode()
    return row, f'fan:{json.dumps(fan)[1:-1]}"', f'"{json.dumps(fan)[1:-1]}"'


def opened(key, body):
    """All that an object says, laid open."""
    if key.endswith(".avro"):
        return b"".join(block.rows for block in blocks(body))
    if key.startswith("aws/lambda/"):
        batch = json.loads(json.loads(body)["payload"])
        return b"\n".join(base64.b64decode(record["kinesis"]["data"]) for record in batch["Records"])
    if key.startswith("errors/"):
        return "\n".join(json.loads(body)["events"]).encode()
    if key.startswith("replays/") and key.endswith("0000.json"):
        return "\n".join(step["text"] or "" for step in json.loads(body)["steps"]).encode()
    return body


def hits(world, fan=FAN):
    """Where the fan still is, in whatever version."""
    return hits_in(laid_open(world), fan)


def laid_open(world):
    return {(key, version): opened(key, body) for (key, version), body in world.versions().items()}


def hits_in(said, fan):
    spellings = [text if isinstance(text, bytes) else text.encode() for text in spelled(fan)]
    return [place for place, body in said.items() if any(spelling in body for spelling in spellings)]


def keys_of(found):
    return {key for key, _ in found}


def test_no_version_of_any_object_holds_the_fan_and_the_receipt_lists_the_objects(world):
    everywhere(world)
    held = hits(world)
    assert len(keys_of(held)) == 12
    receipt = world.receipt(FAN)
    assert hits(world) == []
    assert {one["key"] for one in receipt["objects"]} >= keys_of(held)
    assert receipt["fan"] == sha256(FAN.encode()).hexdigest()
    assert receipt["versions"] == len(held)
    assert receipt["unreadable"] == []


def test_ids_of_any_characters_are_found_and_others_stay(world):
    others = [name for fan in ODD for name in (f"{fan}0", f"x{fan}")]
    everywhere(world, ODD[0], (*ODD[1:], *others))
    before = laid_open(world)
    for fan in ODD:
        world.receipt(fan)
    after = laid_open(world)
    for fan in ODD:
        assert hits_in(before, fan)
        assert hits_in(after, fan) == []
    for other in others:
        assert keys_of(hits_in(after, other)) == keys_of(hits_in(before, other))
    assert {row["fanId"] for row in world.rows()} == set(others)


def test_what_is_others_stays_row_for_row(world):
    everywhere(world)
    before = [row for row in world.rows() if row["fanId"] != FAN]
    world.receipt(FAN)
    assert world.rows() == before
    [events] = [json.loads(world.body("errors/mixed.json"))["events"]]
    assert [json.loads(text)["dynamodb"]["Keys"]["PK"]["S"] for text in events] == [f"fan:{who}" for who in OTHERS]
    assert "errors/others.json" in world.listed()
    assert "errors/cut-others.json" in world.listed()
    assert len(world.listed("results/")) == 2 * len(OTHERS)
    assert world.listed("data/sale/")


def test_objects_with_nothing_left_are_gone(world):
    everywhere(world)
    world.receipt(FAN)
    gone = {f"{PREFIX}2026-11-20-alone.avro", "errors/alone.json", "errors/cut.json"}
    assert not gone & {key for key, _ in world.versions()}


def test_an_older_version_without_the_fan_does_not_come_to_light(world):
    key = f"{PREFIX}2026-11-20-a.avro"
    world.put(key, avro_files.write("demand", [demand(1, "bob")]))
    world.put(key, avro_files.write("demand", [demand(2, FAN)]))
    world.receipt(FAN)
    assert world.rows() == []
    assert [records(body)[0]["fanId"] for body in world.versions().values() if body[:3] == b"Obj"] == ["bob"]


def test_a_file_without_the_fan_is_not_written(world):
    world.file([demand(1, "f10"), demand(2, "bob", artistId="f1")], "2026-a")
    world.put("errors/a.json", parked(json.dumps(change("f10"))))
    before = world.versions()
    receipt = world.receipt(FAN)
    assert receipt["objects"] == []
    assert {key: body for key, body in world.versions().items() if not key[0].startswith("receipts/")} == before


def test_erasing_twice_changes_nothing_and_gives_the_same_receipt(world):
    everywhere(world)
    first = world.erase(FAN)
    before = world.versions()
    world.clock += 3600
    second = world.erase(FAN)
    assert world.versions() == before
    assert second["receipt"] == first["receipt"]
    assert {**second, "looked": 0} == {**first, "looked": 0}


def test_rows_that_come_later_extend_the_receipt_which_states_both_times(world):
    everywhere(world)
    first = world.receipt(FAN)
    world.clock += 3600
    world.file([demand(500, FAN)], "2026-11-21-late")
    second = world.receipt(FAN)
    assert (second["at"], second["again"]) == (first["at"], ["2026-11-22T02:30:00Z"])
    assert second["rows"] == first["rows"] + 1
    assert hits(world) == []


def test_a_row_that_comes_back_to_an_object_is_erased_and_counted_again(world):
    key = world.file([demand(1, FAN), demand(2, "bob")])
    body = world.body(key)
    world.receipt(FAN)
    world.clock += 60
    world.put(key, body)  # an archiver delivers an old batch once more
    receipt = world.receipt(FAN)
    assert receipt["objects"] == [{"key": key, "rows": 2, "versions": 2}]
    assert hits(world) == []


def test_the_receipt_counts_rows_once_and_all_versions(world):
    key = world.file([demand(1, FAN), demand(2, FAN), demand(3, "bob")])
    world.put(key, world.body(key))
    world.put(key, world.body(key))
    receipt = world.receipt(FAN)
    assert receipt["objects"] == [{"key": key, "rows": 2, "versions": 3}]
    assert (receipt["rows"], receipt["versions"]) == (2, 3)


def test_an_unknown_fan_gets_an_empty_receipt(world):
    world.files(2)
    receipt = world.receipt("nobody")
    assert (receipt["objects"], receipt["rows"]) == ([], 0)


@pytest.mark.parametrize("fan", ["", None, 7, "\ud800"])
def test_what_is_no_id_is_refused(world, fan):
    with pytest.raises(Rejected):
        world.erase(fan)


def test_a_crash_before_any_call_loses_no_count(world, monkeypatch):
    monkeypatch.setattr(erase, "PART_KEYS", 3)

    def furnish():
        world.anew()
        world.file([demand(1, FAN), demand(2, "bob")], "2026-a")
        key = world.file([demand(3, FAN)], "2026-b")
        world.put(key, world.body(key))
        world.put("errors/a.json", parked(json.dumps(change(FAN)), json.dumps(change("bob"))))

    furnish()
    world.calls = 0
    whole = world.receipt(FAN)
    calls = world.calls
    assert calls > 20
    for call in range(1, calls + 1):
        furnish()
        with world.crashing_at(call):
            world.erase(FAN)
        world.clock += 600
        receipt = world.receipt(FAN, holder="erase 2")
        assert hits(world) == []
        assert {**receipt, "at": "", "again": []} == {**whole, "at": "", "again": []}, call
        assert [row["fanId"] for row in world.rows()] == ["bob"]


def test_without_time_it_stops_and_goes_on_where_it_was(world, monkeypatch):
    monkeypatch.setattr(erase, "PART_KEYS", 2)
    everywhere(world)
    there = keys_of(world.versions())
    looks, answers = iter(range(10_000)), []
    while not answers or not answers[-1]["done"]:
        answers.append(world.erase(FAN, left=lambda: 10**6 if next(looks) % 4 else 0))
    assert len(answers) > 3
    assert sum(answer["looked"] for answer in answers) == len(there)
    assert hits(world) == []
    assert world.json(answers[-1]["receipt"])["again"] == []


def test_a_pass_that_was_left_half_way_is_not_taken_up_by_who_asks_anew(world, monkeypatch):
    """Where it had been, rows may have come since."""
    monkeypatch.setattr(erase, "PART_KEYS", 1)
    world.file([demand(1, FAN)], "2026-a")
    world.file([demand(2, FAN)], "2026-b")
    looks = iter(range(100))
    first = world.erase(FAN, at="2026-11-22T01:00:00Z", left=lambda: 10**6 if next(looks) < 1 else 0)
    assert first == {"done": False, "looked": 1}
    world.file([demand(3, FAN)], "2026-0-before-it")
    second = world.erase(FAN, at="2026-11-23T01:00:00Z")
    assert (second["done"], second["rows"]) == (True, 3)
    assert hits(world) == []
    receipt = world.json(second["receipt"])
    assert (receipt["at"], receipt["again"]) == ("2026-11-22T01:00:00Z", ["2026-11-23T01:00:00Z"])


def test_a_pass_that_was_left_half_way_goes_on_for_who_asks_the_same(world, monkeypatch):
    monkeypatch.setattr(erase, "PART_KEYS", 1)
    for name in "abc":
        world.file([demand(ord(name), FAN)], f"2026-{name}")
    looks = iter(range(100))
    world.erase(FAN, at="2026-11-22T01:00:00Z", left=lambda: 10**6 if next(looks) < 2 else 0)
    assert world.erase(FAN, at="2026-11-22T01:00:00Z")["looked"] == 1


def test_a_call_without_any_time_does_nothing(world):
    everywhere(world)
    before = world.versions()
    assert world.erase(FAN, left=1000) == {"done": False, "looked": 0}
    assert world.versions() == before


def test_while_compaction_works_nothing_is_done_and_it_says_so(world):
    everywhere(world)
    before = world.versions()
    with world.lease("compact 5").held():
        assert world.erase(FAN) == {"done": False, "heldBy": "compact 5"}
    assert world.versions() == before
    assert world.erase(FAN)["done"]


def test_who_has_lost_the_lease_changes_nothing_any_more(world):
    world.file([demand(1, FAN)])
    before = world.versions()

    def taken():
        world.clock += 301
        world.item(PK="LEASE#rewrite", SK="LEASE", holder="compact 1", until=world.clock + 300)

    with world.at_call(5, taken), pytest.raises(Unavailable, match="lost"):
        world.erase(FAN)
    assert world.versions() == before


def test_a_version_that_is_written_before_the_old_ones_are_gone_goes_too(world):
    key = world.file([demand(1, FAN), demand(2, "bob")])
    body = world.body(key)
    world.erase(FAN)
    purged = world.operations.index("DeleteObjects") + 1
    for call in range(1, purged + 2):  # the call after it looks what there is
        world.anew()
        world.put(key, body)
        with world.at_call(call, lambda: world.put(key, body)):
            world.erase(FAN)
        assert hits(world) == [], call
        assert [row["fanId"] for row in world.rows()] == ["bob"]


def test_compaction_afterwards_does_not_bring_the_fan_back(world):
    everywhere(world)
    world.receipt(FAN)
    world.compact()
    assert hits(world) == []
    assert FAN not in {row["fanId"] for row in world.rows()}


def test_compacted_copies_and_their_hidden_inputs_are_erased(world):
    world.file([demand(1, FAN), demand(2, "bob")], "2026-a")
    world.file([demand(3, FAN)], "2026-b")
    world.compact()
    assert len(hits(world)) == 3
    receipt = world.receipt(FAN)
    assert (receipt["versions"], receipt["rows"]) == (3, 2)
    assert [row["fanId"] for row in world.rows()] == ["bob"]
    assert hits(world) == []


def test_a_file_that_cannot_be_read_stays_and_is_told_of(world):
    world.put(f"{PREFIX}broken.avro", b"Obj\x01 and no more")
    world.put("data/readme.txt", "who put this here")
    world.file([demand(1, FAN)])
    receipt = world.receipt(FAN)
    assert receipt["unreadable"] == [f"{PREFIX}broken.avro", "data/readme.txt"]
    assert len(receipt["objects"]) == 1
    assert world.receipt(FAN) == receipt


@pytest.mark.parametrize(
    "tag", [{"S": FAN}, {"N": FAN}, {"L": [{"S": FAN}]}, {"B": base64.b64encode(b"f1").decode()}, FAN]
)
def test_an_error_is_the_fans_whatever_type_the_attribute_came_under(world, tag):
    record = change("bob")
    record["dynamodb"]["Keys"] = {}
    record["dynamodb"]["NewImage"] = {"type": {"S": "demand"}, "fanId": tag}
    world.put("errors/a.json", parked(json.dumps(record)))
    assert world.receipt(FAN)["rows"] == 1
    assert world.listed("errors/") == []


@pytest.mark.parametrize("where", ["Keys", "OldImage", "NewImage"])
def test_an_error_is_the_fans_by_its_key_alone(world, where):
    record = {"eventID": "ev", "eventName": "MODIFY", "dynamodb": {where: {"PK": {"S": "fan:f1"}, "SK": {"S": "x"}}}}
    world.put("errors/a.json", parked(json.dumps(record)))
    assert world.receipt(FAN)["rows"] == 1


def test_an_error_of_an_event_or_sale_by_the_name_of_the_fan_stays(world):
    record = {
        "eventID": "ev",
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"PK": {"S": "event:f1"}, "SK": {"S": "event#f1"}}},
    }
    record["dynamodb"]["NewImage"] = {"id": {"S": "f1"}, "type": {"S": "event"}, "url": {"S": "https://example.org/f1"}}
    world.put("errors/a.json", parked(json.dumps(record)))
    assert world.receipt(FAN)["objects"] == []


@pytest.mark.parametrize("cut", range(4))
def test_base64_that_lacks_its_beginning_is_read_all_the_same(world, cut):
    garbled = base64.b64encode(json.dumps(change(FAN)).encode()).decode()[cut:].rstrip("=") + "*"
    others = base64.b64encode(json.dumps(change("f10")).encode()).decode()[cut:].rstrip("=") + "*"
    world.put("errors/a.json", parked(garbled, others, code="malformed_base64"))
    assert world.receipt(FAN)["rows"] == 1
    assert world.json("errors/a.json")["events"] == [others]


def test_objects_that_are_none_of_ours_go_if_they_name_the_fan(world):
    world.put("errors/strange.txt", "who is f1?")
    world.put("errors/other.txt", "who is f10?")
    world.put("aws/lambda/u/strange", json.dumps({"payload": json.dumps(change(FAN))}))
    world.put("replays/strange.json", json.dumps({"note": 'about "f1"'}))
    world.receipt(FAN)
    assert [key for key in world.listed() if not key.startswith("receipts/")] == ["errors/other.txt"]


def test_a_step_of_a_plan_is_dropped_and_the_others_keep_their_places(world):
    told = [json.dumps(change(who)) for who in ("bob", FAN, "eve")]
    world.put("replays/abc/0000.json", part(*told))
    world.receipt(FAN)
    assert [step["text"] for step in world.json("replays/abc/0000.json")["steps"]] == [told[0], None, told[2]]


def test_a_result_goes_with_what_athena_put_beside_it(world):
    world.put("results/a.csv", '"fanid"\n"f1"\n')
    world.put("results/a.csv.metadata", b"\x08\x01")
    world.put("results/b.csv", '"fanid"\n"f10"\n')
    world.put("results/b.csv.metadata", b"\x08\x01")
    receipt = world.receipt(FAN)
    assert world.listed("results/") == ["results/b.csv", "results/b.csv.metadata"]
    assert receipt["objects"] == [{"key": "results/a.csv", "rows": 1, "versions": 1}]
    assert not [key for key, _ in world.versions() if key.startswith("results/a")]


def test_results_are_looked_into_when_packed_and_go_when_they_cannot_be(world):
    world.put("results/a.gz", gzip.compress(b'{"fanid":"f1"}\n'))
    world.put("results/b.gz", gzip.compress(b'{"fanid":"f10"}\n'))
    world.put("results/c.parquet", b"PAR1\xff\xfe\x00")
    world.put("results/d.gz", gzip.compress(b"x" * 100)[:-9])
    world.receipt(FAN)
    assert world.listed("results/") == ["results/b.gz"]


def test_a_packed_result_is_not_laid_open_as_a_whole():
    """Eight are in work at a time, in a gigabyte."""
    line = b'{"fanid":"bob","eventid":"e1","saleid":"s1"}\n'
    body = gzip.compress(line * 1_000_000 + b'{"fanid":"f1"}\n' + line, 1)
    tracemalloc.start()
    found = cut("results/a.gz", body, Fan("f1"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Cut(1, None)
    assert peak < 16e6


@pytest.mark.parametrize("piece", [1, 7, 64, 100_000])
def test_a_line_of_a_result_is_looked_at_once_wherever_it_is_cut(piece, monkeypatch):
    monkeypatch.setattr(results, "PIECE", piece)
    rows = "".join(f'"f1","zoë {place}"\n"bob","{place}"\n' for place in range(50)) + '"f1"'
    assert cut("results/a.csv", rows.encode(), Fan("f1")) == Cut(51, None)
    assert cut("results/a.csv", rows.encode(), Fan("f10")) is None


def test_a_result_without_lines_goes(monkeypatch):
    monkeypatch.setattr(results, "PIECE", 4)
    monkeypatch.setattr(results, "LONGEST", 16)
    assert cut("results/a.csv", b"x" * 17, Fan("f1")) == Cut(0, None)
    assert cut("results/a.csv", b"x" * 16, Fan("f1")) is None
    assert cut("results/a.csv", b"a\nb", Fan("a\nb")) == Cut(0, None)


def test_kinds_that_have_no_fan_are_not_even_read(world):
    world.file([sale(1)], kind="sale")
    world.put(f"{partition_prefix('event', DAY)}broken.avro", b"no container")
    assert world.receipt(FAN)["unreadable"] == []


def test_neither_receipt_nor_ledger_nor_log_names_the_fan(world, caplog, capsys):
    fan = "a-name-that-is-nowhere-else"
    everywhere(world, fan)
    world.receipt(fan)
    told = json.dumps(world.items(), default=str) + json.dumps([str(body) for body in world.versions().values()])
    assert fan not in told
    assert fan not in caplog.text + capsys.readouterr().out


def test_eight_at_a_time_and_compaction_work_on_another_aws_too(ministack):
    with rewrite_world(ministack.endpoint) as world:
        everywhere(world)
        held = hits(world)
        assert len(keys_of(held)) == 12
        receipt = world.receipt(FAN)
        assert hits(world) == []
        assert receipt["versions"] == len(held)
        world.clock += 60
        assert world.receipt(FAN) == receipt
        world.compact()
        assert {row["fanId"] for row in world.rows()} == set(OTHERS)
        assert len(world.listed(PREFIX)) == 1


def test_the_example_event_is_one(world):
    event = json.loads((Path(__file__).parents[3] / "events/archive/erase.json").read_text())
    world.file([demand(1, event["fanId"])])
    assert world.receipt(event["fanId"])["rows"] == 1
