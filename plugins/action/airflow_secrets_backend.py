# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands on the files of declarations, as for C(airflow_settings)."""

from __future__ import annotations

from ansible_collections.windsock.airflow.plugins.action.airflow_settings import ActionModule

__all__ = ("ActionModule",)
