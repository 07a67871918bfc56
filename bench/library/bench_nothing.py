# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that does nothing with the data that `airflow_settings` takes: what Ansible itself costs."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

CONNECTION = {
    "connection_id": {"type": "str", "aliases": ["conn_id"]},
    "conn_type": {"type": "str"},
    "description": {"type": "str"},
    "host": {"type": "str"},
    "login": {"type": "str"},
    # Not no_log: Ansible's masking is quadratic, and would make this module, the thing to be measured against, slow.
    "password": {"type": "raw", "no_log": False},
    "schema": {"type": "str"},
    "port": {"type": "int"},
    "extra": {"type": "raw"},
    "secret_extra": {"type": "dict", "no_log": False},
    "uri": {"type": "raw"},
    "team_name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
VARIABLE = {
    "key": {"type": "str", "no_log": False},
    "value": {"type": "raw"},
    "secret_value": {"type": "raw", "no_log": False},
    "description": {"type": "str"},
    "team_name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
POOL = {
    "name": {"type": "str"},
    "slots": {"type": "int"},
    "description": {"type": "str"},
    "include_deferred": {"type": "bool"},
    "team_name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "connections": {"type": "list", "elements": "dict", "options": CONNECTION},
            "variables": {"type": "list", "elements": "dict", "options": VARIABLE},
            "pools": {"type": "list", "elements": "dict", "options": POOL},
        },
        supports_check_mode=True,
    )
    # Without Ansible's own `invocation`, so that the data does not travel back: the strictest measure.
    module.exit_json(changed=False, invocation={})


if __name__ == "__main__":
    main()
