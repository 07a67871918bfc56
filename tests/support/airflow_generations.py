# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the generations of Airflow when one is started: its command, its settings, its users.

    generation_of("2.11.2").command(8080)      # ['webserver', '--hostname', ...]
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

ROLES = {"admin": "admin", "op2": "admin", "viewer": "viewer"}
Command = Callable[..., object]


def password_of(name: str) -> str:
    return f"{name}-password"


class Airflow3:
    """The api-server, one process on uvicorn; the simple auth manager, whose users are settings."""

    api = "/api/v2"
    port_taken = "address already in use"

    def command(self, port: int) -> list[str]:
        return ["api-server", "--host", "127.0.0.1", "--port", str(port)]

    def environ(self, home: Path, url: str, roles: dict[str, str]) -> dict[str, str]:
        return {
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": (home / "jwt.key").read_text(),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in roles.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        }

    def complete_template(self, airflow: Command) -> None:
        """The migrated database is all that a home needs."""

    def complete_home(self, home: Path, roles: dict[str, str], airflow: Command, real_hashing: bool) -> None:
        (home / "passwords.json").write_text(json.dumps({name: password_of(name) for name in roles}))
        (home / "jwt.key").write_text(secrets.token_hex(64))


class Airflow2:
    """The webserver, gunicorn with its workers; users and roles are in the database, requests sign in by basic auth."""

    api = "/api/v1"
    port_taken = "Connection in use"

    def command(self, port: int) -> list[str]:
        return ["webserver", "--hostname", "127.0.0.1", "--port", str(port)]

    def environ(self, home: Path, url: str, roles: dict[str, str]) -> dict[str, str]:
        return {
            "AIRFLOW__WEBSERVER__BASE_URL": url,
            # Airflow starts four, which two cores do not make quicker. More than one, since users have several:
            # each remembers for itself which texts it masks. Their class is Airflow's own: no connection is kept alive.
            "AIRFLOW__WEBSERVER__WORKERS": "2",
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
        }

    def complete_template(self, airflow: Command) -> None:
        airflow("sync-perm")  # or the first start would do it, each time anew
        create_users(airflow, ROLES)

    def complete_home(self, home: Path, roles: dict[str, str], airflow: Command, real_hashing: bool) -> None:
        """Each request checks the password anew, which costs the server 0.1 s and more with the hashes Airflow makes."""
        create_users(airflow, {name: role for name, role in roles.items() if name not in ROLES})
        if not real_hashing:
            with contextlib.closing(sqlite3.connect(home / "airflow.db")) as database:
                for name in roles:
                    hashed = quick_hash(password_of(name))
                    database.execute("UPDATE ab_user SET password = ? WHERE username = ?", (hashed, name))
                database.commit()


def create_users(airflow: Command, roles: dict[str, str]) -> None:
    for name, role in roles.items():
        airflow("users", "create", "--username", name, "--password", password_of(name), "--role", role.title(),
                "--firstname", name, "--lastname", name, "--email", f"{name}@localhost.localdomain")


def quick_hash(password: str) -> str:
    """As werkzeug writes it, with one round."""
    salt = os.urandom(8).hex()
    return f"pbkdf2:sha256:1${salt}${hashlib.pbkdf2_hmac('sha256', password.encode(), salt.encode(), 1).hex()}"


def generation_of(version: str) -> Airflow2 | Airflow3:
    return Airflow2() if is_among(version, ["2"]) else Airflow3()


def is_among(version: str, names: Iterable[str]) -> bool:
    """3.0.6 is among "3.0.6", "3.0" and "3"."""
    return any(f"{version}.".startswith(f"{name}.") for name in names)
