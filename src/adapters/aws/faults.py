"""botocore's errors in, the three failures of the domain out: one place that says which AWS errors are worth another try."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from domain.errors import Unavailable

OUT_OF_REACH = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)
RETRYABLE = frozenset(
    {
        "EC2ThrottledException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "KMS.ThrottlingException",
        "KMSThrottlingException",
        "KmsThrottled",
        "KmsThrottlingException",
        "LimitExceededException",
        "ModelNotReadyException",
        "NoSuchKey",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

# Why a transaction was cancelled, where trying again may help (AWS: TransactionCanceledException).
PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


def code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def aws_calls(doing: str) -> Iterator[None]:
    """Raise Unavailable for what may succeed later (every call inside must be safe to repeat); let the rest through."""
    try:
        yield
    except ClientError as error:
        if code(error) in RETRYABLE or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise Unavailable(f"{doing}: {code(error)}") from error
        raise
    except OUT_OF_REACH as error:
        raise Unavailable(f"{doing}: {error}") from error
