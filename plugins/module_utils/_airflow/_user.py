# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Who is signed in, as far as it is known."""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

from .._json import read_json
from ._access import Access


@dataclass(frozen=True)
class User:
    """source: who says so: C(airflow); C(airflow_username), the option; C(token), which only Airflow can check."""

    name: str
    source: str


def user_of(access: Access) -> User | None:
    """Who signs in, by the credentials alone."""
    if access.username:
        return User(access.username, "airflow_username")
    subject = _claims(access.token or "").get("sub")
    return User(str(subject), "token") if isinstance(subject, (str, int)) and subject else None


def _claims(token: str) -> dict[str, t.Any]:
    """The claims of a JSON Web Token, unchecked; of another kind of token there are none."""
    parts = token.split(".")
    try:
        claims = read_json(base64.urlsafe_b64decode(f"{parts[1]}===")) if len(parts) == 3 else None
    except ValueError:  # no base64
        claims = None
    return claims if isinstance(claims, dict) else {}
