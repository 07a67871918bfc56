# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the playbooks of tests/leaks under each ansible-core that we lock, and look for their secrets wherever text goes.

A core whose Python is not on this machine is skipped, by name. Arguments: only these environments. What a playbook has
written is kept in build/leaks. The playbook planted.yml leaks on purpose, so that a hunt that finds nothing is told from
one that looks nowhere.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "leaks"
sys.path[:0] = [str(ROOT / name) for name in ("scripts", "tests/leaks", "tests/support", "tests/system")]

from canaries import PLANTED, SECRETS, Needles  # noqa: E402
from environment import REQUIREMENTS, MissingPython, ensure, exclusive  # noqa: E402
from givens import write_givens  # noqa: E402
from places import OPEN, PLACES, SYSLOG, Text, read_texts, runs, strangers, tokens  # noqa: E402
from run import environ  # noqa: E402
from servers import Servers  # noqa: E402
from sync_collection import sync  # noqa: E402
from syslog_line import Syslog  # noqa: E402

BUILD = ROOT / "build" / "leaks"
GIVEN = BUILD / "given"
AT_ONCE = 3  # some of them mostly wait
VAULT = "--vault-password-file", str(GIVEN / "vault-password")
WRONG_VAULT = "--vault-password-file", str(GIVEN / "wrong-vault-password")


class Playbook(NamedTuple):
    name: str
    options: tuple[str, ...] = ()
    environ: dict[str, str] = {}


PLAYBOOKS = [
    Playbook("servers"),
    Playbook("vault_refused"),
    Playbook("interrupted"),
    Playbook("vault"),
    Playbook("drift", VAULT),
    Playbook("role", VAULT, {"WINDSOCK_FINGERPRINT_KEY": SECRETS["key_of_environment"]}),
    Playbook("applied"),
    Playbook("refused"),
    Playbook("astro"),
    Playbook("elsewhere", VAULT),
    Playbook("planted"),
    Playbook("wrong_vault", WRONG_VAULT),
]
"""The longest first."""


def play(playbook: Playbook, folder: Path, servers: Servers, core: dict[str, str]) -> int:
    """Run a playbook, everything that it writes in this folder. Returns the exit code of ansible-playbook."""
    left = folder / "left"
    left.mkdir(parents=True)
    with open(folder / "console", "w") as console:
        return subprocess.run(
            [
                "ansible-playbook",
                *("--inventory", "localhost,", "-vvv", "--diff", *playbook.options),
                *("--extra-vars", f"@{GIVEN / 'values.json'}", "--extra-vars", f"given={GIVEN}"),
                TESTS / f"{playbook.name}.yml",
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            check=False,
            env={
                **core,
                "AIRFLOW_API_URL": servers.proxies["good"].url,
                "AIRFLOW_API_USERNAME": servers.airflow.admin[0],
                "AIRFLOW_API_PASSWORD": servers.airflow.admin[1],
                "LEAKS_PYTHON": f"{core['VIRTUAL_ENV']}/bin/python",
                **dict.fromkeys(("HOME", "TMPDIR", "ANSIBLE_HOME"), str(left)),
                **dict.fromkeys(("ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP"), str(left / "tmp")),
                "ANSIBLE_ASYNC_DIR": str(folder / "jobs"),
                "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
                "ANSIBLE_NOCOLOR": "true",
                "ANSIBLE_INJECT_INVOCATION": "true",  # as older ones always do
                "ANSIBLE_CALLBACK_PLUGINS": str(TESTS / "callbacks"),
                "ANSIBLE_CALLBACKS_ENABLED": "tasks_to_json,ansible.builtin.junit",
                "LEAKS_CALLBACK": str(folder / "callback.jsonl"),
                "JUNIT_OUTPUT_DIR": str(folder / "junit"),
                "ANSIBLE_CACHE_PLUGIN": "jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
                **playbook.environ,
            },
        ).returncode


def hunt(name: str, servers: Servers, syslog: Syslog) -> str:
    """How it went under one ansible-core: passed, skipped or FAILED, and the figures."""
    try:
        core = environ(ensure(name))
    except MissingPython as missing:
        return f"skipped: {missing}"
    started = time.monotonic()
    servers.begin()
    syslog.take()
    folder = BUILD / name
    with ThreadPoolExecutor(AT_ONCE) as several:
        codes = list(several.map(lambda each: play(each, folder / each.name, servers, core), PLAYBOOKS))
    texts = read_texts(folder, servers, syslog)
    places = PLACES if syslog.there else PLACES - {SYSLOG}
    needles = Needles({**SECRETS, **servers.secrets()})
    leaks = [f"{text.name}: {canary} ({notation}) after {before!r}"
             for text in texts for canary, notation, before in needles.found_in(text.content)
             if (text.place, canary) not in OPEN]
    faults = [
        *(f"{each.name}.yml ended with {code}" for each, code in zip(PLAYBOOKS, codes) if code),
        *(f"{text.name} was left behind" for text in texts if "AnsiballZ_airflow" in text.name),
        *strangers(texts),
        *(f"{name} holds a token of OpenBao" for name in tokens(texts) if not name.startswith("planted/")),
        *not_found(texts, places),
    ]
    for each in (*faults, *leaks):
        print(each)
    figures = (
        f"{runs(texts)} runs in {len(PLAYBOOKS)} playbooks, {len(places)} places, {len(needles.by_canary)} canaries in "
        f"{needles.count} notations: {len(leaks)} leaks, {time.monotonic() - started:.0f} s"
    )
    return f"{'FAILED' if faults or leaks else 'passed'}: {figures}"


def not_found(texts: list[Text], places: set[str]) -> list[str]:
    """What planted.yml has leaked and the hunt does not see."""
    needles = Needles({"planted": list(PLANTED.values())})
    found = [(text.place, notation) for text in texts for _canary, notation, _before in needles.found_in(text.content)]
    blind = places - {place for place, _notation in found}
    if SYSLOG in places and not any("airflow_settings" in text.content for text in texts if text.place == SYSLOG):
        blind.add("syslog, where modules tell that they were invoked")
    if "planted/console" not in tokens(texts):
        blind.add("tokens of OpenBao")
    unread = set(needles.by_canary["planted"].values()) - {notation for place, notation in found if place == "console"}
    return [f"blind: what was planted was not found ({each})" for each in sorted(blind | unread)]


def main(names: list[str]) -> int:
    sync()
    failed = False
    with exclusive("leaks"), Servers() as servers, Syslog() as syslog:
        shutil.rmtree(BUILD, ignore_errors=True)
        write_givens(GIVEN, servers.urls, servers.vaults.options)
        if not syslog.there:
            print("syslog is not searched: /dev/log is somebody else's here, or cannot be made", flush=True)
        for name in names or ["dev", *sorted(path.stem for path in REQUIREMENTS.glob("ansible-*.txt"))]:
            outcome = hunt(name, servers, syslog)
            print(f"{name:14} {outcome}", flush=True)
            failed |= outcome.startswith("FAILED")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
