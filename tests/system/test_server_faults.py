# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a server is told in one clear sentence; what passes by itself is waited for."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from fault_proxy import FaultProxy
from harness import Engine

pytestmark = pytest.mark.servers("3.3")

HTML = "<!DOCTYPE html><html><body>Please log in, or come back later</body></html>"
AS_HTML = {"Content-Type": "text/html"}
ONE_POOL = {"pools": [{"name": "default_pool", "slots": 128}]}
MANY_POOLS = {"pools": [{"name": "default_pool"}, *({"name": f"faults{i}", "slots": 1} for i in range(3))]}


def sentence(told: str, *words: str) -> None:
    """One clear sentence that holds these words."""
    assert [word for word in words if word not in told] == [], told
    assert "\n" not in told and "Traceback" not in told and "<" not in told and "object at 0x" not in told
    assert 20 < len(told) < 500, told


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{line.getsockname()[1]}"


def test_wrong_address(engine, nobody):
    sentence(engine.fault(airflow_url=nobody, retries=0, **ONE_POOL), nobody, "nobody answers")
    host = "http://no-such-host.invalid:8080"
    sentence(engine.fault(airflow_url=host, retries=0, **ONE_POOL), host, "no such host")


@pytest.mark.parametrize("suffix", ["/some/where", "/api", "/docs"])
def test_wrong_path(engine, proxy, suffix):
    sentence(engine.fault(airflow_url=proxy.url + suffix, **ONE_POOL), proxy.url, "Airflow")


@pytest.mark.parametrize("suffix", ["/", "/api/v2", "/api/v2/"])
def test_address_with_more_than_needed(engine, proxy, suffix):
    assert not engine(airflow_url=proxy.url + suffix, pools=[{"name": "default_pool"}]).changed


@pytest.mark.parametrize(("status", "body", "headers", "words"), [
    (200, HTML, AS_HTML, ["no Airflow", "not JSON"]), (200, '{"version": 5}', None, ["no Airflow"]),
    (200, "[]", None, ["no Airflow"]), (200, "", None, ["no Airflow"]), (200, '{"vers', None, ["not JSON"]),
    (404, HTML, AS_HTML, ["API"]), (404, '{"detail": "Not Found"}', None, ["API"]), (403, HTML, AS_HTML, ["403"]),
    (401, HTML, AS_HTML, ["401"]), (500, HTML, AS_HTML, ["500"]), (502, HTML, AS_HTML, ["502", "gateway"]),
    (504, HTML, AS_HTML, ["504"]), (400, '{"detail": {"reason": "no"}}', None, ["400"]), (204, "", None, ["no Airflow"])])
def test_not_an_airflow(engine, proxy, status, body, headers, words):
    proxy.answer(status, body, headers, times=None)
    sentence(engine.fault(retries=1, **ONE_POOL), proxy.url, *words)


def test_an_airflow_too_old_is_named(engine, proxy):
    proxy.answer(404, HTML, AS_HTML, path="^/api/v2/", times=None)
    proxy.answer(200, '{"version": "2.9.3", "git_version": null}', path="^/api/v1/version", times=None)
    sentence(engine.fault(**ONE_POOL), "2.9.3", "2.10 and newer")


@pytest.mark.parametrize("location", ["https://login.example.com/sso?state=s3cr3t", "/auth/login?next=x"])
@pytest.mark.parametrize("path", ["/version", "/auth/token", "/pools"])
def test_redirect_to_a_login_page(engine, proxy, location, path):
    proxy.answer(302, "", {"Location": location}, path=path, times=None)
    told = engine.fault(**ONE_POOL)
    sentence(told, proxy.url, "redirects")
    assert "s3cr3t" not in told


def test_wrong_credentials(engine, proxy):
    told = engine.fault(airflow_username="admin", airflow_password="wrong-pw-1", **ONE_POOL)
    sentence(told, proxy.url, "airflow_username", "airflow_password")
    assert "wrong-pw-1" not in told
    sentence(engine.fault(airflow_username="nobody", airflow_password="wrong-pw-1", **ONE_POOL), "airflow_password")
    for declared in (ONE_POOL, MANY_POOLS):
        told = engine.fault(airflow_token="not-a-token-at-all", **declared)
        sentence(told, "sign-in", "40")
        assert "not-a-token" not in told


def test_no_credentials_at_all(proxy, server):
    told = Engine(proxy.url, ("", "")).fault(**ONE_POOL)
    sentence(told, "401")


def test_no_rights(server, proxy, name):
    viewer = Engine(proxy.url, server.viewer)
    for plural, ids in (("connections", "connection_id"), ("variables", "key")):
        for count in (1, 3):
            declared = [{ids: f"{name}{i}"} for i in range(count)]
            sentence(viewer.fault(**{plural: declared}), "403", "right", plural.rstrip("s"))


def test_rights_to_read_but_not_to_write(engine, proxy, name):
    proxy.refuse_writes(403)
    for count in (1, 3):
        run = engine(pools=[{"name": f"{name}{i}", "slots": 1} for i in range(count)])
        assert run.failed and not run.changed and len(run.failures) == count
        sentence(run.msg, "403", "right", f"{name}0")
        for failure in run.failures:
            sentence(failure["reason"], "403")


