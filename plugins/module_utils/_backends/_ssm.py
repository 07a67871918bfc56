# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Parameters of AWS Systems Manager, as Airflow's SystemsManagerParameterStoreBackend reads them."""

from __future__ import annotations

import re
import typing as t

from .._faults import Fault
from ._aws import OPTIONS as AWS_OPTIONS
from ._aws import WITHHELD as AWS_WITHHELD
from ._aws import read_aws, refusals
from ._aws_backend import AwsBackend, Kept, apart, read_prefixes

TIERS = {"standard": 4096, "advanced": 8192}  # bytes of a value
OPTIONS: dict[str, dict[str, t.Any]] = {
    **AWS_OPTIONS,
    "parameter_tier": {"type": "str", "choices": [*TIERS], "default": "standard"},
}
WITHHELD = AWS_WITHHELD


def read(words: dict[str, t.Any], faults: list[Fault]) -> AwsBackend:
    prefixes = read_prefixes(words, faults)
    aws = read_aws("ssm", words, faults)
    # Airflow's backend puts a slash before a prefix that has none, and one behind it.
    named = apart({kind: f"/{prefix.strip('/')}/" for kind, prefix in prefixes.items()}, faults)
    return ParameterStore(aws, named, words.get("kms_key_id"), words.get("parameter_tier") or "standard")


class ParameterStore(AwsBackend):
    most_at_once = 10
    title = "AWS Parameter Store"

    def __init__(self, aws: t.Any, prefixes: t.Any, kms_key: str | None, tier: str) -> None:
        super().__init__(aws, prefixes, kms_key)
        self.tier = tier
        self.longest = TIERS[tier]

    def fetch(self, names: list[str]) -> dict[str, Kept]:
        with refusals(f"reading {names[0]}", "ssm:GetParameters, and kms:Decrypt for the key"):
            answer = self.aws("get_parameters", "Parameters", Names=names, WithDecryption=True)
        return {each["Name"]: Kept(each["Value"], str(each["Version"])) for each in answer["Parameters"]}

    def names(self, prefix: str) -> list[str]:
        found: list[str] = []
        more: dict[str, t.Any] = {}
        while True:
            with refusals(f"listing {prefix}", "ssm:GetParametersByPath"):
                # Without their values, which are read only where they matter.
                answer = self.aws("get_parameters_by_path", "Parameters", Path=prefix.rstrip("/"), Recursive=True, MaxResults=10, **more)
            found += [each["Name"] for each in answer["Parameters"]]
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}

    def add(self, name: str, text: str) -> str:
        return self._put(name, text, Overwrite=False)

    def replace(self, name: str, text: str) -> str:
        return self._put(name, text, Overwrite=True)

    def take_away(self, name: str) -> None:
        with refusals(f"deleting {name}", "ssm:DeleteParameter"):
            self.aws("delete_parameter", Name=name)

    def wrong_name(self, name: str) -> str | None:
        if not re.fullmatch(r"[A-Za-z0-9_./-]+", name) or "//" in name or name.endswith("/"):
            return "a parameter's name has only letters, digits and . _ - /"
        if len(name) > 1011 or name.count("/") > 15:
            return "a parameter's name has no more than 1,011 characters and 15 levels"
        if re.match(r"/?(aws|ssm)", name, re.IGNORECASE):
            return "a parameter's name must not begin with aws or ssm"
        return None

    def wrong_text(self, text: str) -> str | None:
        if re.search(r"\{\{.*\}\}", text, re.DOTALL):
            return "holds two opening braces and two closing ones, by which AWS would refer to another parameter"
        return super().wrong_text(text)

    def _put(self, name: str, text: str, Overwrite: bool) -> str:
        more = {"KeyId": self.kms_key} if self.kms_key else {}
        if not Overwrite or self.tier != "standard":  # one that is advanced already cannot go back
            more["Tier"] = self.tier.title()
        with refusals(
            f"writing {name}",
            "ssm:PutParameter, and kms:Encrypt for the key",
            "ParameterAlreadyExists",
            ParameterAlreadyExists="somebody else made it while this run was at work",
            InvalidKeyId="there is no such key as kms_key_id names, or it may not be used",
        ):
            answer = self.aws(
                "put_parameter", "Version", Name=name, Value=text, Type="SecureString", Overwrite=Overwrite, **more
            )
        return str(answer["Version"])
