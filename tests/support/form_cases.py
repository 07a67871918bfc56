# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations of awkward content, for the conversions to other forms. Each has values only, nothing that is empty."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

AWKWARD = [
    "a", "user", "p@ss", "a:b", "a/b", "a?b", "a#b", "a b", " a ", "\u00fc\u6f22\U0001f32c", "\u0130\u0131\u00df", "%", "%41", "%2f", "a+b", "a&b=c", "'q\"",
    "\\", "[x]", "::1", "[::1]", "{{ x }}", "a;b", "x" * 300, "\t", "\r\n", "\x85\u2028", "://", "@", ":", "/", "//", "~", "1e5", "null", "true",
    "A.B-c_d", "1.10", "NaN", "[1,  2]", '{"a": 1}', '"x"', "__extra__", "-", "=",
    "$HOME `id`", "#", "no", "0", "0x1f", "2024-01-01", "*a", "&a", "!x", "<<", "- a", "a: b", "-----BEGIN ",
]
PROTOCOLS = ["http://", "https://", "HTTP://", "s://", "jdbc:postgresql://", "a b://", "://", "postgres://", "my_type://"]
HOSTS = ["h", "example.com", "EXAMPLE.com", "127.0.0.1", "/var/run/sock", "/Var/Run",
         "\u00fc.example", "\u00dc.Example", "under_score", "h/path/To?x=y", "u@h:5"]
TYPES = ["postgres", "http", "https", "s", "my_type", "google_cloud_platform", "a_b", "spark", "x1", "mysql+x", "a.b", "z"]

texts = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
safe = texts.filter(lambda text: "***" not in text)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-10**20, 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.just("") | safe,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(safe | st.just(""), below, max_size=3), max_leaves=6)
extras = st.dictionaries(safe | st.just(""), safe | st.just(""), min_size=1, max_size=3) | st.dictionaries(safe, values, min_size=1, max_size=3)
hosts = safe | st.sampled_from(HOSTS) | st.builds(str.__add__, st.sampled_from(PROTOCOLS), st.sampled_from(["", *HOSTS]) | safe)
ids = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)


def some(needed: dict[str, Any], optional: dict[str, Any]) -> Any:
    return st.fixed_dictionaries(needed, optional=optional)


def short(strategy: Any) -> Any:
    """What has room in Airflow's columns of 500 characters."""
    return strategy.filter(lambda text: len(text) <= 500)


connections = some(
    {"conn_type": st.sampled_from(TYPES) | st.from_regex(r"[a-z][a-z0-9_.+]{0,8}", fullmatch=True).filter(lambda name: name != "postgresql")},
    {"host": short(hosts), "login": safe, "password": safe, "schema": safe, "port": st.integers(1, 65535), "extra": extras})
described = st.builds(lambda connection, more: {**connection, **more}, connections, some({}, {"description": safe}))
variables = some({"value": safe | st.just("") | values.filter(lambda value: value is not None)}, {"description": safe})
pools = some({"slots": st.integers(-1, 2**31 - 1), "include_deferred": st.booleans()}, {"description": safe})


def named(kind: str, strategy: Any, size: int = 4) -> Any:
    """Lists of such objects, each with an id of its own, in capital letters too."""
    return st.lists(st.tuples(ids, strategy), max_size=size, unique_by=lambda each: each[0].upper()).map(
        lambda found: [{kind: object_id, **fields} for object_id, fields in found])


def generated(strategy: Any, count: int) -> list[Any]:
    """So many of them, the same each time."""
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(each: Any) -> None:
        found.append(each)

    collect()
    return found
