# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Airflow's URI form of a connection, read by the rules of Airflow 3's own C(Connection) model.

A test compares this parser with Airflow's.
"""

from __future__ import annotations

import typing as t
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ._json import NOT_JSON, read_json

EXTRA_KEY = "__extra__"


class UriFault(ValueError):
    """Why a URI cannot be read. A URI is secret, so this never holds a part of it."""


def parse_uri(uri: str) -> dict[str, t.Any]:
    """The fields that a URI stands for; those it does not name are None, since it stands for the whole connection.

    extra is a dict. conn_type is as Airflow normalises it (C(postgresql) is C(postgres), hyphens are underscores).
    """
    try:
        return _parse(uri)
    except UriFault:
        raise
    except ValueError:
        raise UriFault("is not a URI that Airflow can read: check its port and its square brackets") from None


def _parse(uri: str) -> dict[str, t.Any]:
    schemes = uri.count("://")
    if schemes == 0:
        raise UriFault("must have the form conn-type://login:password@host:port/schema?extra")
    if schemes > 2:
        raise UriFault("holds '://' more than twice: quote it where it is not a separator")
    scheme = urlsplit(uri).scheme
    if not scheme:
        raise UriFault("must begin with a connection type of letters, digits and hyphens")
    # With two schemes (http://https://host) the second one belongs to the host.
    rest = uri.replace(f"{scheme}://", "" if schemes == 2 else "//")
    if schemes == 2 and set("@:") & set(rest.split("://", 1)[0]):
        raise UriFault("has a login or port before its second '://'")
    parts = urlsplit(rest)
    host = _host(parts)
    if schemes == 2 and host:
        host = f"{parts.scheme}://{host}"
    return {
        "conn_type": "postgres" if scheme == "postgresql" else scheme.replace("-", "_"),
        "host": host or None,
        "login": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "schema": unquote(parts.path[1:]) or None,
        "port": parts.port or None,
        "extra": _extra(parts.query),
    }


def _host(parts: SplitResult) -> str:
    host = unquote(parts.hostname or "")
    if "/" in host:  # a quoted path as host (a socket, a file) keeps its case
        host = unquote(parts.netloc.rsplit("@", 1)[-1].split(":", 1)[0])
    return host


def _extra(query: str) -> dict[str, t.Any]:
    given: dict[str, t.Any] = dict(parse_qsl(query, keep_blank_values=True))
    if EXTRA_KEY in given:
        extra = read_json(given[EXTRA_KEY])
        if not isinstance(extra, dict):
            raise UriFault(f"holds {EXTRA_KEY}, which is not a JSON object")
        return extra
    for key, value in given.items():
        decoded = read_json(value)
        if decoded is not NOT_JSON:
            given[key] = decoded
    return given
