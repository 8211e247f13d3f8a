"""`python app.py` from a shell: what a person sees when a program is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.stages import DEV, PROD
from infra.synth import context, stage_of

ROOT = Path(__file__).parents[2]


def synthesised(folder, text):
    (folder / "broken.yaml").write_text(text)
    return subprocess.run(
        [sys.executable, ROOT / "app.py"],
        env={**os.environ, "OVATION_PROGRAMS": str(folder), "CDK_OUTDIR": str(folder / "cdk.out")},
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_a_bad_program_fails_the_synth_with_file_key_and_reason_and_no_traceback(tmp_path):
    text = (ROOT / "programs/product-reviews.yaml").read_text()
    done = synthesised(tmp_path, text.replace("candidateTTLDays:", "candidateTTLDay:"))
    assert done.returncode == 1
    assert "broken.yaml" in done.stderr
    assert "candidateTTLDay" in done.stderr
    assert "candidateTTLDays" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "cdk.out").exists()


def test_a_program_whose_mail_has_no_template_fails_the_synth_with_those_there_are(tmp_path):
    text = (ROOT / "programs/product-reviews.yaml").read_text()
    done = synthesised(tmp_path, text.replace("templateId: review-request-v3", "templateId: review-request-v4"))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "product-reviews: channel email: templateId 'review-request-v4' has no folder templates/mail/review-request-v4;"
        " there are: review-request-v3, track-feedback-v2"
    )
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
