# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A single connection as a URI or as JSON: what environment variables and secrets backends hold.

What is written is what Airflow itself writes (C(get_uri), C(as_json)), except where a reader of Airflow would make
another connection of that: 2.x, 3.x and the one that tasks of 3.x have do not read everything alike.
"""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import parse_qsl, quote, urlencode

from .._faults import as_word
from .._json import NOT_JSON, read_json
from .._kinds import CONNECTION
from .._kinds._connection import URI_FIELDS
from .._kinds._kind import Fields
from .._uri import EXTRA_KEY, UriFault, parse_uri
from ._form import Notes, each_unknown, hidden, leave_out, whole, words

JSON_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
UNNAMED = "unnamed"


def to_conn_uri(connection: t.Any, notes: Notes) -> str | None:
    return _one(connection, uri_of, notes)


def to_conn_json(connection: t.Any, notes: Notes) -> str | None:
    return _one(connection, json_of, notes)


def _one(connection: t.Any, write: t.Callable[[t.Any, Notes], str | None], notes: Notes) -> str | None:
    """A declaration in another form. It may be one without an id, which these forms do not have."""
    if isinstance(connection, dict) and connection.get("connection_id") is None and connection.get("conn_id") is None:
        connection = {**connection, "connection_id": UNNAMED}
    present = whole(CONNECTION, [connection], notes)
    if not present and not notes.faults:
        notes.faults.append("connection: state: is absent, so there is nothing to write")
    written = write(present[0], notes) if present else None
    for told in (notes.faults, notes.lost):
        told[:] = [re.sub(rf"^connections?(\[0\])?( '{UNNAMED}')?(?=[: ])", "connection", each) for each in told]
    return written


def uri_of(one: t.Any, notes: Notes) -> str | None:
    """The URI of a connection with all its fields."""
    leave_out(one, ("description", "team_name"), "a URI", notes)
    fields = {name: one.fields[name] for name in URI_FIELDS}
    fields["extra"] = fields["extra"] or {}
    uri = _airflows_uri(fields)
    if _read(uri) == fields:
        return uri
    uri = _quoted_uri(fields)
    read = _read(uri)
    if read == fields:
        return uri
    if read is None or read["conn_type"] != fields["conn_type"]:
        _refuse_conn_type(one, "a URI", notes)
    else:  # nothing known comes here, but better no URI than one of another connection
        unsaid = [name for name in URI_FIELDS if read[name] != fields[name]]
        notes.faults += [f"{one.kind.name} {one.id!r}: {name}: cannot be said in a URI" for name in unsaid]
    return None


def json_of(one: t.Any, notes: Notes) -> str | None:
    """The JSON of a connection with all its fields. Airflow takes it since 2.3."""
    leave_out(one, ("team_name",), "the JSON form", notes)
    if one.fields["conn_type"] != _normalised(one.fields["conn_type"]):
        _refuse_conn_type(one, "the JSON form", notes)
        return None
    return json.dumps({name: one.fields[name] for name in JSON_FIELDS if one.fields[name] not in (None, {})})


def _refuse_conn_type(one: t.Any, form: str, notes: Notes) -> None:
    conn_type = one.fields["conn_type"]
    made = _normalised(conn_type.lower() if form == "a URI" else conn_type)
    if conn_type == made:
        reason = "cannot begin a URI, which has letters, digits, '.', '+' and '_' there, a letter first"
    else:
        reason = f"cannot be said in {form}: Airflow would read {made!r}"
    notes.faults.append(f"{one.kind.name} {one.id!r}: conn_type: {reason}")


def _normalised(conn_type: str) -> str:
    """What Airflow makes of a type that it reads."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def _read(uri: str) -> Fields | None:
    try:
        return parse_uri(uri)
    except UriFault:
        return None


def _airflows_uri(fields: Fields) -> str:
    """As Airflow's own C(Connection.get_uri) has it."""
    host = fields["host"] or ""
    protocol, separator, rest = host.partition("://")
    if separator and protocol != fields["conn_type"]:
        return _uri(fields, f"{protocol}://", quote(rest, safe=""))
    return _uri(fields, "", quote(host, safe=""))


