"""Messages to producers and programs, on a real SMTP server and a real HTTP one: one for each change of
state, never twice."""

from __future__ import annotations

import base64
import email
import email.policy
import hmac
import os
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from messages import speaking
from pipelines.dataset.dataset import load_dataset, load_datasets
from pipelines.notices.deliver import Delivery
from pipelines.notices.receivers import begin_notices, send_notices
from pipelines.settings import Settings, SettingsError, load_settings
from tests.support.cities import City, csv, declaration
from tests.support.lazy import flows
from tests.support.mails import self_signed
from tests.support.paths import ROOT

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
GOOD, BAD = csv("1,Plaza,10"), csv("1,Plaza,diez", "dos,Escuela,20")
TO, TEAM = "datos@obras.example", "equipo@datos.example"

# A teller that dies as it sends its letter, and before it notes what became of the webhook.
DYING = f"""
import os, sys
from datetime import datetime
from pathlib import Path
from catalog.archive.archive import Archive
from catalog.archive.outbox import Outbox
from pipelines.dataset.dataset import load_datasets
from pipelines.notices import mail
from pipelines.notices.receivers import send_notices
from pipelines.settings import Settings
datasets, archive, port, hook, at = sys.argv[1:]
Outbox.end = lambda *_: None
mail.Mail.send = lambda *_: os._exit(9)
hooks = {{hook: {SECRET!r}}}
server = f"smtp://127.0.0.1:{{port}}"
settings = Settings(mail_server=server, mail_from="a@b.example", webhooks=hooks, retry_delay=0)
send_notices(settings, load_datasets(Path(datasets)), Archive.open(archive), datetime.fromisoformat(at))
"""


