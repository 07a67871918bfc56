# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations are written to Parameter Store and Secrets Manager (moto's), in the layout of Airflow's own backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fault_proxy import Answer, FaultProxy
from harness import Place
from moto_server import CREDENTIALS, MotoServer
from place_steps import CANARY, STEPS

from ansible_collections.windsock.airflow.plugins.module_utils import _apply, _engine
from ansible_collections.windsock.airflow.plugins.module_utils._backends._aws_backend import AwsBackend

TARGETS = ("ssm", "secretsmanager")
KEYS = {
    "aws_access_key": CREDENTIALS["AWS_ACCESS_KEY_ID"],
    "aws_secret_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    "aws_region": CREDENTIALS["AWS_DEFAULT_REGION"],
}


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as moto:
        yield moto


@pytest.fixture(scope="module")
def module_proxy(moto: MotoServer) -> Iterator[FaultProxy]:
    with FaultProxy(moto.url) as proxy:
        yield proxy


@pytest.fixture
def aws_proxy(module_proxy: FaultProxy) -> FaultProxy:
    module_proxy.reset()
    return module_proxy


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def store(moto: MotoServer, target: str, request: pytest.FixtureRequest) -> Store:
    return Store(moto, target, f"windsock-{abs(hash(request.node.name)) % 10**8}")


@pytest.fixture
def place(store: Store, aws_proxy: FaultProxy) -> Place:
    return store.place(aws_proxy)


class Store:
    """What there is, by AWS's own client."""

    def __init__(self, moto: MotoServer, target: str, prefix: str) -> None:
        self.target, self.prefix = target, prefix
        self.client = moto.client(target)

    def place(self, proxy: FaultProxy, **more: Any) -> Place:
        prefixes = {"connections_prefix": f"{self.prefix}/connections", "variables_prefix": f"{self.prefix}/variables"}
        return Place(target=self.target, **prefixes, aws_endpoint_url=proxy.url, **KEYS, **more)

    def name(self, path: str) -> str:
        return f"{'/' if self.target == 'ssm' else ''}{self.prefix}/{path}"

    def kept(self, path: str) -> str:
        if self.target == "ssm":
            return self.client.get_parameter(Name=self.name(path), WithDecryption=True)["Parameter"]["Value"]
        return self.client.get_secret_value(SecretId=self.name(path))["SecretString"]

    def put(self, path: str, text: str) -> None:
        if self.target == "ssm":
            self.client.put_parameter(Name=self.name(path), Value=text, Type="SecureString", Overwrite=True)
            return
        try:
            self.client.create_secret(Name=self.name(path), SecretString=text)
        except self.client.exceptions.ResourceExistsException:
            self.client.put_secret_value(SecretId=self.name(path), SecretString=text)


def operations(proxy: FaultProxy) -> list[str]:
    return [request.headers["X-Amz-Target"].rpartition(".")[2] for request in proxy.requests]


def writes(proxy: FaultProxy) -> list[str]:
    return [each for each in operations(proxy) if each.startswith(("Put", "Create", "Delete", "Update", "Restore"))]


def test_twelve_steps(place: Place, aws_proxy: FaultProxy, store: Store) -> None:
    for step, (declared, actions) in STEPS.items():
        for _twice in range(2):
            aws_proxy.reset()
            check = place(check=True, **declared)
            assert (check.actions, writes(aws_proxy)) == (actions, []), step
        real = place(**declared)
        assert real.actions == actions and not real.failed, (step, real.msg)
        assert CANARY not in repr((real.result, real.report.diff(), real.report.hints)), step
        aws_proxy.reset()
        again = place(**declared)
        assert (again.changed, writes(aws_proxy)) == (False, []), step
        if step == "create":
            assert store.kept("connections/c") == (
                f'{{"conn_type": "http", "host": "h", "password": "{CANARY}", "extra": {{"k": "{CANARY}"}}}}'
            )
            assert store.kept("variables/folder/v") == f'{{"a": "{CANARY}"}}'
            assert store.kept("variables/w") == "x"
            assert any("description" in hint for hint in real.report.hints)
        if step == "modify":
            assert store.kept("connections/c") == f'{{"conn_type": "http", "host": "other", "extra": {{"k": "{CANARY}"}}}}'


