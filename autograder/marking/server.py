"""The marking page's server: this machine only, and only for who has its address.

As with Jupyter a token lets one in: it stands in the printed address, afterwards in a cookie.
The name of the host is checked, so that a page elsewhere cannot reach in by a name of its own
(DNS rebinding), nothing is allowed to other origins, and saving needs the token of the page.
"""

import asyncio
import contextlib
import hmac
import json
import secrets
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from autograder.grading.classroom import open_classroom
from autograder.lessons import Lesson
from autograder.marking.marking import Marking, NotThere
from autograder.reports.marks import lesson_names
from course.kit import UsageError

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")
STATIC = Path(__file__).with_name("static")
FILES = {"marking.js": "text/javascript", "marking.css": "text/css"}
LARGEST_BODY = 200_000  # bytes
# Formulas have their place on the line in a style attribute; students' HTML has none.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def mark(
    class_folder: Path,
    lessons: Sequence[Lesson | str] = (),
    *,
    port: int = 0,
    browser: bool = True,
    db: str = "",
) -> None:
    """Serve the page until Ctrl-C; prints its address. Port 0 is any free one.

    Raises UsageError: no marks yet, no written question, a port that is taken.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    marking = Marking(room, lesson_names(room, lessons))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(marking, port, browser))


def application(marking: Marking, token: str) -> web.Application:
    """The pages, for who has the token."""
    given: dict[str, Any] = {"marking": marking, "token": token}
    return web.Application(
        [
            (r"/", _Page, given),
            (r"/(marking\.js|marking\.css)", _File, given),
            (r"/api/(overview|question|answer|names)", _Read, given),
            (r"/api/mark", _Mark, given),
        ],
        default_handler_class=_Nothing,
        default_handler_args=given,
        xsrf=secrets.token_urlsafe(32),
    )


async def _serve(marking: Marking, port: int, browser: bool) -> None:
    token = secrets.token_urlsafe(24)
    try:
        sockets = bind_sockets(port, ADDRESS)
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be used: {error.strerror}. Leave --port out for a free one"
        ) from None
    server = HTTPServer(application(marking, token), max_body_size=LARGEST_BODY)
    server.add_sockets(sockets)
    address = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/?token={token}"
    print(f"Mark in the browser, on this machine only: {address}")
    print("Ctrl-C ends it; every mark is saved as it is given.", flush=True)
    if browser:
        webbrowser.open(address)
    await asyncio.Event().wait()


class _Guarded(web.RequestHandler):
    """Refuses whoever is not this page, before anything is looked at."""

    def initialize(self, marking: Marking, token: str) -> None:
        self.marking, self.token = marking, token

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    @property
    def cookie(self) -> str:
        return f"autograder-mark-{self.request.host.rpartition(':')[2]}"

    def prepare(self) -> None:
        if self.request.host_name not in NAMES:
            raise web.HTTPError(403, "this page has the name 127.0.0.1")
        if not self.knows(self.get_cookie(self.cookie, "")) and not self.lets_in():
            raise web.HTTPError(403, "open the address that autograder mark printed")
        if self.request.method not in ("GET", "HEAD"):
            self.check_origin()

    def lets_in(self) -> bool:
        return False

    def knows(self, token: str | None) -> bool:
        return hmac.compare_digest(str(token).encode(), self.token.encode())

    def check_origin(self) -> None:
        """A save comes from our own page, which alone can read the token in it."""
        origin = self.request.headers.get("Origin")
        if origin not in (None, f"http://{self.request.host}"):
            raise web.HTTPError(403, "another page asks")
        sent = self.request.headers.get("X-Mark-Token", "").encode()
        if not hmac.compare_digest(sent, self.settings["xsrf"].encode()):
            raise web.HTTPError(403, "the token of the page is missing: reload it")

    def answer_with(self, make: Callable[[], Any]) -> None:
        """The result as JSON; what went wrong as one line of it."""
        try:
            self.write(json.dumps(make()))
        except NotThere:
            raise web.HTTPError(404, "there is no such answer (any more)") from None
        except UsageError as error:  # a locked database, a server that is gone
            raise web.HTTPError(503, "%s", error) from None
        self.set_header("Content-Type", "application/json")

    def write_error(self, status_code: int, **details: Any) -> None:
        error = details.get("exc_info", (None, None))[1]
        told = "the server failed; its terminal says more"
        if isinstance(error, web.HTTPError) and error.log_message:
            told = error.log_message % error.args if error.args else error.log_message
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": told}))


class _Nothing(_Guarded):
    def prepare(self) -> None:
        super().prepare()
        raise web.HTTPError(404, "there is no such page")


class _Page(_Guarded):
    def lets_in(self) -> bool:
        return self.knows(self.get_query_argument("token", ""))

    def get(self) -> None:
        if self.get_query_argument("token", None) is not None:
            if not self.lets_in():
                raise web.HTTPError(403, "this is the token of another run")
            self.set_cookie(self.cookie, self.token, httponly=True, samesite="Lax")
            self.redirect("/")
            return
        page = (STATIC / "page.html").read_text(encoding="utf-8")
        self.write(page.replace("{{ token }}", self.settings["xsrf"]))


class _File(_Guarded):
    def get(self, name: str) -> None:
        self.set_header("Content-Type", f"{FILES[name]}; charset=utf-8")
        self.write((STATIC / name).read_bytes())


class _Read(_Guarded):
    def get(self, what: str) -> None:
        needed = {"overview": (), "answer": ("lesson", "name", "key")}
        names = needed.get(what, ("lesson", "name"))
        values = [self.get_query_argument(name) for name in names]
        self.answer_with(lambda: getattr(self.marking, what)(*values))


class _Mark(_Guarded):
    def post(self) -> None:
        try:
            asked = json.loads(self.request.body)
            lesson, name, key = (str(asked[each]) for each in ("lesson", "name", "key"))
            self.answer_with(lambda: self._save(lesson, name, key, asked))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise web.HTTPError(400, "%s", error) from None

    def _save(self, lesson: str, name: str, key: str, asked: dict) -> dict:
        done = self.marking.save(lesson, name, key, asked)
        if not done["saved"]:
            self.set_status(409)
        return done
