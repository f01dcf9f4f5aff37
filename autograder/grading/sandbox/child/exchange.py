"""What two processes know of each other's objects and files, so that each stays one and the same.

Every thing that has crossed has a key: above 0 where the checks' process has made it, below 0
where the answers' has. Things that can change are compared at every crossing with what the
other side has of them (`mirrors.py`), and what is new is sent along; so are the temporary
folders of a check, since each process has its own disk.
"""

import os
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from child import references
from child.mirrors import (
    ArrayMark,
    Mark,
    content,
    fill,
    is_same,
    kind_of,
    mark,
    restorer,
    shell,
)
from child.references import Remote
from child.values import Lie, decode, encode

MOST = 100_000  # things at one time
MOST_FILES, MOST_BYTES = 200, 50 * 2**20
DEEPEST = 8  # folders in folders


class FarTuple(tuple):
    """One of a class of its own there, such as a named tuple, which `key` gives back as it is."""

    key = 0


def _holders(things: dict, key: int) -> int:
    return sys.getrefcount(things[key])


NOBODY_ELSE = _holders({0: object()}, 0)


class Exchange:
    """The things of one check. `sign`: of the keys that this side gives out.

    `prunes`: this is the side that says what need not be kept equal any longer.
    """

    def __init__(self, sign: int, ask: Callable, prunes: bool) -> None:
        self.sign, self.ask, self.prunes = sign, ask, prunes
        self.count = 0
        self.forget_all()

    def forget_all(self) -> None:
        """From now on nothing has crossed. Both sides do this at the same time."""
        self._keys: dict[int, int] = {}  # id of a thing: its key
        self._mirrors: dict[int, Any] = {}
        self._known: dict[int, list] = {}  # what the other side has of each mirror
        self._marks: dict[
            int, Mark | ArrayMark | None
        ] = {}  # of those that are as they are known
        self._first: dict[int, Callable] = {}  # undoes what was changed there in ours
        self._given: dict[int, Any] = {}  # ours that the other side has references to
        self._remotes: Any = weakref.WeakValueDictionary()
        self._dropped: set[int] = set()  # theirs that nobody here holds any more

    def pack(self, values: list) -> list:
        """The values, with all that has changed since the last crossing.

        Where this side is the one that keeps the table short, what nobody here holds any
        more is dropped on both sides.
        """
        fresh: list[int] = []
        known: dict[int, list] = {}
        unmarked: list[int] = []
        marks = self._marks

        def again(value: Any) -> Any:
            return encode(value, lambda each: self._encode(each, fresh))

        for key, thing in list(self._mirrors.items()):
            before = marks.get(key)
            if before is not None and before.holds(thing):
                continue
            if not is_same(thing, self._known.get(key), again):
                known[key] = content(thing, again)
            unmarked.append(key)
        encoded = [again(value) for value in values]
        while fresh:
            key = fresh.pop()
            known[key] = content(self._mirrors[key], again)
            unmarked.append(key)
        if len(self._mirrors) + len(self._given) > MOST:
            raise ValueError("too many objects for a check")
        self._known |= known
        for key in unmarked:
            marks[key] = mark(self._mirrors[key], self._known[key], self._is_tabled)
        if self.prunes:
            self._prune()
        dropped = list(self._dropped)
        self._dropped.clear()
        return [encoded, list(known.items()), dropped]

    def _encode(self, value: Any, fresh: list) -> list:
        if isinstance(value, Remote):
            key = references.key_of(value)
            if self._remotes.get(key) is not value:
                raise ReferenceError("a thing of another check is no longer there")
            return ["back", key]
        if isinstance(value, FarTuple):
            return ["back", value.key]
        key = self._keys.get(id(value))
        kind = kind_of(value)
        if key is None:
            self.count += 1
            key = self._keys[id(value)] = self.sign * self.count
            (self._mirrors if kind else self._given)[key] = value
            if kind:
                fresh.append(key)
        if kind:
            return ["same", key]
        if isinstance(value, tuple):
            items = [
                encode(each, lambda one: self._encode(one, fresh))
                for each in tuple.__iter__(value)
            ]
            return ["tuple of a class", key, items]
        return ["ref", key, *references.described(value)]

    def _is_tabled(self, value: Any) -> bool:
        return id(value) in self._keys or isinstance(value, Remote)

    def unpack(self, told: Any) -> list:
        """The values in what the other side has packed. Raises Lie, and what bad data raises."""
        encoded, changed, dropped = told
        new = set()
        for key, now in changed:
            if key not in self._mirrors:
                self._check_theirs(key)
                self._keep(key, shell(now))
                new.add(key)
            elif key * self.sign > 0 and key not in self._first:
                self._first[key] = restorer(self._mirrors[key])
        for key, now in changed:
            is_ours = self.prunes and key * self.sign > 0
            which = {"is_new": key in new, "is_ours": is_ours}
            fill(self._mirrors[key], now, self._decode, **which)
            self._known[key] = now
        for key, now in changed:  # once all that they refer to has its key
            self._marks[key] = mark(self._mirrors[key], now, self._is_tabled)
        values = [self._decode(each) for each in encoded]
        for key in dropped:
            self._drop(key)
        return values

    def _decode(self, data: Any) -> Any:
        return decode(data, self._find)

    def _find(self, data: list) -> Any:
        tag, key, *rest = data
        if tag == "same":
            return self._mirrors[key]
        if tag == "back":
            return self._given[key]
        if tag == "tuple of a class":
            self._check_theirs(key)
            found = FarTuple(map(self._decode, *rest))
            found.key = key
            return found
        if tag != "ref":
            raise Lie(f"a value of the form {str(tag)[:20]!r}")
        self._check_theirs(key)
        found = self._remotes.get(key)
        if found is None:
            found = self._remotes[key] = references.remote(self.ask, key, rest)
            weakref.finalize(found, self._dropped.add, key).atexit = False
        self._dropped.discard(key)
        return found

    def _keep(self, key: int, thing: Any) -> None:
        if len(self._mirrors) > MOST:
            raise Lie("too many objects for a check")
        self._mirrors[key] = thing
        self._keys[id(thing)] = key

    def _check_theirs(self, key: Any) -> None:
        if type(key) is not int or key * self.sign >= 0:
            raise Lie("a key that the other side cannot have given out")

    def _drop(self, key: int) -> None:
        for things in (self._mirrors, self._given):
            if key in things:
                self._keys.pop(id(things.pop(key)), None)
        for told in (self._known, self._marks, self._first):
            told.pop(key, None)

    def _prune(self) -> None:
        """Let go of what nobody here but this table holds; the other side will, too."""
        for key in list(self._mirrors):
            if _holders(self._mirrors, key) <= NOBODY_ELSE:
                self._drop(key)
                self._dropped.add(key)

    def put_back(self) -> None:
        """Give our things the contents that they had before the other side changed them."""
        for key, restore in self._first.items():
            if key in self._mirrors:
                restore(self._mirrors[key])


