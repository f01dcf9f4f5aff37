"""Put definitions together to the text of a module that works without the notebook."""

from typing import Any

from course.kit.building.dependencies import Definition, Surroundings, imports_needed
from course.kit.building.import_lines import ImportLine, import_block, import_statements
from course.kit.building.names_used import names_used
from course.kit.building.notebook_source import (
    FUTURE_ANNOTATIONS,
    Piece,
    find_source,
    own_codes,
)


def read_definition(
    live: Any, namespace: dict[str, Any], ran: list[Piece]
) -> Definition:
    """The live function or class with its text, out of what `ran` in the notebook."""
    text = find_source(live, namespace, ran)
    return Definition(live.__name__, live, text, names_used(text))


def module_text(
    module: str,
    heading: str,
    definitions: list[Definition],
    namespace: dict[str, Any],
    ran: list[Piece],
) -> str:
    """`heading`, the imports that are used, and the definitions in an order that works.

    `module` is the full name, course.geometry. Raises BuildError with a line for every
    name that a definition uses and the module would lack.
    """
    statements = import_statements(ran)
    lines = imports_needed(Surroundings(module, definitions, namespace, statements))
    parts = [heading.rstrip()]
    if annotations_wait(definitions, namespace, statements):
        parts.append("from __future__ import annotations")
    if lines:
        parts.append(import_block(lines))
    texts = [definition.text.rstrip() for definition in working_order(definitions)]
    return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(texts) + "\n"


def annotations_wait(
    definitions: list[Definition],
    namespace: dict[str, Any],
    statements: list[ImportLine],
) -> bool:
    """Did a definition run under `from __future__ import annotations`?"""
    codes = [c for d in definitions for c in own_codes(d.live, namespace)]
    if not codes:
        return ImportLine("__future__", "annotations") in statements
    return any(code.co_flags & FUTURE_ANNOTATIONS for code in codes)


def working_order(definitions: list[Definition]) -> list[Definition]:
    """The given order, except that what a definition needs at once comes before it.

    What is needed at once may be called at once (a decorator, a default value), so all
    that it uses in turn comes before as well.
    """
    by_name = {definition.name: definition for definition in definitions}
    begun: set[str] = set()
    ordered: list[Definition] = []

    def place(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        for needed in by_name:
            if needed in by_name[name].uses.now:
                for other in reachable(needed, by_name):
                    place(other)
        ordered.append(by_name[name])

    for name in by_name:
        place(name)
    return ordered


def reachable(name: str, by_name: dict[str, Definition]) -> list[str]:
    """`name` and all definitions that it uses, directly or through others."""
    found = [name]
    for current in found:  # grows on the way
        used = by_name[current].uses.needed
        found += [other for other in by_name if other in used and other not in found]
    return found
