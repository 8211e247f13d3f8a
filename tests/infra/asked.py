"""A call of an AWS client in, what IAM would be asked for it out: verbs on resources, spelt as `roles` spells them."""

ENTRY_VERBS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}
OBJECTS = {"HeadObject": ("GetObject",), "CopyObject": ("GetObject", "PutObject"), "ListObjectsV2": ("ListBucket",)}
SERVICES = {
    "stepfunctions": "states",
    "sesv2": "ses",
    "sagemaker-runtime": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
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
        where = f"{bucket}/{params['Key'].partition('/')[0]}/*" if "Key" in params else bucket
        yield from ((f"s3:{verb}", where) for verb in OBJECTS.get(operation, (operation,)))
    else:
        yield f"{SERVICES.get(service, service)}:{VERBS.get(operation, operation)}", None


def asked_of_tables(operation, params):
    if operation == "TransactWriteItems":
        for entry in params["TransactItems"]:
            [(kind, request)] = entry.items()
            yield f"dynamodb:{ENTRY_VERBS[kind]}", request["TableName"]
    elif "RequestItems" in params:
        yield from ((f"dynamodb:{operation}", table) for table in params["RequestItems"])
    else:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"dynamodb:{operation}", f"{params['TableName']}{index}"
