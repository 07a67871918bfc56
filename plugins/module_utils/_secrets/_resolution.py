# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Declared objects get their values from Vault: each secret is read once, whoever refers to it."""

from __future__ import annotations

import typing as t

from .._declaration import Desired, completed
from .._faults import ServerFault
from ._access import VaultAccess
from ._kv import Absent, Secret, read_secrets
from ._reference import Place, Reference, WrongReference
from ._session import VaultTrouble

MOST_NAMED = 20  # keys of a secret


def resolve(desired: t.Sequence[Desired], access: VaultAccess) -> list[Desired]:
    """The objects in full.

    Raises Refused with every reference that has no value, ServerFault where Vault cannot be used.
    """
    wanted = [(one, option, reference) for one in desired if one.awaited for option, reference in one.awaited.references()]
    places = list(dict.fromkeys(_placed(reference, access) for _one, _option, reference in wanted))
    try:
        secrets = read_secrets(places, access)
    except VaultTrouble as trouble:
        one, option, _reference = wanted[0]
        more = f", and {len(wanted) - 1} more," if len(wanted) > 1 else ""
        need = "need" if more else "needs"
        raise ServerFault(
            f"{trouble}. Nothing was changed, since {one.kind.name} {one.id!r}: {option}{more} {need} a secret from there"
        ) from None
    return completed(desired, lambda reference, whole: _value(secrets[_placed(reference, access)], reference, whole))


def _placed(reference: Reference, access: VaultAccess) -> Place:
    place = reference.place
    return Place(place.path, place.mount or access.mount, place.version)


def _value(secret: Secret, reference: Reference, whole: bool) -> t.Any:
    """What a reference stands for. Raises WrongReference."""
    if isinstance(secret, Absent):
        raise WrongReference(secret.reason)
    if whole:
        return secret
    if reference.key is not None and reference.key in secret:
        return secret[reference.key]
    if reference.key is None and len(secret) == 1:
        return [*secret.values()][0]
    names = [repr(name[:60]) for name in sorted(secret)]
    has = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    if not secret:
        raise WrongReference(f"the secret at {reference.place} is empty")
    if reference.key is None:
        raise WrongReference(f"key: is missing, and the secret at {reference.place} has more than one: {has}")
    raise WrongReference(f"the secret at {reference.place} has no key {reference.key!r}; it has {has}")
