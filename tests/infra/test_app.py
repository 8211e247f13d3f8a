"""`python app.py` from a shell: what a person sees when a program is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.stages import DEV, PROD
from infra.synth import context, stage_of

ROOT = Path(__file__).parents[2]


def test_a_bad_program_fails_the_synth_with_file_key_and_reason_and_no_traceback(tmp_path):
    text = (ROOT / "programs/product-reviews.yaml").read_text()
    (tmp_path / "broken.yaml").write_text(text.replace("candidateTTLDays:", "candidateTTLDay:"))
    done = subprocess.run(
        [sys.executable, ROOT / "app.py"],
        env={**os.environ, "OVATION_PROGRAMS": str(tmp_path), "CDK_OUTDIR": str(tmp_path / "cdk.out")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "broken.yaml" in done.stderr
    assert "candidateTTLDay" in done.stderr
    assert "candidateTTLDays" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "cdk.out").exists()


def test_plain_python_sees_the_feature_flags_that_the_cdk_command_sees():
    flags = context(ROOT)
    assert flags["@aws-cdk/aws-iam:minimizePolicies"] is True
    assert len([name for name in flags if name.startswith("@aws-cdk")]) > 80


def test_the_commands_own_context_wins(monkeypatch):
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"stage": "prod"}')
    assert stage_of(context(ROOT), {"OVATION_STAGE": "sandbox"}) is PROD


def test_without_a_word_the_stage_is_dev():
    assert stage_of({}, {}) is DEV


def test_an_unknown_stage_is_refused_with_those_there_are():
    with pytest.raises(KeyError, match="dev, prod, sandbox"):
        stage_of({"stage": "production"}, {})
