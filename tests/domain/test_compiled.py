import json
from dataclasses import replace

from programs_in_small import REVIEWS

from domain.solicitation.compiled import compile_program, program_hash
from domain.solicitation.program import Program


def test_a_compiled_program_reads_back_and_keeps_its_hash():
    accented = replace(REVIEWS, name="Crítica de película ☺")
    again = Program.from_json(json.loads(compile_program(accented)))
    assert again == accented
    assert program_hash(again) == program_hash(accented)


def test_another_program_has_another_hash():
    assert program_hash(replace(REVIEWS, limit=1)) != program_hash(REVIEWS)
    assert len(program_hash(REVIEWS)) == 16
