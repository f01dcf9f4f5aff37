"""Ids and file names that every system, nbgrader and a spreadsheet take as they are."""

import hashlib
import re
import unicodedata

LONGEST = 64  # characters of an id
LONGEST_SLUG = 40  # before a number and a hash that keep it unique
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|clock\$)(\..*)?", re.IGNORECASE)
UNSAFE = re.compile(r"[^A-Za-z0-9]+")
PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?")


def is_safe(name: str) -> bool:
    """Whether a name can be an id just as it is."""
    fits = PLAIN.fullmatch(name) and len(name) <= LONGEST
    return bool(fits) and not RESERVED.fullmatch(name) and ".." not in name


def normal(name: str) -> str:
    """One spelling of a name: composed characters, single spaces, nothing invisible."""
    shown = "".join(
        sign if sign.isprintable() else " "
        for sign in unicodedata.normalize("NFC", name)
    )
    return " ".join(shown.split())


def slug(name: str) -> str:
    """ "Ana López" -> "ana-lopez"; "" when no ASCII letter or digit is left of it."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return (
        UNSAFE.sub("-", letters.encode("ascii", "ignore").decode())
        .strip("-")[:LONGEST_SLUG]
        .strip("-")
        .lower()
    )


def safe_id(name: str) -> str:
    """The name when it is safe; else its plain letters and a hash that tells it from others."""
    if is_safe(name):
        return name
    return f"{slug(name) or 'learner'}-{short_hash(name)}"


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that differ for different texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def safe_file_name(name: str, taken: set[str]) -> str:
    """A name for a notebook; `taken` holds the lower-case names that are in use, and grows."""
    stem = re.sub(r"(?i)\.ipynb$", "", name)
    made = (
        re.sub(r"[^A-Za-z0-9_.()-]+", "_", stem)[:LONGEST_SLUG].strip(". ")
        or "notebook"
    )
    if made != stem or RESERVED.fullmatch(made):
        made = f"{made}-{short_hash(stem)}"
    count, unique = 1, made
    while f"{unique}.ipynb".lower() in taken:
        count += 1
        unique = f"{made}-{count}"
    taken.add(f"{unique}.ipynb".lower())
    return f"{unique}.ipynb"
