// The explorer of a table: filters, order, columns, a chart, a map, what is shown as a file, and all of it in the page's address. Without it
// the first rows can be read all the same; on a page opened from a disk, and where the file cannot be read, those are what it works on.
(function () {
  "use strict";

  var home = document.getElementById("explore");
  if (!home) return;
  var about = JSON.parse(document.getElementById("explore-about").textContent), words = about.words, fields = about.fields;
  var lang = document.documentElement.lang, figures = new Intl.NumberFormat(lang), spent = { bytes: 0, requests: 0 };
  var kinds = {}, ROWS = 20, POINTS = 20000;
  // Bytes: what a search may take, what a whole view may take before the reader is asked, and up to what size a file is taken whole.
  var SEARCH = 1900000, VIEW = 2400000, SMALL = 1500000, began = 0;
  fields.forEach(function (field) { kinds[field.name] = field.kind; });
  var form = find("form"), status = home.querySelector("[role=status]"), asks = find("#asks"), table = find("#rows"), turn = find(".turn");
  var question = VeredaSearch.readQuestion(location.hash, fields), page = 0, turnOf = 0, source = null, partial = "", found = null;

  function find(selector) { return home.querySelector(selector); }
  function say(key, values) {
    return words[key].replace(/\{(\w+)\}/g, function (all, name) { return name in values ? values[name] : all; });
  }
  function size(bytes) { return new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(bytes / 1e6) + " MB"; }
  function make(name, attributes, text) {
    var node = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function option(value, label, chosen) {
    var node = make("option", { value: value }, label);
    node.selected = chosen;
    return node;
  }

  // The rows that the page itself has: what can be explored where the file cannot be read.
  function pageRows() {
    return Array.prototype.map.call(table.tBodies[0].rows, function (row) {
      return Array.prototype.map.call(row.cells, function (cell, place) {
        if (cell.hasAttribute("data-missing")) return null;
        var value = VeredaTable.parse(cell.textContent, fields[place].kind);
        return value === undefined ? cell.textContent : value;
      });
    });
  }
  var first = pageRows();

  function open(whole) {
    if (location.protocol === "file:" || !window.hyparquet || !window.fetch) return Promise.resolve(fallBack(words.disk));
    var file = VeredaTable.remoteFile(home.dataset.file, about.bytes, spent, whole ? Infinity : SMALL);
    return VeredaTable.parquetTable(file, fields, spent).catch(function (error) {
      if (error.message !== "whole-only") return fallBack(words.unreadable);
      return ask(say("whole", { size: size(about.bytes) })).then(function () { return open(true); });
    });
  }

  function fallBack(why) {
    partial = first.length < about.rows ? say("partial", { why: why, shown: figures.format(first.length), rows: figures.format(about.rows) }) : "";
    return VeredaTable.rowsTable(fields, first);
  }

  // Says what more costs, and waits for the reader's word.
  function ask(sentence) {
    var mine = turnOf;
    asks.firstElementChild.textContent = sentence;
    asks.hidden = false;
    home.setAttribute("aria-busy", "false");
    return new Promise(function (go, stop) {
      asks.querySelector("button").onclick = function () {
        asks.hidden = true;
        if (mine === turnOf) go();
        else stop(new Error("other"));
      };
    });
  }

  async function afford(names, groups) {
    var cost = VeredaSearch.costOf(source, names, groups);
    if (cost && cost > VIEW - (spent.bytes - began)) await ask(say("costs", { size: size(cost) }));
  }

  function every(rows) { return Array.from({ length: rows }, function (_nothing, at) { return at; }); }

  // The positions that the question finds, in its order.
  async function search(mine) {
    var result = { group: 0, positions: [], seen: 0, done: false };
    if (question.filter.length) await VeredaSearch.look(source, question, kinds, result, SEARCH);
    else result = { group: 0, positions: null, seen: source.rows, done: true };
    if (mine !== turnOf) return null;
    return order(result);
  }

  async function order(result) {
    result.ordered = result.positions;
    if (!question.order) return result;
    var name = question.order.replace(/^-/, ""), all = result.positions || every(source.rows);
    await afford([name], VeredaSearch.groupsOf(source, all));
    var values = await VeredaSearch.valuesOf(source, [name], all);
    result.ordered = VeredaSearch.sorted(all, values[0], question.order[0] === "-");
    return result;
  }

  function shown() {
    return fields.filter(function (field) { return !question.columns.length || question.columns.includes(field.name); });
  }
  function count() { return found.ordered ? found.ordered.length : source.rows; }
  function positions(from, to) {
    if (found.ordered) return found.ordered.slice(from, to);
    return every(Math.max(0, Math.min(to, source.rows) - from)).map(function (at) { return at + from; });
  }

  async function run() {
    var mine = ++turnOf;
    asks.hidden = true;
    page = 0;
    began = spent.bytes;
    home.setAttribute("aria-busy", "true");
    history.replaceState(null, "", VeredaSearch.writeQuestion(question) || location.pathname + location.search);
    try {
      source = source || await open(false);
      var result = await search(mine);
      if (!result || mine !== turnOf) return;
      found = result;
      await draw(mine);
      await Promise.all([chart(mine), map(mine)]);
    } catch (error) {
      if (mine !== turnOf || error.message === "other") return;
      source = fallBack(words.unreadable);
      run();
    }
    if (mine === turnOf) home.setAttribute("aria-busy", "false");
  }

  async function draw(mine) {
    var chosen = shown(), rows = await source.cells(positions(page * ROWS, (page + 1) * ROWS), chosen.map(function (field) { return field.name; }));
    if (mine !== turnOf) return;
    var head = make("tr"), body = make("tbody");
    chosen.forEach(function (field) { head.append(heading(field)); });
    rows.forEach(function (row) {
      var line = make("tr");
      row.forEach(function (value, place) {
        var cell = make("td", chosen[place].kind === "number" ? { "class": "num" } : {}, VeredaTable.text(value));
        if (cell.textContent.length > 30) cell.title = cell.textContent.slice(0, 1000);
        line.append(cell);
      });
      body.append(line);
    });
    table.tHead.replaceChildren(head);
    table.replaceChild(body, table.tBodies[0]);
    tell();
  }

  function heading(field) {
    var head = make("th", { scope: "col" }), button = make("button", { type: "button", "class": "sorts" }, field.name);
    if (field.kind === "number") head.className = "num";
    if (question.order.replace(/^-/, "") === field.name) head.setAttribute("aria-sort", question.order[0] === "-" ? "descending" : "ascending");
    button.addEventListener("click", function () {
      question.order = question.order === field.name ? "-" + field.name : question.order === "-" + field.name ? "" : field.name;
      settle();
      run().then(function () {
        var again = Array.prototype.find.call(table.querySelectorAll(".sorts"), function (each) { return each.textContent === field.name; });
        if (again) again.focus();
      });
    });
    head.append(button);
    return head;
  }

  function tell() {
    var all = count(), from = Math.min(page * ROWS + 1, all), to = Math.min((page + 1) * ROWS, all);
    var sentence = !all ? words.none : say(found.done ? "range" : "atLeast", { from: figures.format(from), to: figures.format(to), rows: figures.format(all), of: figures.format(about.rows) });
    status.textContent = sentence + (partial ? " " + partial : "");
    turn.hidden = all <= ROWS;
    turn.querySelector("[data-turn='-1']").disabled = page === 0;
    turn.querySelector("[data-turn='1']").disabled = to >= all;
    home.dataset.bytes = spent.bytes;
    home.dataset.requests = spent.requests;
    if (found.done) return;
    var left = source.groups.map(function (_group, number) { return number; }).slice(found.group);
    var names = Array.from(new Set(question.filter.map(function (each) { return each.column; })));
    ask(say("more", { seen: figures.format(found.seen), rows: figures.format(source.rows), size: size(VeredaSearch.costOf(source, names, left)) })).then(async function () {
      var mine = ++turnOf;
      await VeredaSearch.look(source, question, kinds, found, Infinity);
      found = await order(found);
      await draw(mine);
      await Promise.all([chart(mine), map(mine)]);
    }, function () {});
  }

  async function chart(mine) {
    var place = find("#bars");
    if (!question.group) { place.replaceChildren(); return; }
    var names = question.measure === "count" ? [question.group] : [question.group, question.measured], all = found.positions || every(source.rows);
    await afford(names, VeredaSearch.groupsOf(source, all));
    var values = await VeredaSearch.valuesOf(source, names, all);
    if (mine !== turnOf) return;
    var bars = VeredaSearch.counted(values[0], values[1], question, kinds[question.group]), most = Math.max.apply(null, bars.map(function (bar) { return Math.abs(bar.value || 0); }));
    var list = make("ol", { "class": "bars" }), decimals = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
    bars.slice(0, 40).forEach(function (bar) {
      var line = make("li"), beam = make("span", { "class": "beam", "aria-hidden": "true" });
      beam.style.width = (most ? 100 * Math.max(0, bar.value || 0) / most : 0) + "%";
      var value = make("span", { "class": "value" }, bar.value === null ? "—" : decimals.format(bar.value)), around = make("span", { "class": "track" });
      around.append(beam);
      line.append(make("span", { "class": "name" }, bar.name === null ? words.missing : bar.name), around, value);
      list.append(line);
    });
    place.replaceChildren(list);
    if (bars.length > 40) place.append(make("p", { "class": "hint" }, say("bars", { n: figures.format(bars.length - 40) })));
    home.dataset.bytes = spent.bytes;
  }

  async function map(mine) {
    var box = find("#map");
    if (!box || !question.map) return;
    var all = found.positions || every(source.rows), cut = all.slice(0, POINTS);
    await afford(about.place, VeredaSearch.groupsOf(source, cut));
    var values = await VeredaSearch.valuesOf(source, about.place, cut);
    if (mine !== turnOf) return;
    var points = cut.map(function (at, i) { return [values[1][i], values[0][i], at]; }).filter(function (point) { return point[0] !== null && point[1] !== null; });
    VeredaMap.draw(box.querySelector("canvas"), points);
    box.querySelector("p").textContent = say("points", { points: figures.format(points.length), rows: figures.format(all.length) });
  }

  async function save(kind) {
    var chosen = shown(), names = chosen.map(function (field) { return field.name; }), all = found.ordered || every(source.rows), rows;
    if (all.length <= ROWS) rows = await source.cells(all, names);
    else {
      var up = Array.from(all).sort(function (a, b) { return a - b; });
      await afford(names, VeredaSearch.groupsOf(source, up));
      var columns = await VeredaSearch.valuesOf(source, names, up), places = new Map(up.map(function (at, place) { return [at, place]; }));
      rows = Array.from(all).map(function (at) { return columns.map(function (column) { return column[places.get(at)]; }); });
    }
    var text = kind === "csv" ? VeredaSearch.csv(chosen, rows, about.missing) : VeredaSearch.json(chosen, rows);
    var link = make("a", { href: URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/json" })), download: about.name + "." + kind });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  // The controls, as the question has them.
  function settle() {
    var orders = form.elements.order, down = form.elements.down, name = question.order.replace(/^-/, "");
    orders.replaceChildren(option("", words.asFile, !name));
    fields.forEach(function (field) { orders.append(option(field.name, field.label, field.name === name)); });
    down.checked = question.order[0] === "-";
    down.disabled = !name;
    find("#filters").replaceChildren.apply(find("#filters"), question.filter.map(condition));
    find("#columns").querySelectorAll("input").forEach(function (box) { box.checked = !question.columns.length || question.columns.includes(box.value); });
    form.elements.group.value = question.group;
    form.elements.measure.value = question.measure === "count" ? "count" : question.measure + ":" + question.measured;
    find("#chart").open = find("#chart").open || Boolean(question.group);
    if (find("#map")) find("#map").open = question.map;
  }

  function condition(each, place) {
    var line = find("#condition").content.firstElementChild.cloneNode(true), value = line.querySelector("input"), sign = line.querySelector(".sign");
    var column = line.querySelector(".column"), list = line.querySelector("datalist");
    fields.forEach(function (field) { column.append(option(field.name, field.label, field.name === each.column)); });
    var signs = kinds[each.column] === "text" ? ["~", "=", "!="] : kinds[each.column] === "boolean" ? ["=", "!="] : ["=", "!=", ">", ">=", "<", "<="];
    if (!signs.includes(each.sign)) signs.push(each.sign);
    signs.forEach(function (name) { sign.append(option(name, words.signs[name], name === each.sign)); });
    value.value = each.value;
    var known = fields.find(function (field) { return field.name === each.column; });
    var values = kinds[each.column] === "boolean" ? ["true", "false"] : known.values;
    list.id = "values-" + place;
    value.setAttribute("list", list.id);
    values.forEach(function (name) { list.append(option(name, name, false)); });
    value.placeholder = known.example;
    column.addEventListener("change", function () {
      each.column = column.value;
      each.sign = kinds[each.column] === "text" ? "~" : "=";
      each.value = "";
      settle();
      find("#filters").children[place].querySelector(".column").focus();
    });
    sign.addEventListener("change", function () { each.sign = sign.value; run(); });
    value.addEventListener("change", function () {
      var wrong = each.sign !== "~" && value.value !== "" && VeredaTable.parse(value.value, kinds[each.column]) === undefined;
      value.setCustomValidity(wrong ? say("notOne", { kind: words.kinds[kinds[each.column]] }) : "");
      if (wrong) { value.reportValidity(); return; }
      each.value = value.value;
      run();
    });
    line.querySelector("button").addEventListener("click", function () {
      question.filter.splice(question.filter.indexOf(each), 1);
      settle();
      run();
      find("#add").focus();
    });
    return line;
  }

  function begin() {
    var boxes = find("#columns");
    fields.forEach(function (field) {
      var label = make("label"), box = make("input", { type: "checkbox", value: field.name });
      label.append(box, " " + field.label);
      boxes.append(label);
    });
    form.elements.group.append(option("", words.noChart, true));
    form.elements.measure.append(option("count", words.count, true));
    fields.forEach(function (field) {
      form.elements.group.append(option(field.name, field.label, false));
      if (field.kind !== "number") return;
      form.elements.measure.append(option("sum:" + field.name, say("sum", { column: field.label }), false), option("avg:" + field.name, say("avg", { column: field.label }), false));
    });
    settle();
    form.hidden = false;
  }

  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.elements.order.addEventListener("change", function () { question.order = this.value; settle(); run(); });
  form.elements.down.addEventListener("change", function () { question.order = (this.checked ? "-" : "") + question.order.replace(/^-/, ""); run(); });
  find("#columns").addEventListener("change", function () {
    var chosen = Array.prototype.filter.call(this.querySelectorAll("input"), function (box) { return box.checked; }).map(function (box) { return box.value; });
    question.columns = chosen.length === fields.length ? [] : chosen;
    if (!chosen.length) settle();
    run();
  });
  form.elements.group.addEventListener("change", function () { question.group = this.value; run(); });
  form.elements.measure.addEventListener("change", function () {
    question.measure = this.value.split(":")[0];
    question.measured = this.value.slice(question.measure.length + 1);
    run();
  });
  find("#add").addEventListener("click", function () {
    question.filter.push({ column: fields[0].name, sign: fields[0].kind === "text" ? "~" : "=", value: "" });
    settle();
    find("#filters").lastElementChild.querySelector(".column").focus();
  });
  turn.addEventListener("click", function (event) {
    var step = Number(event.target.dataset.turn || 0);
    if (!step) return;
    page += step;
    draw(turnOf);
  });
  if (find("#map")) find("#map").addEventListener("toggle", function () {
    if (this.open === question.map) return;
    question.map = this.open;
    run();
  });
  form.querySelectorAll("[data-save]").forEach(function (button) {
    button.addEventListener("click", function () {
      (found ? Promise.resolve() : run()).then(function () { return save(button.dataset.save); }).catch(function () {});
    });
  });
  find("#share").addEventListener("click", function () {
    var button = this, field = find("#address");
    field.hidden = false;
    field.value = location.href;
    field.select();
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(location.href).catch(function () {});
    else document.execCommand("copy");
    button.textContent = document.body.dataset.copied;
    setTimeout(function () { button.textContent = words.share; }, 2000);
  });
  window.addEventListener("hashchange", function () {
    question = VeredaSearch.readQuestion(location.hash, fields);
    settle();
    run();
  });

  begin();
  if (location.hash.length > 1) run();
})();