def _quoted_uri(fields: Fields) -> str:
    """With a host of which nothing can be misread: a reader makes small letters of capital ones that are not quoted."""
    host = quote(fields["host"] or "", safe="")
    escaped = re.sub(r"%..|[A-Z]", lambda found: found[0] if len(found[0]) > 1 else f"%{ord(found[0]):02X}", host)
    return _uri(fields, "", escaped)


def _uri(fields: Fields, protocol: str, host: str) -> str:
    login, password = (quote(fields[name] or "", safe="") for name in ("login", "password"))
    authority = login + (f":{password}" if password else "")
    authority += "@" if authority or (fields["port"] and not host) else ""
    port = f":{fields['port']}" if fields["port"] else ""
    schema = f"/{quote(fields['schema'], safe='')}" if fields["schema"] else ""
    extra = f"{'' if schema else '/'}?{_query(fields['extra'])}" if fields["extra"] else ""
    return f"{fields['conn_type'].lower().replace('_', '-')}://{protocol}{authority}{host}{port}{schema}{extra}"


def _query(extra: Fields) -> str:
    """One by one where every reader gets the same texts back: some take what looks like JSON for JSON."""
    texts = all(isinstance(value, str) and read_json(value) is NOT_JSON for value in extra.values())
    query = urlencode(extra) if texts and EXTRA_KEY not in extra else ""
    if query and dict(parse_qsl(query, keep_blank_values=True)) == extra:
        return query
    return urlencode({EXTRA_KEY: json.dumps(extra)})


def from_conn_uri(uri: t.Any, connection_id: t.Any, secret: bool, notes: Notes) -> Fields | None:
    if not isinstance(uri, str):
        notes.faults.append("must be text, the URI of a connection")
        return None
    return _named(connection_id, uri_fields(uri, "the URI", notes), secret, notes)


def from_conn_json(text: t.Any, connection_id: t.Any, secret: bool, notes: Notes) -> Fields | None:
    return _named(connection_id, json_fields(text, "the JSON", notes), secret, notes)


def uri_fields(uri: str, place: str, notes: Notes) -> Fields | None:
    """The fields of a URI."""
    try:
        return parse_uri(uri.strip())
    except UriFault as fault:
        notes.faults.append(f"{place}: {fault}")
        return None


def json_fields(text: t.Any, place: str, notes: Notes) -> Fields | None:
    """The fields of a JSON object, as a text or decoded already, in which a C(uri) may stand for them."""
    given = read_json(text, strict=True) if isinstance(text, str) else text
    if not isinstance(given, dict):
        notes.faults.append(f"{place}: must be a JSON object")
        return None
    known = (*JSON_FIELDS, "team_name", "uri")
    faults = each_unknown("field", given, known)
    conn_type, uri = given.get("conn_type"), given.get("uri")
    if conn_type and not isinstance(conn_type, str):
        faults.append("conn_type: must be text")
    beside = [name for name in URI_FIELDS if uri and given.get(name)]
    if beside:
        faults.append(f"uri: stands for the fields, so it cannot be together with {', '.join(beside)}")
    if uri and not isinstance(uri, str):
        faults.append("uri: must be text")
    notes.faults += [f"{place}: {fault}" for fault in faults]
    if faults:
        return None
    if uri:
        read = uri_fields(uri, f"{place}: uri", notes)
        return None if read is None else {**given, **read}
    return {**given, "conn_type": _normalised(conn_type)} if conn_type else given


def _named(connection_id: t.Any, fields: Fields | None, secret: bool, notes: Notes) -> Fields | None:
    if fields is None:
        return None
    nameless = connection_id is None
    place = "connection" if nameless else f"connection {as_word(connection_id)!r}"
    given = {name: value for name, value in fields.items() if name != "uri"}
    made = words(CONNECTION, UNNAMED if nameless else connection_id, given, place, notes)
    if made and nameless:
        del made["connection_id"]
    return hidden(made) if made and secret else made
