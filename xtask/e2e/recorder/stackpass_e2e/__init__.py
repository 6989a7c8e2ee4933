"""What `cargo xtask e2e` adds to LocalStack.

Found through PYTHONPATH and its entry points, so nothing is installed. In reading order:

- `wire`: the connection to xtask; one JSON line each way,
- `record`: a call as a plain value,
- `hooks`: sees the calls from outside and those of LocalStack for itself; asks for calls from outside whether they may be served,
- `functions`: Lambda functions that run nothing,
- `custom_resource`: custom resources, which the free LocalStack leaves out,
- `storage`: DynamoDB and Kinesis without the programs that LocalStack would download for them.

It knows nothing of policies: who may do what is decided by xtask.
"""
