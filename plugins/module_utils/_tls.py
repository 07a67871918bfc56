# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Why a TLS connection could not be made."""

from __future__ import annotations


def tls_reason(error: Exception) -> str:
    """OpenSSL's own words; they name certificates and host names, never what was sent."""
    text = str(getattr(error, "reason", "") or error)
    for mark in ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER", "handshake failure", "certificate required"):
        if mark in text:
            _before, _mark, after = text.partition("certificate verify failed: ")
            return f"{mark.replace('_', ' ').lower()}{': ' if after else ''}{after.split(' (_ssl')[0]}"
    return "handshake not completed"
