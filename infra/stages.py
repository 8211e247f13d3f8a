"""What differs between dev, prod and the sandbox: one frozen value a stage, no account and no region."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays


@dataclass(frozen=True)
class Archiving:
    """`data_days` None keeps rows for good; `error_days`: what could not be archived, and plans of its replay.

    `window_seconds`: how long a batch is collected; `shards` None: as many as it takes, paid by use.
    """

    data_days: int | None
    error_days: int
    window_seconds: int = 20
    shards: int | None = None


@dataclass(frozen=True)
class Scoring:
    """`file_days`: how long dropped files stay; `error_days`: what could not be taken of them.

    `retry_seconds`: until a verdict that is not settled is looked at again; `quiet_seconds`: for so long counts must stand still;
    `deadline_seconds`: after that Slack is told what is missing. `window_seconds`: of the counting's tumbling window.
    `shards` None: as many as it takes, paid by use.
    """

    file_days: int
    error_days: int
    retry_seconds: int = 30
    quiet_seconds: int = 5
    deadline_seconds: int = 3600
    reconcile_seconds: int = 20
    window_seconds: int = 30
    collect_seconds: int = 1
    shards: int | None = None


@dataclass(frozen=True)
class Reminding:
    """`settle_seconds`: how far an index may be behind its table; `link_seconds`: how long first reminders wait for a short link;
    `stuck_seconds`: what nobody has moved for so long is queued again. `wall_clock`: whether it is now what the machine's clock says.
    `shards` None: as many as it takes, paid by use.
    """

    kept_days: int
    settle_seconds: int = 5
    link_seconds: int = 60
    stuck_seconds: int = 180
    wall_clock: bool = True
    shards: int | None = None


@dataclass(frozen=True)
class Stage:
    """One environment. `map_concurrency`: buckets in work at once; `wait_seconds`: between two looks at the warehouse;
    `retry_seconds`: before the first repetition of a failed state; `function_errors`: alarm from so many in five minutes on;
    `bundled`: functions carry their layer (the sandbox's functions see the project's own environment).
    """

    name: str
    removal_policy: RemovalPolicy
    protected: bool
    log_retention: RetentionDays
    map_concurrency: int
    memory_mb: int
    wait_seconds: int
    retry_seconds: int
    function_errors: int
    archiving: Archiving
    scoring: Scoring
    reminding: Reminding
    bundled: bool = True


DEV = Stage(
    name="dev",
    removal_policy=RemovalPolicy.DESTROY,
    protected=False,
    log_retention=RetentionDays.TWO_WEEKS,
    map_concurrency=16,
    memory_mb=1024,
    wait_seconds=10,
    retry_seconds=2,
    function_errors=5,
    archiving=Archiving(data_days=90, error_days=30),
    scoring=Scoring(file_days=30, error_days=30),
    reminding=Reminding(kept_days=30),
)
PROD = Stage(
    name="prod",
    removal_policy=RemovalPolicy.RETAIN,
    protected=True,
    log_retention=RetentionDays.THREE_MONTHS,
    map_concurrency=64,
    memory_mb=1769,  # from here on a function has one whole vCPU (AWS Lambda, memory and CPU)
    wait_seconds=10,
    retry_seconds=2,
    function_errors=3,
    archiving=Archiving(data_days=None, error_days=90),
    scoring=Scoring(file_days=90, error_days=90),
    reminding=Reminding(kept_days=90),
)
SANDBOX = Stage(
    name="sandbox",
    removal_policy=RemovalPolicy.DESTROY,
    protected=False,
    log_retention=RetentionDays.ONE_DAY,
    map_concurrency=2,
    memory_mb=1024,
    wait_seconds=1,
    retry_seconds=1,
    function_errors=1,
    archiving=Archiving(data_days=None, error_days=30, window_seconds=2, shards=2),
    scoring=Scoring(
        file_days=30,
        error_days=30,
        retry_seconds=2,
        quiet_seconds=1,
        deadline_seconds=600,
        reconcile_seconds=1,
        shards=2,
    ),
    reminding=Reminding(kept_days=30, settle_seconds=0, link_seconds=10, wall_clock=False, shards=2),
    bundled=False,
)

STAGES = {stage.name: stage for stage in (DEV, PROD, SANDBOX)}