@pytest.mark.parametrize(("status", "body", "headers"), [
    (200, HTML, AS_HTML), (502, HTML, AS_HTML), (500, HTML, AS_HTML), (500, "", None), (200, "{}", None), (200, "", None),
    (200, '{"pools": nul', None), (503, "", None), (418, '{"detail": ["a", {"b": 1}]}', None)])
def test_a_gateway_answers_for_the_list(engine, proxy, status, body, headers):
    proxy.answer(status, body, headers, path="/pools", times=None)
    for declared in (ONE_POOL, MANY_POOLS):
        sentence(engine.fault(retries=1, **declared), str(status))


@pytest.mark.parametrize(("status", "body"), [(404, HTML), (404, '{"detail": "Not Found"}'), (404, ""), (405, "{}")])
def test_a_gateways_404_is_not_taken_for_absence(engine, proxy, status, body):
    proxy.answer(status, body, AS_HTML, path="/pools/", times=None)
    for state in ("present", "absent"):
        sentence(engine.fault(pools=[{"name": "faults", "slots": 1, "state": state}]), str(status))
    assert proxy.writes == []


@pytest.mark.parametrize(("status", "body"), [(200, HTML), (200, ""), (200, "{}"), (200, '{"create": null}'), (200, "[]")])
def test_a_gateway_answers_for_a_bulk_request(engine, proxy, name, status, body):
    """What was not confirmed is no success."""
    proxy.answer(status, body, path="/pools$", method="PATCH", times=None)
    run = engine(pools=[{"name": f"{name}{i}", "slots": 1} for i in range(3)])
    assert run.failed and not run.changes and len(run.failures) == 3
    sentence(run.failures[0]["reason"])


@pytest.mark.parametrize("body", ['{"create": {"success": []}}', '{"create": {}}'])
def test_a_bulk_request_that_confirms_nothing(engine, proxy, api, name, body):
    """What was not confirmed is tried one by one."""
    proxy.answer(200, body, path="/pools$", method="PATCH", times=None)
    run = engine(pools=[{"name": f"{name}{i}", "slots": 1} for i in range(3)])
    assert len(run.changes) == len(api.ids("pools", name)) == 3 and not run.failed


@pytest.mark.parametrize("body", ["{}", "[]", '{"create": {}}', HTML, ""])
def test_a_gateway_answers_for_a_single_request(engine, proxy, name, body):
    """A 200 that does not name the object is no success."""
    proxy.answer(200, body, times=None, writes_only=True)
    assert engine(pools=[{"name": f"{name}1", "slots": 1}]).failed
    assert engine(pools=[{"name": "default_pool", "slots": 5}]).failed


@pytest.mark.parametrize("path", ["/version", "/auth/token", "/pools"])
def test_a_truncated_answer(engine, proxy, path):
    proxy.truncate(10, path=path, times=None)
    sentence(engine.fault(retries=1, **MANY_POOLS), proxy.url)
    proxy.reset()
    proxy.truncate(10, path=path, times=1)
    assert not engine(check=True, pools=[{"name": "default_pool"}] + [{"name": f"x{i}", "state": "absent"} for i in range(3)]).failed


def test_timeout(engine, proxy):
    proxy.delay(3, times=None)
    started = time.monotonic()
    sentence(engine.fault(timeout=1, retries=0, **ONE_POOL), proxy.url, "1 second", "timeout")
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("status", [502, 503, 504])
def test_trouble_that_passes(engine, proxy, name, status):
    """Twice unwell, then fine, at every request in turn: succeeds, and nothing is done twice."""
    for after in range(3):
        proxy.reset()
        proxy.answer(status, HTML, AS_HTML, times=2, after=after)
        assert not engine(check=True, **ONE_POOL).failed
    for plural, objects in (("pools", [{"name": f"{name}{i}", "slots": status} for i in range(3)]),
                            ("pools", [{"name": f"{name}0", "slots": status + 1}]),
                            ("pools", [{"name": f"{name}{i}", "state": "absent"} for i in range(3)])):
        proxy.reset()
        proxy.answer(status, HTML, AS_HTML, times=2, writes_only=True)
        run = engine(**{plural: objects}, owner="")
        assert not run.failed and len(run.changes) == len(objects) and len(proxy.writes) == 3


def test_a_connection_cut_before_the_request_passes(engine, proxy, name):
    proxy.cut(times=1)
    proxy.cut(times=1, path="/pools", after=0)
    proxy.cut(times=2, writes_only=True)
    run = engine(pools=[{"name": f"{name}{i}", "slots": 1} for i in range(3)])
    assert not run.failed and len(run.changes) == 3


def test_too_many_requests(engine, proxy):
    proxy.answer(429, "{}", {"Retry-After": "1"}, path="/pools", times=1)
    started = time.monotonic()
    assert not engine(check=True, **ONE_POOL).failed
    assert 1 <= time.monotonic() - started < 4
    proxy.answer(429, "{}", {"Retry-After": "0"}, path="/pools", times=None)
    sentence(engine.fault(retries=2, **ONE_POOL), "429", "2 retries")


