"""Where the embedded AWS departs from CloudFormation: what is not deployed there, what it would drop, and why."""

# Left out of what is deployed: resource type -> why.
NOT_DEPLOYED = {
    "AWS::Lambda::LayerVersion": "workers run the project's own environment, whatever architecture a layer is built for",
    "AWS::ApplicationAutoScaling::ScalableTarget": "rejected by ministack 1.5.33; capacity has no meaning here",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "rejected by ministack 1.5.33; capacity has no meaning here",
    "AWS::Athena::NamedQuery": "rejected by ministack 1.5.33; `ovation query` knows the questions by their names",
    "AWS::Budgets::Budget": "rejected by ministack 1.5.33",
    "AWS::SES::Template": "rejected by ministack 1.5.33; mails are sent with inline templates",
    "AWS::SageMaker::Model": "rejected by ministack 1.5.33; a stand-in answers for SageMaker",
    "AWS::SageMaker::EndpointConfig": "rejected by ministack 1.5.33; a stand-in answers for SageMaker",
    "AWS::SageMaker::Endpoint": "rejected by ministack 1.5.33; a stand-in answers for SageMaker",
    "AWS::SageMaker::FeatureGroup": "rejected by ministack 1.5.33; a stand-in answers for the Feature Store",
}

# Left out where they have a property: resource type -> property -> why.
NOT_DEPLOYED_WITH = {
    "AWS::CloudWatch::Alarm": {"Metrics": "metric math is rejected by ministack 1.5.33; alarms wake nobody here"},
}

# ministack 1.5.33 drops these properties without a word: resource type -> property -> what `repairs` does about it.
# They are taken out of what is deployed, so that a later ministack that honours them makes no difference.
DROPPED = {
    "AWS::DynamoDB::Table": {
        "PointInTimeRecoverySpecification": "applied by UpdateContinuousBackups",
        "KinesisStreamSpecification": "applied by EnableKinesisStreamingDestination",
        "TimeToLiveSpecification": "kept off: its real-time sweep would delete back-dated items; `ttl` sweeps on the virtual clock",
    },
    "AWS::Kinesis::Stream": {"StreamEncryption": "applied by StartStreamEncryption"},
    "AWS::Lambda::Function": {"ReservedConcurrentExecutions": "applied by PutFunctionConcurrency"},
    "AWS::S3::Bucket": {"LifecycleConfiguration": "left off: objects would age by the machine's clock"},
    "AWS::Scheduler::Schedule": {
        "ScheduleExpressionTimezone": "applied by UpdateSchedule",
        "ActionAfterCompletion": "applied by UpdateSchedule",
        "StartDate": "applied by UpdateSchedule",
        "EndDate": "applied by UpdateSchedule",
    },
}
