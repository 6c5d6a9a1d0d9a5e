"""What is wrong with access is said in a sentence, by the command line, and does no harm."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest

from interface.cli.app import main
from sandbox.servicenow import Access, Clock, Limits, SandboxServiceNow, Settings, Tables, faults
from sandbox.serving.exchange import page
from sandbox.serving.fault import Fault
from scheduler.workspace import open_workspace
from storage.evidence.store import EvidenceVersion, Support
from tests.connectors.servicenow.support import NOW, QUICK, instance_tables

SECRETS = ("wrong-horse-battery", "sandbox-password", "sandbox-secret")
COMMANDS = ("check", "sync")
CLOSED = dict.fromkeys(Tables(), Access(denied=True))
LOGIN = "<form><input name='user_password'></form> Enter the code of your authenticator (MFA)."


@dataclass(frozen=True)
class Said:
    """How a command ended and everything it said."""

    code: int
    text: str


@dataclass(frozen=True)
class Work:
    """A folder with a configuration, and evidence of an earlier sync."""

    folder: Path
    instance: SandboxServiceNow

    def write(self, **changes: Any) -> None:
        connector = {
            "type": "servicenow",
            "url": self.instance.url,
            "auth": {"type": "basic", "user": self.instance.user, "password": self.instance.password},
            "tls": {"ca_bundle": str(self.instance.ca_file)},
            "records": ["incident", "service_level"],
            "retries": QUICK,
        }
        content = {
            "evidence": "duckdb:evidence.duckdb",
            "history": "sqlite:history.db",
            "people": {"key": "a key for hashing persons"},
            "connectors": {"corp": connector | changes},
        }
        # JSON is YAML.
        self.file.write_text(json.dumps(content), encoding="utf-8")

    @property
    def file(self) -> Path:
        return self.folder / "itsm-maturity.yaml"

    def held(self) -> tuple[EvidenceVersion, tuple[Support, ...]]:
        """Return what evidence holds and what it says of its sources."""
        with open_workspace(self.file) as workspace, workspace.evidence() as evidence:
            return evidence.version(), evidence.supports()


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose instance was synced once, without faults and with every right."""
    folder = tmp_path_factory.mktemp("synced")
    with SandboxServiceNow(instance_tables(40), clock=Clock(NOW), tls=True) as instance:
        work = Work(folder, instance)
        work.write()
        assert main(["sync", "-c", str(work.file)]) == 0
    return folder


