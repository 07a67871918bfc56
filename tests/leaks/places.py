# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The places where text goes while a playbook runs, and what was found there."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from servers import Servers
from syslog_line import Syslog

FILES = {
    "console": "console",
    "ansible.log": "log file",
    "callback.jsonl": "JSON callback",
    "junit": "JUnit callback",
    "facts": "fact cache",
    "jobs": "job files",
    "left": "temporary files",
    "airflow-drift": "drift report",
}
"""The places of files, by the first part of their paths in the folder of a playbook."""
SYSLOG, ADDRESSES, LOG, AUDIT_LOG, MEMORY = "syslog", "addresses", "Airflow's log", "Airflow's audit log", "memory"
OPEN = {(AUDIT_LOG, "stored_open")}  # no leak of ours: Airflow takes no host, login or schema for a secret
TOKEN = re.compile(r"\b[sb]\.[0-9A-Za-z_-]{24,}")  # as OpenBao makes them
PLACES = {*FILES.values(), SYSLOG, ADDRESSES, LOG, AUDIT_LOG, MEMORY}


class Text(NamedTuple):
    place: str
    name: str
    content: str


def read_texts(folder: Path, servers: Servers, syslog: Syslog) -> list[Text]:
    """Everything that was written under one ansible-core, whose folder this is."""
    audit_log = json.dumps(servers.audit_log(), ensure_ascii=False)
    texts = [
        *_files(folder),
        Text(ADDRESSES, "requests", servers.addresses()),
        Text(LOG, "server.log", servers.log()),
        Text(AUDIT_LOG, "eventLogs", audit_log),
        *(Text(MEMORY, key, json.dumps(memory)) for key, memory in servers.memories().items()),
    ]
    return [*texts, Text(SYSLOG, "/dev/log", syslog.take())] if syslog.there else texts


def _files(folder: Path) -> Iterator[Text]:
    for path in sorted(folder.rglob("*")):
        _playbook, first, *_others = [*path.relative_to(folder).parts, ""]
        if path.is_file():
            name = str(path.relative_to(folder))
            # A file's name may tell as much as what is in it.
            yield Text(FILES.get(first, name), name, f"{name}\n{_content(path)}")


def _content(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        return path.read_bytes().decode(errors="replace")
    with zipfile.ZipFile(path) as packed:
        return "\n".join(f"{name}\n{packed.read(name).decode(errors='replace')}" for name in packed.namelist())


def runs(texts: Iterable[Text]) -> int:
    """How often a module of ours ran, items of loops and tries counted each."""
    lines = [json.loads(line) for text in texts if text.place == "JSON callback" for line in text.content.splitlines()[1:]]
    ours = [line for line in lines if line["action"].startswith("windsock.airflow.")]
    return sum("results" not in line["result"] for line in ours)


def tokens(texts: Iterable[Text]) -> list[str]:
    """The names of texts with what looks like a token of OpenBao: no proxy sees all that it hands out."""
    return [text.name for text in texts if any(TOKEN.search(line) for line in _lines_of_ours(text))]


def _lines_of_ours(text: Text) -> list[str]:
    """Syslog hears the whole machine: other modules, of somebody else's playbooks, tell it their parameters."""
    return [line for line in text.content.splitlines() if text.place != SYSLOG or "windsock.airflow" in line]


def strangers(texts: Iterable[Text]) -> list[str]:
    """What stands in memories beside names, numbers of the audit log, and keyed hashes that are all of one length."""
    return [f"{text.name} holds {each}" for text in texts if text.place == MEMORY for each in _strange(text.content)]


def _strange(content: str) -> Iterator[str]:
    memory = json.loads(content)
    unknown = set(memory) - {"owner", "objects", "deployment", "applied"}
    if unknown:
        yield f"{sorted(unknown)}"
    for kind, ids in memory["objects"].items():
        if not re.fullmatch("connection|variable|pool", kind) or not all(isinstance(each, str) for each in ids):
            yield f"objects that are none, of {kind}"
    for each in memory.get("deployment", []):
        if not re.fullmatch("[0-9a-f]{32}", each):
            yield "a deployment that is none"
    for row in memory.get("applied", []):
        if not _is_row(*row):
            yield f"more than it should of {row[:2]}"


def _is_row(kind: str, object_id: str, key: str, seen: Any, prints: dict[str, str], *others: Any) -> bool:
    return not others and (
        re.fullmatch("connection|variable|pool", kind) is not None
        and re.fullmatch("(?:[0-9a-f]{6})?", key) is not None
        and (seen is None or (isinstance(seen, int) and not isinstance(seen, bool)))
        and set(prints) <= {"password", "extra", "value", "login", "host", "schema", "port", "description", "conn_type"}
        and all(re.fullmatch("[A-Za-z0-9+/]{16}", each) for each in prints.values())
    )
