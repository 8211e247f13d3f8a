import pytest
from programs_in_small import REVIEWS, RUN

from domain.solicitation.keys import customer_key
from domain.solicitation.program import Program, day_before
from domain.solicitation.run import Run, bucket_ids, bucket_of, run_id


def test_a_run_reads_back_from_the_pointer_the_stages_pass():
    assert Run.from_json(RUN.to_json()) == RUN


def test_a_program_reads_back_from_its_compiled_document():
    assert Program.from_json(REVIEWS.to_json()) == REVIEWS
    assert REVIEWS.connector("athena-deliveries").engine == "athena"


def test_a_program_without_contacts_reads_back():
    document = {**REVIEWS.to_json(), "contacts": None}
    assert Program.from_json(document).contacts is None


def test_work_files_of_an_attempt_lie_under_one_prefix():
    assert RUN.work_key("07", "etl") == "runs/small-reviews/2026-11-20/attempt-1/stages/bucket=07/etl.jsonl.gz"
    assert (
        RUN.extract_prefix("athena-deliveries") == "runs/small-reviews/2026-11-20/attempt-1/extract/athena-deliveries/"
    )


def test_contact_extracts_lie_apart_so_that_they_expire_sooner():
    assert RUN.extract_prefix("contacts").startswith("contacts/")


def test_a_dry_run_has_an_id_of_its_own():
    assert run_id("p", RUN.date, "abc") == "p/2026-11-20/dry-abc"


@pytest.mark.parametrize(("customer", "bucket"), [(None, "00"), ("c1", "25"), ("ünï", "15")])
def test_a_customer_always_falls_into_the_same_bucket(customer, bucket):
    assert bucket_of(customer, 32) == bucket


def test_bucket_names_sort_as_numbers_do():
    assert bucket_ids(3) == ("00", "01", "02")
    assert bucket_ids(101)[-1] == "100"
    assert bucket_ids(101)[7] == "007"
    assert bucket_of("c1", 101) in bucket_ids(101)


def test_d_minus_one_is_the_day_before():
    assert day_before(RUN.date).isoformat() == "2026-11-19"


def test_an_id_cannot_forge_a_key():
    assert customer_key("a#PROGRAM#b%") == "CUSTOMER#a%23PROGRAM%23b%25"
