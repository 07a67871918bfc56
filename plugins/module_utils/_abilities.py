# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a server can do. A dialect states it; nobody else asks for a version."""

from __future__ import annotations

from dataclasses import dataclass, field

FieldsByKind = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Abilities:
    """The defaults are those of the newest Airflow 3.

    lists_extra: a list of connections shows their extra; else each has to be read alone.
    shows_passwords: a reading tells whether a connection has a password.
    can_bulk: several objects in one request.
    logs_bulk_in_clear: the audit log of the server shows what was sent in bulk unmasked, but for passwords.
    bulk_create_loses: the fields, by kind, that a bulk creation does not store; an object with one of them is created
    alone.
    bulk_update_needs: the fields, by kind, that an entity of a bulk update must hold, or the request is refused or the
    field reset; an object that may not have them sent is updated alone.
    bulk_update_keeps: the fields, by kind, that a bulk update leaves as they are when they are to be emptied.
    unlimited_pools: a pool of -1 slots can be written and read.
    slash_in_pool_name: a pool with a slash in its name can be reached alone.
    teams: objects may belong to a team.
    ids_beyond_ascii: ids of connections may hold letters of any alphabet.
    shows_undecryptable: a variable that the server cannot decrypt is shown without a value; else reading it fails.
    shows_variables_as_stored: nothing in a variable is masked, and a text that is JSON is not serialised anew.
    masks_whole_in_variables: the depth in a variable's JSON from which a number, list or dict below a secret-looking
    name is shown as the mask.
    masks: what is hidden is shown as the mask; else three asterisks are what is stored.
    clears_passwords: an update empties a password; else only deleting and creating the connection does.
    lists_contents: a list shows more than ids, or costs no more than reading a few objects.
    holds: the kinds of objects that there are, by name.
    drops: the fields, by kind, that are not kept.
    ids_in_capitals: ids that differ in upper and lower case only are one.
    writes_on_commit: nothing is written before commit(), so that check mode can try everything but that.
    """

    lists_extra: bool = True
    shows_passwords: bool = True
    can_bulk: bool = True
    logs_bulk_in_clear: bool = False
    bulk_create_loses: FieldsByKind = field(default_factory=dict)
    bulk_update_needs: FieldsByKind = field(default_factory=dict)
    bulk_update_keeps: FieldsByKind = field(default_factory=dict)
    unlimited_pools: bool = True
    slash_in_pool_name: bool = True
    teams: bool = True
    ids_beyond_ascii: bool = True
    shows_undecryptable: bool = True
    shows_variables_as_stored: bool = False
    masks_whole_in_variables: int = 6
    masks: bool = True
    clears_passwords: bool = False
    lists_contents: bool = True
    holds: frozenset[str] = frozenset({"connection", "variable", "pool"})
    drops: FieldsByKind = field(default_factory=dict)
    ids_in_capitals: bool = False
    writes_on_commit: bool = False
