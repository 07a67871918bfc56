# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Secrets of AWS Secrets Manager, as Airflow's SecretsManagerBackend reads them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .._faults import Fault, ServerFault
from ._aws import OPTIONS as AWS_OPTIONS
from ._aws import WITHHELD as AWS_WITHHELD
from ._aws import Answered, read_aws, refusals
from ._aws_backend import AwsBackend, Kept, apart, read_prefixes

OPTIONS: dict[str, dict[str, t.Any]] = {
    **AWS_OPTIONS,
    "separator": {"type": "str", "default": "/"},
    "recovery_days": {"type": "int", "default": 30},
}
WITHHELD = AWS_WITHHELD
DELETED = "InvalidRequestException"  # the answer about a secret that is marked for deletion
EXISTS = "ResourceExistsException"


def read(words: dict[str, t.Any], faults: list[Fault]) -> AwsBackend:
    prefixes = read_prefixes(words, faults)
    separator = "/" if words.get("separator") is None else str(words["separator"])
    days = words.get("recovery_days", 30)
    if days != 0 and not 7 <= days <= 30:
        faults.append(Fault("recovery_days", "must be 7 to 30, or 0 to delete at once"))
    aws = read_aws("secretsmanager", words, faults)
    named = apart({kind: f"{prefix.rstrip(separator)}{separator}" for kind, prefix in prefixes.items()}, faults)
    return SecretsManager(aws, named, words.get("kms_key_id"), days)


class SecretsManager(AwsBackend):
    most_at_once = 20
    longest = 65536
    title = "AWS Secrets Manager"

    def __init__(self, aws: t.Any, prefixes: t.Any, kms_key: str | None, recovery_days: int) -> None:
        super().__init__(aws, prefixes, kms_key)
        self.recovery_days = recovery_days
        # Airflow's backend picks the fields that it knows, and that is none of them.
        self.abilities = replace(self.abilities, drops={**self.abilities.drops, "connection": frozenset({"description"})})

    def fetch(self, names: list[str]) -> dict[str, Kept]:
        found: dict[str, Kept] = {}
        more: dict[str, t.Any] = {}
        while True:
            with refusals(
                f"reading {names[0]}", "secretsmanager:BatchGetSecretValue and GetSecretValue, and kms:Decrypt for the key"
            ):
                answer = self.aws("batch_get_secret_value", "SecretValues", SecretIdList=names, **more)
            for each in answer["SecretValues"]:
                found[each["Name"]] = Kept(each.get("SecretString"), str(each.get("VersionId")))
            # What is not there, or marked for deletion, is as good as absent; nobody must be told that of one that may not be read.
            for error in answer.get("Errors", ()):
                if error.get("ErrorCode") not in ("ResourceNotFoundException", DELETED):
                    raise ServerFault(f"reading {error.get('SecretId')}: AWS refuses it ({error.get('ErrorCode')})")
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}

    def names(self, prefix: str) -> list[str]:
        found: list[str] = []
        more: dict[str, t.Any] = {}
        while True:
            with refusals(f"listing {prefix}", "secretsmanager:ListSecrets"):
                answer = self.aws("list_secrets", "SecretList", Filters=[{"Key": "name", "Values": [prefix]}], MaxResults=100, **more)
            found += [each["Name"] for each in answer["SecretList"] if each["Name"].startswith(prefix)]
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}

    def add(self, name: str, text: str) -> str:
        key = {"KmsKeyId": self.kms_key} if self.kms_key else {}
        with refusals(
            f"writing {name}",
            "secretsmanager:CreateSecret, and kms:GenerateDataKey and kms:Decrypt for the key",
            EXISTS,
            ResourceExistsException="somebody else made it while this run was at work",
        ):
            try:
                return str(self.aws("create_secret", "VersionId", Name=name, SecretString=text, **key)["VersionId"])
            except Answered as answered:
                if answered.code not in (DELETED, EXISTS) or not self.aws("describe_secret", SecretId=name).get("DeletedDate"):
                    raise
                # One of that name is marked for deletion: it comes back, with another text.
                self.aws("restore_secret", SecretId=name)
                return self._replace_restored(name, text)

    def replace(self, name: str, text: str) -> str:
        with refusals(f"writing {name}", "secretsmanager:PutSecretValue, and kms:GenerateDataKey for the key"):
            return str(self.aws("put_secret_value", "VersionId", SecretId=name, SecretString=text)["VersionId"])

    def _replace_restored(self, name: str, text: str) -> str:
        """Where that fails, it is marked for deletion again: what somebody has deleted is not to come back."""
        try:
            return self.replace(name, text)
        except ServerFault as fault:
            try:
                self.aws("delete_secret", SecretId=name, RecoveryWindowInDays=self.recovery_days or 30)
            except Answered:
                raise ServerFault(
                    f"{fault.message}. It was marked for deletion, is restored, and cannot be marked again: "
                    "Airflow finds its old value there, so delete it",
                    fault.status,
                ) from None
            raise

    def take_away(self, name: str) -> None:
        how = {"RecoveryWindowInDays": self.recovery_days} if self.recovery_days else {"ForceDeleteWithoutRecovery": True}
        with refusals(f"deleting {name}", "secretsmanager:DeleteSecret"):
            self.aws("delete_secret", SecretId=name, **how)

    def wrong_name(self, name: str) -> str | None:
        if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
            return "a secret's name has only letters, digits and / _ + = . @ -, and at most 512 of them"
        return None
