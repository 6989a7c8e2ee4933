"""A Lambda executor that runs nothing: functions can be created, updated, invoked, and answer `{}`.

An invocation for a custom resource is answered as CloudFormation expects it: with `SUCCESS`, put to the address in the event.
"""

import json

import requests
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class NothingRunsPlugin(RuntimeExecutorPlugin):
    """How LocalStack finds the executor."""

    name = "stackpass_e2e"

    def load(self, *_args, **_kwargs):
        from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

        return type("NothingRuns", (NothingRuns, RuntimeExecutor), {})


class NothingRuns:
    """The methods that an executor must have."""

    def start(self, env_vars):
        pass

    def stop(self):
        pass

    def get_address(self):
        return "127.0.0.1"

    def get_endpoint_from_executor(self):
        return "127.0.0.1"

    def get_runtime_endpoint(self):
        return "http://127.0.0.1"

    def get_logs(self):
        return ""

    def invoke(self, payload):
        event = json.loads(payload.get("payload") or "{}")
        if isinstance(event, dict) and event.get("ResponseURL"):
            complete_custom_resource(event)
        return InvocationResult(payload.get("invoke-id", ""), payload=b"{}", is_error=False, logs="")

    @classmethod
    def prepare_version(cls, function_version):
        pass

    @classmethod
    def cleanup_version(cls, function_version):
        pass


def complete_custom_resource(event):
    """Does what every function of a custom resource does last."""
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        "Data": {},
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    requests.put(event["ResponseURL"], data=json.dumps(answer), timeout=30)
