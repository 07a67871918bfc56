# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Where the API token of Astro's own tools may go to."""

from __future__ import annotations

import typing as t

from ._address import http_address

ASTRO_TOKEN = "ASTRO_API_TOKEN"
HOSTS = (".astronomer.run", ".astronomer.io")


def is_of_astronomer(url: str) -> bool:
    """Whether an address is one of Astronomer's, reached by https."""
    parts = http_address(url)
    return parts is not None and parts.scheme == "https" and (parts.hostname or "").endswith(HOSTS)


def token_of_astro(url: str, environment: t.Mapping[str, str]) -> str | None:
    """The token in the environment, for an address of Astronomer's only. The certificate must be checked."""
    return environment.get(ASTRO_TOKEN) or None if is_of_astronomer(url) else None
