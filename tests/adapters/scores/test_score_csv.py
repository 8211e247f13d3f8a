"""A scored file becomes records: what they hold, how a fan's rows are combined, and what is told of a row that is refused."""

import json

import pytest
from scored_files import DROP, HEADER, file_of, read, row

ALL = {
    "globalUserId": "f7", "id": "f7", "campaign_id": "c1", "score": "0.93", "localFanscore": "71", "accountFanscore": ".5",
    "isVerified": "TRUE", "nudetect.score": "1e-3", "nudetect.scoreBand": "Low", "review_notes": "clean| repeat buyer ;",
    "hbase": "New York", "memberId": "m7", "email": "ana@example.com", "phone": "202-555-0107", "phoneType": "mobile",
    "phoneConfirmedDate": "2026-01-15", "firstName": "Ana", "lastName": "Silva", "bandScore": "0.10", "locale": "en-US",
}  # fmt: skip


def file_with(*rows: dict[str, str]) -> bytes:
    """Of the first row's columns."""
    return "".join(",".join(cells) + "\n" for cells in (rows[0].keys(), *(it.values() for it in rows))).encode()


def test_a_row_with_everything_becomes_a_record_with_everything():
    found = read(file_with(ALL))
    assert found.keys == ["f7"]
    assert found.records == [
        {
            "campaignId": "c1", "globalUserId": "f7", "memberId": "m7", "email": "ana@example.com", "phone": "202-555-0107",
            "phoneType": "mobile", "phoneConfirmedDate": "2026-01-15", "firstName": "Ana", "lastName": "Silva",
            "locale": "en-US", "score": 0.93, "localFanscore": 71.0, "accountFanscore": 0.5, "bandScore": 0.1,
            "isVerified": True, "tags": ["clean", "repeat buyer"], "rank": "0",
            "origin": {"nudetect": {"score": 0.001, "scoreBand": "low"}},
            "events": {"0": {"market": "New York", "score": 0.93, "isVerified": True}},
            "__meta": {
                "correlation": DROP.load, "date": "2026-02-13T10:00:00Z", "load": DROP.load, "version": DROP.version, "part": 0,
            },
        }
    ]  # fmt: skip


def test_an_empty_cell_and_a_column_that_is_not_there_are_absent_alike():
    few = {name: ALL[name] for name in ("globalUserId", "id", "score", "isVerified")}
    without = read(file_with(few)).records
    assert read(file_with({**ALL, **dict.fromkeys(ALL.keys() - few.keys(), "")})).records == without
    assert {*without[0]} == {"campaignId", "globalUserId", "score", "isVerified", "rank", "events", "__meta"}
    assert without[0]["events"] == {"0": {"score": 0.93, "isVerified": True}}


@pytest.mark.parametrize(
    ("cells", "origin"),
    [
        ({"nudetect.score": "0.2", "nudetect.scoreBand": ""}, {"nudetect": {"score": 0.2}}),
        ({"nudetect.score": "", "nudetect.scoreBand": "high"}, {"nudetect": {"scoreBand": "high"}}),
        ({"nudetect.score": "", "nudetect.scoreBand": ""}, None),
    ],
)
def test_the_origin_holds_what_is_told_of_it(cells, origin):
    [record] = read(file_with({**ALL, **cells})).records
    assert record.get("origin") == origin


def test_columns_may_be_in_any_order_and_those_nobody_knows_are_passed_over():
    turned = dict(reversed(ALL.items()))
    assert read(file_with({"x": "1", **turned, "x ": "2"})).records == read(file_with(ALL)).records


def test_a_fans_rows_of_one_part_are_one_record_with_an_event_a_rank_and_the_lowest_ranks_members():
    body = file_of(
        row("f1", "0.7", id="f1002", hbase="Paris"),
        row("f2", "0.2", "false", hbase="Rome"),
        row("f1", "0.9", "false", id="f1001", hbase="Rome"),
    )
    [chunk] = read(body).chunks
    first, second = (json.loads(data) for _, data in chunk.records)
    assert (first["globalUserId"], first["rank"], first["score"], first["isVerified"]) == ("f1", "1", 0.9, False)
    assert first["events"] == {
        "1": {"market": "Rome", "score": 0.9, "isVerified": False},
        "2": {"market": "Paris", "score": 0.7, "isVerified": True},
    }
    assert [*first["events"]] == ["1", "2"]
    assert second["events"].keys() == {"0"}
    assert (chunk.rows, chunk.valid, chunk.combined) == (3, 3, 1)


