"""Everything about one task's check: `solutions/checks/NN_slug/TASK.py`.

    \"\"\"What is checked.\"\"\"

    POINTS = 2

    def cases(t, output_size):
        t.case("7 wide, filter 3", output_size(7, 3), 5)

    def hidden(t, output_size): ...

    @right("counting")
    def output_size__counting(size, filter_size, stride=1, padding=0): ...

    wrong("the padding is counted once", "2 * padding", "padding")

    @wrong("the filter is flipped")
    def output_size__flipped(...): ...

`cases` names after `t` what the check on the page is given, in that order. A wrong answer is
an edit of the reference where it can be one: text that stands there exactly once, and what
is there instead. `of="output_size__counting"` edits that right answer, and `of="conv_backward"`
the reference of another function of the task. A phrase may stand more than once.
"""

import ast
import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from course.kit import UsageError


@dataclass(frozen=True)
class Answer:
    """One implementation of a contract function, as source that a student could have typed."""

    function: str
    variant: str
    phrase: str  # what is wrong with it, or how it is right
    right: bool
    named: bool  # whether the check's message is expected to say the phrase
    source: str

    @property
    def id(self) -> str:
        """The name it has in the bank, for example "output_size__floor"."""
        return f"{self.function}__{self.variant}"


@dataclass(frozen=True)
class TaskModule:
    """A task's module, read and not run."""

    path: Path
    tree: ast.Module
    text: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def points(self) -> float:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and _target(node) == "POINTS":
                return ast.literal_eval(node.value)
        raise UsageError(f"{self.path.name} says no POINTS. Write: POINTS = 1")

    @property
    def functions(self) -> tuple[str, ...]:
        """What the check is given."""
        return tuple(arg.arg for arg in self._definition("cases").args.args[1:])

    def has(self, part: str) -> bool:
        return any(_name(node) == part for node in self.tree.body)

    def source(self, part: str) -> str:
        """The part ("cases" or "hidden") as the function `cases`, with only what it uses."""
        wanted = self._definition(part)
        others = {"cases", "hidden", "POINTS"}
        body = [
            node
            for node in self.tree.body
            if node is not wanted
            and _name(node) not in others
            and not _is_answer(node)
            and not _is_text(node)
            and not _imports_autograder(node)
        ]
        kept = _reached(body, _names_in(wanted))
        renamed = copy.deepcopy(wanted)
        renamed.name = "cases"
        return ast.unparse(ast.Module([*kept, renamed], [])) + "\n"

    def answer_lines(self) -> list[str]:
        """The lines of the right and wrong answers that are written out."""
        lines = self.text.split("\n")
        answers = (node for node in self.tree.body if _is_answer(node))
        return [
            line
            for node in answers
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            for line in lines[node.lineno : node.end_lineno]
        ]

    def _definition(self, part: str) -> ast.FunctionDef:
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == part:
                return node
        raise UsageError(f"{self.path.name} has no function {part}(t, ...). Write it")


def right(description: str, *edits: str, of: str = "") -> Callable:
    """Marks a right implementation; `description` says how it differs from the others."""
    return lambda definition: definition


def wrong(phrase: str, *edits: str, of: str = "", named: bool = True) -> Callable:
    """Marks a wrong implementation; `phrase` says what is wrong with it.

    `named=False`: the check must catch it, but need not recognise it.
    """
    return lambda definition: definition


