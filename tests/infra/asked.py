"""A call of an AWS client in, what IAM would be asked for it out: verbs on resources, spelt as `roles` spells them."""

ENTRY_VERBS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}
OBJECTS = {"HeadObject": ("GetObject",), "CopyObject": ("GetObject", "PutObject"), "ListObjectsV2": ("ListBucket",)}
SERVICES = {
    "stepfunctions": "states",
    "sesv2": "ses",
    "sagemaker-runtime": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
}
FOLDERS = {
    *("programs", "runs", "contacts", "campaigns", "photos"),
    *("exports", "reports", "playlists", "training", "models"),
}
BUCKETS = ("Work", "Outputs", "Photos")
VERBS = {"SendMessageBatch": "SendMessage"}


def asked(service, operation, params):
    """(verb, resource) pairs; where a verb is granted on one thing alone, or on things with names of their own, that is left out."""
    if service == "dynamodb":
        yield from asked_of_tables(operation, params)
    elif service == "s3":
        bucket = params["Bucket"].partition("-")[0].capitalize()
        if bucket not in BUCKETS:  # a warehouse's
            return
        where = place_of(bucket, params["Key"].partition("/")[0]) if "Key" in params else bucket
        yield from ((f"s3:{verb}", where) for verb in OBJECTS.get(operation, (operation,)))
    else:
        yield f"{SERVICES.get(service, service)}:{VERBS.get(operation, operation)}", None


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
