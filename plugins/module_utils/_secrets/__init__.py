# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""References of a declaration become values: what they look like, how Vault is reached, and what they stand for.

Vault, HashiCorp's or OpenBao, is imported and asked only where a reference is there whose value is needed.
"""

from __future__ import annotations


class HvacMissing(ImportError):
    """hvac, or something that it needs, is not installed."""
