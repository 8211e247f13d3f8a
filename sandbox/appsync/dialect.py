"""A resolver's code in, what of it APPSYNC_JS would refuse out: Node takes more than AppSync does.

After "Configuring utilities for the APPSYNC_JS runtime" of AppSync's developer guide; by words, not by syntax.
"""

import re

WORDS = (
    "async", "await", "Promise", "class", "super", "new", "this", "continue", "function*", "yield", "throw", "try",
    "catch", "finally", "while", "do", "instanceof", "require", "process", "globalThis", "eval", "fetch", "setTimeout",
)  # fmt: skip
SIGNS = ("++", "--", "~")
TEXTS = re.compile(r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL)
IMPORT = re.compile(r"^\s*import\b[^;]*?['\"]([^'\"]+)['\"]", re.MULTILINE)
KNOWN = frozenset({"@aws-appsync/utils", "@aws-appsync/utils/dynamodb", "@aws-appsync/utils/rds"})
LONGEST = 32_000  # characters (AWS: AppSync quotas)


def refusals(code: str) -> list[str]:
    """What is wrong with it; nothing, where AppSync takes it."""
    plain = TEXTS.sub(" ", code)
    found = [f"{it} is not supported" for it in WORDS if re.search(rf"(?<![\w$.]){re.escape(it)}(?![\w$:])", plain)]
    found += [f"{it} is not supported" for it in SIGNS if it in plain]
    found += ["for is supported with in and of alone"] * bool(re.search(r"\bfor\s*\([^)]*;", plain))
    found += ["regular expressions are not supported"] * bool(re.search(r"[=(,:?]\s*/[^/*\s]", plain))
    found += [f"{it} cannot be imported" for it in IMPORT.findall(code) if it not in KNOWN]
    found += [
        f"there is no function {it}"
        for it in ("request", "response")
        if not re.search(rf"export\s+(?:function|const)\s+{it}\b", plain)
    ]
    return found + [f"more than {LONGEST} characters"] * (len(code) > LONGEST)
