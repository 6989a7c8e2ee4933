"""Uploads what an asset manifest of the CDK lists, without templates: `upload_assets.py MANIFEST ACCOUNT REGION`."""

import io
import json
import pathlib
import sys
import zipfile

import boto3


def main(manifest, account, region):
    client = boto3.client("s3")
    for file in json.loads(manifest.read_text())["files"].values():
        source = manifest.parent / file["source"]["path"]
        if not source.exists() or file["source"]["packaging"] != "zip":
            continue
        for destination in file["destinations"].values():
            bucket, key = (
                destination[name]
                .replace("${AWS::AccountId}", account)
                .replace("${AWS::Region}", region)
                for name in ("bucketName", "objectKey")
            )
            client.put_object(Bucket=bucket, Key=key, Body=zipped(source))


def zipped(folder):
    """The files of a folder as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3])
