"""DynamoDB attribute values as boto3 gives them -> as Lambda gives them, and their size as DynamoDB counts it."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

Image = Mapping[str, Mapping[str, Any]]


def plain_image(image: Image) -> dict[str, dict[str, Any]]:
    """The image with binary values as base64 text, at any depth."""
    return {name: _plain(value) for name, value in image.items()}


def change_size(images: Iterable[Image]) -> int:
    """SizeBytes of a change: the bytes of the keys and images together, names included."""
    return sum(_text(name) + _size(value) for image in images for name, value in image.items())


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    [(kind, content)] = value.items()
    match kind:
        case "B":
            return {kind: _base64(content)}
        case "BS":
            return {kind: [_base64(item) for item in content]}
        case "L":
            return {kind: [_plain(item) for item in content]}
        case "M":
            return {kind: plain_image(content)}
    return {kind: content}


def _base64(content: bytes | str) -> str:
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content


def _size(value: Mapping[str, Any]) -> int:
    """Bytes of one plain value, by the "Item sizes and formats" page of the DynamoDB Developer Guide."""
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return _text(content)
        case "N":
            return _number(content)
        case "B":
            return len(base64.b64decode(content))
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: item}) for item in content)
        case "L":
            return 3 + sum(1 + _size(item) for item in content)
        case "M":
            return 3 + sum(1 + _text(name) + _size(item) for name, item in content.items())
    return 1  # NULL and BOOL


def _text(text: str) -> int:
    return len(text.encode())


def _number(text: str) -> int:
    digits = text.lstrip("-").split("e")[0].split("E")[0].replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")
