"""programs/*.yaml -> cdk.out: what `cdk deploy` deploys and the sandbox runs. `OVATION_STAGE` or `-c stage=` names the stage."""

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]

from adapters.files.programs import load_programs  # noqa: E402 - our packages are found from here on
from adapters.files.reminder_rules import reminder_rules  # noqa: E402
from domain.errors import Rejected  # noqa: E402


def main() -> None:
    """Synthesise one stage. A bad program, one without its template, and a bad rule end it with what is wrong and exit code 1."""
    try:
        programs = load_programs(PROJECT / os.environ.get("OVATION_PROGRAMS", "programs"))
        reminder_rules(PROJECT / "notifications")
    except Rejected as reason:
        sys.exit(str(reason))
    from infra.schemas import avro_schemas  # infra starts Node, so only when there is something to do
    from infra.synth import context, packaged, stage_of, synth

    settings = context(PROJECT)
    stage = stage_of(settings)
    try:
        packages = packaged(programs, stage, PROJECT)
    except Rejected as reason:
        sys.exit(str(reason))
    synth(
        programs,
        stage=stage,
        packages=packages,
        schemas=avro_schemas(PROJECT),
        context=settings,
        outdir=PROJECT / os.environ.get("CDK_OUTDIR", "cdk.out"),
        checked=stage.name != "sandbox",  # the sandbox deploys in seconds what `make synth` has checked
    )


if __name__ == "__main__":
    main()