class Folders:
    """Compares the folders in the place for temporary ones with what the other side has of them.

    `are_ours`: of the checks' process, whose folders they are. The other one has copies.
    """

    def __init__(self, are_ours: bool) -> None:
        self.place = Path(tempfile.gettempdir())
        self.are_ours = are_ours
        self.known: dict[str, Any] = {}  # by path: bytes of a file, True for a folder

    def changes(self) -> list[list]:
        """What is new since the last crossing: [path, bytes, True for a folder, None if gone]."""
        has_folders = self.are_ours and os.stat(self.place).st_nlink > 2
        if not self.known and not has_folders:
            return []
        now = dict(self._found())
        changed = [[n, what] for n, what in now.items() if self.known.get(n) != what]
        gone = [[name, None] for name in self.known if name not in now]
        self.known = now
        return [*changed, *reversed(gone)]

    def _found(self) -> Iterator[tuple[str, Any]]:
        tops = {name.partition("/")[0] for name in self.known}
        count = size = 0
        for top in os.scandir(self.place):
            if not (self.are_ours or top.name in tops):
                continue
            for folder, _, files in os.walk(top.path):
                yield os.path.relpath(folder, self.place), True
                for name in files:
                    path = Path(folder, name)
                    if path.is_symlink() or not path.is_file():
                        continue
                    count, size = count + 1, size + path.stat().st_size
                    if count > MOST_FILES or size > MOST_BYTES:
                        raise ValueError(
                            "too many files for a check, or too large ones"
                        )
                    yield os.path.relpath(path, self.place), path.read_bytes()

    def apply(self, told: Any) -> None:
        """Make the same changes here. Raises Lie for what does not lie in such a folder."""
        for name, what in told:
            path = self._checked(name)
            if what is None:
                self.known.pop(name, None)
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
                continue
            if what is True:
                path.mkdir(mode=0o700, exist_ok=True)
            elif type(what) is bytes:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with open(os.open(path, flags, 0o600), "wb") as file:
                    file.write(what)
            else:
                raise Lie("a file of no known form")
            self.known[name] = what

    def _checked(self, name: Any) -> Path:
        parts = PurePosixPath(name).parts if type(name) is str else ()
        if not parts or name[0] == "/" or ".." in parts or len(parts) > DEEPEST:
            raise Lie("a file outside of the folders of a check")
        if self.are_ours and (
            parts[0] not in self.known or len(self.known) > MOST_FILES
        ):
            raise Lie("a file that belongs to no folder of a check")
        return self.place.joinpath(*parts)
