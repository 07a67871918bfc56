#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_drift_report
short_description: Write one report of what has drifted in many Airflow deployments
version_added: 0.1.0
description:
  - Makes one report of what M(windsock.airflow.airflow_settings) found on each host of a play in check mode and with
    a diff, as a page for people, as JSON, as JUnit XML for CI, as metrics for Prometheus, and as a short summary in
    Markdown.
  - The role P(windsock.airflow.airflow_drift#role) uses it, and is the easier way to all this.
  - It runs on the controller and reaches no server. The files are written in check mode too. Each of them is replaced
    at once, so that nobody reads half of one.
  - Of secrets the report holds only the names, since the module has handed on nothing else.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.attributes.controller
options:
  deployments:
    description:
      - What became of each host, by its name in the inventory. They stand in the report in this order.
      - Each is null or empty for a host whose turn has not come, or a dictionary with C(started) and C(finished), times
        as of ISO 8601; C(url), the address of Airflow; C(result), what M(windsock.airflow.airflow_settings) returned, with
        its C(diff); C(failed) and C(unreachable), the message if the host failed or could not be reached. What does
        not apply is null or empty.
      - A host with anything else is told as failed, with what is wrong.
    type: dict
    required: true
  dest:
    description:
      - The folder on the controller that the files are written to. It is made if it is not there.
      - A relative path is relative to the folder that C(ansible-playbook) was started in.
    type: path
    default: airflow-drift
  formats:
    description:
      - What to write.
      - V(html) is the file C(drift.html), one page that needs nothing else.
      - V(json) is C(drift.json). Its JSON Schema is C(roles/airflow_drift/files/drift.schema.json) in this collection.
      - V(junit) is C(drift.junit.xml), with a test suite for each deployment and a test case for each kind of objects
        in it. Drift is a failure, a host that failed or could not be reached is an error, and what cannot be compared
        is skipped.
      - V(prom) is C(drift.prom), metrics that Prometheus, OpenMetrics and the textfile collector of node_exporter
        read.
      - V(markdown) is C(drift.md), a short summary with the first 20 changes.
    type: list
    elements: str
    choices: [html, json, junit, prom, markdown]
    default: [html, json, junit, prom, markdown]
  title:
    description:
      - The title of the report.
    type: str
    default: Airflow drift
  mode:
    description:
      - The permissions of the files, as three or four octal digits in quotes.
    type: raw
    default: "0644"
seealso:
  - module: windsock.airflow.airflow_settings
"""

EXAMPLES = r"""
---
- name: A report of all hosts of the play, each of which has set its variable airflow_outcome
  windsock.airflow.airflow_drift_report:
    deployments: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars)
         | map(attribute='airflow_outcome', default={}))) }}
    dest: "{{ playbook_dir }}/reports"
  run_once: true

- name: Only metrics, where node_exporter looks for them
  windsock.airflow.airflow_drift_report:
    deployments:
      production:
        started: "2026-11-30T01:01:00Z"
        finished: "2026-11-30T01:01:42Z"
        url: https://airflow.example.com
        result: null
        failed: The server answered 500
        unreachable: null
    dest: "{{ playbook_dir }}/reports/node_exporter"
    formats: [prom]
"""

RETURN = r"""
---
state:
  description:
    - The worst state of a deployment. From the worst, V(failed), V(unreachable), V(drift), V(unknown), V(pending),
      V(in_sync).
    - With V(unknown) nothing differs, but there are secrets that nobody can compare.
  returned: unless the options are wrong
  type: str
  sample: drift
summary:
  description: Sums over all deployments.
  returned: unless the options are wrong
  type: dict
  contains:
    deployments:
      description: How many deployments are in each state.
      type: dict
    objects:
      description:
        - How many objects a run would create, update, replace and delete, and how many are unknown, unchanged, and
          shadowed by what Airflow asks before its database.
        - Jinja takes C(objects.update) for a method of dictionaries; write C(objects['update']).
      type: dict
  sample:
    deployments: {in_sync: 3, unknown: 0, drift: 1, failed: 0, unreachable: 0, pending: 0}
    objects: {create: 0, update: 4, replace: 0, delete: 1, unknown: 2, unchanged: 190, shadowed: 1}
files:
  description: The absolute paths of the files that were written.
  returned: unless the options are wrong
  type: list
  elements: path
  sample: [/srv/airflow-drift/drift.html, /srv/airflow-drift/drift.json]
"""
