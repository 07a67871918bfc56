# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The transport of the official C(apache-airflow-client), without the rest of it.

Importing the package runs C(__init__) files that build every model and every API class, over 2 s of CPU in each task
(airflow-api-facts, "The official client"). Its C(Configuration) and REST pool, which carry every request, cost
0.1 s; C(ApiClient), which only hands on to that pool, would bring pydantic and as much again. So the package stands
in for itself, empty, while these two are imported. Where that fails, the plain import does the same, only slower.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import typing as t
from dataclasses import dataclass
from types import ModuleType

PACKAGE = "airflow_client.client"


@dataclass(frozen=True)
class Client:
    """The parts of the official client that carry requests."""

    Configuration: t.Any
    RESTClientObject: t.Any
    ApiException: type[Exception]


class ClientMissing(ImportError):
    """The official client, or something that it needs, is not installed."""


def load_client() -> Client:
    """Import the transport. Raises ClientMissing."""
    if PACKAGE not in sys.modules:  # else somebody imported it whole already
        try:
            return _transport_only()
        except Exception:  # whatever another layout of the package brings, the plain import is right
            for name in [each for each in sys.modules if each.startswith(PACKAGE)]:
                del sys.modules[name]
    try:
        importlib.import_module(PACKAGE)
        return _names()
    except ImportError as error:
        raise ClientMissing(str(error)) from error


def _transport_only() -> Client:
    found = importlib.util.find_spec("airflow_client")
    if found is None:
        raise ClientMissing("airflow_client")
    stand_in = ModuleType(PACKAGE)
    stand_in.__path__ = [os.path.join(place, "client") for place in found.submodule_search_locations or ()]
    sys.modules[PACKAGE] = stand_in
    return _names()


def _names() -> Client:
    return Client(
        importlib.import_module(f"{PACKAGE}.configuration").Configuration,
        importlib.import_module(f"{PACKAGE}.rest").RESTClientObject,
        importlib.import_module(f"{PACKAGE}.exceptions").ApiException,
    )
