"""Edits as data, what a how-to says, and the figures of both.

A file `edits` has sections. `--- PATH` names a file of the repository. `>>> after: LINE`, `>>> before: LINE` or `>>> instead of: LINE`
names one of its lines, without white space at its ends; the lines below it are inserted there. A line that occurs never or twice is
an error. Files below `new/` are added at their paths.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PLACES = ("after", "before", "instead of")


class Edit(NamedTuple):
    """A place in a file, and the lines that are inserted there."""

    file: str
    place: str
    anchor: str
    lines: list


class Wrong(Exception):
    """What is wrong with an edit or a how-to."""


def edits(name):
    """The edits of a how-to."""
    found, file = [], None
    source = HERE / name / "edits"
    for line in source.read_text().splitlines():
        if line.startswith("--- "):
            file = line[4:]
        elif line.startswith(">>> "):
            place, _, anchor = line[4:].partition(": ")
            if file is None or place not in PLACES or not anchor:
                raise Wrong(f"{source}: `{line}` is no place in a file")
            found.append(Edit(file, place, anchor, []))
        elif found:
            found[-1].lines.append(line)
        else:
            raise Wrong(f"{source}: `{line}` is not below a place")
    return found


def new_files(name):
    """The files that a how-to adds, by their paths in the repository."""
    top = HERE / name / "new"
    return {str(path.relative_to(top)): path for path in sorted(top.rglob("*")) if path.is_file()}


def apply(name, copy):
    """Makes the edits of a how-to in a copy of the repository."""
    for file, source in new_files(name).items():
        if (copy / file).exists():
            raise Wrong(f"{name}: `{file}` exists already")
        shutil.copyfile(source, copy / file)
    for edit in edits(name):
        lines = (copy / edit.file).read_text().splitlines()
        places = [number for number, line in enumerate(lines) if line.strip() == edit.anchor]
        if len(places) != 1:
            raise Wrong(f"{name}: `{edit.anchor}` occurs {len(places)} times in {edit.file}, expected once")
        start = places[0] + (edit.place == "after")
        lines[start : start + (edit.place == "instead of")] = edit.lines
        (copy / edit.file).write_text("\n".join(lines) + "\n")


class Guide:
    """The document of a how-to: the files that its steps name, and their commands."""

    def __init__(self, name, document, noun):
        self.name = name
        steps = re.findall(r"^\d+\. .*(?:\n {3}.*)*", document.read_text(), re.MULTILINE)
        text = "\n".join(steps)
        for placeholder, word in zip(("NOUNS", "NOUN"), (noun + "s", noun)):
            text = text.replace(placeholder, word)
        spans = re.findall(r"`([^`]+)`", text)
        self.commands = [span for span in spans if span.startswith("cargo ")]
        # Of the tests the steps name an example, and `proof.py` stands for it; the document is written by a command.
        paths = {span for span in spans if re.fullmatch(r"[\w/]+\.\w+", span)}
        self.files = {path for path in paths if not path.startswith("tests/") and path != "openapi.json"}

    def command(self, word):
        """The command that has a word."""
        found = [command for command in self.commands if word in command.split()]
        if len(found) != 1:
            raise Wrong(f"{self.name}: the steps have {len(found)} commands with `{word}`, expected one")
        return found[0]

    def check(self):
        """Holds the files of the edits against those of the steps."""
        edited = {edit.file for edit in edits(self.name)} | set(new_files(self.name))
        for file in sorted(edited - self.files):
            raise Wrong(f"{self.name}: `{file}` is edited, but no step names it")
        for file in sorted(self.files - edited):
            raise Wrong(f"{self.name}: a step names `{file}`, but no edit changes it")


def counted(number, what):
    """`1 file`, `2 files`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def figures(name, limits):
    """The figures of a how-to as a line, and whether they are within its limits."""
    changes, added = edits(name), new_files(name)
    files = len({edit.file for edit in changes})
    lines = sum(len(edit.lines) for edit in changes)
    at_most, in_files = limits
    if added:
        written = sum(len(source.read_text().splitlines()) for source in added.values())
        found = (written, len(added))
        text = (f"{written} lines in {counted(len(added), 'new file')} (at most {at_most} in {in_files}), and "
                f"{counted(lines, 'line')} in {counted(files, 'other file')}")
    else:
        found = (len(changes), files)
        text = f"{counted(len(changes), 'edit')} in {counted(files, 'file')} (at most {at_most} in {in_files}), {counted(lines, 'line')}"
    return f"how-to {name}: {text}", found[0] <= at_most and found[1] <= in_files
