"""A call of an AWS client in, what IAM would be asked for it out: verbs on resources, spelt as `roles` spells them."""

from domain.archive.places import DATA, ERRORS, LOST, RECEIPTS, REPLAYS, RESULTS
from domain.scores.places import FANLIST, RETRIES, SCRUBBED

ENTRY_VERBS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}
OBJECTS = {"HeadObject": ("GetObject",), "CopyObject": ("GetObject", "PutObject"), "ListObjectsV2": ("ListBucket",)}
SERVICES = {
    "stepfunctions": "states",
    "sesv2": "ses",
    "pinpoint-sms-voice-v2": "sms-voice",
    "sagemaker-runtime": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
}
FOLDERS = {
    *("programs", "runs", "contacts", "campaigns", "photos"),
    *("exports", "reports", "playlists", "training", "models"),
}
BUCKETS = ("Work", "Outputs", "Photos")
VERBS = {"SendMessageBatch": "SendMessage", "ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}
LISTINGS = {"ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions"}
OF_VERSIONS = {"GetObject": "GetObjectVersion", "DeleteObject": "DeleteObjectVersion"}
PLACES = (DATA, ERRORS, LOST, REPLAYS, RECEIPTS, RESULTS)
PLACES_OF_SCORES = (SCRUBBED, FANLIST, ERRORS, RETRIES)


def asked(subsystem, service, operation, params):
    """(verb, resource) pairs; where a verb is granted on one thing alone, or on things with names of their own, that is left out."""
    if subsystem == "archive":  # it has one bucket and one table, which a test may name as it likes
        yield from asked_of_archive(service, operation, params)
    elif subsystem == "scores" and service == "s3":
        yield from asked_of_scoring(operation, params)
    elif subsystem == "notifications" and service == "s3":  # one bucket, one verb
        yield f"s3:{operation}", "Notifications/parked/*" if params["Key"].startswith("parked/") else None
    elif service == "dynamodb":
        yield from asked_of_tables(operation, params)
    elif service == "s3":
        bucket = params["Bucket"].partition("-")[0].capitalize()
        if bucket not in BUCKETS:  # a warehouse's
            return
        where = place_of(bucket, params["Key"].partition("/")[0]) if "Key" in params else bucket
        yield from ((f"s3:{verb}", where) for verb in OBJECTS.get(operation, (operation,)))
    else:
        yield f"{SERVICES.get(service, service)}:{VERBS.get(operation, operation)}", None


def asked_of_archive(service, operation, params):
    if service == "dynamodb":
        yield f"dynamodb:{operation}", "ArchiveLedger"
    elif operation == "DeleteObjects":
        for it in params["Delete"]["Objects"]:
            yield from asked_of_archive(service, "DeleteObject", it)
    elif "Key" in params:
        verb = OF_VERSIONS[operation] if "VersionId" in params else operation
        place = next((it for it in PLACES if params["Key"].startswith(it)), None)
        yield f"{service}:{verb}", place and f"Archive/{place}*"
        if "ETag" in params:  # S3: whoever sets a condition on what is there may read it
            yield f"{service}:GetObject", place and f"Archive/{place}*"
    else:
        yield f"{service}:{LISTINGS.get(operation, operation)}", "Archive"


def asked_of_scoring(operation, params):
    """The bucket of scores has one name in tests."""
    if "Key" in params:
        verb = OF_VERSIONS[operation] if "VersionId" in params else operation
        place = next((it for it in PLACES_OF_SCORES if params["Key"].startswith(it)), None)
        yield f"s3:{verb}", place and f"Scoring/{place}*"
    else:
        yield f"s3:{LISTINGS.get(operation, operation)}", "Scoring"


def place_of(bucket, folder):
    """A test may name a file as it likes; what has a folder of ours is looked at with it."""
    return f"{bucket}/{folder}/*" if folder in FOLDERS else None


def asked_of_tables(operation, params):
    if operation == "TransactWriteItems":
        for entry in params["TransactItems"]:
            [(kind, request)] = entry.items()
            yield f"dynamodb:{ENTRY_VERBS[kind]}", named(request["TableName"])
    elif "RequestItems" in params:
        yield from ((f"dynamodb:{operation}", named(table)) for table in params["RequestItems"])
    else:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"dynamodb:{operation}", f"{named(params['TableName'])}{index}"


def named(table):
    """Without what a test puts before it."""
    return table.rpartition("-")[2]
