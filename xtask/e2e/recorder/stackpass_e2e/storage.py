"""DynamoDB and Kinesis by moto alone: LocalStack's own providers would download programs to do the work."""

from localstack.aws.api import handler
from localstack.aws.api.dynamodb import DynamodbApi
from localstack.aws.api.dynamodbstreams import DynamodbstreamsApi
from localstack.aws.api.kinesis import KinesisApi
from localstack.services.moto import MotoFallbackDispatcher, call_moto
from localstack.services.plugins import Service, ServiceLifecycleHook, aws_provider

TABLE_ID = "00000000-0000-4000-8000-000000000000"
"""CloudFormation's engine wants an id, and moto does not give tables one."""


class Tables(DynamodbApi, ServiceLifecycleHook):
    """All by moto; tables have an id."""

    @handler("CreateTable", expand=False)
    def create_table(self, context, create_table_input):
        return with_id(call_moto(context), "TableDescription")

    @handler("DescribeTable", expand=False)
    def describe_table(self, context, describe_table_input):
        return with_id(call_moto(context), "Table")


class TableStreams(DynamodbstreamsApi, ServiceLifecycleHook):
    """All by moto."""


class Streams(KinesisApi, ServiceLifecycleHook):
    """All by moto."""


def with_id(response, key):
    """The response whose description of a table has an id."""
    description = response.get(key)
    if isinstance(description, dict):
        description.setdefault("TableId", TABLE_ID)
    return response


@aws_provider(api="dynamodb", name="stackpass_e2e")
def dynamodb():
    return Service.for_provider(Tables(), dispatch_table_factory=MotoFallbackDispatcher)


@aws_provider(api="dynamodbstreams", name="stackpass_e2e")
def dynamodbstreams():
    return Service.for_provider(TableStreams(), dispatch_table_factory=MotoFallbackDispatcher)


@aws_provider(api="kinesis", name="stackpass_e2e")
def kinesis():
    return Service.for_provider(Streams(), dispatch_table_factory=MotoFallbackDispatcher)
