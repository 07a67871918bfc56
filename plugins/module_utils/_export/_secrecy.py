# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Which parts of a value are secret, as far as their names and their texts tell.

Whatever this takes for a secret stands in no file of an export. Airflow's masks are only the half of it: Airflow 2
masks no variable, Airflow 3 no number, and none a password in a URL.
"""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from .._comparison import Path
from .._json import NOT_JSON, read_json
from .._masking import MASK, holds_mask, looks_secret
from .._secrets._reference import is_reference

TELLING = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    # A URL with a password, which may have a slash in it that nobody escaped, or with a token in place of the user.
    r"|[a-z0-9+.-]://[^\s/:@]*:[^\s@]+@"
    r"|[a-z0-9+.-]://(?=[^\s/:@]*\d)[^\s/:@]{20,}@"
    # In the query of a URL, and in the words that connect to a database: host=h password=x, Server=h;Pwd=x.
    r"|(?:^|[?&;,\s])[\w.-]*(?:token|password|passwd|pwd|secret|api[_-]?key|access[_-]?key|sig|signature)=[^\s&;#]"
    r"|(?:^|[?&;,\s])(?:account[_-]?key|passphrase|password|passwd|pwd)\s*=\s*[^\s&;#]"
    r"|:thin:[^\s/@]+/[^\s@]+@"
    # A header, and tokens that tell themselves: JWT, GitHub, GitLab, Slack, Vault, Stripe.
    r"|\bbearer\s+[\w.~+/=-]{16,}"
    r"|\b(?:bearer|basic|token)\s+(?=\S*\d)[\w.~+/=-]{12,}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."
    r"|\b(?:gh[opsu]_|github_pat_|glpat-|xox[abeprs]-|hv[sb]\.|[rs]k_live_)[\w-]{12,}"
    r"|hooks\.slack\.com/services/\w",
    re.IGNORECASE,
)
LONGEST_KEY = 500  # YAML takes no key of more than 1,024 characters
DEEPEST = 90  # and a declaration nothing below a hundred levels


@dataclass(frozen=True)
class Hole:
    """Stands for what has to come from Vault.

    path: where in the field. seen: what may be shown of it, with C(***) in it, so that it is refused as long as nobody
    has put the real value in its place.
    """

    path: Path
    seen: t.Any = MASK

    @property
    def is_partly_masked(self) -> bool:
        """Whether it is only known that a part of it is masked, so that it may be no secret itself."""
        return isinstance(self.seen, str) and self.seen != MASK


@dataclass(frozen=True)
class Secrecy:
    """patterns: those of further names that are secret, as in a shell; whether letters are capital is no matter."""

    patterns: tuple[str, ...] = ()

    def is_name(self, name: str) -> bool:
        """Whether what has such a name is secret."""
        return looks_secret(name) or any(fnmatch.fnmatchcase(name.lower(), each.lower()) for each in self.patterns)

    def is_text(self, text: t.Any, path: Path = ()) -> bool:
        """Whether a text under any name is secret, or is not known since a part of it is masked."""
        return isinstance(text, str) and (MASK in text or self._tells(text, path))

    def _tells(self, text: str, path: Path) -> bool:
        """Whether there is more in a text than a mask that is not to be shown. JSON may be in it as a text again."""
        if TELLING.search(text):
            return True
        content = read_json(text) if text.lstrip().startswith(("{", "[", '"')) else NOT_JSON
        holes = [] if content is NOT_JSON else holes_in(self.with_holes(content, path=path))
        return not all(hole.is_partly_masked for hole in holes)

    def with_holes(self, value: t.Any, hidden: bool = False, path: Path = ()) -> t.Any:
        """A JSON value with a Hole for all that is secret. hidden: its name is."""
        if len(path) > DEEPEST:
            return Hole(path)
        if isinstance(value, dict):
            # Something secret is in a name, and names have to be declared.
            if any(self.is_text(key, (*path, key)) or len(key) > LONGEST_KEY for key in value):
                return Hole(path)
            return {
                key: self.with_holes(item, hidden or self.is_name(key), (*path, key)) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.with_holes(item, hidden, (*path, str(index))) for index, item in enumerate(value)]
        if isinstance(value, str):
            tells = hidden or self._tells(value, (*path, ""))
            seen = value if MASK in value and not tells else MASK
            return Hole(path, seen) if (value and tells) or MASK in value else value
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return Hole(path) if hidden and is_number else value


def holes_in(value: t.Any) -> list[Hole]:
    """The holes of a value."""
    if isinstance(value, Hole):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [hole for item in items for hole in holes_in(item)]


def filled(value: t.Any, instead: t.Callable[[Hole], t.Any]) -> t.Any:
    """A value with something in place of each hole."""
    if isinstance(value, Hole):
        return instead(value)
    if isinstance(value, dict):
        return {key: filled(item, instead) for key, item in value.items()}
    return [filled(item, instead) for item in value] if isinstance(value, list) else value


def split(value: dict[str, t.Any], path: Path = ()) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What may be shown of a dict, and the rest, which merged over it is the whole. A list goes as a whole."""
    shown: dict[str, t.Any] = {}
    hidden: dict[str, t.Any] = {}
    for key, item in value.items():
        if not holes_in(item):
            shown[key] = item
        elif isinstance(item, dict):
            of_shown, hidden[key] = split(item, (*path, key))
            if of_shown:
                shown[key] = of_shown
        else:
            hidden[key] = sealed(item, (*path, key))
    return shown, hidden


def sealed(value: t.Any, path: Path = ()) -> t.Any:
    """A value for where references may stand: what looks like one and is none becomes a hole."""
    if is_reference(value):
        return Hole(path, filled(value, lambda hole: hole.seen) if holds_mask(_seen(value)) else MASK)
    if isinstance(value, dict):
        return {key: sealed(item, (*path, key)) for key, item in value.items()}
    return [sealed(item, (*path, str(index))) for index, item in enumerate(value)] if isinstance(value, list) else value


def _seen(value: t.Any) -> t.Any:
    return filled(value, lambda hole: hole.seen)