def test_what_was_deleted_is_created_anew(place: Place, store: Store) -> None:
    place(variables=[{"key": "v", "value": "1"}])
    place(variables=[{"key": "v", "state": "absent"}])
    assert place.settles(variables=[{"key": "v", "value": "2"}]).actions == {"v": "create"}
    assert store.kept("variables/v") == "2"


def test_what_is_declared_is_read_together(place: Place, aws_proxy: FaultProxy, target: str) -> None:
    declared = {"variables": [{"key": f"v{number}", "value": "1"} for number in range(45)]}
    place(**declared)
    aws_proxy.reset()
    assert not place(**declared).changed
    assert len(operations(aws_proxy)) == {"ssm": 5, "secretsmanager": 3}[target]


def test_what_somebody_else_writes_meanwhile_stays(place: Place, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("variables/v", "old")
    apply = _engine.apply

    def after_somebody_else(*arguments: Any) -> Any:
        store.put("variables/v", "theirs")
        store.put("variables/new", "theirs")
        return apply(*arguments)

    monkeypatch.setattr(_engine, "apply", after_somebody_else)
    run = place(variables=[{"key": "v", "value": "ours"}, {"key": "new", "value": "ours"}, {"key": "other", "value": "1"}])
    assert run.failed and run.actions == {"other": "create"}
    assert all("somebody else" in each["reason"] for each in run.failures), run.failures
    assert store.kept("variables/v") == store.kept("variables/new") == "theirs"


def test_a_uri_is_read_and_becomes_json_when_it_changes(place: Place, store: Store) -> None:
    store.put("connections/c", f"http://u:{CANARY}@h:1/s")
    declared = {"connection_id": "c", "conn_type": "http", "login": "u", "port": 1}
    assert not place(connections=[declared]).changed
    place(connections=[{**declared, "port": 2}])
    assert '"port": 2' in store.kept("connections/c") and CANARY in store.kept("connections/c")


def test_what_airflow_cannot_read_is_somebody_elses(place: Place, store: Store) -> None:
    store.put("connections/c", f'{{"what": "{CANARY}"}}')
    told = place.fault(connections=[{"connection_id": "c", "conn_type": "http"}])
    assert "connection 'c'" in told and "delete it there first" in told and CANARY not in told
    run = place(connections=[{"connection_id": "d", "conn_type": "http"}], prune="all")
    assert run.actions == {"d": "create"} and any("left alone: 'c'" in hint for hint in run.report.hints)


def test_prune_with_its_guards(place: Place) -> None:
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b", "c/d", "keep")])
    assert "prune_limit" in place.refused(variables=[{"key": "a", "value": "1"}], prune="all", prune_limit=1)
    run = place(variables=[{"key": "a", "value": "1"}], prune="all", protect=["keep"])
    assert run.actions == {"b": "delete", "c/d": "delete"}


def test_prune_owned_knows_what_it_applied(place: Place) -> None:
    place(variables=[{"key": "theirs", "value": "1"}])
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b")], owner="ours")
    assert place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned").actions == {"b": "delete"}
    assert not place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned").changed


def test_many_are_listed_page_by_page(place: Place) -> None:
    keys = [f"v{number:03}" for number in range(120)]
    place(variables=[{"key": key, "value": "1"} for key in keys])
    run = place(check=True, variables=[{"key": keys[0], "value": "1"}], prune="all", prune_limit=200)
    assert sorted(run.actions) == keys[1:]


# What goes wrong


def refuse(proxy: FaultProxy, code: str, *only: str) -> None:
    """As AWS does, with the value in its text: these operations, or all."""
    headers = [("Content-Type", "application/x-amz-json-1.1")]
    refusal = Answer(400, headers, f'{{"__type": "{code}", "message": "no {CANARY} no"}}'.encode())
    proxy.add(lambda forward: forward() if only and operations(proxy)[-1] not in only else refusal, times=None)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDeniedException", "does not permit"),
        ("UnrecognizedClientException", "does not accept the credentials"),
        ("ExpiredTokenException", "does not accept the credentials"),
        ("ValidationException", "AWS refuses it (ValidationException)"),
    ],
)
def test_what_aws_says_is_not_passed_on(place: Place, aws_proxy: FaultProxy, code: str, told: str) -> None:
    refuse(aws_proxy, code)
    found = place.fault(variables=[{"key": "v", "secret_value": CANARY}])
    assert told in found and CANARY not in found


