#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
"""

EXAMPLES = r"""
"""

RETURN = r"""
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _jobs, _module
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import VARIABLE


def main() -> None:
    _module.run(_arguments.one(VARIABLE) + _arguments.POLICY + _arguments.ACCESS, _jobs.One(VARIABLE))


if __name__ == "__main__":
    main()
