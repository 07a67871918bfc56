# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small LDAP directory for a test, by ldaptor: on a free port of 127.0.0.1, gone afterwards.

    with LdapServer({"ann": "her-password"}) as directory:
        directory.url                            # 'ldap://127.0.0.1:40321'
        directory.people                         # below which uid=ann is, and can bind with her password

It runs in a process of its own, since Twisted can be started only once in a process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
BASE = "dc=example,dc=org"


class LdapServer:
    people = f"ou=people,{BASE}"

    def __init__(self, users: Mapping[str, str]):
        self.users = dict(users)
        self.port = 0
        self._keeper: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def __enter__(self) -> LdapServer:
        self._keeper = subprocess.Popen(
            [sys.executable, str(SUPPORT / "keeper.py"), sys.executable, __file__, json.dumps(self.users)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        told = self._keeper.stdout.readline()
        if not told:
            self.__exit__()
            raise RuntimeError("the LDAP server did not start")
        self.port = int(told)
        return self

    def __exit__(self, *unused: object) -> None:
        if self._keeper:
            self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper.stdout.close()
            self._keeper = None


def serve(users: Mapping[str, str]) -> None:
    from ldaptor.inmemory import ReadOnlyInMemoryLDAPEntry
    from ldaptor.interfaces import IConnectedLDAPEntry
    from ldaptor.protocols.ldap.ldapserver import LDAPServer
    from twisted.internet import reactor
    from twisted.internet.protocol import ServerFactory
    from twisted.python.components import registerAdapter

    root = ReadOnlyInMemoryLDAPEntry(BASE, {"objectClass": ["dcObject"], "dc": ["example"]})
    people = root.addChild("ou=people", {"objectClass": ["organizationalUnit"], "ou": ["people"]})
    for name, password in users.items():
        people.addChild(f"uid={name}", {
            "objectClass": ["inetOrgPerson"], "uid": [name], "cn": [name], "sn": [name], "userPassword": [password]})
    registerAdapter(lambda factory: root, ServerFactory, IConnectedLDAPEntry)
    port = reactor.listenTCP(0, ServerFactory.forProtocol(LDAPServer), interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