def test_nobody_there(store: Store) -> None:
    prefix = {"variables_prefix": "x", "aws_endpoint_url": "http://127.0.0.1:9"}
    place = Place(target=store.target, **prefix, **KEYS)
    assert "http://127.0.0.1:9 cannot be reached" in place.fault(variables=[{"key": "v", "value": "1"}])


def test_without_a_region(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    place = Place(target=store.target, variables_prefix="x", **{**KEYS, "aws_region": None})
    assert "aws_region" in place.fault(variables=[{"key": "v", "value": "1"}])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "connections_prefix: is missing"),
        ({"connections_prefix": "a", "variables_prefix": "a/"}, "another one"),
        ({"variables_prefix": "a", "aws_access_key": "k"}, "aws_secret_key: is missing"),
        ({"variables_prefix": "a", "aws_profile": "p", "aws_access_key": "k", "aws_secret_key": "s"}, "aws_profile"),
        ({"variables_prefix": "a", "aws_endpoint_url": "host"}, "aws_endpoint_url"),
        ({"variables_prefix": "a", "mount": "x"}, "mount: is not for target"),
        ({"connections_prefix": "a", "owner": "o"}, "owner: needs a place for variables"),
    ],
)
def test_wrong_options_cost_no_request(target: str, options: dict[str, Any], told: str) -> None:
    assert told in Place(target=target, **options).refused(variables=[{"key": "v", "value": "1"}])


def test_what_cannot_be_kept_there_is_refused_at_once(place: Place, aws_proxy: FaultProxy, target: str) -> None:
    longest = {"ssm": 4096, "secretsmanager": 65536}[target]
    variables = [
        {"key": "with space", "value": "1"},
        {"key": "a--b", "value": "1"},
        {"key": "empty", "value": ""},
        {"key": "long", "secret_value": CANARY + "x" * longest},
        *([{"key": "braces", "value": "{{ ds }}"}] if target == "ssm" else []),
    ]
    told = place.refused(variables=variables, connections=[{"connection_id": "c", "conn_type": "a-b"}])
    assert f"{len(variables) + 1} faults" in told and CANARY not in told
    assert not aws_proxy.requests


def test_a_key_of_ones_own(store: Store, aws_proxy: FaultProxy, moto: MotoServer) -> None:
    key = moto.client("kms").create_key()["KeyMetadata"]["KeyId"]
    store.place(aws_proxy, kms_key_id=key)(variables=[{"key": "v", "value": "1"}])
    if store.target == "ssm":
        (told,) = store.client.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Values": [store.name("variables/v")]}]
        )["Parameters"]
        assert (told["Type"], told["KeyId"]) == ("SecureString", key)
    else:
        assert store.client.describe_secret(SecretId=store.name("variables/v"))["KmsKeyId"] == key


def test_names_that_cannot_be_are_absent(place: Place, aws_proxy: FaultProxy, store: Store) -> None:
    """They are not asked for: unlike moto, AWS may refuse to read the others with them."""
    store.put("variables/v", "1")
    run = place(variables=[{"key": key, "state": "absent"} for key in ("no name", "no?", "v")])
    assert not run.failed and run.actions == {"v": "delete"}
    assert not any(b"variables/no" in request.body for request in aws_proxy.requests)


