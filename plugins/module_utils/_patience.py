# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""How often and after which pauses a request is repeated."""

from __future__ import annotations

import typing as t

LONGEST_PAUSE = 60  # seconds; a Retry-After beyond this is not waited for longer


def patience(retries: int) -> t.Any:
    """urllib3's counting and pausing, with a bound on what a server may ask for."""
    import urllib3  # comes with the clients that need it

    class Patience(urllib3.Retry):  # type: ignore[misc,name-defined]
        def get_retry_after(self, response: t.Any) -> float | None:
            try:
                asked = super().get_retry_after(response)
            except urllib3.exceptions.InvalidHeader:
                return None
            return None if asked is None else min(asked, LONGEST_PAUSE)

    return Patience(total=retries, backoff_factor=0.3, backoff_max=10, allowed_methods=None)
