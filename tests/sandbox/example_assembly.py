"""A small cloud assembly as `cdk synth` lays it out: a stack of nouns, and one that imports from it."""

import json
from pathlib import Path
from typing import Any

SOURCE = """
import json, os
import boto3

class Rejected(Exception):
    pass

def handler(event, context):
    if "raise" in event:
        raise {"Rejected": Rejected, "KeyError": KeyError}[event["raise"]](event["message"])
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=event.get("key", "changes"), Body=json.dumps(event).encode())
    return {"athena": os.environ.get("AWS_ENDPOINT_URL_ATHENA"), "timeout": context.get_remaining_time_in_millis() // 1000}
"""
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
BASE: dict[str, Any] = {
    "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x"}},
    "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Changes": {
            "Type": "AWS::Kinesis::Stream",
            "Properties": {
                "ShardCount": 1,
                "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            },
        },
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Lost": {"Type": "AWS::SQS::Queue"},
        "Items": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "AttributeDefinitions": [
                    {"AttributeName": "PK", "AttributeType": "S"},
                    {"AttributeName": "SK", "AttributeType": "S"},
                ],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True},
                "KinesisStreamSpecification": {
                    "StreamArn": {"Fn::GetAtt": ["Changes", "Arn"]},
                    "ApproximateCreationDateTimePrecision": "MICROSECOND",
                },
            },
        },
    },
    "Outputs": {
        "BucketName": {"Value": {"Ref": "Bucket"}, "Export": {"Name": "Base:Bucket"}},
        "TableStream": {"Value": {"Fn::GetAtt": ["Items", "StreamArn"]}, "Export": {"Name": "Base:Stream"}},
        "JobsArn": {"Value": {"Fn::GetAtt": ["Jobs", "Arn"]}, "Export": {"Name": "Base:Jobs"}},
    },
}
# What CDK makes of a reference to another stack by default; of a strong one it makes Fn::ImportValue.
JOBS = {"Fn::GetStackOutput": {"StackName": "ExampleBase", "Region": {"Ref": "AWS::Region"}, "OutputName": "JobsArn"}}
WORK: dict[str, Any] = {
    "Resources": {
        "Role": ROLE,
        "Layer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Bucket": "nowhere", "S3Key": "layer.zip"}},
        },
        "Copy": {
            "Type": "AWS::Lambda::Function",
            "DependsOn": ["Role", "Layer"],
            "Properties": {
                "Runtime": "python3.13",
                "Architectures": ["arm64"],
                "Handler": "copying.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Timeout": 42,
                "MemorySize": 512,
                "ReservedConcurrentExecutions": 3,
                "Layers": [{"Ref": "Layer"}],
                "Code": {"S3Bucket": {"Fn::Sub": "cdk-x-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "code.zip"},
                "Environment": {"Variables": {"BUCKET": {"Fn::ImportValue": "Base:Bucket"}}},
            },
        },
        "FromStream": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Copy"},
                "EventSourceArn": {"Fn::ImportValue": "Base:Stream"},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 100,
                "DestinationConfig": {"OnFailure": {"Destination": JOBS}},
            },
        },
        "FromQueue": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"FunctionName": {"Ref": "Copy"}, "EventSourceArn": JOBS},
        },
        "Nightly": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "cron(0 2 * * ? *)",
                "ScheduleExpressionTimezone": "America/New_York",
                "EndDate": "2027-01-01T00:00:00Z",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {
                    "Arn": {"Fn::GetAtt": ["Copy", "Arn"]},
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Input": '{"key": "night", "at": "<aws.scheduler.scheduled-time>"}',
                },
            },
        },
    },
    "Outputs": {"LayerArn": {"Value": {"Ref": "Layer"}}},
}


def write_assembly(folder: Path, **stacks: dict[str, Any]) -> Path:
    """Write the stacks (default: Base, and Work that imports from it), with the one asset they share."""
    (folder / "asset.code").mkdir(parents=True)
    (folder / "asset.code" / "copying.py").write_text(SOURCE)
    stacks = stacks or {"Work": WORK, "Base": BASE}  # on purpose not in deployment order
    artifacts: dict[str, Any] = {}
    for name, template in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": _files(name)}))
        artifacts[f"{name}.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}}
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json", "stackName": f"Example{name}"},
            "dependencies": [f"{name}.assets", *(["Base"] if name == "Work" else [])],
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return folder


def _files(stack: str) -> dict[str, Any]:
    bucket = "cdk-x-assets-${AWS::AccountId}-${AWS::Region}"
    return {
        "code": {
            "source": {"path": "asset.code", "packaging": "zip"},
            "destinations": {"here": {"bucketName": bucket, "objectKey": "code.zip"}},
        },
        "template": {
            "source": {"path": f"{stack}.template.json", "packaging": "file"},
            "destinations": {"here": {"bucketName": bucket, "objectKey": f"{stack}.json"}},
        },
    }
