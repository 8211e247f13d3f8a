"""The project's folder in, what the functions of reminders read beside their code out: rules as JSON, texts and pages as they are."""

import json
from pathlib import Path

import yaml

RULES, TEXTS = "notifications", "templates/reminder"


def reminder_documents(project: Path) -> dict[str, bytes]:
    """By path in the asset."""
    rules = {
        f"{RULES}/{file.stem}.json": json.dumps(yaml.safe_load(file.read_text()), sort_keys=True).encode()
        for file in sorted((project / RULES).glob("*.yaml"))
    }
    texts = (file for file in (project / TEXTS).rglob("*") if file.is_file())
    return rules | {str(file.relative_to(project)): file.read_bytes() for file in texts}
