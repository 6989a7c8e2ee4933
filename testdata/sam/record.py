"""Writes `expected.txt` beside each `template.yaml`: what SAM's own implementation makes of it.

Needs `pip install aws-sam-translator==1.115.0 pyyaml`. Each line is a logical id and a type; the lines below it are properties by which
the resource names or permits others: the logical ids that they refer to, else their text. The ten hexadecimal digits at the end of some ids are taken off: they are a digest
of things that do not matter here.
"""

import os
import pathlib
import re

os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PROPERTIES = [
    "Action",
    "EventSourceArn",
    "FunctionName",
    "Principal",
    "Role",
    "RoleArn",
    "SourceArn",
    "SourceAccount",
    "TopicArn",
]


def without_digest(logical_id):
    return re.sub("[0-9a-f]{10}$", "", logical_id)


def referred(value):
    """The logical ids that a value refers to."""
    if isinstance(value, list):
        return set().union(*map(referred, value))
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        attribute = value["Fn::GetAtt"]
        return {attribute.split(".")[0] if isinstance(attribute, str) else attribute[0]}
    if "Fn::Sub" in value:
        text, given = value["Fn::Sub"], {}
        if isinstance(text, list):
            text, given = text
        names = {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)}
        return (names - set(given)) | referred(list(given.values()))
    return referred(list(value.values()))


def described(logical_id, resource, resources):
    text = f"{without_digest(logical_id)} {resource['Type']}\n"
    properties = resource.get("Properties", {})
    for name in PROPERTIES:
        if name in properties:
            value = properties[name]
            ids = {without_digest(it) for it in referred(value) & set(resources)}
            shown = " ".join(sorted(ids)) if ids or not isinstance(value, str) else value
            text += f"  {name}: {shown}".rstrip() + "\n"
    return text


for path in sorted(pathlib.Path(__file__).parent.glob("*/template.yaml")):
    template = yaml_parse(path.read_text())
    result = Translator({}, Parser()).translate(template, {})
    resources = result["Resources"]
    texts = [described(*resource, resources) for resource in resources.items()]
    path.with_name("expected.txt").write_text("".join(sorted(texts)))
