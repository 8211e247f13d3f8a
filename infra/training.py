"""A stage and the bucket of outputs in, what models are trained with out: AWS's scikit-learn container and the role it runs as."""

from collections.abc import Iterable, Mapping

from aws_cdk import Aws, CfnMapping
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.function import PythonFunction
from infra.nag import acknowledge, wildcards

REPOSITORY = "sagemaker-scikit-learn"
TAG = "1.2-1-cpu-py3"

# The account whose registry holds the container, by region (AWS: SageMaker, Docker registry paths).
REGISTRIES: Mapping[str, str] = {
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-south-1": "720646828776",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ca-central-1": "341280168497",
    "eu-central-1": "492215442770",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}


class Training(Construct):
    """`role` reads training sets, writes models and logs, and serves behind an endpoint; it reaches nothing else."""

    def __init__(self, scope: Construct, id: str, *, outputs: s3.IBucket) -> None:
        super().__init__(scope, id)
        registries = CfnMapping(
            self, "Registries", mapping={region: {"account": account} for region, account in REGISTRIES.items()}
        )
        self._registry = registries.find_in_map(Aws.REGION, "account")
        self.image = f"{self._registry}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/{REPOSITORY}:{TAG}"
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            description="Train models and serve them",
        )
        self._allow(["s3:ListBucket"], [outputs.bucket_arn])
        self._allow(
            ["s3:GetObject"],
            [outputs.arn_for_objects("training/*"), outputs.arn_for_objects("models/*")],
            "Training sets and models are named by program and date.",
        )
        self._allow(["s3:PutObject"], [outputs.arn_for_objects("models/*")], "A model is named by program and date.")
        self._allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:{self._registry}:repository/{REPOSITORY}"],
        )
        self._allow(["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"], ["*"], "These actions take no resource.")
        self._allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/*"],
            "SageMaker names the log groups and streams of jobs and endpoints itself.",
        )

    def _allow(self, actions: Iterable[str], resources: list[str], because: str = "") -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=resources))
        if found := wildcards(self, resources, because):
            acknowledge(self.role, found)

    def run_by(self, function: PythonFunction) -> None:
        """Allow handing the role to SageMaker alone."""
        function.may_pass(self.role, "sagemaker.amazonaws.com")
