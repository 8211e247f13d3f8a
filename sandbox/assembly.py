"""A cloud assembly folder (`cdk.out`) in, its stacks in deployment order and the files they need out."""

import json
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

ACCOUNT = "000000000000"  # the account every caller of the embedded AWS is in


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, or a folder to be zipped, and the object a template will look for it in."""

    path: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """What `python app.py` wrote: read only."""

    folder: Path

    @cached_property
    def _artifacts(self) -> dict[str, Any]:
        artifacts: dict[str, Any] = self._json("manifest.json")["artifacts"]
        return artifacts

    def stacks(self) -> list[str]:
        """Artifact ids of the stacks, each after the stacks it imports from."""
        stacks = {id: it for id, it in self._artifacts.items() if it["type"] == "aws:cloudformation:stack"}
        needs = {id: [other for other in it.get("dependencies", ()) if other in stacks] for id, it in stacks.items()}
        return list(TopologicalSorter(needs).static_order())

    def stack_name(self, stack: str) -> str:
        return str(self._artifacts[stack]["properties"].get("stackName", stack))

    def template(self, stack: str) -> dict[str, Any]:
        template: dict[str, Any] = self._json(self._artifacts[stack]["properties"]["templateFile"])
        return template

    def assets(self, region: str) -> list[Asset]:
        """Every asset of every stack, once; templates, which travel another way, left out."""
        manifests = (it["properties"]["file"] for it in self._artifacts.values() if it["type"] == "cdk:asset-manifest")
        files = {id: file for name in manifests for id, file in self._json(name).get("files", {}).items()}
        return [
            self._asset(file, region)
            for _, file in sorted(files.items())
            if not file["source"]["path"].endswith(".template.json")
        ]

    def _asset(self, file: dict[str, Any], region: str) -> Asset:
        [destination] = file["destinations"].values()
        bucket = destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", region)
        source = file["source"]
        return Asset(self.folder / source["path"], source["packaging"] == "zip", bucket, destination["objectKey"])

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())
