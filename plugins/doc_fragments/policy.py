# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  update_secrets:
    description:
      - What to do with secrets of objects that exist. Airflow never gives a secret back, so it cannot be compared.
      - With V(on_change) they are written unless it is known that they were last applied as they are declared now. This
        takes a O(fingerprint_key), and is the default if there is one.
      - With V(always), the default without a key, they are written each time, and the task says C(changed).
      - With V(on_create) they are written when the object is created, and when it turns out that Airflow has none where
        one is declared.
      - With V(on_create), the secrets of an C(extra), or of a variable that holds JSON, are written along if something
        readable in that same field differs, since Airflow takes the field as one.
      - The same holds for values that are not declared as secret and that Airflow masks all the same, because their
        names look secret. A secret that Airflow shows is compared, and written only if it differs.
    type: str
    choices: [on_change, always, on_create]
  fingerprint_key:
    description:
      - At least 32 random bytes in base64 or hex, as C(openssl rand -base64 32) makes them, or a passphrase of at least
        20 characters.
      - A keyed hash (HMAC-SHA256) of what was last applied is kept in the Airflow variable of the O(owner). So a secret
        that was rotated is found, and one that was not is left alone. Who has the variable but not the key learns
        nothing of the secrets, unless the key is a passphrase that can be guessed.
      - Where the audit log of Airflow can be read, an object that somebody else wrote since then is told, and with
        O(update_secrets=on_change) its secrets are written again.
      - A list is a current key and former ones. What was applied with a former one is known too, and noted with the
        current one.
      - If it is not given, the environment variable E(WINDSOCK_FINGERPRINT_KEY) is used, on the host where the module
        runs. There a list is JSON.
    type: raw
  owner:
    description:
      - In whose name objects are applied. With a O(fingerprint_key), the hashes of what an owner has applied are kept
        in an Airflow variable of its own, the same that M(windsock.airflow.airflow_settings) keeps them in.
      - A single object does not become the owner's by that, so that pruning what it owns leaves the object alone.
      - At most 100 characters, or fewer if they are not ASCII. An empty one keeps no memory, and cannot be used with a
        O(fingerprint_key).
    type: str
    default: default
  audit_log:
    description:
      - Whether to look up in Airflow's audit log who wrote each object that differs last, and when.
      - It takes the right to read the audit log, and a request for 100 of its entries, 50 requests at most.
    type: bool
    default: false
  enforce_defaults:
    description:
      - Whether every field that is not declared, of an object that is, goes back to Airflow's default.
    type: bool
    default: false
"""
