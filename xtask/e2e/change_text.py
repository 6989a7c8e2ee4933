"""Copies a file with other texts in it: `change_text.py FROM TO OLD NEW [OLD NEW]...`. Each old text must be there."""

import pathlib
import sys


def changed(text, pairs):
    """The text with each old one replaced by the new one after it."""
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        if old not in text:
            sys.exit(f"`{old}` is not there")
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[1:3])
    target.write_text(changed(source.read_text(), sys.argv[3:]))
