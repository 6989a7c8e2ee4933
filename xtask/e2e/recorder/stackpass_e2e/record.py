"""A call as a plain value: what JSON can hold, and no more of it than says what was asked for."""

import datetime
import sys

TEXT_LIMIT = 65536
"""Texts are kept whole up to here. Templates and policies are read again from a recording; uploaded code is not."""

SERVICES = "localstack.services."


def client_call(context):
    """A call at the gateway, before it is served."""
    return {
        "side": "client",
        "service": context.service.service_name,
        "operation": context.operation.name,
        "params": plain(context.service_request or {}),
        "access_key": access_key(context.request),
        "region": context.region,
        "account": context.account_id,
        "resource": None,
        "caller": None,
    }


def inner_call(client, operation, params, resource):
    """A call that LocalStack makes for itself, of CloudFormation's engine or of another service."""
    module = calling_module()
    is_engine = resource is not None or (module or "").startswith("cloudformation")
    return {
        "side": "engine" if is_engine else "service",
        "service": client.meta.service_model.service_name,
        "operation": operation,
        "params": plain(params),
        "access_key": None,
        "region": client.meta.region_name,
        "account": account_of(client),
        "resource": resource,
        "caller": module,
    }


def plain(value):
    """The value with texts cut, streams and bytes named by their kind, and what is not set left out."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if len(value) <= TEXT_LIMIT else value[:TEXT_LIMIT]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return f"<{type(value).__name__}>"


def access_key(request):
    """The access key that signed a request, in its header or (presigned) in its query."""
    _, found, rest = (request.headers.get("Authorization") or "").partition("Credential=")
    if not found:
        rest = request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId") or ""
    return rest.split("/")[0].split(",")[0].strip() or None


def account_of(client):
    """The account that an inner client acts in: LocalStack puts it into the access key."""
    from localstack.aws.accounts import get_account_id_from_access_key_id

    credentials = client._request_signer._credentials
    return get_account_id_from_access_key_id(credentials.access_key) if credentials else None


def calling_module():
    """The innermost module of a service on the stack, such as `cloudformation.v2.provider`."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if name.startswith(SERVICES):
            return name.removeprefix(SERVICES)
        frame = frame.f_back
    return None
