# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of group_vars/all/canaries.yml, and how they are looked for in a text.

A secret is looked for whole, by lines and by its word, in every notation in which programs print text. Line breaks,
blanks, backslashes and the difference of small and large letters are left out on both sides: so neither wrapped lines
nor notations inside of notations hide anything.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import yaml

FILE = yaml.safe_load((Path(__file__).parent / "group_vars" / "all" / "canaries.yml").read_text())
SECRETS: dict[str, Any] = FILE["secrets"]
PLANTED: dict[str, str] = FILE["planted"]
WORD = re.compile("Cnry[0-9]{2}zq")
# What is shorter, or a common word, cannot be looked for: playbooks check that such secrets mangle no result.
SHORTEST = 8


class Needles:
    """What to look for: by canary, the name of each notation and the text in it."""

    def __init__(self, canaries: dict[str, Any]) -> None:
        self.by_canary: dict[str, dict[str, str]] = {}
        for name, value in canaries.items():
            found: dict[str, str] = {}
            for text in sorted(parts(value), key=len):
                for notation, needle in notations(text):
                    found.setdefault(needle, notation)
            # What holds another needle is found with it.
            shortest = {
                needle: notation
                for needle, notation in found.items()
                if not any(other in needle for other in found if other != needle)
            }
            if shortest:
                self.by_canary[name] = shortest

    @property
    def count(self) -> int:
        return sum(map(len, self.by_canary.values()))

    def found_in(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Canary, notation, and what stands before it."""
        squeezed_text = squeezed(text)
        for canary, needles in self.by_canary.items():
            for needle, notation in needles.items():
                at = squeezed_text.find(needle)
                if at >= 0:
                    yield canary, notation, squeezed_text[max(0, at - 100) : at]


def squeezed(text: str) -> str:
    return re.sub(r"[\s\\]+", "", text).lower()


def texts_in(value: Any) -> Iterator[str]:
    """Every text and every long number in a secret."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif len(str(value)) >= SHORTEST:
        yield str(value)


def parts(value: Any) -> set[str]:
    """What must not be seen of a secret; a PEM key is no less a secret by halves."""
    texts = set(texts_in(value))
    lines = {line for text in texts for line in text.splitlines() if len(line) >= SHORTEST and "-----" not in line}
    return texts | lines | {word for text in texts for word in WORD.findall(text)}


def notations(text: str) -> Iterator[tuple[str, str]]:
    """The name of each notation, and the text in it, squeezed."""
    raw = text.encode()
    told = [
        ("as it is", text),
        ("JSON", json.dumps(text)[1:-1]),
        ("repr", repr(text)[1:-1]),
        ("repr of bytes", repr(raw)[2:-1]),
        ("URL", quote(text, safe="")),
        ("form", quote_plus(text)),
        ("HTML", html.escape(text)),
        ("XML", text.encode("ascii", "xmlcharrefreplace").decode()),
        *in_binary(raw),
        *(told for its_bytes in key_bytes(text) for told in in_binary(its_bytes)),
    ]
    for notation, needle in told:
        if len(squeezed(needle)) >= SHORTEST:
            yield notation, squeezed(needle)


def in_binary(raw: bytes) -> Iterator[tuple[str, str]]:
    """Of base64 at each of the three places where it may begin inside of something longer."""
    yield "hex", raw.hex()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        # Without the letters that its neighbours change.
        sound = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        yield "base64", sound
        yield "base64", sound.replace("+", "-").replace("/", "_")
    # From a hash without a key a weak secret can be guessed; the beginning of one is enough for that.
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw).digest()
        yield name, digest.hex()[:20]
        yield name, base64.b64encode(digest[:12]).decode()


def key_bytes(text: str) -> Iterator[bytes]:
    """What a key is, if this is one."""
    if text == SECRETS["former_key"]:
        yield bytes.fromhex(text)
    elif text == SECRETS["key"]:
        yield base64.b64decode(text)
