"""A shaped record and a mapping's filters -> whether the function is to see it."""

import base64
import json
from collections.abc import Mapping as Document
from typing import Any

from sandbox.streams.mapping import Mapping
from sandbox.streams.patterns import OPAQUE


def wanted(event: Document[str, Any], mapping: Mapping) -> bool:
    """True when there is no filter or any one of them matches.

    A change record is matched as it is; of a Kinesis record the `kinesis` object is, with `data` decoded from base64
    and JSON. Data that is not JSON matches no pattern on `data`.
    """
    if not mapping.filters:
        return True
    document = event if mapping.of_table else _decoded(event["kinesis"])
    return any(matches(document) for matches in mapping.filters)


def _decoded(kinesis: Document[str, Any]) -> Document[str, Any]:
    try:
        data = json.loads(base64.b64decode(kinesis["data"]))
    except ValueError:
        data = OPAQUE
    return {**kinesis, "data": data if isinstance(data, (dict, list)) else OPAQUE}
