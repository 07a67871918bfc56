// Copyright: Windsock contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Shows the objects of the report and filters them. Texts only ever become text nodes; the page's policy
// forbids the browser to make HTML of them.

"use strict";

(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const FILTERS = ["deployment", "kind", "action", "text"];
  const COMPARED = ["drift", "unknown", "in_sync"];
  // Of longer texts only an excerpt is shown until asked for.
  const LONG = { characters: 1200, lines: 24 };
  const EXCERPT = { around: 60, differing: 240 };

  const field = (name) => document.getElementById(name);
  const number = (count) => count.toLocaleString("en");

  // Elements

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  const span = (name, ...children) => element("span", { class: name }, ...children);
  const code = (...children) => element("code", {}, ...children);
  const join = (texts) => texts.flatMap((text, index) => (index ? [", ", code(text)] : [code(text)]));

  // Values

  function marked([front, middle, behind]) {
    if (!front && !behind) {
      return [middle];
    }
    return middle ? [front, element("mark", {}, middle), behind] : [front + behind];
  }

  function isLong(text) {
    return text.length > LONG.characters || text.split("\n").length > LONG.lines;
  }

  function excerpt([front, middle, behind]) {
    const start = front.length > EXCERPT.around ? `\u2026${front.slice(-EXCERPT.around)}` : front;
    const end = behind.length > EXCERPT.around ? `${behind.slice(0, EXCERPT.around)}\u2026` : behind;
    const shown = middle.length > EXCERPT.differing ? `${middle.slice(0, EXCERPT.differing)}\u2026` : middle;
    return marked([start, shown, end]);
  }

  function value(parts) {
    if (parts === null) {
      return span("none", "not set");
    }
    const text = parts.join("");
    if (!isLong(text)) {
      return code(...marked(parts));
    }
    return element("details", { class: "long" },
      element("summary", {}, code(...excerpt(parts)), span("size", ` ${number(text.length)} characters, show all`)),
      code(...marked(parts)));
  }

  const side = (word, parts) => element("dd", { class: word }, span("side", `${word} `), value(parts));

  function differing(change, [name, before, after]) {
    const row = element("div", {}, element("dt", {}, code(name)));
    if (before === null && after === null) {
      row.append(element("dd", {}, span("none", "differs, but its values are not in the report")));
      return row;
    }
    if (change.action !== "create") {
      row.append(side("before", before));
    }
    if (change.action !== "delete") {
      row.append(side("after", after));
    }
    return row;
  }

  function unchanged(same) {
    const rows = same.map(([name, text]) =>
      element("div", {}, element("dt", {}, code(name)), element("dd", {}, value(["", text, ""]))));
    return element("details", { class: "same" },
      element("summary", {}, same.length === 1 ? "1 field is the same" : `${number(same.length)} fields are the same`),
      element("dl", { class: "fields" }, ...rows));
  }

  // Objects

  const title = (one) => [span("kind", one.kind), " ", span("id", one.id)];

  function writer(written) {
    const line = element("p", { class: "about" }, "Last written: ");
    if (!written.user) {
      line.append("not known");
      return line;
    }
    line.append(span("user", written.user), `, ${written.when}`);
    if (written.event) {
      line.append(` (${written.event})`);
    }
    if (!written.certain) {
      line.append(" - ", span("uncertain", "not certain"), ", the log's entry does not name its objects");
    }
    return line;
  }

  function secrets(names) {
    return element("p", { class: "about" }, names.length === 1 ? "Secret: " : "Secrets: ", ...join(names));
  }

  function change(one) {
    const shown = element("li", { class: "object" },
      element("h4", {},
        element("span", { class: "action", "data-action": one.action }, one.action), " ", ...title(one)));
    if (one.differ.length) {
      shown.append(element("dl", { class: "fields" }, ...one.differ.map((row) => differing(one, row))));
    }
    if (one.same.length) {
      shown.append(unchanged(one.same));
    }
    if (one.secrets.length) {
      shown.append(secrets(one.secrets));
    }
    shown.append(writer(one.written));
    return shown;
  }

  function unknown(one) {
    return element("li", { class: "object" }, element("h4", {}, ...title(one)),
      secrets(one.secrets), writer(one.written));
  }

  function shadowed(one) {
    return element("li", { class: "object" }, element("h4", {}, ...title(one)),
      element("p", { class: "about" }, "By ", span("by", one.by)));
  }

  function words(one) {
    const texts = [one.id, one.by, ...(one.secrets || [])];
    for (const [name, before, after] of one.differ || []) {
      texts.push(name, before && before.join(""), after && after.join(""));
    }
    for (const row of one.same || []) {
      texts.push(...row);
    }
    if (one.written) {
      texts.push(one.written.user);
    }
    return texts.filter(Boolean).join("\n").toLowerCase();
  }

  // Sections: a list for each deployment that has such objects

  function section(name, show) {
    const box = field(`of-${name}`);
    const nothing = element("p", { class: "nothing", hidden: "" });
    const made = { name, nothing, groups: [], total: report[name].length };
    for (const one of report[name]) {
      let group = made.groups[made.groups.length - 1];
      if (!group || group.deployment !== one.deployment) {
        group = begin(one.deployment);
        made.groups.push(group);
      }
      const shown = show(one);
      group.list.append(shown);
      group.objects.push({ kind: one.kind, action: one.action, words: words(one), shown });
    }
    box.append(nothing, ...made.groups.map((group) => group.shown));
    return made;
  }

  function begin(deployment) {
    const list = element("ul", { class: "objects", role: "list" });
    const count = span("number");
    const heading = element("h3", {}, span("name", report.deployments[deployment].name), " ", count);
    return { deployment, list, count, objects: [], shown: element("div", { class: "group" }, heading, list) };
  }

  // Filters

  function wanted() {
    const values = Object.fromEntries(FILTERS.map((name) => [name, field(name).value]));
    return { ...values, words: values.text.toLowerCase().split(/\s+/).filter(Boolean) };
  }

  function matches(object, filter) {
    return (!filter.kind || object.kind === filter.kind)
      // Only changes have one.
      && (!filter.action || !object.action || object.action === filter.action)
      && filter.words.every((word) => object.words.includes(word));
  }

  function filterGroup(group, filter) {
    const here = !filter.deployment || report.deployments[group.deployment].name === filter.deployment;
    let count = 0;
    for (const object of group.objects) {
      const visible = here && matches(object, filter);
      object.shown.hidden = !visible;
      count += visible ? 1 : 0;
    }
    group.shown.hidden = count === 0;
    group.count.textContent = number(count);
    return count;
  }

  function whyNothing(made, filter) {
    const chosen = report.deployments.find((one) => one.name === filter.deployment);
    if (chosen && !COMPARED.includes(chosen.state)) {
      return `Nothing is known of ${chosen.name}: ${chosen.word.toLowerCase()}.`;
    }
    return made.total ? "None matches the filters." : report.empty[made.name];
  }

  function filterSection(made, filter) {
    const count = made.groups.reduce((sum, group) => sum + filterGroup(group, filter), 0);
    made.nothing.hidden = count > 0;
    made.nothing.textContent = count ? "" : whyNothing(made, filter);
    return `${number(count)} of ${number(made.total)}`;
  }

  function apply() {
    const filter = wanted();
    const [changes, unknowns, shadows] = sections.map((made) => filterSection(made, filter));
    const noun = sections[0].total === 1 ? "change" : "changes";
    const told = `${changes} ${noun}, ${unknowns} unknown, ${shadows} shadowed`;
    if (field("count").textContent !== told) {
      field("count").textContent = told;
    }
  }

  // The filters in the address, so that what is seen can be linked to

  function toAddress() {
    const chosen = FILTERS.map((name) => [name, field(name).value]).filter(([, text]) => text);
    const fragment = new URLSearchParams(chosen).toString();
    if (fragment !== location.hash.slice(1)) {
      history.replaceState(null, "", fragment ? `#${fragment}` : location.href.split("#")[0]);
    }
  }

  function fromAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const name of FILTERS) {
      choose(field(name), given.get(name) || "");
    }
    apply();
  }

  function choose(control, text) {
    // Of a link that was made for another report: matches nothing, and says why.
    if (control.options && ![...control.options].some((option) => option.value === text)) {
      control.append(element("option", { value: text }, `${text} (not in this report)`));
    }
    control.value = text;
  }

  function offer(name, values) {
    field(name).append(element("option", { value: "" }, "All"),
      ...values.map((text) => element("option", { value: text }, text)));
  }

  function isFilter(fragment) {
    const names = [...new URLSearchParams(fragment).keys()];
    return names.length === 0 || names.some((name) => FILTERS.includes(name));
  }

  // The whole page

  const sections = [section("changes", change), section("unknown", unknown), section("shadowed", shadowed)];
  const form = document.querySelector("form");

  function changed() {
    apply();
    toAddress();
  }

  function reset() {
    FILTERS.forEach((name) => { field(name).value = ""; });
    changed();
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed); // all that is sent for a choice made by a program
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault(); // which would come after us
    reset();
  });
  window.addEventListener("hashchange", () => {
    if (isFilter(location.hash.slice(1))) {
      fromAddress();
    } else {
      toAddress(); // which a link within the page has taken away
    }
  });
  // From the table to what differs there.
  document.querySelector(".deployments").addEventListener("click", (event) => {
    if (event.target.closest("a.only")) {
      field("changes").focus();
    }
  });

  // On paper nothing can be opened.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.long:not([open])")];
    opened.forEach((details) => { details.open = true; });
  });
  window.addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));

  offer("deployment", report.deployments.map((one) => one.name));
  offer("kind", ["connection", "variable", "pool"]);
  offer("action", ["create", "update", "replace", "delete"]);
  form.hidden = false;
  if (isFilter(location.hash.slice(1))) {
    fromAddress();
  } else {
    apply();
  }
})();
