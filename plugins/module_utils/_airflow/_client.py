# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The transport of the official C(apache-airflow-client), without the rest of it.

Importing the package runs C(__init__) files that build every model and every API class, over 2 s of CPU in each task;
its transport alone costs 0.3 s (airflow-api-facts, "The official client"). So the parent packages are stood in for
while the four transport modules are imported. Where that fails, the plain import does the same, only slower.
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
# The packages whose __init__ is kept from running. api_client needs models only to build objects, which is not used.
EAGER = (PACKAGE, f"{PACKAGE}.models", f"{PACKAGE}.api")


@dataclass(frozen=True)
class Client:
    """The parts of the official client that carry requests."""

    ApiClient: t.Any
    Configuration: t.Any
    ApiException: type[Exception]


class ClientMissing(ImportError):
    """The official client, or something that it needs, is not installed."""


def load_client() -> Client:
    """Import the transport. Raises ClientMissing."""
    try:
        return _transport_only()
    except Exception:  # whatever a future layout of the package brings, the plain import is right
        return _plain()


def _transport_only() -> Client:
    if PACKAGE in sys.modules:  # somebody imported it whole already
        return _plain()
    found = importlib.util.find_spec("airflow_client")
    if found is None or not found.submodule_search_locations:
        raise ClientMissing("airflow_client")
    before = set(sys.modules)
    try:
        for name in EAGER:
            folder = os.path.join(*name.split(".")[1:])
            stand_in = ModuleType(name)
            stand_in.__path__ = [os.path.join(place, folder) for place in found.submodule_search_locations]
            sys.modules[name] = stand_in
            parent, leaf = name.rsplit(".", 1)
            if parent in sys.modules:
                setattr(sys.modules[parent], leaf, stand_in)
        return _names()
    except BaseException:
        for name in set(sys.modules) - before:
            if name.startswith(PACKAGE):
                del sys.modules[name]
        raise


def _plain() -> Client:
    try:
        importlib.import_module(PACKAGE)
        return _names()
    except ImportError as error:
        raise ClientMissing(str(error)) from error


def _names() -> Client:
    return Client(
        importlib.import_module(f"{PACKAGE}.api_client").ApiClient,
        importlib.import_module(f"{PACKAGE}.configuration").Configuration,
        importlib.import_module(f"{PACKAGE}.exceptions").ApiException,
    )
