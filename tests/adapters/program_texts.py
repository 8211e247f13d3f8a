"""Program documents to vary, and what the loader says of them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from adapters.files import programs
from adapters.files.program_defaults import complete
from adapters.files.program_schema import ProgramFile

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "programs"
PUBLISHED = ROOT / "tests" / "published"
LEAST: dict[str, Any] = {
    "programId": "service-survey",
    "programName": "Service survey",
    "marketplaces": ["US"],
    "dataConnectors": [
        {
            "connectorId": "athena-services",
            "type": "athena",
            "config": {
                "database": "services",
                "query": "SELECT customer_id, subject_id, event_date, marketplace FROM visits WHERE event_date = ?",
            },
        }
    ],
    "featureGroups": [{"name": "customer-features", "record": "customer", "features": ["engagement_score"]}],
    "scoringModels": [
        {"modelId": "propensity", "endpoint": "sagemaker://propensity", "features": ["engagement_score"]}
    ],
    "filterChain": [
        {"filterId": "eligibility", "type": "eligibility", "order": 1},
        {"filterId": "frequency-cap", "type": "business-rule", "order": 2, "parameters": {"maxRequestsPerMonth": 3}},
    ],
    "channels": [{"channelId": "email", "type": "email", "config": {"templateId": "survey-request"}}],
}


def least(**changes: Any) -> dict[str, Any]:
    """The least program with some keys changed; `None` removes one."""
    document = {**deepcopy(LEAST), **changes}
    return {key: value for key, value in document.items() if value is not None}


def connector(**changes: Any) -> list[dict[str, Any]]:
    """The least program's connector, its keys or those of its config changed."""
    [document] = deepcopy(LEAST["dataConnectors"])
    for key, value in changes.items():
        (document if key in ("fieldMapping", "timeoutMinutes", "type", "enabled") else document["config"])[key] = value
    return [document]


def problems_of(document: Any, folder: Path) -> list[str]:
    """What the loader says of a document written as a file: key, value and reason, without the file's name."""
    file = folder / "program.yaml"
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
    try:
        programs.load(file)
    except programs.ProgramInvalid as invalid:
        return [str(problem).removeprefix(f"{file}:").partition(": ")[2] for problem in invalid.problems]
    return []


def defaults_of(program_id: str) -> dict[str, str]:
    """The value of each key that a program of this id may leave out, as the docs write it."""
    required = {field.alias for field in ProgramFile.model_fields.values() if field.is_required()}
    document = {key: value for key, value in LEAST.items() if key in required}
    models = [{**document["scoringModels"][0], "features": ["engagement_score"]}]
    parsed = ProgramFile.model_validate(complete({**document, "programId": program_id, "scoringModels": models}))
    values = parsed.model_dump(by_alias=True)
    return {key: spelt(value) for key, value in values.items() if key not in required and key != "featureGroups"}


def spelt(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, dict):
        return ", ".join(f"{key} `{item}`" for key, item in value.items() if item is not None)
    return (
        ", ".join(map(str, value)) if isinstance(value, list) else f"`{value}`" if "cron" in str(value) else str(value)
    )
