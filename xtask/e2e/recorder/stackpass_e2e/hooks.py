"""Where we stand in LocalStack: in its handler chain, in botocore, and in the engine of CloudFormation."""

import functools
import threading

from localstack.runtime import hooks

from . import record, wire

IN_THREAD = threading.local()
"""`resource`: what the engine works on in this thread. `is_calling`: whether a call of this thread is under way."""

PER_PROTOCOL = {
    "json": "AccessDeniedException",
    "rest-json": "AccessDeniedException",
    "smithy-rpc-v2-cbor": "AccessDeniedException",
    "ec2": "UnauthorizedOperation",
}
"""The code of AWS for a refusal, where it is not `AccessDenied`."""


@hooks.on_infra_start()
def install():
    """Begins to watch, if an xtask asked for it."""
    connection = wire.connect()
    if connection is None:
        return
    from localstack.aws import handlers

    handlers.serve_custom_service_request_handlers.append(asking(connection))
    handlers.run_custom_finalizers.append(telling(connection))
    watch_inner_calls(connection)
    watch_the_engine()


def asking(connection):
    """A handler that lets a call from outside pass only if xtask allows it."""

    def handle(_chain, context, _response):
        if context.is_internal_call or context.operation is None:
            return
        context.stackpass_call = record.client_call(context)
        answer = connection.send("ask", context.stackpass_call)
        if not answer["allow"]:
            raise refusal(context, answer["message"])

    return handle


def refusal(context, message):
    """AWS's answer to a call without permission. The protocol of the service puts it into words."""
    from localstack.aws.api import CommonServiceException

    code = PER_PROTOCOL.get(str(context.protocol or context.service.protocol), "AccessDenied")
    status = 400 if code == "AccessDeniedException" and context.protocol == "json" else 403
    return CommonServiceException(code, message, status_code=status, sender_fault=True)


def telling(connection):
    """A finalizer that reports a call from outside and how it ended, before its answer leaves."""

    def handle(_chain, context, response):
        call = getattr(context, "stackpass_call", None)
        if call is None:
            return
        call["error"] = error_code(context, response)
        connection.send("call", {**call, "issued": issued_credentials(context)})

    return handle


def error_code(context, response):
    """The code of the error that a call ended with."""
    if context.service_exception is not None:
        return context.service_exception.code
    return str(response.status_code) if response.status_code >= 400 else None


def issued_credentials(context):
    """The access key that a call gave away, and what for, so that whoever uses it is known."""
    response = context.service_response
    if not isinstance(response, dict):
        return None
    match (context.service.service_name, context.operation.name):
        case ("sts", _):
            credentials = response.get("Credentials") or {}
            user = (response.get("AssumedRoleUser") or {}).get("Arn")
            return {"access_key": credentials.get("AccessKeyId"), "principal": user}
        case ("iam", "CreateAccessKey"):
            key = response.get("AccessKey") or {}
            user = f"arn:{context.partition}:iam::{context.account_id}:user/{key.get('UserName')}"
            return {"access_key": key.get("AccessKeyId"), "principal": user}
    return None


def watch_inner_calls(connection):
    """Reports each call that is made inside this process."""
    from botocore.client import BaseClient

    make = BaseClient._make_api_call

    @functools.wraps(make)
    def watched(client, operation, params):
        if getattr(IN_THREAD, "is_calling", False):
            return make(client, operation, params)
        call = record.inner_call(client, operation, params, getattr(IN_THREAD, "resource", None))
        call["error"] = None
        IN_THREAD.is_calling = True
        try:
            return make(client, operation, params)
        except Exception as error:
            response = getattr(error, "response", None) or {}
            call["error"] = response.get("Error", {}).get("Code") or type(error).__name__
            raise
        finally:
            IN_THREAD.is_calling = False
            connection.send("call", call)

    BaseClient._make_api_call = watched


def watch_the_engine():
    """Keeps in mind which resource of which stack the engine works on."""
    from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

    execute = ResourceProviderExecutor.execute_action

    @functools.wraps(execute)
    def watched(executor, provider, payload):
        before = getattr(IN_THREAD, "resource", None)
        IN_THREAD.resource = {
            "stack": executor.stack_name,
            "logical_id": payload["requestData"]["logicalResourceId"],
            "type": payload["resourceType"],
            "action": payload["action"],
        }
        try:
            return execute(executor, provider, payload)
        finally:
            IN_THREAD.resource = before

    ResourceProviderExecutor.execute_action = watched
