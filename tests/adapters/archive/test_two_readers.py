"""A file of the archive is the same rows to fastavro, to Apache's avro and to avsc for Node."""

import json
import subprocess
from io import BytesIO

import avro.datafile
import avro.io
import fastavro
import pytest

from adapters.files.avro_files import read
from adapters.files.kind_writers import kind_writers
from domain.archive.kinds import KINDS

SCRIPT = """
const avro = require(process.argv[1]), rows = [];
avro.createFileDecoder(process.argv[2])
    .on('data', row => rows.push(row))
    .on('end', () => console.log(JSON.stringify(rows)))
    .on('error', error => { console.error(error); process.exit(1); });
"""
CHANGE = {"eventId": "c1", "eventName": "REMOVE", "at": "2026-03-01T10:00:00.000000Z", "expired": True}
COMPUTED = {
    "reference": {"id": "é_☺", "timestamp": "2026-03-01T10:00:00Z"},
    "system": {"systemId": "archtics", "databaseId": "70", "memberId": "12345"},
    "isDeleted": True,
    "change": CHANGE,
}


def text(value):
    return {"S": value}


def members(*pairs, **values):
    return {"M": dict(pairs) | {name: text(value) for name, value in values.items()}}


NAMED = members(id="KZ1", name="有機 Rock")
CLASSIFICATION = {
    "M": {"primary": {"BOOL": True}, "segment": NAMED, "genre": NAMED, "subGenre": {"NULL": True}, "type": NAMED}
}
VENUE = {
    "M": {
        **{name: text(name) for name in ("id", "name", "type", "locale", "timezone", "postalCode")},
        "address": members(line1="1 Main St.", line2=""),
        "city": members(name="Québec"),
        "state": members(name="Québec", stateCode="QC"),
        "country": members(name="Canada", countryCode="CA"),
        "location": members(longitude="-71.2", latitude="46.8"),
        "markets": {"L": [NAMED, {"M": {}}]},
    }
}
IDS = {name: text(name) for name in ("fanId", "eventId", "saleId", "id")}
WHOLE = {
    "demand": {
        **IDS,
        **{name: text("x" * 200) for name in ("email", "phoneNumber", "artistName", "locale", "systemUserId")},
        "date": members(requested="2026-03-01", notified="2026-03-02"),
    },
    "notification": {
        **IDS,
        "status": members(id="SENT", date="2026-03-01"),
        "messageBody": text("Tickets to Beyoncé ☺"),
        "sendAttempts": {"N": "-2147483648"},
        "date": members(created="2026-03-01", delivered=""),
    },
    "sale": {
        **IDS,
        "saleStartDateTime": text("2026"),
        "saleTypes": {"SS": ["b", "a"]},
        "isSuppressed": {"BOOL": False},
    },
    "event": {
        **IDS,
        "eventDate": {
            "M": {"start": members(dateTime="2027", localDate="2027"), "end": members(), "timezone": text("UTC")}
        },
        "date": members(firstSeen="2026"),
        "classifications": {"L": [CLASSIFICATION, CLASSIFICATION]},
        "images": {"L": [{"M": {"url": text("u"), "width": {"N": "1024"}, "height": {"N": "2147483647"}}}]},
        "promoter": NAMED,
        "promoters": {"L": []},
        "ticketing": {"M": {"safeTix": {"M": {"enabled": {"BOOL": True}}}}},
        "venues": {"L": [VENUE]},
        "attractions": {"L": [{"M": {"name": text("BTS"), "classifications": {"L": [CLASSIFICATION]}}}]},
    },
}
BARE = {
    "demand": {**IDS, "date": members(requested="2026-03-01")},
    "notification": {**IDS, "date": members(created="2026-03-01")},
    "sale": {**IDS, "saleStartDateTime": text("2026")},
    "event": IDS,
}


def rows(kind):
    """Enough of them for more than one block: whole ones and bare ones."""
    encode = kind_writers()[kind].encode
    for number in range(500):
        image = (WHOLE if number % 2 else BARE)[kind]
        yield encode({**image, "type": text(kind), "id": text(f"e{number}"), "eventId": text(f"e{number}")}, COMPUTED)


@pytest.fixture(scope="module", params=KINDS)
def file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / f"{request.param}.avro"
    path.write_bytes(kind_writers()[request.param].contain(rows(request.param)))
    return path


@pytest.fixture(scope="module")
def as_fastavro_has_it(file):
    found = [*fastavro.reader(BytesIO(file.read_bytes()))]
    assert len(found) == 500
    return found


def test_the_rows_are_what_went_in(file, as_fastavro_has_it):
    bare, whole = as_fastavro_has_it[:2]
    name = "id" if file.stem == "event" else "eventId"
    assert (bare[name], whole[name]) == ("e0", "e1")
    assert whole["reference"] == COMPUTED["reference"]
    assert whole["change"] == CHANGE
    match file.stem:
        case "demand":
            assert whole["date"] == {
                "requested": "2026-03-01",
                "triggered": None,
                "notified": "2026-03-02",
                "deleted": None,
            }
            assert whole["system"] == COMPUTED["system"]
        case "notification":
            assert (whole["sendAttempts"], bare["sendAttempts"]) == (-(2**31), None)
        case "sale":
            assert (whole["saleTypes"], whole["isSuppressed"]) == (["a", "b"], False)
        case "event":
            assert whole["venues"][0]["city"] == {"name": "Québec"}
            assert whole["attractions"][0]["classifications"][0]["genre"] == {"id": "KZ1", "name": "有機 Rock"}


def test_apaches_avro_reads_the_same_rows(file, as_fastavro_has_it):
    with file.open("rb") as opened:
        assert [*avro.datafile.DataFileReader(opened, avro.io.DatumReader())] == as_fastavro_has_it


def test_node_reads_the_same_rows(file, as_fastavro_has_it, avsc):
    ran = subprocess.run(["node", "-e", SCRIPT, str(avsc), str(file)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == as_fastavro_has_it


def test_our_own_reader_has_the_same_rows(file, as_fastavro_has_it):
    assert [*read(file.read_bytes(), file.stem)] == as_fastavro_has_it
