"""Copies an assembly of the CDK with other texts in its templates: `change_assembly.py FROM TO OLD NEW [OLD NEW]...`.

A changed template gets another hash, as `cdk synth` would give it one: what is uploaded already is not uploaded again.
"""

import hashlib
import json
import pathlib
import shutil
import sys

from change_text import changed


def main(source, target, *texts):
    shutil.copytree(source, target)
    for template in sorted(target.glob("*.template.json")):
        text = changed(template.read_text(), texts)
        template.write_text(text)
        rename(target, template.name, hashlib.sha256(text.encode()).hexdigest())


def rename(target, template, name):
    """Gives the asset of a template another name, wherever it stands."""
    manifests = [*target.glob("*.assets.json"), target / "manifest.json"]
    for path in target.glob("*.assets.json"):
        files = json.loads(path.read_text())["files"]
        old = [key for key, file in files.items() if file["source"]["path"] == template]
        for manifest in manifests:
            for key in old:
                manifest.write_text(manifest.read_text().replace(key, name))


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:])