def test_too_many_requests_on_a_write_is_safe_to_repeat(engine, proxy, name):
    proxy.answer(429, "{}", {"Retry-After": "0"}, writes_only=True, times=2)
    assert engine(pools=[{"name": f"{name}0", "slots": 1}], owner="").changed
    assert [request.status for request in proxy.writes] == [429, 429, 201]


# -- TLS


class Tls:
    """A proxy that speaks https, and who signed its certificate."""

    def __init__(self, server: Any, folder: Path, client_certificate: bool = False, issued_for: str = "127.0.0.1"):
        self.ca, self.folder = trustme.CA(), folder
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(issued_for).configure_cert(context)
        if client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self.ca.configure_trust(context)
        self.ca_path = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.ca_path)
        self.proxy = FaultProxy(server.url, tls=context)

    def client(self) -> dict[str, str]:
        pair = self.ca.issue_cert("client@example.com")
        pair.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        pair.cert_chain_pems[0].write_to_path(str(self.folder / "cert.pem"))
        return {"client_cert": str(self.folder / "cert.pem"), "client_key": str(self.folder / "key.pem")}


@pytest.fixture
def tls(server: Any, tmp_path: Path) -> Iterator[Tls]:
    tls = Tls(server, tmp_path)
    with tls.proxy:
        yield tls


def test_a_certificate_that_nobody_vouches_for(engine, tls):
    url = tls.proxy.url
    sentence(engine.fault(airflow_url=url, **ONE_POOL), url, "TLS", "certificate verify failed", "ca_path")
    assert tls.proxy.requests == []
    assert not engine(airflow_url=url, ca_path=tls.ca_path, check=True, **ONE_POOL).failed
    assert not engine(airflow_url=url, validate_certs=False, check=True, **ONE_POOL).failed


def test_a_certificate_for_another_host(engine, server, tmp_path):
    tls = Tls(server, tmp_path, issued_for="airflow.example.com")
    with tls.proxy:
        sentence(engine.fault(airflow_url=tls.proxy.url, ca_path=tls.ca_path, **ONE_POOL), "TLS", "127.0.0.1")


def test_a_client_certificate_is_demanded(engine, server, tmp_path):
    tls = Tls(server, tmp_path, client_certificate=True)
    with tls.proxy:
        url = tls.proxy.url
        sentence(engine.fault(airflow_url=url, ca_path=tls.ca_path, retries=1, **ONE_POOL), url, "client_cert")
        assert not engine(airflow_url=url, ca_path=tls.ca_path, check=True, **tls.client(), **ONE_POOL).failed


def test_https_where_http_is_spoken_and_the_reverse(engine, proxy, tls):
    sentence(engine.fault(airflow_url=proxy.url.replace("http:", "https:"), retries=0, **ONE_POOL), "TLS")
    sentence(engine.fault(airflow_url=tls.proxy.url.replace("https:", "http:"), retries=0, **ONE_POOL), "http")


def test_files_that_are_no_certificates(engine, proxy, tls, tmp_path):
    (tmp_path / "text.pem").write_text("not a certificate")
    for option in ("ca_path", "client_cert"):
        told = engine.fault(airflow_url=tls.proxy.url, **{option: str(tmp_path / "text.pem")}, **ONE_POOL)
        sentence(told, option)


def test_a_proxy_on_the_way(engine, proxy, nobody):
    host = "http://airflow.example.com"
    assert not engine(airflow_url=host, proxy_url=proxy.url, check=True, **ONE_POOL).failed
    assert {request.absolute for request in proxy.requests} == {True}
    sentence(engine.fault(airflow_url=host, proxy_url=nobody, retries=0, **ONE_POOL), "proxy")


# -- through Ansible


def test_faults_as_the_user_sees_them(playbook, proxy, server, nobody, tls):
    pool = {"name": "default_pool", "slots": 128}
    proxy.answer(200, HTML, AS_HTML, path="^/gateway", times=None)
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("airflow_pool", {**pool, "airflow_url": nobody, "retries": 0}, ["nobody answers"]),
        ("airflow_pool", {**pool, "airflow_password": "wrong-pw-1"}, ["airflow_password"]),
        ("airflow_connection", {"connection_id": "c", "airflow_username": "viewer", "airflow_password": server.viewer[1]}, ["403"]),
        ("airflow_variable", {"key": "k", "airflow_url": tls.proxy.url}, ["TLS", "ca_path"]),
        ("airflow_settings", {"airflow_url": f"{proxy.url}/gateway", "pools": [pool]}, ["no Airflow"]),
        ("airflow_info", {"airflow_url": nobody, "retries": 0}, ["nobody answers"]),
    ]
    run = playbook(*({f"windsock.airflow.{module}": options, "ignore_errors": True} for module, options, _words in cases),
                   options=("-vvv",))
    for (_module, _options, words), result in zip(cases, run.results, strict=True):
        assert result["failed"]
        sentence(result["msg"], *words)
    assert "Traceback" not in run.console and "wrong-pw-1" not in run.console
