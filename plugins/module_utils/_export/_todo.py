# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The list of what has to be put into Vault, and of what has to be looked at, as a page of Markdown for people."""

from __future__ import annotations

import json
import shlex
import typing as t
from itertools import groupby

from ._scheme import Wanted
from ._words import Entry
from ._yaml_text import comment

USUAL_MOUNT = "secret"

INTRODUCTION = """\
The declarations beside this file refer to {secrets} in Vault. For each place there is a command below. In a copy of it
put the real values in place of `***`, and run it. Put nothing into this file: it is written anew by each export.

* `airflow connections get ID -o json` and `airflow variables get KEY`, where Airflow runs, show the real values.
* A text stands in quotes, and a quote in it is `\\"`. What is a number, a list or an object where Airflow has it stands
  there without quotes. What Airflow takes for the text of a variable is a text.
* A place of which a value still is `***` is refused when the declarations are applied, before anything is written.
* With OpenBao, write `bao` in place of `vault`.
* The commands do not ask what is at the place already: it becomes an older version.
"""

UNSEEN = """\
* Airflow 2 does not tell which connections have a password, so that each is listed here. Where there is none, take
  `password` out of the declaration; or put an empty text, `""`, and the connection counts as unknown in each run.
"""


def todo(host: str, wanted: t.Iterable[Wanted], mount: str | None, entries: t.Iterable[Entry], unseen: bool) -> str:
    """unseen: whether there are passwords among it of which nobody knows whether they exist."""
    wanted = sorted(wanted, key=lambda each: (each.path, each.kind, each.id, each.field))
    parts = [f"# What to put into Vault, of {code(host)}\n"]
    if wanted:
        count = "one secret" if len(wanted) == 1 else f"{len(wanted)} secrets"
        parts.append(INTRODUCTION.format(secrets=count) + (UNSEEN if unseen else ""))
    else:
        parts.append("Nothing: the declarations refer to no secret.\n")
    remarks = [(entry, remark) for entry in entries for remark in entry.remarks]
    if remarks:
        parts.append("## Look at these\n")
        parts.append("".join(
            f"* {entry.actual.kind.name} {code(entry.actual.id)}: {comment(remark)}\n" for entry, remark in remarks
        ))
    if wanted:
        parts.append("## Secrets\n")
    for path, of_path in groupby(wanted, key=lambda each: each.path):
        parts.append(_place(path, [*of_path], mount or USUAL_MOUNT))
    return "\n".join(parts)


def _place(path: str, wanted: list[Wanted], mount: str) -> str:
    lines = [f"### {code(f'{mount}/{path}')}\n"]
    lines += [f"* {code(each.key)}: {code(each.field)} of the {each.kind} {code(each.id)}" for each in wanted]
    values = json.dumps({each.key: each.seen for each in wanted}, indent=2, ensure_ascii=False)
    values = values.encode("utf-8", "backslashreplace").decode()  # half of a surrogate pair has no place in UTF-8
    put = f"vault kv put -mount={shlex.quote(mount)} {shlex.quote(path)} - <<'END'"
    return "\n".join([*lines, "", "```sh", put, values, "END", "```\n"])


def code(text: str) -> str:
    """A text as code, in one line, whatever is in it."""
    text = comment(text)
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