def test_recovery(moto: MotoServer, aws_proxy: FaultProxy) -> None:
    store = Store(moto, "secretsmanager", "windsock-recovery")
    place = store.place(aws_proxy, recovery_days=0)
    place(variables=[{"key": "v", "value": "1"}])
    place(variables=[{"key": "v", "state": "absent"}])
    assert not store.client.list_secrets(Filters=[{"Key": "name", "Values": ["windsock-recovery"]}])["SecretList"]
    assert "recovery_days" in store.place(aws_proxy, recovery_days=3).refused(variables=[])


def test_what_is_deleted_stays_so_where_it_cannot_be_written(moto: MotoServer, aws_proxy: FaultProxy) -> None:
    """A secret that is marked for deletion is restored to be written; if that is refused, its old value must not be live."""
    store = Store(moto, "secretsmanager", "windsock-restored")
    place = store.place(aws_proxy)
    place(variables=[{"key": "v", "value": "old"}])
    place(variables=[{"key": "v", "state": "absent"}])

    def is_deleted() -> bool:
        return "DeletedDate" in store.client.describe_secret(SecretId=store.name("variables/v"))

    refuse(aws_proxy, "AccessDeniedException", "PutSecretValue")
    run = place(variables=[{"key": "v", "secret_value": CANARY}])
    assert operations(aws_proxy)[-3:] == ["RestoreSecret", "PutSecretValue", "DeleteSecret"]
    assert run.failed and "secretsmanager:PutSecretValue" in run.msg and CANARY not in run.msg
    assert is_deleted()
    aws_proxy.reset()
    refuse(aws_proxy, "AccessDeniedException", "PutSecretValue", "DeleteSecret")
    run = place(variables=[{"key": "v", "secret_value": CANARY}])
    assert "Airflow finds its old value there, so delete it" in run.msg and CANARY not in run.msg
    assert not is_deleted()


def test_a_separator_may_be_nothing(moto: MotoServer, aws_proxy: FaultProxy) -> None:
    store = Store(moto, "secretsmanager", "windsock-together")
    place = store.place(aws_proxy, separator="")
    assert place.settles(variables=[{"key": "v", "value": "1"}]).actions == {"v": "create"}
    assert store.kept("variablesv") == "1"


def test_one_that_is_advanced_stays_so(moto: MotoServer, aws_proxy: FaultProxy) -> None:
    """AWS takes none back to standard, so that it is told no tier unless it is to become advanced."""
    store = Store(moto, "ssm", "windsock-tier")
    store.place(aws_proxy, parameter_tier="advanced")(variables=[{"key": "v", "value": "1"}])
    assert b'"Tier": "Advanced"' in aws_proxy.requests[-1].body
    aws_proxy.reset()
    store.place(aws_proxy)(variables=[{"key": "v", "value": "2"}])
    assert b"Tier" not in aws_proxy.requests[-1].body and writes(aws_proxy) == ["PutParameter"]
    store.place(aws_proxy, parameter_tier="advanced")(variables=[{"key": "v", "value": "3"}])
    assert b'"Tier": "Advanced"' in aws_proxy.requests[-1].body


def test_one_that_may_not_be_written_does_not_keep_the_others_from_being_written(
    place: Place, aws_proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"v{number}" for number in range(20)]
    add = AwsBackend.create

    def refusing(self: AwsBackend, kind: Any, object_id: str, fields: Any) -> None:
        if object_id == "bad":
            refuse(aws_proxy, "AccessDeniedException")
            try:
                add(self, kind, object_id, fields)
            finally:
                aws_proxy.reset()
        else:
            add(self, kind, object_id, fields)

    monkeypatch.setattr(_apply, "in_parallel", lambda work, items: [work(item) for item in items])
    monkeypatch.setattr(AwsBackend, "create", refusing)
    run = place(variables=[{"key": key, "value": "1"} for key in ("bad", *keys)])
    assert {each["id"] for each in run.failures} == {"bad"} and "does not permit" in run.failures[0]["reason"]
    assert run.actions == dict.fromkeys(keys, "create")
