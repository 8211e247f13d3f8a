"""How much the batch costs, next to what one would write instead; see README.md beside this."""

import os

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="x" * 40,
    AWS_SESSION_TOKEN="t" * 600,  # a Lambda always signs one in
    AWS_DEFAULT_REGION="eu-west-1",
    POWERTOOLS_LOG_LEVEL="WARNING",
    POWERTOOLS_METRICS_DISABLED="true",
)
