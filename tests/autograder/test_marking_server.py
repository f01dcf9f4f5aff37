"""The marking page's server lets in who has its address, and nobody else."""

import json
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

from marked_class import QUESTION, marked_lesson, waiting_class
from small_class import NAME
from tornado.httputil import HTTPHeaders
from tornado.testing import AsyncHTTPTestCase

from autograder.grading import database
from autograder.marking.marking import Marking
from autograder.marking.server import application
from autograder.marking.store import Given, read_rows

TOKEN = "let-me-in"


class TestServer(AsyncHTTPTestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = Path(cls.folder.name)
        cls.room = waiting_class(root / "class", marked_lesson(root / "checkout"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def get_app(self):
        self.marking = Marking(self.room, [NAME])
        return application(self.marking, TOKEN)

    @property
    def host(self):
        return f"127.0.0.1:{self.get_http_port()}"

    @property
    def key(self):
        rows = read_rows(self.room, NAME, {QUESTION: QUESTION})
        return next(row.key for row in rows if row.student == "ada")

    def ask(self, path, *, cookie=True, **options):
        headers = HTTPHeaders(options.pop("headers", {}))
        if cookie:
            name = f"autograder-mark-{self.get_http_port()}"
            headers["Cookie"] = f"{name}={TOKEN if cookie is True else cookie}"
        return self.fetch(path, headers=headers, follow_redirects=False, **options)

    def save(self, mark=0.5, *, token=None, **headers):
        shown = self.marking.answer(NAME, QUESTION, self.key)
        asked = {"lesson": NAME, "name": QUESTION, "key": self.key, "mark": mark}
        asked |= {"version": shown["version"], "extra": None, "comment": None}
        token = self._app.settings["xsrf"] if token is None else token
        return self.ask(
            "/api/mark",
            method="POST",
            body=json.dumps(asked),
            headers={"X-Mark-Token": token, **headers},
        )

    def given(self):
        rows = read_rows(self.room, NAME, {QUESTION: QUESTION})
        return next(row.given for row in rows if row.student == "ada")

    def test_without_the_token_nothing_is_shown(self):
        for path in ("/", "/marking.js", "/api/overview", "/nothing", "/?token=wrong"):
            for cookie in (False, "wrong"):
                reply = self.ask(path, cookie=cookie)
                assert reply.code == 403, path
                assert b"Marking" not in reply.body and NAME.encode() not in reply.body

    def test_the_address_with_the_token_becomes_a_cookie(self):
        reply = self.ask(f"/?token={TOKEN}", cookie=False)
        assert (reply.code, reply.headers["Location"]) == (302, "/")
        cookie = reply.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
        name, _, value = cookie.partition(";")[0].partition("=")
        page = self.fetch("/", headers={"Cookie": f"{name}={value}"})
        assert page.code == 200 and b"/marking.js" in page.body

    def test_another_name_of_this_machine_is_refused(self):
        for host in ("evil.example", f"evil.example:{self.get_http_port()}", "0.0.0.0"):
            assert self.ask("/", headers={"Host": host}).code == 403
        assert (
            self.ask("/", headers={"Host": f"localhost:{1}"}, cookie=False).code == 403
        )

    def test_the_policy_is_strict_and_nothing_is_shared(self):
        reply = self.ask("/")
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.replace(
            "style-src-attr 'unsafe-inline'", ""
        )
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert reply.headers["X-Frame-Options"] == "DENY"
        text = reply.body.decode()
        assert "<script>" not in text and "style=" not in text and "http" not in text

    def test_saving_needs_the_token_of_the_page(self):
        for token in ("", "wrong", TOKEN):
            assert self.save(token=token).code == 403
        other = self.save(Origin="http://evil.example")
        assert other.code == 403
        assert self.given() == Given()

    def test_a_mark_is_saved_and_a_second_one_is_a_conflict(self):
        before = self.marking.answer(NAME, QUESTION, self.key)
        assert self.save(0.5, Origin=f"http://{self.host}").code == 200
        assert self.given().mark == 0.5
        with mock.patch.object(self.marking, "answer", return_value=before):
            late = self.save(1.0)
        assert late.code == 409 and json.loads(late.body)["saved"] is False
        assert self.given().mark == 0.5
        assert self.save(None).code == 200

    def test_the_page_reads_what_it_shows(self):
        place = f"lesson={NAME}&name={QUESTION}"
        for path in (
            "overview",
            f"question?{place}",
            f"answer?{place}&key={self.key}",
            f"names?{place}",
        ):
            reply = self.ask(f"/api/{path}")
            assert reply.code == 200 and json.loads(reply.body)
            assert reply.headers["Content-Type"].startswith("application/json")
        assert self.ask(f"/api/answer?{place}&key=nothing").code == 404
        assert self.ask("/api/question?lesson=../..&name=x").code == 404
        assert self.ask("/api/question").code == 400

    def test_what_cannot_be_read_is_refused(self):
        for body in ("", "[]", "{}", '{"lesson": 1}', "null"):
            headers = {"X-Mark-Token": self._app.settings["xsrf"]}
            reply = self.ask("/api/mark", method="POST", body=body, headers=headers)
            assert reply.code == 400, body
        assert self.save(7).code == 400
        assert "between 0 and 1" in json.loads(self.save(7).body)["error"]

    def test_a_locked_database_is_named_and_nothing_is_lost(self):
        with sqlite3.connect(self.room.gradebook) as other:
            other.execute("BEGIN IMMEDIATE")
            with mock.patch.object(database, "LOCK_SECONDS", 0.1):
                reply = self.save(0.25)
            other.rollback()
        assert reply.code == 503
        assert "locked" in json.loads(reply.body)["error"]
        assert self.given() == Given()
