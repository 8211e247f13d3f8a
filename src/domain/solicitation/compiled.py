"""A program in, the bytes it ships as and their hash out; equal programs give equal bytes."""

import json
from hashlib import sha256

from domain.solicitation.program import Program


def compile_program(program: Program) -> bytes:
    """Canonical JSON: keys sorted, no spaces, ASCII; `Program.from_json` reads it back."""
    return json.dumps(program.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def program_hash(program: Program) -> str:
    """Sixteen hex digits that name one version of a program: the head of the SHA-256 of its compiled bytes."""
    return sha256(compile_program(program)).hexdigest()[:16]
