# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaks a word and a text, for planted.yml:  planted.py WORD TEXT"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import sys
import syslog
import tempfile
from urllib.parse import quote

word, text = sys.argv[1:]
raw = text.encode()
print(word, text, repr(text), repr(raw), json.dumps({"password": [text]}), json.dumps(json.dumps(text)), sep="\n")
print(quote(text), html.escape(text), raw.hex().upper(), text.encode("ascii", "xmlcharrefreplace").decode(), sep="\n")
print(base64.encodebytes(b"me:" + raw).decode(), base64.urlsafe_b64encode(b"you:" + raw).decode(), sep="\n")
print(hashlib.md5(raw).hexdigest(), hashlib.sha1(raw).hexdigest(), hashlib.sha256(raw).hexdigest())
print(base64.b64encode(hashlib.sha512(raw).digest()).decode())
print("s." + "token" * 5)
syslog.syslog(f"Invoked with {word}")
with os.fdopen(tempfile.mkstemp()[0], "w") as file:
    file.write(word)
