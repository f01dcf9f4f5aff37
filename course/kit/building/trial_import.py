"""Import the text of a module before it is written, and compare it with what is live."""

import dataclasses
import enum
import importlib.abc
import importlib.util
import sys
from types import ModuleType
from typing import Any

from course.kit.building.dependencies import Definition
from course.kit.building.error import BuildError
from course.kit.building.notebook_source import functions_of

PLAIN = (bool, int, float, complex, str, bytes, type(None))


class TextLoader(importlib.abc.InspectLoader):
    """Lets the import system run a module from its text."""

    def __init__(self, text: str):
        self.text = text

    def get_source(self, fullname: str) -> str:
        """The text, whatever name it is imported by."""
        return self.text

    def is_package(self, fullname: str) -> bool:
        """Never: a built module is one file."""
        return False


def trial_import(module: str, text: str, definitions: list[Definition]) -> None:
    """Import `text` as `module`, compare, and leave sys.modules as it was.

    Raises BuildError when the import fails or gives something else than is live.
    """
    spec = importlib.util.spec_from_loader(module, TextLoader(text))
    trial = importlib.util.module_from_spec(spec)
    before = sys.modules.get(module)
    sys.modules[module] = trial
    try:
        spec.loader.exec_module(trial)
    except Exception as error:
        raise BuildError(
            f"{module} could not be imported if it were written: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        if before is None:
            del sys.modules[module]
        else:
            sys.modules[module] = before
    for definition in definitions:
        compare(definition, trial)


def compare(definition: Definition, trial: ModuleType) -> None:
    """Raise BuildError unless the trial's definition is like the live one."""
    name, live, made = definition.name, definition.live, vars(trial)[definition.name]
    if layers(live) != layers(made):
        raise BuildError(
            f"`{name}` was wrapped after it was defined: write the decorator above its "
            "definition, or give the wrapped one another name"
        )
    if isinstance(live, type):
        live_facts, made_facts = facts(live), facts(made)
        for attribute in sorted(live_facts | made_facts):
            if live_facts.get(attribute) != made_facts.get(attribute):
                raise BuildError(
                    f"`{name}.{attribute}` is not as the class was written: it was added, "
                    "changed or deleted later. Write it in the class, run that cell, then "
                    "run this one again"
                )


def layers(live: Any) -> list[str]:
    """The type of a definition, and of what its decorators wrapped, if they tell."""
    wrapped = None if isinstance(live, type) else getattr(live, "__wrapped__", None)
    deeper = [] if wrapped is None else layers(wrapped)
    return [type(live).__qualname__, *deeper]


def facts(cls: type) -> dict[str, Any]:
    """What can be compared of a class: attribute -> where its functions are written, or
    its value where that is plain and no method can have changed it since.
    """
    found: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, attribute in vars(cls).items():
        if functions := functions_of(attribute):
            found[name] = [function.__qualname__ for function in functions]
        elif not (name.startswith("__") and name.endswith("__")):
            found[name] = True
            values[name] = attribute
    if isinstance(cls, enum.EnumMeta):
        values = {member.name: member.value for member in cls}
    elif dataclasses.is_dataclass(cls):
        values = {field.name: field.default for field in dataclasses.fields(cls)}
    elif len(found) > len(values):
        values = {}
    for name, value in values.items():
        found[name] = repr(value) if isinstance(value, PLAIN) else True
    return found
