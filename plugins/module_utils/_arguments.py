# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Argument specs that can be put together: the options of a module, and which of them Ansible's own code never sees.

Ansible logs, converts and, on a fault of its own, returns the parameters of a module. So everything that may hold a
secret is withheld from it (see _module) and read by this collection's own code; the spec is whole all the same, since
documentation and ansible-test go by it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._backends import OPTIONS as BACKEND_OPTIONS
from ._backends import TARGETS as BACKEND_TARGETS
from ._backends import WITHHELD as BACKEND_WITHHELD
from ._kinds import KINDS, Kind
from ._secrets._access import OPTIONS as VAULT_OPTIONS
from ._shadows import OPTIONS as SHADOW_OPTIONS

Spec = dict[str, t.Any]


@dataclass(frozen=True)
class Arguments:
    """options: an Ansible argument spec. withheld: names, aliases too, whose values Ansible's own code does not get."""

    options: Spec
    withheld: frozenset[str] = field(default_factory=frozenset)

    def __add__(self, other: Arguments) -> Arguments:
        return Arguments({**self.options, **other.options}, self.withheld | other.withheld)

    @property
    def names(self) -> frozenset[str]:
        """The names of all options, aliases too."""
        return _names(self.options)

    @property
    def required(self) -> frozenset[str]:
        """The names, aliases too, of options that must be given."""
        return _names({name: spec for name, spec in self.options.items() if spec.get("required")})


def _names(options: Spec) -> frozenset[str]:
    return frozenset(each for name, spec in options.items() for each in (name, *spec.get("aliases", ())))


ACCESS = Arguments(
    {
        "airflow_url": {"type": "str"},
        "airflow_username": {"type": "str"},
        "airflow_password": {"type": "str", "no_log": True},
        "airflow_token": {"type": "str", "no_log": True},
        "airflow_headers": {"type": "dict", "no_log": True},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "proxy_url": {"type": "str"},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 3},
        "api_version": {"type": "str", "choices": ["auto", "v1", "v2"], "default": "auto"},
    },
    frozenset({"airflow_url", "airflow_username", "airflow_password", "airflow_token", "airflow_headers", "proxy_url"}),
)

VAULT = Arguments({"vault": {"type": "dict", "options": VAULT_OPTIONS}}, frozenset({"vault"}))
"""Where references are resolved."""

POLICY = Arguments(
    {
        "update_secrets": {"type": "str", "choices": ["on_change", "always", "on_create"], "no_log": False},
        "fingerprint_key": {"type": "raw", "no_log": True},
        "owner": {"type": "str", "default": "default"},
        "enforce_defaults": {"type": "bool", "default": False},
        "audit_log": {"type": "bool", "default": False},
    },
    frozenset({"fingerprint_key"}),
)


def one(kind: Kind) -> Arguments:
    """The options of a single object. All are withheld: Ansible would turn a list into the text of a list."""
    options = {option.name: option.spec() for option in kind.words}
    return Arguments(options, _names(options))


SETS = Arguments(
    {
        **{kind.plural: {"type": "list", "elements": "dict", "options": one(kind).options} for kind in reversed(KINDS)},
        "src": {"type": "list", "elements": "path"},
        "remote_src": {"type": "bool", "default": False},
    },
    # In place of the paths in src, the action plugin hands on what the files hold.
    frozenset({*(kind.plural for kind in KINDS), "src"}),
)
"""A list of objects of each kind."""

PRUNE = Arguments(
    {
        "prune": {"type": "str", "choices": ["none", "owned", "all"], "default": "none"},
        "prune_limit": {"type": "int", "default": 10},
        "protect": {"type": "list", "elements": "str", "default": []},
    }
)
"""What is to become of objects that nobody declares."""

SHADOWS = Arguments({"shadows": {"type": "dict", "options": SHADOW_OPTIONS}}, frozenset({"shadows"}))
"""What Airflow looks at before its database. Withheld, since a value may stand behind a name by mistake."""

BACKEND = Arguments(
    {"target": {"type": "str", "choices": [*BACKEND_TARGETS], "required": True}, **BACKEND_OPTIONS}, BACKEND_WITHHELD
)
"""A place where Airflow looks besides its database."""

OWNER = Arguments({"owner": {"type": "str", "default": ""}, "enforce_defaults": {"type": "bool", "default": False}})
"""What remains of the policy where every secret can be read: nothing is kept there unless somebody asks."""

GATHER = Arguments(
    {
        "gather_subset": {
            "type": "list",
            "elements": "str",
            "choices": ["all", "health", "user", *(kind.plural for kind in reversed(KINDS))],
            "default": ["all"],
        },
        "patterns": {
            "type": "dict",
            "options": {kind.plural: {"type": "list", "elements": "str"} for kind in reversed(KINDS)},
        },
    }
)
"""What to tell of a deployment."""

EXPORT = Arguments(
    {
        "dest": {"type": "path", "required": True},
        "mode": {"type": "str", "default": "0600"},
        "deployment": {"type": "str"},
        "kinds": {
            "type": "list",
            "elements": "str",
            "choices": [kind.plural for kind in reversed(KINDS)],
            "default": [kind.plural for kind in reversed(KINDS)],
        },
        "include": {"type": "list", "elements": "str", "default": ["*"]},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "secret_patterns": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "unseen_passwords": {"type": "str", "choices": ["reference", "omit"], "default": "reference", "no_log": False},
        "vault_path": {"type": "str", "default": "airflow/{kind}s/{id}"},
        "vault_key": {"type": "str", "default": "{field}", "no_log": False},
        "vault_mount": {"type": "str"},
    }
)
"""How what there is becomes files of declarations. What has to do with files is for the action plugin."""
