#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The HTML pages of the collection, in build/docs/html; runs inside the collection's copy. Needs no network.
set -eu
docs=$(cd ../../../.. && pwd)/docs
rm -rf "$docs"
mkdir -p "$docs/rst"
chmod og-w "$docs/rst"
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$docs/rst" windsock.airflow
cat > "$docs/conf.py" <<'END'
project = "windsock.airflow"
copyright = "Windsock contributors"
title = html_short_title = "Windsock: Airflow as declared"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}, "vcs_pageview_mode": ""}
html_show_sphinx = html_copy_source = html_use_index = html_use_modindex = False
default_role = "any"
# What Ansible's own pages explain stands elsewhere; a changelog without a release has no title yet.
suppress_warnings = ["ref.ref", "toc.no_title"]
nitpicky = False
END
sphinx-build --quiet --fail-on-warning --keep-going -b html -c "$docs" "$docs/rst" "$docs/html"
echo "The pages begin at $docs/html/index.html"
