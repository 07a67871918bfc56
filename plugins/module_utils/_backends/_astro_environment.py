# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Connections and Airflow variables of Astro's Environment Manager, of a workspace or of a deployment.

Whether it shows secrets is a setting of the organization. If it does not, nobody can say whether they are as declared,
and they are written in each run.
"""

from __future__ import annotations

import os
import re
import threading
import typing as t
from functools import cached_property

from .._abilities import Abilities
from .._address import http_address
from .._airflow._access import Access, header_safe
from .._astro import ASTRO_TOKEN, token_of_astro
from .._declaration import Desired
from .._faults import Fault, ServerFault
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._kind import Fields
from .._plan import Actual
from ._astro_api import EnvironmentObjects, Record
from ._backend import Backend, Misshapen

URL = "https://api.astronomer.io"
ORGANIZATION = "ASTRO_ORGANIZATION_ID"
OPTIONS: dict[str, dict[str, t.Any]] = {
    "astro_organization": {"type": "str"},
    "astro_workspace": {"type": "str"},
    "astro_deployment": {"type": "str"},
    "astro_auto_link": {"type": "bool", "default": False},
    "astro_token": {"type": "str", "no_log": True},
    "astro_url": {"type": "str", "default": URL},
    "ca_path": {"type": "path"},
}
WITHHELD = frozenset({"astro_token", "astro_url"})
TYPES = {CONNECTION.name: "CONNECTION", VARIABLE.name: "AIRFLOW_VARIABLE"}
PARTS = {CONNECTION.name: "connection", VARIABLE.name: "airflowVariable"}
NAMES = {
    **{"conn_type": "type", "host": "host", "login": "login", "password": "password"},
    **{"schema": "schema", "port": "port", "extra": "extra"},
}
EMPTY: dict[str, t.Any] = {"port": None, "extra": {}}  # of texts it is the empty one
SETTING = "the organization's setting 'Environment Secrets Fetching'"


def read(words: dict[str, t.Any], faults: list[Fault]) -> Backend | None:
    def fault(option: str, reason: str) -> None:
        faults.append(Fault(option, reason))

    url = _url(words.get("astro_url"), fault)
    token = words.get("astro_token") or token_of_astro(url, os.environ)
    if not token:
        fault("astro_token", f"is missing; the environment variable {ASTRO_TOKEN} may hold it, for {URL}")
    elif not isinstance(token, str):
        fault("astro_token", "must be text")
    else:
        header_safe(token, "astro_token", fault)
    organization = _id("astro_organization", words.get("astro_organization") or os.environ.get(ORGANIZATION), fault)
    if not organization:
        fault("astro_organization", f"is missing; the environment variable {ORGANIZATION} may hold it too")
    # These are not taken from the environment: where Airflow runs on Astro, it names both.
    given = [name for name in ("astro_workspace", "astro_deployment") if words.get(name)]
    if len(given) != 1:
        fault("astro_workspace", "cannot be given together with astro_deployment" if given else "is missing, or astro_deployment")
    entity = _id(given[0], words[given[0]], fault) if given else ""
    if words.get("astro_auto_link") and given == ["astro_deployment"]:
        fault("astro_auto_link", "is for the objects of a workspace")
    ca_path = words.get("ca_path")
    if ca_path and not os.access(ca_path, os.R_OK):
        fault("ca_path", f"there is no readable file {ca_path}")
    if faults:
        return None
    access = Access(url=f"{url}/v1/organizations/{organization}", token=token, ca_path=ca_path)
    return AstroEnvironment(access, given[0].removeprefix("astro_").upper(), entity, bool(words.get("astro_auto_link")))


def _url(given: t.Any, fault: t.Callable[[str, str], None]) -> str:
    parts = http_address(given or URL) if isinstance(given or URL, str) else None
    if parts is None or parts.username or parts.password or parts.query or parts.fragment:
        fault("astro_url", f"must be an address like {URL}, without credentials, query and fragment")
        return ""
    return re.sub(r"(/v1)?/*$", "", parts.geturl())


def _id(option: str, given: t.Any, fault: t.Callable[[str, str], None]) -> str:
    if given and not re.fullmatch("[A-Za-z0-9_-]+", str(given)):
        fault(option, "must be an id, of letters and digits")
    return str(given or "")


class AstroEnvironment(Backend):
    """scope: WORKSPACE or DEPLOYMENT. auto_link: whether what is created is linked to all deployments of the workspace."""

    abilities = Abilities(
        shows_variables_as_stored=True,
        masks=False,
        clears_passwords=True,
        can_bulk=False,
        holds=frozenset(TYPES),
        drops={name: frozenset({"description"}) for name in TYPES},
    )

    def __init__(self, access: Access, scope: str, entity: str, auto_link: bool) -> None:
        super().__init__()
        self.access, self.scope, self.entity, self.auto_link = access, scope, entity, auto_link
        self.title = f"Astro's Environment Manager, {scope.lower()} {entity}"
        self._hidden: list[str] = []
        self._secret: frozenset[str] = frozenset()
        self._emptied: frozenset[str] = frozenset()
        self._records: dict[str, dict[str, Record]] = {}
        self._stale: set[str] = set(TYPES)
        self._lock = threading.Lock()

    @cached_property
    def api(self) -> EnvironmentObjects:
        api = EnvironmentObjects(self.access, self.scope, self.entity)
        api.scrubber.hide(self._hidden)
        return api

    def hide(self, secrets: t.Iterable[str]) -> None:
        self._hidden += secrets
        self.api.scrubber.hide(self._hidden)

    def expect(self, desired: t.Sequence[Desired]) -> None:
        super().expect(desired)
        variables = [one for one in desired if one.kind is VARIABLE]
        self._secret = frozenset(one.id for one in variables if ("value",) in one.secret)
        self._emptied = frozenset(one.id for one in variables if one.present and one.fields.get("value") == "")

    def objections(self, one: Desired) -> list[str]:
        reasons = super().objections(one)
        if one.kind is VARIABLE and one.id in self._secret & self._emptied:
            reasons.append("value: an empty one means no change to Astro, where the variable is secret")
        return reasons

    def ids(self, kind: Kind) -> list[str]:
        return [*self._all(kind)]

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        record = self._all(kind).get(object_id)
        if record is None:
            return None
        part = record.get(PARTS[kind.name])
        if not isinstance(part, dict):
            raise Misshapen("has a form that is not known")
        if kind is VARIABLE:
            if part.get("isSecret") and object_id in self._emptied:
                raise ServerFault(
                    f"variable {object_id!r} is secret in {self.title}, where an empty value means no change: delete it first"
                )
            return {"value": part.get("value") or ""}
        fields = {name: part.get(theirs) for name, theirs in NAMES.items()}
        return {**fields, "extra": fields["extra"] or {}, "port": fields["port"] or None}

    def unseen(self, kind: Kind, object_id: str) -> frozenset[str]:
        part = self._records[kind.name][object_id][PARTS[kind.name]]
        if kind is VARIABLE:
            return frozenset({"value"} if part.get("isSecret") and not part.get("value") else ())
        if self.api.shows_secrets:
            return frozenset()
        parameters = (part.get("connectionAuthType") or {}).get("parameters") or ()
        in_extra = any(each.get("isSecret") and each.get("isInExtra") for each in parameters)
        return frozenset({"password", "extra"} if in_extra else {"password"})

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        self._stale.add(kind.name)
        if kind is CONNECTION:
            part = {theirs: fields[name] for name, theirs in NAMES.items() if fields.get(name) not in (None, {})}
        else:
            part = {"value": fields["value"], "isSecret": object_id in self._secret}
        body = {"objectKey": object_id, "objectType": TYPES[kind.name], PARTS[kind.name]: part}
        self.api.create({**body, **({"autoLinkDeployments": True} if self.auto_link else {})})

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        self._stale.add(kind.name)
        record = self._record(kind, object_id)
        old = record[PARTS[kind.name]]
        if kind is VARIABLE:
            self.api.update(record, {**_kept(record, self.scope), "airflowVariable": {"value": fields["value"]}})
            if object_id in self._secret and not old.get("isSecret"):
                self.notes.append(
                    f"variable {object_id!r} is no secret in {self.title}, and none can be made of it: delete it there, so "
                    "that it is created as one"
                )
            return
        whole = {**actual.fields, **fields}
        part: Record = {"type": whole["conn_type"]}
        emptied = []
        for name, theirs in NAMES.items():
            if name in actual.unseen and name not in fields:
                continue  # what was shown of it is not all of it, and would be all that is left
            empty = whole[name] in (None, {})
            if not empty:
                part[theirs] = whole[name]
            elif name in fields:
                part[theirs] = EMPTY.get(name, "")
                emptied.append(name)
        auth_type = (old.get("connectionAuthType") or {}).get("id")
        body = {**_kept(record, self.scope), "connection": {**part, **({"authTypeId": auth_type} if auth_type else {})}}
        now = self.api.update(record, body).get("connection") or {}
        left = [name for name in emptied if now.get(NAMES[name])]
        if left:
            raise ServerFault(f"{self.title} keeps {', '.join(left)}, which cannot be emptied there: delete the connection first")

    def remove(self, kind: Kind, object_id: str) -> None:
        self._stale.add(kind.name)
        self.api.delete(self._record(kind, object_id))

    def _record(self, kind: Kind, object_id: str) -> Record:
        """What was read of an object."""
        record = self._records[kind.name].get(object_id)
        if record is None:
            raise ServerFault(f"{kind.name} {object_id!r} was deleted meanwhile")
        return record

    def _all(self, kind: Kind) -> dict[str, Record]:
        """The objects of a kind, asked for once, and again after a write."""
        with self._lock:
            if kind.name in self._stale:
                self._records[kind.name] = {each["objectKey"]: each for each in self.api.listed(TYPES[kind.name])}
                self._stale.discard(kind.name)
                self._hide_what_is_shown(kind)
                self._tell_of_secrets()
            return self._records[kind.name]

    def _hide_what_is_shown(self, kind: Kind) -> None:
        """Keep secrets out of sentences that hold a reason of Astro's."""
        parts = [record.get(PARTS[kind.name]) or {} for record in self._records[kind.name].values()]
        shown = [part.get("password") if kind is CONNECTION else part.get("isSecret") and part.get("value") for part in parts]
        self.api.scrubber.hide(each for each in shown if isinstance(each, str))

    def _tell_of_secrets(self) -> None:
        if not self.api.shows_secrets and not self.hides:
            self.hides = True
            self.notes.append(
                f"{self.title} does not show secrets ({SETTING}), so nobody can say whether they are as declared: they are "
                "written in each run"
            )


def _kept(record: Record, scope: str) -> Record:
    """What an update must repeat, or Astro forgets it. Of links their overrides are kept without that."""
    kept = {"description": record["description"]} if record.get("description") else {}
    if scope == "DEPLOYMENT":
        return kept
    links = {
        name: [{"scope": each["scope"], "scopeEntityId": each["scopeEntityId"]} for each in record.get(name) or ()]
        for name in ("links", "excludeLinks")
    }
    return {**kept, **links, "autoLinkDeployments": bool(record.get("autoLinkDeployments"))}
