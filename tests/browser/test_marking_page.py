"""People mark in the browser: one by keyboard, and two at the same time.

A picture of the page is left in the folder that the environment variable SCREENSHOTS names.
"""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from marked_class import QUESTION, marked_lesson, waiting_class
from postgres_server import running_server
from small_class import NAME

from autograder.grading.classroom import Classroom
from autograder.marking.store import Given, MarkRow, read_rows

SECONDS = 60
ROOT = Path(__file__).parents[2]
WORKS = {f"s{number}": f"My answer is number {number}." for number in range(6)}
WORKS |= {
    "s6": "The same words.",
    "s7": "the same words",
    "cleo": "See $x^2$.",
    "dan": "",
}


@contextlib.contextmanager
def marking_page(room: Classroom):
    """`autograder mark` of this class; its address."""
    command = "from autograder.cli import main; main()"
    words = ["mark", "--class", str(room.root), "--no-browser"]
    words += ["--db", room.db] if room.db else []
    process = subprocess.Popen(
        [sys.executable, "-c", command, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield re.search(r"http://127\.0\.0\.1:\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


class Marker:
    """Somebody who marks, with the keyboard only."""

    def __init__(self, page, address: str):
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        self.page, self.keys, self.chains = page, Keys, ActionChains
        self.address = address
        page.get(address)
        self.wait("document.querySelector('#text')?.textContent.trim()")

    def run(self, code: str):
        return self.page.execute_script(f"return {code}")

    def wait(self, code: str) -> None:
        end = time.monotonic() + SECONDS
        while not self.run(code):
            assert time.monotonic() < end, (code, self.run("document.body.innerText"))
            time.sleep(0.1)

    def press(self, *keys: str) -> None:
        self.chains(self.page).send_keys(*keys).perform()

    def open(self, key: str) -> None:
        """As by a link: this answer, and no other."""
        self.page.get("about:blank")
        address = self.address.partition("?")[0]
        self.page.get(f"{address}#{NAME}/{QUESTION}/{key}")
        self.wait("document.querySelector('#text')?.textContent.trim()")
        assert self.key == key

    @property
    def key(self) -> str:
        return self.run("location.hash").rpartition("/")[2]

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector({selector!r}).innerText")

    def value(self, field: str) -> str:
        return self.run(f"document.getElementById({field!r}).value")

    def picture(self, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.save_screenshot(str(Path(folder) / f"marking_{name}.png"))

    def complaints(self) -> list:
        return [
            entry["message"]
            for entry in self.page.get_log("browser")
            if "409" not in entry["message"]  # how a conflict is told
        ]


def rows(room: Classroom) -> dict[str, MarkRow]:
    return {row.student: row for row in read_rows(room, NAME, {QUESTION: QUESTION})}


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return marked_lesson(tmp_path_factory.mktemp("marked") / "checkout")


def test_a_class_is_marked_with_the_keyboard_only(page, lesson, tmp_path):
    room = waiting_class(tmp_path / "class", lesson, WORKS)
    page.set_window_size(1400, 900)
    with marking_page(room) as address:
        one = Marker(page, address)
        assert "token" not in one.run("location.href")
        assert one.text("#position").endswith("9 to mark")
        by_key = {row.key: row.student for row in rows(room).values()}
        assert not any(name in one.text("body").split() for name in WORKS)

        # Digits tick, the points add up, another digit takes them back.
        one.press("1", "2", "3", "3")
        assert one.value("mark") == "0.75"
        one.press("c")
        one.press("Name the figure.", one.keys.ESCAPE)
        first = by_key[one.key]
        one.picture("1400")
        one.press(one.keys.ENTER)
        one.wait("/7|8/.test(document.querySelector('#position').textContent)")
        expected = Given(0.75, None, "Name the figure.")
        one.wait(f"!location.hash.endsWith({rows(room)[first].key!r})")
        assert rows(room)[first].given == expected

        # Keys that are pressed while the server works are not lost: a mark and on, twice.
        one.press("f", one.keys.ENTER, "0", one.keys.ENTER)
        one.wait(
            "document.querySelector('#position').textContent.includes('6 to mark')"
        )
        assert sorted(
            row.given.mark for row in rows(room).values() if row.given.mark is not None
        ) == [0.0, 0.75, 1.0]

        # What was said before is there to be said again; arrows keep what is not saved.
        one.open(rows(room)["cleo"].key)
        assert "own cell" in one.text("#text")
        assert one.run("document.querySelector('#text img').naturalWidth") > 0
        left = next(row for row in rows(room).values() if row.state == "open")
        one.open(left.key)
        alt = one.keys.ALT
        one.chains(page).key_down(alt).send_keys("1").key_up(alt).perform()
        one.wait("document.getElementById('comment').value === 'Name the figure.'")
        one.press("p", "0,5", one.keys.ESCAPE, one.keys.ARROW_RIGHT)
        one.wait(f"!location.hash.endsWith({left.key!r})")
        one.press(one.keys.ARROW_LEFT)
        one.wait(f"location.hash.endsWith({left.key!r})")
        assert one.value("comment") == "Name the figure."
        assert one.value("mark") == "0.5"
        one.press(one.keys.ENTER)
        one.wait(
            "document.querySelector('#position').textContent.includes('5 to mark')"
        )
        assert rows(room)[left.student].given == Given(0.5, None, "Name the figure.")

        # Names by a key, help by another.
        one.press("n")
        one.wait(
            "/s\\d|cleo|dan/.test(document.querySelector('#answer-label').textContent)"
        )
        one.press("n", "?")
        assert one.run("document.getElementById('help').open")
        one.press(one.keys.ESCAPE)

        # At 1000 pixels nothing has to be scrolled sideways, and all is there.
        page.set_window_size(1000, 800)
        assert one.run("document.documentElement.scrollWidth <= innerWidth")
        one.picture("1000")
        assert one.run("document.querySelector('#live').getAttribute('aria-live')")
        assert one.complaints() == []


def test_equal_answers_get_one_mark(page, lesson, tmp_path):
    room = waiting_class(tmp_path / "class", lesson, WORKS)
    with marking_page(room) as address:
        one = Marker(page, address)
        one.open(rows(room)["s6"].key)
        assert "1 other who wrote the same" in one.text("#alike")
        one.press("f", "e", one.keys.ENTER)
        one.wait(
            "document.querySelector('#position').textContent.includes('7 to mark')"
        )
        now = rows(room)
        assert now["s6"].given == now["s7"].given == Given(1.0)
        one.open(rows(room)["s0"].key)
        one.press("s")
        one.wait("!document.getElementById('other').hidden")
        assert one.run("document.querySelector('#other-text mark') !== null")
        one.picture("near")


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, lesson, tmp_path):
    """A class whose marks are in a file, or on a server."""
    with contextlib.ExitStack() as stack:
        db = ""
        if request.param == "postgresql":
            server = stack.enter_context(running_server())
            db = server.address(server.create_database())
        yield waiting_class(tmp_path / "class", lesson, WORKS, db)


def test_two_people_lose_nothing(page, second_page, shared):
    """Each with a browser and a server of their own, as on two machines."""
    room = shared
    key = rows(room)["s0"].key
    with marking_page(room) as here, marking_page(room) as there:
        one, two = Marker(page, here), Marker(second_page, there)
        one.open(key)
        two.open(key)
        one.press("1", "c", "From one.", one.keys.ESCAPE, one.keys.ENTER)
        one.wait(f"!location.hash.endsWith({key!r})")
        assert rows(room)["s0"].given == Given(0.5, None, "From one.")

        two.press("f", "c", "From two.", two.keys.ESCAPE, two.keys.ENTER)
        two.wait("document.getElementById('conflict').open")
        assert rows(room)["s0"].given == Given(0.5, None, "From one.")
        for said in ("0.5", "From one."):
            assert said in two.text("#theirs")
        for said in ("1", "From two."):
            assert said in two.text("#ours")
        two.picture(f"conflict_{room.address.get_backend_name()}")
        two.press("k")
        two.wait("!document.getElementById('conflict').open")
        two.wait("document.getElementById('comment').value === 'From one.'")
        assert two.value("mark") == "0.5"

        # Who has seen the other's mark may replace it; the other then sees this one.
        two.press("f", two.keys.ENTER)
        two.wait(f"!location.hash.endsWith({key!r})")
        assert rows(room)["s0"].given == Given(1.0, None, "From one.")
        one.open(key)
        assert one.value("mark") == "1"

        # Each marks what is left, both at once, until nothing is.
        for _ in range(30):
            waiting = [row for row in rows(room).values() if row.waits]
            if not waiting:
                break
            for marker in (one, two):
                if marker.run("document.getElementById('conflict').open"):
                    marker.press("k")
                elif "not marked" in marker.text("#answer-label"):
                    marker.press("1", marker.keys.ENTER)
                else:
                    marker.press(marker.keys.ARROW_RIGHT)
                time.sleep(0.3)
        now = rows(room)
        assert [row.student for row in now.values() if row.state != "marked"] == ["dan"]
        assert now["s0"].given.mark == 1.0
        assert one.complaints() == two.complaints() == []
