"""What a template allows: verbs on resources, spelt so that a person can read them."""

import re

PUBLISHED = re.compile(
    r"PublishOutput(?:Ref|FnGetAtt)(\w+?)[0-9A-F]{8}"
)  # how CDK names an output that another stack reads


def texts(value):
    return [value] if isinstance(value, str) else value


def statements(stack):
    """Every statement of every policy of a role, with the policy's name."""
    for id, policy in stack.all("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield id, statement


def allowed(stack, function):
    """(verb, resource as JSON text with construct names) pairs of one function's role."""
    role = stack.one("AWS::Lambda::Function", function)["Role"]["Fn::GetAtt"][0]
    pairs = set()
    for policy in stack.properties("AWS::IAM::Policy"):
        if {"Ref": role} in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                resources = statement["Resource"]
                for resource in resources if isinstance(resources, list) else [resources]:
                    pairs |= {(verb, spelt(resource)) for verb in texts(statement["Action"])}
    return pairs


def spelt(resource):
    """`Runs` for a table's ARN, `Work/runs/*` for objects, `athena:workgroup/name` for what has a name."""
    if isinstance(resource, str):
        return resource
    if "Fn::GetAtt" in resource:
        return resource["Fn::GetAtt"][0][:-8]
    if "Ref" in resource:
        return resource["Ref"][:-8]
    if "Fn::GetStackOutput" in resource:
        return PUBLISHED.match(resource["Fn::GetStackOutput"]["OutputName"])[1]
    parts = [part if isinstance(part, str) else spelt_part(part) for part in resource["Fn::Join"][1]]
    return "".join(parts).replace("arn:aws:", "").replace(":region:account", "")


def spelt_part(part):
    if "Fn::GetAtt" in part:
        return part["Fn::GetAtt"][0][:-8]
    if "Fn::GetStackOutput" in part:
        return spelt(part)
    names = {"AWS::Partition": "aws", "AWS::Region": "region", "AWS::AccountId": "account"}
    return names.get(part["Ref"], part["Ref"][:-8])
