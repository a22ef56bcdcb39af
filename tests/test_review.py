"""Hidden words that a person decides about: on the terminal, in the browser, and after a new cleaning."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.decided import moved, shift_of, standings
from archive.reclean import reclean
from archive.restore import restore_all
from archive.review import cases, decide, settled, withdraw
from archive.store import ArchiveError, load_document, open_archive
from archive.verify import verify
from tests.command import shiyi
from tests.test_datasette import SERVE, served
from tests.test_restore import ARTICLE, OTHER, WHOLE, archived, write

MASKED = WHOLE.replace("合同", "**")

CHANGED = "".join("某" if n % 16 == 15 and c not in "合同\n" else c for n, c in enumerate(WHOLE))
"""A copy with so many other characters that it can only offer words."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive whose first document has holes with candidates."""
    folder = write(tmp_path / "in", masked=MASKED, other=CHANGED)
    archived(tmp_path / "a.db", folder).close()
    return tmp_path / "a.db"


def waiting(path: Path) -> list[dict[str, object]]:
    done = shiyi("review", path, "--json")
    assert done.returncode == 0, done.said
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def again(db: Database) -> None:
    db.execute("UPDATE runs SET rules = 'old'")
    db.conn.commit()
    reclean(db)
    restore_all(db)


def test_the_queue(path: Path) -> None:
    found = waiting(path)
    assert len(found) >= 3
    for case in found:
        assert case["document_id"] == 1
        assert case["shown"] == "**"
        assert str(case["left"])[-3:] + "合同" + str(case["right"])[:3] in WHOLE
        assert "[合同]" in str(case["evidence"])
        assert case["rule"] == "restore:copy"
    assert len(waiting(path)[:1]) == 1
    assert json.loads(shiyi("review", path, "--json", "--limit", "1").stdout) == found[:1]


def test_decisions_are_kept(path: Path) -> None:
    first, second, *others = waiting(path)
    done = shiyi("review", path, "--accept", first["id"], "--reject", second["id"])
    assert done.returncode == 0, done.said
    assert done.stdout.decode().splitlines() == [
        f"{first['id']} accepted 合同",
        f"{second['id']} rejected",
    ]
    db = open_archive(path)

    def check() -> None:
        document = load_document(db, 1)
        [edit] = [edit for edit in document.edits if edit.rule == "review"]
        assert (edit.kind, edit.before, edit.after) == ("mask", "**", "合同")
        assert document.text.count("合同") == 1
        assert {case.id for case in cases(db)} == {case["id"] for case in others}
        assert [(s.rule, s.decisions, s.accepted) for s in standings(db)] == [
            ("restore:copy", 2, 1)
        ]
        assert list(verify(db)) == []

    check()
    again(db)
    check()
    assert load_document(db, 1).raw == f"{ARTICLE.title}\n{MASKED}"


def test_another_word_and_none(path: Path) -> None:
    first, *_ = waiting(path)
    shiyi("review", path, "--accept", first["id"], "--word", "契约")
    db = open_archive(path)
    assert "契约" in load_document(db, 1).text
    for wrong in ("1:99999", "99:1", "x", "1"):
        done = shiyi("review", path, "--accept", wrong)
        assert done.returncode == 2
        assert done.said.startswith("shiyi: ")


