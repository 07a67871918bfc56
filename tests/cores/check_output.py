# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for the secrets of canaries.json in what smoke.yml printed:

    ansible-playbook -vvv --diff tests/cores/smoke.yml > LOG; python3 tests/cores/check_output.py LOG ...

Looked for is each secret as it is, each of its lines, and the forms in which programs print text.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

CANARIES = json.loads(Path(__file__).with_name("canaries.json").read_text())
ENDS = "Smoke", "PLAY RECAP"  # without which a log is not of a run that went through


def forms(secret: str) -> set[str]:
    """A text as it may be printed; every line too, for a PEM key is no less a secret by halves."""
    texts = {secret, *(line for line in secret.splitlines() if len(line) > 8 and not line.startswith("-----"))}
    return {form for text in texts for form in (
        text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1], quote(text),
        quote(text, safe=""), quote_plus(text), base64.b64encode(text.encode()).decode().rstrip("="))}


def leaks(output: str) -> list[str]:
    """Where a secret stands, told without it."""
    found = []
    for name, secret in CANARIES.items():
        for form in forms(str(secret)):
            if form in output:
                found.append(f"line {output[:output.index(form)].count(chr(10)) + 1}: {name}")
    return sorted(set(found))


def main(logs: list[str]) -> int:
    faulty = 0
    for log in logs:
        output = Path(log).read_text(errors="replace")
        missing = [end for end in ENDS if end not in output]
        found = leaks(output) + [f"not the output of smoke.yml: no {end!r}" for end in missing]
        faulty += bool(found)
        print(f"{log}: " + ("; ".join(found) or f"{len(output.splitlines())} lines, none of {len(CANARIES)} secrets"))
    return 1 if faulty or not logs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