@dataclass
class Post:
    """An SMTP server that keeps what it takes; `answers` are given to the next recipients instead of 250."""

    letters: list[email.message.EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    users: list[tuple[bytes, bytes]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.answers and (said := self.answers.pop(0)):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def login(self, _server, _session, _envelope, _mechanism, said):
        self.users.append((said.login, said.password))
        return AuthResult(success=said.password == b"clave")

    @property
    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters]

    @contextmanager
    def open(self, **options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        office = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="correo.example", **options
        )
        office.start()
        try:
            yield self
        finally:
            office.stop()


def signature(request: Request) -> str:
    """Base64 of the HMAC-SHA256 of "id.timestamp.body" (Standard Webhooks 1.0, "Signature scheme")."""
    head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    return base64.b64encode(hmac.digest(key, head.encode() + request.get_data(), "sha256")).decode()


class Hook:
    """A receiver of webhooks; `answers` are its next statuses instead of 200."""

    def __init__(self, httpserver):
        self.heard, self.answers = [], []
        httpserver.expect_request("/hook").respond_with_handler(self.answer)
        self.url = httpserver.url_for("/hook").replace("localhost", "127.0.0.1")

    def answer(self, request: Request) -> Response:
        # The verifier is Standard Webhooks' own: it raises where the signature or the moment is wrong.
        said = Verifier(SECRET).verify(request.get_data(), dict(request.headers))
        # The same library signs, so the scheme is checked here once more.
        assert request.headers["webhook-signature"] == f"v1,{signature(request)}"
        self.heard.append((request.headers["webhook-id"], said))
        return Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
def post():
    with Post().open() as opened:
        yield opened


@pytest.fixture
def hook(httpserver):
    return Hook(httpserver)


@pytest.fixture(autouse=True)
def works_of_an_area_with_mail(city):
    made = declaration("obras")
    made["pipeline"]["publisher"]["email"] = TO
    city.declare(made, datos=GOOD)


def settings(city: City, post: Post | None = None, hook: Hook | None = None, **more) -> Settings:
    told = (
        {
            "mail_server": f"smtp://127.0.0.1:{post.port}",
            "mail_tls": False,
            "mail_from": "Datos abiertos <datos@ciudad.example>",
        }
        if post
        else {}
    )
    hooks = {"webhooks": {hook.url: SECRET}} if hook else {}
    return Settings(
        datasets=city.datasets,
        retry_delay=0,
        timeout=5,
        portal_url="https://datos.example/",
        **told,
        **hooks,
        **more,
    )


def tell(city: City, settings: Settings, now: datetime | None = None) -> Delivery:
    return send_notices(settings, load_datasets(city.datasets), city.archive, now or city.clock())


def begin(city: City, settings: Settings) -> None:
    begin_notices(settings, load_datasets(city.datasets), city.archive, city.clock())


def test_a_producer_hears_of_each_change_of_state_once(city, post):
    known = settings(city, post)
    begin(city, known)
    for extract in (GOOD, GOOD, BAD, BAD, csv("1,Plaza,10", "2,Escuela,20")):
        city.send("obras", extract)
        city.outcome("obras")
        tell(city, known)
        assert tell(city, known) == Delivery()
    late = city.moment + timedelta(days=120)
    tell(city, known, late)
    tell(city, known, late + timedelta(days=1))
    assert post.subjects == [
        "Título de obras: se publicó la versión 1.0.0",
        "Título de obras: el último extracto fue rechazado",
        "Título de obras: de nuevo todo en orden",
        "Título de obras: los datos están atrasados",
    ]
    assert {str(letter["To"]) for letter in post.letters} == {TO}
    back = post.letters[2].get_content()
    spanish, english = back.split("-" * 60)
    assert "se publicó la versión 1.1.0" in spanish
    assert "obras: se agregó 1 fila." in spanish
    assert "version 1.1.0 is published" in english
    assert "https://datos.example/datasets/obras/index.html" in spanish
    assert "vereda check obras" in post.letters[1].get_content()


def test_another_wrong_extract_is_told_and_the_same_one_is_not(city, post):
    known = settings(city, post)
    begin(city, known)
    for extract in (BAD, BAD, csv("1,Plaza,once")):
        city.send("obras", extract)
        city.outcome("obras")
        tell(city, known)
    assert len(post.letters) == 2


def test_a_withdrawal_a_rollback_and_a_breaking_change_are_told_with_their_reason(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    city.outcome("obras")
    made = declaration(
        "obras",
        fields=[{"name": "id", "type": "integer"}, {"name": "nombre", "type": "string"}],
        layouts=[{"ignore": ["monto"]}],
    )
    made["pipeline"]["publisher"]["email"] = TO
    city.declare(made)
    city.outcome("obras")
    for kind, version, because in (
        ("current", "1.0.0", "columna de más"),
        ("withdraw", "2.0.0", "faltaba una columna"),
    ):
        city.say("obras", kind, version, because)
    tell(city, known)
    assert [said["type"] for _id, said in hook.heard] == [
        "dataset.released",
        "dataset.breaking",
        "dataset.restored",
        "dataset.withdrawn",
    ]
    assert hook.heard[-1][1]["data"]["because"] == "faltaba una columna"
    (letter,) = post.letters
    assert "Motivo: faltaba una columna" in letter.get_content()


def test_what_was_before_telling_began_is_told_to_nobody(city, post, hook):
    city.outcome("obras")
    begin(city, settings(city, post))
    tell(city, settings(city, post))
    assert post.letters == []
    city.send("obras", csv("1,Plaza,10", "2,Escuela,20"))
    city.outcome("obras")
    tell(city, settings(city, post))
    tell(city, settings(city, post, hook))  # a receiver that came later
    assert len(post.letters) == 1
    assert hook.heard == []


def test_a_server_that_was_down_gets_the_true_state_not_the_passed_one(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    post.answers = ["451 más tarde"] * 6
    hook.answers = [503] * 6
    city.outcome("obras")
    assert len(tell(city, known).wrong) == 2
    city.send("obras", BAD)
    city.outcome("obras")
    assert tell(city, known).wrong
    city.send("obras", csv("1,Plaza,10", "2,Escuela,20"))
    city.outcome("obras")
    assert tell(city, known).wrong == []
    (letter,) = post.letters
    assert str(letter["Subject"]) == "Título de obras: se publicó la versión 1.1.0"
    assert "rechazado" not in letter.get_content()
    got = dict(hook.heard)
    assert [said["type"] for said in got.values()] == [
        "dataset.released",
        "dataset.released",
        "dataset.normal",
    ]
    assert len(hook.heard) == 6 + 3  # each try of one notice has its id
    assert tell(city, known) == Delivery()


def test_a_refused_address_is_given_up_and_told_to_the_data_team(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    city.outcome("obras")
    post.answers, hook.answers = ["550 no existe"], [410]
    wrong = tell(city, known).wrong
    assert [TO in each or "410" in each for each in wrong] == [True, True]
    assert tell(city, known) == Delivery()


def test_the_data_team_hears_of_sources_that_fail_and_producers_do_not(city, post):
    known = settings(city, post, mail_team=(TEAM,))
    begin(city, known)
    (city.datasets / "obras/source/datos.csv").unlink()
    for _night in range(2):
        assert city.outcome("obras").outcome == "failed"
        tell(city, known)
    assert [(str(letter["To"]), str(letter["Subject"])) for letter in post.letters] == [
        (TEAM, "Título de obras: no se pudo leer la fuente")
    ]


def test_a_demonstration_is_news_for_nobody(city, post, hook):
    made = declaration("muestra")
    made["pipeline"] |= {"demo": True, "publisher": {"id": "vereda-demo", "name": "Demo", "email": TO}}
    city.declare(made, datos=GOOD)
    known = settings(city, post, hook)
    begin(city, known)
    city.outcome("muestra")
    tell(city, known)
    assert (post.letters, hook.heard) == ([], [])


def test_a_webhook_learns_facts_and_no_cell(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    city.outcome("obras")
    city.send("obras", csv("1,Plaza,SECRETO"))
    city.outcome("obras")
    tell(city, known)
    ((_id, said),) = hook.heard
    assert said["data"]["version"] == "1.0.0"
    assert said["data"]["page"] == "https://datos.example/datasets/obras/index.html"
    assert "SECRETO" not in str(hook.heard)


def test_of_many_at_once_one_tells(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    for extract in (GOOD, csv("1,Plaza,11")):
        city.send("obras", extract)
        city.outcome("obras")
    now = city.clock()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: tell(city, known, now), range(8)))
    assert len(post.letters) <= 2
    assert sorted(id for id, _said in hook.heard) == ["obras-00000001", "obras-00000002"]
    assert sum(letter.get_content().count("se publicó la versión 1.0.0") for letter in post.letters) == 1


def test_a_kill_while_sending_repeats_a_webhook_under_its_id_and_no_letter(city, post, hook):
    known = settings(city, post, hook)
    begin(city, known)
    city.outcome("obras")
    place = [str(city.datasets), str(city.archive.root), str(post.port), hook.url, city.clock().isoformat()]
    killed = subprocess.run(
        [sys.executable, "-c", DYING, *place],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert killed.returncode == 9
    assert tell(city, known) == Delivery()  # another process may still be at it
    told = tell(city, known, city.moment + timedelta(minutes=20))
    assert [TO in each for each in told.wrong] == [True]
    assert post.letters == []
    assert [id for id, _said in hook.heard] == ["obras-00000001"] * 2


def test_a_password_goes_out_encrypted_or_not_at_all(city, tmp_path, monkeypatch):
    certificate, key = self_signed(tmp_path)
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    post = Post()
    with post.open(tls_context=secure, require_starttls=True, authenticator=post.login, auth_required=True):
        known = settings(city, post)
        known = known.model_copy(
            update={"mail_server": type(known.mail_server)(f"smtp://datos:clave@127.0.0.1:{post.port}")}
        )
        begin(city, known)
        city.outcome("obras")
        assert tell(city, known).wrong == []
    assert post.users == [(b"datos", b"clave")]
    assert len(post.letters) == 1


def test_nothing_goes_to_a_server_without_encryption_unless_told_so(city, post):
    plain = settings(city, post)
    begin(city, plain)
    city.outcome("obras")
    insisting = plain.model_copy(update={"mail_tls": True})
    wrong = tell(city, insisting).wrong
    assert post.letters == []
    assert "127.0.0.1" in str(wrong)
    assert "no ofrece cifrado" in str(wrong)
    assert tell(city, plain).wrong == []
    assert len(post.letters) == 1


def test_a_secret_that_is_none_is_refused_without_showing_it(monkeypatch):
    monkeypatch.setenv("VEREDA_WEBHOOKS", '{"https://a.example/x": "mi-secreto"}')
    with speaking("es"), pytest.raises(SettingsError, match="VEREDA_WEBHOOKS") as raised:
        load_settings()
    assert "mi-secreto" not in str(raised.value)


def test_a_run_tells_by_itself(city, post, tmp_path):
    known = settings(city, post, archive=str(city.folder / "archive"), portal=tmp_path / "portal")
    outcomes = flows.run_here(None, None, known, lambda *_: None, "run-1")
    assert [(each.dataset, each.outcome) for each in outcomes] == [("obras", "published")]
    assert post.subjects == ["Título de obras: se publicó la versión 1.0.0"]
    assert load_dataset(city.datasets / "obras").title in str(post.letters[0]["Subject"])
