"""Which names of its module a definition needs, by Python's own rules of scope."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


@dataclass
class NamesUsed:
    """Global names, by when and how a definition uses them.

    now: while it is being defined (base classes, decorators, defaults, annotations).
    later: when it is called. perhaps: in quoted annotations, and names that a class body
    both binds and reads. changed: rebound by a `global` statement. bound: bound by its own
    text. paths: every "a.b.c" that is read from a name, which tells the submodules.
    """

    now: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)

    @property
    def needed(self) -> set[str]:
        """The names without which the definition does not work."""
        return (self.now | self.later) - self.bound


def names_used(text: str) -> NamesUsed:
    """The global names in `text`, which is one definition at the left border."""
    used = NamesUsed()
    _look_into(symtable.symtable(text, "<definition>", "exec"), True, used)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            used.paths.add(_path(node))
        for annotation in _annotations(node):
            used.perhaps |= set(_quoted_names(annotation))
    used.perhaps -= used.needed | used.bound
    return used


def _look_into(table: symtable.SymbolTable, is_now: bool, used: NamesUsed) -> None:
    """Add the global names of a scope and of those inside; `is_now`: it runs at once."""
    kind = table.get_type()
    is_comprehension = table.get_name() in COMPREHENSIONS
    for symbol in table.get_symbols():
        name = symbol.get_name()
        if not name.isidentifier():
            continue  # the compiler's own, such as ".0"
        if kind == "module" and symbol.is_assigned():
            used.bound.add(name)
        elif symbol.is_declared_global() and symbol.is_assigned():
            # A walrus in a comprehension binds a name of the scope around it.
            (used.bound if is_now and is_comprehension else used.changed).add(name)
        elif symbol.is_global() and symbol.is_referenced():
            (used.now if is_now else used.later).add(name)
        elif kind == "class" and symbol.is_local() and symbol.is_referenced():
            used.perhaps.add(name)
    for child in table.get_children():
        waits = (
            child.get_type() == "function" and child.get_name() not in COMPREHENSIONS
        )
        _look_into(child, is_now and not waits, used)


def _path(node: ast.expr) -> str:
    """The text a.b.c of that expression, "" where its left end is not a name."""
    if isinstance(node, ast.Attribute):
        start = _path(node.value)
        return f"{start}.{node.attr}" if start else ""
    return node.id if isinstance(node, ast.Name) else ""


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    """The annotations that stand directly in `node`."""
    for field_name in ("annotation", "returns"):
        if isinstance(annotation := getattr(node, field_name, None), ast.expr):
            yield annotation


def _quoted_names(annotation: ast.expr, in_quotes: bool = False) -> Iterator[str]:
    """Names in the quoted parts of an annotation, such as "np.ndarray"."""
    parts = list(ast.iter_child_nodes(annotation))
    match annotation:
        case ast.Name(id=name) if in_quotes:
            yield name
        case ast.Subscript(value=kind) if _path(kind).endswith("Literal"):
            parts = [kind]
        case ast.Constant(value=str(text)):
            try:
                parts = [ast.parse(text.strip(), mode="eval").body]
            except (SyntaxError, ValueError):
                return
            in_quotes = True
    for part in parts:
        yield from _quoted_names(part, in_quotes)
