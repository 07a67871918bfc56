# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of environment variables has for Airflow, read by nothing of the collection. In the words of store.py:

    env_store.py FILE                     {connections, variables, pools}, each a dict by id; empty fields are left out
    env_store.py FILE --forget PREFIX     begin with a file of others' lines

FILE is an env file as docker takes it, or a manifest of Kubernetes.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import yaml

MEMORY = "windsock_applied_"
OTHERS = {True: "# kept\nkind: ConfigMap\nmetadata: {name: airflow}\n", False: "# kept\nPATH=/bin\n\n"}


def read(text: str) -> dict[str, str]:
    if "kind:" not in text:
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    secrets = [each for each in yaml.safe_load_all(text) if each["kind"] == "Secret"]
    return {name: base64.b64decode(value).decode() for each in secrets for name, value in each["data"].items()}


def of_kind(variables: dict[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix).lower(): value for name, value in variables.items() if name.startswith(prefix)}


def main() -> None:
    path = Path(sys.argv[1])
    others = OTHERS[path.suffix == ".yaml"]
    if sys.argv[2:3] == ["--forget"]:
        path.write_text(others)
        path.chmod(0o600)
        return
    text = path.read_text()
    if not text.startswith(others) or path.stat().st_mode & 0o777 != 0o600:
        sys.exit("what others have written is gone, or the permissions are")
    variables = read(text)
    print(json.dumps({
        "connections": {each: json.loads(value) for each, value in of_kind(variables, "AIRFLOW_CONN_").items()},
        "variables": {each: {"value": value} for each, value in of_kind(variables, "AIRFLOW_VAR_").items()
                      if not each.startswith(MEMORY)},
        "pools": {},
    }))


if __name__ == "__main__":
    main()
