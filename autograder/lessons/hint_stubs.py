"""Put a friendly stub, with the author's hint, where a solution stood."""

import json
import re
import textwrap

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions
from traitlets import Dict

SLOT = "raise NotImplementedError({message})"
SLOT_LINE = re.compile(rf"^(?P<indent>[ \t]*){re.escape(SLOT)}", re.MULTILINE)
LINE = 88  # characters that a notebook page shows without scrolling
GENERIC = "This part is yours to write."
HINT = re.compile(r"BEGIN SOLUTION\s*(?:hint:\s*(?P<hint>.*\S))?\s*$")
DEFINITION = re.compile(r"(?P<indent>\s*)(?:async\s+)?(?:def|class)\s+(?P<name>\w+)")


class HintStubs(ClearSolutions):
    """nbgrader's ClearSolutions, whose stub says what is missing and gives a hint.

    `### BEGIN SOLUTION hint: Count the places.` inside `def output_size(...)` becomes
    `raise NotImplementedError("output_size is yours to write. Hint: Count the places.")`.
    """

    code_stub = Dict({"python": f"# YOUR CODE HERE\n{SLOT}"}).tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        messages = iter(stub_messages(cell.source))

        def filled(slot: re.Match) -> str:
            return raise_lines(next(messages, GENERIC), slot["indent"])

        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        cell.source = SLOT_LINE.sub(filled, cell.source)
        return cell, resources


def stub_messages(source: str) -> list[str]:
    """What each solution region of a code cell is replaced by, in their order."""
    messages = []
    enclosing: list[tuple[int, str]] = []
    for line in source.split("\n"):
        definition = DEFINITION.match(line)
        if definition:
            indent = len(definition["indent"])
            enclosing = [outer for outer in enclosing if outer[0] < indent]
            enclosing.append((indent, definition["name"]))
        if "BEGIN SOLUTION" in line:
            indent = len(line) - len(line.lstrip())
            names = [name for column, name in enclosing if column < indent]
            hint = HINT.search(line)
            messages.append(stub_message(".".join(names), hint and hint["hint"]))
    return messages


def stub_message(name: str, hint: str | None) -> str:
    """One stub's text, for example "neuron is yours to write. Hint: Multiply, add."."""
    whose = f"{name} is yours to write." if name else GENERIC
    return f"{whose} Hint: {hint}" if hint else whose


def raise_lines(message: str, indent: str) -> str:
    """The stub's statement, its message cut into pieces where it is too long for a line."""
    whole = f"{indent}{SLOT.replace('{message}', quoted(message))}"
    room = LINE - len(indent) - len('    " "')
    pieces = textwrap.wrap(
        message, room, break_long_words=False, break_on_hyphens=False
    )
    if len(whole) <= LINE or " ".join(pieces) != message:
        return whole
    *first, last = pieces
    lines = [quoted(f"{piece} ") for piece in first] + [quoted(last)]
    body = "\n".join(f"{indent}    {line}" for line in lines)
    return f"{indent}raise NotImplementedError(\n{body}\n{indent})"


def quoted(text: str) -> str:
    """The text as a Python literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