@pytest.fixture
def serve(synced: Path, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def serving(**options: Any) -> Iterator[Work]:
        """Serve the same instance with something wrong."""
        folder = tmp_path / "work"
        shutil.copytree(synced, folder)
        with SandboxServiceNow(instance_tables(40), clock=Clock(NOW), tls=True, **options) as instance:
            yield Work(folder, instance)

    return serving


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[..., Said]:
    def command(work: Work, name: str) -> Said:
        """Run a command that must leave evidence as it is, and keep quiet about secrets."""
        before = work.held()
        capfd.readouterr()
        with caplog.at_level(logging.DEBUG):
            code = main([name, "-c", str(work.file)])
        shown = capfd.readouterr()
        text = shown.out + shown.err
        assert work.held() == before
        for secret in SECRETS:
            assert secret not in text + caplog.text
        assert "Traceback" not in text
        assert sorted(path.name for path in work.folder.glob("*.log")) == []
        return Said(code, " ".join(text.split()))

    return command


Serve = Callable[..., Any]
Run = Callable[..., Said]


def basic(password: str = SECRETS[0]) -> Mapping[str, object]:
    return {"type": "basic", "user": "maturity.reader", "password": password}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_password_is_tried_twice_and_never_again(serve: Serve, run: Run, name: str) -> None:
    with serve(settings=Settings(limits=Limits(failed_logins=3))) as work:
        work.write(auth=basic())
        said = run(work, name)
        assert said.code == 3
        assert "does not accept user and password, or the token (401)" in said.text
        assert "repeated failures lock accounts" in said.text
        # Nothing stands beside it that would bury it.
        assert "indicators can be rated" not in said.text
        assert [call.status for call in work.instance.journal] == [401, 401]
        # Two failures do not lock the account: with the right password it goes on.
        work.write()
        assert main(["sync", "-c", str(work.file)]) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_password_that_expires_in_the_middle_stops_it_as_soon(serve: Serve, run: Run, name: str) -> None:
    expired = faults.unauthenticated().at("incident", requests=range(2, 100))
    with serve(faults=[expired]) as work:
        work.write()
        said = run(work, name)
        assert said.code == 3
        assert "(401)" in said.text
        assert work.instance.journal.statuses()[401] == 2
        statuses = [call.status for call in work.instance.journal]
        assert statuses[-2:] == [401, 401]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_client_secret_gets_no_token_and_is_not_tried_on(serve: Serve, run: Run, name: str) -> None:
    with serve() as work:
        client = {"client_id": work.instance.client_id, "client_secret": SECRETS[0]}
        work.write(auth={"type": "oauth", "grant": "client_credentials", **client})
        said = run(work, name)
        assert said.code == 3
        assert "gave no OAuth token" in said.text
        assert "client_secret" in said.text
        assert {call.area for call in work.instance.journal} == {"token"}
        assert len(work.instance.journal) <= 2


@pytest.mark.parametrize("name", COMMANDS)
def test_an_account_without_a_role_is_told_which_ones_to_ask_for(serve: Serve, run: Run, name: str) -> None:
    with serve(access=CLOSED) as work:
        work.write()
        said = run(work, name)
        assert said.code == 3
        assert "may log in and read nothing of cmdb_ci_outage, incident, task_sla" in said.text
        assert "Grant it the roles itil, sn_incident_read" in said.text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_factor_is_told_from_a_wrong_password(serve: Serve, run: Run, name: str) -> None:
    with serve(faults=[faults.second_factor().at(area="*")]) as work:
        work.write()
        said = run(work, name)
        assert said.code == 3
        assert "must give a second factor (MFA)" in said.text
        assert len(work.instance.journal) == 2


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    "fault",
    [Fault("login form", lambda strike: page(200, "Log in", LOGIN)), faults.login_redirect()],
    ids=["form", "redirect"],
)
def test_a_login_form_with_status_200_is_no_answer(serve: Serve, run: Run, name: str, fault: Fault) -> None:
    with serve(faults=[fault.at(area="*")]) as work:
        work.write()
        said = run(work, name)
        assert said.code == 3
        assert "answered with a web page" in said.text
        assert "without single sign-on and without a second factor (MFA)" in said.text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_that_nobody_has_is_told(serve: Serve, run: Run, name: str) -> None:
    with serve() as work:
        work.write(url="https://no-such-company.service-now.invalid", tls={})
        said = run(work, name)
        assert said.code == 3
        assert "no-such-company.service-now.invalid cannot be reached" in said.text
        assert "Check `url`" in said.text


@contextmanager
def other_site(status: int, kind: str, body: bytes) -> Iterator[str]:
    """Serve a site that knows nothing of ServiceNow."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("status", "kind", "body", "told"),
    [
        (200, "text/html", b"<html>Welcome</html>", "answered with a web page"),
        (404, "text/html", b"<html>Not found</html>", "answered with a web page"),
        (404, "application/json", orjson.dumps({"detail": "Not Found"}), "is no ServiceNow instance"),
        (200, "application/json", orjson.dumps({"hello": "world"}), "holds no result"),
    ],
)
def test_another_site_at_the_address_is_no_instance(
    serve: Serve, run: Run, name: str, status: int, kind: str, body: bytes, told: str
) -> None:
    with serve() as work, other_site(status, kind, body) as url:
        work.write(url=url)
        said = run(work, name)
        assert said.code == 3
        assert told in said.text


@pytest.mark.parametrize("name", COMMANDS)
def test_plain_http_is_refused_before_anything_is_sent(serve: Serve, run: Run, name: str) -> None:
    with serve() as work:
        before = work.held()
        work.write(url="http://corp.service-now.com")
        assert main([name, "-c", str(work.file)]) == 2
        work.write()
        assert work.held() == before
        assert len(work.instance.journal) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_certificate_of_nobody_known_is_not_trusted(serve: Serve, run: Run, name: str) -> None:
    with serve() as work:
        work.write(tls={})
        said = run(work, name)
        assert said.code == 3
        assert "The certificate of 127.0.0.1" in said.text
        assert "`tls.ca_bundle`" in said.text
        assert len(work.instance.journal) == 0
