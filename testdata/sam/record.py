"""Writes `expected.txt` beside each `template.yaml`: what SAM's own implementation makes of it.

Needs `pip install aws-sam-translator==1.115.0`. Each line is a logical id and a type. The ten hexadecimal digits at the end of
some ids are taken off: they are a digest of things that do not matter here.
"""

import os
import pathlib
import re

os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

for path in sorted(pathlib.Path(__file__).parent.glob("*/template.yaml")):
    template = yaml_parse(path.read_text())
    result = Translator({}, Parser()).translate(template, {})
    lines = [
        f"{re.sub('[0-9a-f]{10}$', '', logical_id)} {resource['Type']}\n"
        for logical_id, resource in result["Resources"].items()
    ]
    path.with_name("expected.txt").write_text("".join(sorted(lines)))