def read_task_modules(folder: Path) -> dict[str, TaskModule]:
    """All tasks' modules of a lesson by name. Refuses what is not Python."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        try:
            found[path.stem] = TaskModule(path, _parsed(text, str(path)), text)
        except SyntaxError as error:
            raise UsageError(f"{path} is not Python: {error}. Mend it") from None
    return found


@lru_cache(maxsize=500)
def _parsed(text: str, path: str) -> ast.Module:
    """For a lesson is read many times in a run, and nothing is changed in a tree."""
    return ast.parse(text, path)


def read_answers(module: TaskModule, reference: Mapping[str, str]) -> Iterator[Answer]:
    """The task's right and wrong answers; `reference` has the source of each function."""
    sources = dict(reference)
    called: Counter[tuple[str, str]] = Counter()
    for node in module.tree.body:
        label = _label(node, module)
        if label is None:
            continue
        is_right, phrase, named, edits, of = label
        where = f"{module.path.name}, line {node.lineno}"
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            function, _, variant = node.name.partition("__")
            if not variant or function not in reference:
                raise UsageError(
                    f"{where}: {node.name} is no variant of a contract function. "
                    f"Call it FUNCTION__VARIANT with one of: {', '.join(reference)}"
                )
            lines = module.text.split("\n")[node.lineno - 1 : node.end_lineno]
            source = re.sub(rf"\b{node.name}\b", function, "\n".join(lines)) + "\n"
            sources[node.name] = source
        else:
            of = of or module.functions[0]
            function = of.partition("__")[0]
            if of not in sources:
                raise UsageError(f"{where}: there is no answer {of!r} to edit")
            variant = re.sub(r"\W+", "_", phrase).strip("_")[:60]
            called[function, variant] += 1
            if called[function, variant] > 1:  # several ways to make one mistake
                variant += f"_{called[function, variant]}"
            source = edited(sources[of], edits, f"{where}, {phrase!r}")
        yield Answer(
            function, variant, phrase, is_right, named and not is_right, source
        )


def edited(source: str, edits: tuple[str, ...], where: str) -> str:
    """The source with each text replaced. Refuses a text that is not there exactly once."""
    if len(edits) % 2 or not edits:
        raise UsageError(f"{where}: say what to replace and by what, in pairs")
    for old, new in zip(edits[::2], edits[1::2]):
        count = source.count(old)
        if count != 1:
            raise UsageError(
                f"{where}: {old!r} stands {count} times in the answer, and must stand once"
            )
        source = source.replace(old, new)
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise UsageError(f"{where}: what comes out is not Python: {error}") from None
    return source


def _label(
    node: ast.stmt, module: TaskModule
) -> tuple[bool, str, bool, tuple[str, ...], str] | None:
    """(right, phrase, named, edits, of) of an answer; None for any other statement."""
    calls = [*getattr(node, "decorator_list", [])]
    calls += [node.value] if isinstance(node, ast.Expr) else []
    for call in calls:
        if not isinstance(call, ast.Call) or _called(call) not in ("right", "wrong"):
            continue
        try:
            phrase, *edits = [ast.literal_eval(value) for value in call.args]
            options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        except ValueError:
            phrase, edits, options = "", [], {}
        if not isinstance(phrase, str) or not phrase.strip():
            raise UsageError(
                f"{module.path.name}, line {node.lineno}: this answer says nothing about "
                'itself. Write: wrong("what is wrong", ...)'
            )
        named = options.get("named", True)
        right = _called(call) == "right"
        return right, phrase, named, tuple(edits), options.get("of", "")
    return None


def _reached(body: list[ast.stmt], used: set[str]) -> list[ast.stmt]:
    """The statements that bind what is used, directly or by way of one another."""
    kept: set[int] = set()
    while True:
        more = [n for n in body if id(n) not in kept and _binds(n) & used]
        if not more:
            return [node for node in body if id(node) in kept]
        for node in more:
            kept.add(id(node))
            used = used | _names_in(node)


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = (a.asname or a.name.partition(".")[0] for a in node.names)
        return {*names}
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}


def _names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_answer(node: ast.stmt) -> bool:
    calls = [*getattr(node, "decorator_list", [])]
    calls += [node.value] if isinstance(node, ast.Expr) else []
    names = (_called(call) for call in calls if isinstance(call, ast.Call))
    return any(name in ("right", "wrong") for name in names)


def _imports_autograder(node: ast.stmt) -> bool:
    """Whether it imports `right` and `wrong`: a student's machine has no autograder."""
    module = node.module if isinstance(node, ast.ImportFrom) else None
    return (module or "").partition(".")[0] == "autograder"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _name(node: ast.stmt) -> str:
    return getattr(node, "name", "") or _target(node)


def _target(node: ast.stmt) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return targets[0].id if targets and isinstance(targets[0], ast.Name) else ""