def test_a_restored_word_is_taken_back(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    db = archived(tmp_path / "a.db", folder)
    place = load_document(db, 1).raw.index("**")
    assert load_document(db, 1).text.count("合同") == WHOLE.count("合同")
    assert "taken back" in decide(db, f"1:{place}", accept=False)

    def check() -> None:
        assert load_document(db, 1).text == WHOLE.replace("合同", "**", 1)
        assert list(cases(db)) == []
        assert list(verify(db)) == []

    check()
    again(db)
    check()
    with pytest.raises(ArchiveError, match="nothing to decide"):
        decide(db, f"1:{place}", accept=False)


def test_on_the_terminal(path: Path) -> None:
    count = len(waiting(path))
    done = shiyi("review", path, stdin=b"s\nx\na\nr\nq\n")
    assert done.returncode == 0, done.said
    assert done.stdout.decode().count("[**]") == 4
    assert [(s.decisions, s.accepted) for s in standings(open_archive(path))] == [(2, 1)]
    assert len(waiting(path)) == count - 2
    assert b"1 of 2 accepted (50%)" in shiyi("review", path, "--stats").stdout
    done = shiyi("review", path, "--limit", "1", stdin="w\n契约\n".encode())
    assert "契约" in load_document(open_archive(path), 1).text
    done = shiyi("review", path, stdin=b"u\na\nu\nq\n")
    assert done.returncode == 0, done.said
    assert len(waiting(path)) == count - 3


def test_a_decision_is_taken_back(path: Path) -> None:
    before = waiting(path)
    text = load_document(open_archive(path), 1).text
    first, second, *_ = [str(case["id"]) for case in before]
    shiyi("review", path, "--accept", first, "--reject", second)
    listed = shiyi("review", path, "--decided").stdout.decode()
    assert f"{first}  accepted 合同 (restore:copy)" in listed
    assert f"{second}  rejected 合同 (restore:copy)" in listed
    assert shiyi("review", path, "--undo", first, "--undo", second).returncode == 0
    db = open_archive(path)
    restore_all(db)
    assert load_document(db, 1).text == text
    assert [case["id"] for case in waiting(path)] == [case["id"] for case in before]
    assert standings(db) == []
    assert list(verify(db)) == []
    assert shiyi("review", path, "--undo", first).returncode == 2


def test_in_the_browser(path: Path) -> None:
    first, *_ = waiting(path)
    with served(SERVE, path) as (_, address):
        url = address.replace("/documents", "/-/review")
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

        def post(
            send: urllib.request.OpenerDirector, headers: dict[str, str], **form: object
        ) -> int:
            body = urllib.parse.urlencode(form).encode()
            try:
                return int(send.open(urllib.request.Request(url, body, headers)).status)
            except urllib.error.HTTPError as error:
                return error.code

        page = opener.open(url).read().decode()
        assert f'value="{first["id"]}"' in page
        token = re.search(r'name="csrftoken" value="([^"]+)"', page)
        assert token
        form = {"id": first["id"], "word": "合同", "decision": "accept"}
        stranger = urllib.request.build_opener()
        assert post(stranger, {}, **form) == 403
        assert post(stranger, {}, **form, csrftoken=token[1]) == 403
        assert post(opener, {}, **form, csrftoken="x") == 403
        assert post(opener, {"Host": "evil.example"}, **form, csrftoken=token[1]) == 403
        assert load_document(open_archive(path), 1).text.count("合同") == 0
        assert post(opener, {}, **form, csrftoken=token[1]) == 200
        page = opener.open(url).read().decode()
        assert f'<li id="{first["id"]}"' not in page
        assert "undo the decision" in page
        assert "<td>restore:copy</td><td>1</td><td>1</td>" in page
        only = opener.open(f"{url}?document=2").read().decode()
        assert "Nothing waits" in only
        assert "undo the decision" not in only
        assert "<li id=" in opener.open(f"{url}?document=1").read().decode()
        elsewhere = opener.open(urllib.request.Request(url, headers={"Host": "evil.example"}))
        assert "<button" not in elsewhere.read().decode()
    assert load_document(open_archive(path), 1).text.count("合同") == 1


PLAIN = """
import sys, asyncio, uvicorn
from datasette.app import Datasette
from datasette.plugins import pm
from archive import datasette_plugin, review_pages
for plugin in (datasette_plugin, review_pages):
    pm.is_registered(plugin) or pm.register(plugin)
asyncio.set_event_loop(asyncio.new_event_loop())
ds = Datasette([sys.argv[1]])
import socket
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
print(f"http://127.0.0.1:{listener.getsockname()[1]}/a/documents", flush=True)
asyncio.run(uvicorn.Server(uvicorn.Config(ds.app(), lifespan="on", log_level="warning")).serve(sockets=[listener]))
"""


def test_a_plain_datasette_only_shows(path: Path) -> None:
    with served(PLAIN, path) as (_, address):
        url = address.replace("/documents", "/-/review")
        page = urllib.request.urlopen(url).read().decode()
        assert "合同" in page
        assert "<button" not in page
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(url, b"id=1%3A1&decision=reject")


@pytest.fixture
def restored(tmp_path: Path) -> Database:
    """An archive with restored words in one document."""
    folder = write(tmp_path / "in", masked=MASKED, whole=WHOLE)
    return archived(tmp_path / "a.db", folder)


def places(db: Database) -> list[str]:
    """The ids of the words that rules have put in."""
    return [one.id for one in settled(db, 1) if one.decision == "restored"]


def test_a_rule_that_is_rejected_again_and_again_puts_nothing_in(restored: Database) -> None:
    db = restored
    ids = places(db)
    assert len(ids) == WHOLE.count("合同") >= 4
    decide(db, ids[0], accept=False)
    restore_all(db)
    assert len(places(db)) == len(ids) - 1  # one fault does not condemn a rule
    [before] = standings(db)
    for number in ids[1:-1]:
        decide(db, number, accept=False)
    [after] = standings(db)
    assert before.prior >= 0.99 > after.posterior
    assert before.posterior > after.posterior
    restore_all(db)
    assert places(db) == []
    [left] = cases(db)
    assert left.id == ids[-1]
    assert left.candidates[0].text == "合同"
    assert left.candidates[0].confidence < 0.99
    assert left.confidence >= 0.99  # what the rule itself says is kept
    assert list(verify(db)) == []
    before_text = load_document(db, 1).text
    again(db)
    assert load_document(db, 1).text == before_text
    for number in ids[:-1]:  # and back
        withdraw(db, number)
    restore_all(db)
    assert load_document(db, 1).text == WHOLE
    assert places(db) == ids
    assert list(verify(db)) == []


def test_the_next_pass_of_clean_takes_the_words_back(restored: Database, tmp_path: Path) -> None:
    for number in places(restored)[:-1]:
        decide(restored, number, accept=False)
    archived(tmp_path / "a.db", write(tmp_path / "more", other=OTHER.text))
    assert places(restored) == []


def test_a_rule_that_is_accepted_rises_below_the_default_level() -> None:
    def after(confidence: float, **counts: int) -> float:
        judged = [(0.9, counts["right"], True), (0.9, counts["wrong"], False)]
        return moved(confidence, shift_of(judged))

    assert 0.9 < after(0.9, right=10, wrong=0) < after(0.9, right=100, wrong=0) < 0.99
    assert after(0.985, right=10_000, wrong=0) < 0.99
    assert after(0.9, right=9, wrong=1) == pytest.approx(0.9, abs=1e-6)  # as expected
    assert after(0.9, right=0, wrong=10) < 0.6
