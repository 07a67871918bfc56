# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Where a backend is.
    DOCUMENTATION = r"""
options:
  path:
    description:
      - The file, by its absolute path, for O(target=env). Its folder must exist.
      - It is written in one step, so that a crash leaves the old one. Lines that set no connection or variable stay.
    type: path
  mode:
    description:
      - The permissions that the file gets whenever it is written.
    type: str
    default: "0600"
"""