def test_of_two_rows_with_one_fan_and_rank_the_later_one_wins():
    [chunk] = read(file_of(row("f1", "0.7"), row("f1", "0.8", "false", id="f1000"))).chunks
    [(_, data)] = chunk.records
    assert (json.loads(data)["score"], json.loads(data)["events"]["0"]["score"], chunk.combined) == (0.8, 0.8, 1)


def test_a_refused_row_overrides_no_good_one_of_its_fan():
    assert [it["score"] for it in read(file_of(row("f1", "0.7"), row("f1", "7"))).records] == [0.7]


def test_rows_of_a_fan_in_two_parts_are_two_records_that_tell_their_part():
    found = read(file_of(row("f1", "0.7"), row("f2"), row("f1", "0.9", id="f1001")), rows=2)
    assert [(it["globalUserId"], it["rank"], it["__meta"]["part"]) for it in found.records] == [
        ("f1", "0", 0),
        ("f2", "0", 0),
        ("f1", "1", 1),
    ]


def test_a_refused_row_is_told_with_its_row_line_reasons_and_cells():
    [refused] = read(file_of(row("f1"), "\n", row("f2", "high", "maybe", email="eve@example.com"))).refused
    assert (refused.row, refused.line, refused.reasons) == (2, 4, ("bad_score", "bad_is_verified"))
    assert refused.cells == {
        "globalUserId": "f2", "id": "f2", "score": "high", "isVerified": "maybe", "email": "eve@example.com", "hbase": "",
    }  # fmt: skip


def test_rows_are_counted_over_the_parts_of_a_file():
    body = file_of(*(row(f"f{n}", "0.5" if n % 3 else "high") for n in range(10)))
    found = read(body, rows=4)
    assert [(chunk.part, chunk.rows, chunk.invalid, chunk.reasons) for chunk in found.chunks] == [
        (0, 4, 2, {"bad_score": 2}),
        (1, 4, 1, {"bad_score": 1}),
        (2, 2, 1, {"bad_score": 1}),
    ]
    assert [(it.row, it.line) for it in found.refused] == [(1, 2), (4, 5), (7, 8), (10, 11)]
    assert found.chunks[-1].end == (len(body), 10, 11, 3)


def test_the_same_part_always_gives_the_same_bytes():
    body = file_with(ALL, {**ALL, "id": "f7001"})
    assert [it.records for it in read(body).chunks] == [it.records for it in read(body, at_once=7).chunks]


@pytest.mark.parametrize("name", ["localFanscore", "accountFanscore", "bandScore", "nudetect.score"])
@pytest.mark.parametrize("text", ["1_0", "nan", "-inf", "1e126", "1e-131", "0x1", "١", "-"])
def test_an_optional_number_that_is_none_is_told_by_its_column(name, text):
    assert read(file_with({**ALL, name: text})).reasons == [(f"bad_{name}",)]


def test_minus_zero_is_zero():
    [(_, data)] = read(file_with({**ALL, "score": "-0", "bandScore": "-0.0"})).chunks[0].records
    assert data.count(b":0.0,") == 3  # the event's score too


@pytest.mark.parametrize("notes", ['"a |\n\tb;"', '"\ta,b\r\n"', " ;a; | b ", '"a;""|b"'])
def test_tags_are_trimmed_of_any_white_space(notes):
    [record] = read(file_with({**ALL, "review_notes": notes})).records
    assert record["tags"] == (["a", '"', "b"] if '""' in notes else ["a", "b"])


def test_a_header_alone_is_a_file_without_rows():
    assert read(HEADER).chunks == read(HEADER.strip()).chunks == []
