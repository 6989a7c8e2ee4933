"""Custom resources as CloudFormation has them: the engine invokes the function (or publishes to the topic) that `ServiceToken`
names, with an address for the answer, and waits for it.

The free LocalStack leaves them out. Only what the engine calls matters here; the function is `functions.NothingRuns`.
"""

import json
import threading
import uuid

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
)

TYPE = "AWS::CloudFormation::CustomResource"
PATH = "/_stackpass_e2e/custom-resource"
PATIENCE = 30
"""Seconds to wait for an answer."""

ANSWERS = {}
"""By the id of the request: the event that says that it came, and then the answer."""


class CustomResourcePlugin(CloudFormationResourceProviderPlugin):
    """How LocalStack finds the provider."""

    name = TYPE

    def __init__(self):
        self.factory = None

    def load(self):
        self.factory = CustomResource


class CustomResource(ResourceProvider):
    """Create, update and delete are the same request with another word."""

    TYPE = TYPE
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/PhysicalResourceId"],
        "readOnlyProperties": ["/properties/PhysicalResourceId"],
        "createOnlyProperties": ["/properties/ServiceToken"],
    }

    def create(self, request):
        return perform(request, "Create", {})

    def update(self, request):
        old = request.previous_state or {}
        more = {"PhysicalResourceId": old.get("PhysicalResourceId"), "OldResourceProperties": old}
        return perform(request, "Update", more)

    def delete(self, request):
        return perform(request, "Delete", {"PhysicalResourceId": request.desired_state.get("PhysicalResourceId")})


def perform(request, kind, more):
    """Sends one request and waits for its answer."""
    properties = dict(request.desired_state or {})
    physical_id = properties.pop("PhysicalResourceId", None)
    identity = str(uuid.uuid4())
    event = {
        "RequestType": kind,
        "RequestId": identity,
        "ResponseURL": f"{address()}{PATH}/{identity}",
        "StackId": request.stack_id,
        "LogicalResourceId": request.logical_resource_id,
        "ResourceType": request.resource_type,
        "ServiceToken": properties["ServiceToken"],
        "ResourceProperties": properties,
        **{key: value for key, value in more.items() if value is not None},
    }
    arrived = threading.Event()
    ANSWERS[identity] = [arrived, None]
    deliver(request, event)
    came = arrived.wait(PATIENCE)
    answer = ANSWERS.pop(identity)[1]
    if not came or answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason") if came else f"no answer within {PATIENCE} s"
        return ProgressEvent(OperationStatus.FAILED, resource_model=properties, message=reason)
    properties.update(answer.get("Data") or {})
    properties["PhysicalResourceId"] = answer.get("PhysicalResourceId") or physical_id
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=properties)


def deliver(request, event):
    """Hands the event to the function or the topic."""
    token = event["ServiceToken"]
    if token.split(":")[2] == "sns":
        request.aws_client_factory.sns.publish(TopicArn=token, Message=json.dumps(event))
        return
    # The real engine does not wait for the function, it waits for the answer.
    request.aws_client_factory.lambda_.invoke(
        FunctionName=token, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def address():
    """Our own gateway, where the answers arrive."""
    from localstack import config

    listen_for_answers()
    return config.internal_service_url()


def listen_for_answers():
    """Adds the place for answers to LocalStack's own resources, once."""
    if getattr(listen_for_answers, "is_done", False):
        return
    listen_for_answers.is_done = True
    from localstack.services.edge import ROUTER

    def take(request, identity):
        waiting = ANSWERS.get(identity)
        if waiting is not None:
            waiting[1] = json.loads(request.get_data())
            waiting[0].set()
        return {}

    ROUTER.add(f"{PATH}/<identity>", take, methods=["PUT"])
