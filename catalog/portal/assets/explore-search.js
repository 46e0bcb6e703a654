// What is asked of a table: which rows, in which order, counted by what. The same words as the API's: filter=comuna=4, order=-monto,
// columns=…, group=…, aggregate=sum(monto); they stand in the page's address after #.
(function () {
  "use strict";

  var SIGNS = ["!=", ">=", "<=", "=", ">", "<", "~"];

  // The question in an address, as far as the table's fields know it.
  function readQuestion(hash, fields) {
    var told = new URLSearchParams(hash.replace(/^#/, "")), names = fields.map(function (field) { return field.name; });
    function known(list) { return list.split(",").filter(function (name) { return names.includes(name); }); }
    var aggregate = /^(\w+)\((.*)\)$/.exec(told.get("aggregate") || "") || [];
    return {
      filter: told.getAll("filter").map(function (each) { return readCondition(each, names); }).filter(Boolean),
      order: (told.get("order") || "").split(",").filter(function (each) { return names.includes(each.replace(/^-/, "")); }).slice(0, 1).join(),
      columns: known(told.get("columns") || ""),
      group: known(told.get("group") || "")[0] || "",
      measure: ["count", "sum", "avg"].includes(aggregate[1]) ? aggregate[1] : "count",
      measured: names.includes(aggregate[2]) ? aggregate[2] : "",
      map: told.get("map") === "1"
    };
  }

  function readCondition(written, names) {
    var column = names.filter(function (name) { return written.startsWith(name); }).sort(function (a, b) { return b.length - a.length; });
    for (var i = 0; i < column.length; i++) {
      var rest = written.slice(column[i].length), sign = SIGNS.find(function (each) { return rest.startsWith(each); });
      if (sign) return { column: column[i], sign: sign, value: rest.slice(sign.length) };
    }
    return null;
  }

  function writeQuestion(question) {
    var told = new URLSearchParams();
    question.filter.forEach(function (each) { told.append("filter", each.column + each.sign + each.value); });
    if (question.order) told.set("order", question.order);
    if (question.columns.length) told.set("columns", question.columns.join(","));
    if (question.group) {
      told.set("group", question.group);
      told.set("aggregate", question.measure + "(" + (question.measure === "count" ? "" : question.measured) + ")");
    }
    if (question.map) told.set("map", "1");
    var hash = told.toString();
    return hash ? "#" + hash : "";
  }

  function fold(text) { return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase(); }

  // Whether a value fulfils a condition. Nothing after = is a missing value.
  function tester(condition, kind) {
    var sign = condition.sign, missing = condition.value === "" && (sign === "=" || sign === "!=");
    if (missing) return function (value) { return (value === null) === (sign === "="); };
    if (sign === "~") {
      var part = fold(condition.value), known = new Map();
      return function (value) {
        if (value === null) return false;
        if (!known.has(value)) known.set(value, fold(String(value)).includes(part));
        return known.get(value);
      };
    }
    var wanted = VeredaTable.parse(condition.value, kind);
    function same(value) { return value === wanted || (kind === "number" && value == wanted); } // 1e20 is a number or a bigint
    return function (value) {
      if (sign === "!=") return value === null || !same(value);
      if (value === null) return false;
      if (sign === "=") return same(value);
      return sign === ">" ? value > wanted : sign === "<" ? value < wanted : sign === ">=" ? value >= wanted : value <= wanted;
    };
  }

  // All conditions hold; several = of one column are alternatives. By column, a test of its value.
  function tests(filter, kinds) {
    var alternatives = new Map(), found = [];
    filter.forEach(function (each) {
      var test = tester(each, kinds[each.column]);
      if (each.sign !== "=") found.push({ column: each.column, test: test });
      else alternatives.set(each.column, (alternatives.get(each.column) || []).concat(test));
    });
    alternatives.forEach(function (several, column) {
      found.push({ column: column, test: function (value) { return several.some(function (test) { return test(value); }); } });
    });
    return found;
  }

  // Whether no row of a group can fulfil the conditions, by the least and the greatest value that the file tells.
  function isOutside(table, group, filter, kinds) {
    var equal = {};
    filter.forEach(function (each) { if (each.sign === "=") equal[each.column] = (equal[each.column] || 0) + 1; });
    return filter.some(function (each) {
      var ends = each.value !== "" && each.sign !== "!=" && each.sign !== "~" && table.bounds(each.column, group);
      if (!ends || (each.sign === "=" && equal[each.column] > 1)) return false;
      var wanted = VeredaTable.parse(each.value, kinds[each.column]);
      if (wanted === undefined || typeof wanted !== typeof ends[0]) return false;
      if (each.sign === "=") return wanted < ends[0] || wanted > ends[1];
      if (each.sign[0] === ">") return each.sign === ">" ? ends[1] <= wanted : ends[1] < wanted;
      return each.sign === "<" ? ends[0] >= wanted : ends[0] > wanted;
    });
  }

  // Looks through row groups from `search.group` on, until all are done or the next one costs more than is allowed.
  async function look(table, question, kinds, search, allowed) {
    var asked = tests(question.filter, kinds), names = Array.from(new Set(asked.map(function (each) { return each.column; }))), used = 0;
    for (; search.group < table.groups.length; search.group++) {
      var at = table.groups[search.group];
      if (isOutside(table, search.group, question.filter, kinds)) continue;
      var cost = costOf(table, names, [search.group]);
      if (used && used + cost > allowed) break;
      used += cost;
      var columns = {};
      await Promise.all(names.map(async function (name) { columns[name] = await table.column(name, search.group); }));
      for (var i = 0; i < at.rows; i++) {
        if (asked.every(function (each) { return each.test(columns[each.column][i]); })) search.positions.push(at.start + i);
      }
    }
    search.seen = search.group < table.groups.length ? table.groups[search.group].start : table.rows;
    search.done = search.group >= table.groups.length;
    return search;
  }

  function costOf(table, names, groups) {
    var sum = 0;
    groups.forEach(function (group) { names.forEach(function (name) { sum += table.cost(name, group); }); });
    return sum;
  }

  // The row groups in which these positions stand.
  function groupsOf(table, positions) {
    var found = [], at = 0;
    table.groups.forEach(function (group, number) {
      var before = at;
      while (at < positions.length && positions[at] < group.start + group.rows) at += 1;
      if (at > before) found.push(number);
    });
    return found;
  }

  // The values of whole columns at these positions, which go up.
  async function valuesOf(table, names, positions) {
    var found = names.map(function () { return new Array(positions.length); }), at = 0;
    for (var number of groupsOf(table, positions)) {
      var group = table.groups[number], columns = await Promise.all(names.map(function (name) { return table.column(name, number); }));
      for (; at < positions.length && positions[at] < group.start + group.rows; at++) {
        for (var i = 0; i < names.length; i++) found[i][at] = columns[i][positions[at] - group.start];
      }
    }
    return found;
  }

  function compare(a, b) { return a < b ? -1 : a > b ? 1 : 0; }

  // The positions in the order of a column; missing values come last, equal ones as in the file.
  function sorted(positions, values, down) {
    var places = positions.map(function (_position, place) { return place; });
    places.sort(function (a, b) {
      var first = values[a], second = values[b];
      if (first === null || second === null) return (first === null) - (second === null) || a - b;
      var order = compare(first, second);
      return (down ? -order : order) || a - b;
    });
    return places.map(function (place) { return positions[place]; });
  }

  // By each value of a column, how many rows, or the sum or mean of another: the largest first, days and numbers in their own order.
  function counted(values, measured, question, kind) {
    var label = labels(values, kind), found = new Map();
    values.forEach(function (value, place) {
      var name = value === null ? null : label(value), bar = found.get(name);
      if (!bar) found.set(name, bar = { name: name, rows: 0, sum: 0, known: 0 });
      bar.rows += 1;
      if (measured && measured[place] !== null) { bar.sum += Number(measured[place]); bar.known += 1; }
    });
    var bars = Array.from(found.values());
    bars.forEach(function (bar) {
      bar.value = question.measure === "count" ? bar.rows : question.measure === "sum" ? bar.sum : bar.known ? bar.sum / bar.known : null;
    });
    var own = label.ordered;
    return bars.sort(function (a, b) {
      if (a.name === null || b.name === null) return (a.name === null) - (b.name === null);
      return own ? compare(own(a.name), own(b.name)) : b.value - a.value || compare(a.name, b.name);
    });
  }

  // What a value counts under: days by year where there are many, numbers by classes.
  function labels(values, kind) {
    var distinct = new Set(values), few = distinct.size <= 31, plain = function (value) { return VeredaTable.text(value); };
    if (kind === "moment" && !few) {
      var months = new Set(values.map(function (value) { return value && value.slice(0, 7); })).size <= 37;
      plain = function (value) { return value.slice(0, months ? 7 : 4); };
    }
    if (kind === "number" && !few) {
      var numbers = Array.from(distinct).filter(function (value) { return value !== null && Number.isFinite(Number(value)); }).map(Number);
      var least = numbers.reduce(function (a, b) { return Math.min(a, b); }), most = numbers.reduce(function (a, b) { return Math.max(a, b); });
      var step = Math.pow(10, Math.floor(Math.log10((most - least) / 4 || 1)));
      while ((most - least) / step > 20) step *= (most - least) / step > 40 ? 5 : 2;
      plain = function (value) {
        var low = Math.floor(Number(value) / step) * step, digits = Math.max(0, -Math.floor(Math.log10(step)));
        return low.toFixed(Math.min(digits, 20)) + " – " + (low + step).toFixed(Math.min(digits, 20));
      };
    }
    if (kind === "number") plain.ordered = parseFloat;
    if (kind === "moment") plain.ordered = String;
    return plain;
  }

  // The rows as CSV, in the writing of the release: texts in quotes, numbers, days, true and false without.
  function csv(fields, rows, missing) {
    function quoted(text) { return '"' + text.replace(/"/g, '""') + '"'; }
    // A column in which a number is none (NaN, INF) is written as text throughout.
    var bare = fields.map(function (field, place) {
      return field.bare && !rows.some(function (row) { return typeof row[place] === "number" && !Number.isFinite(row[place]); });
    });
    var lines = rows.map(function (row) {
      return row.map(function (value, place) {
        if (value === null || value === undefined) return missing;
        var written = VeredaTable.text(value);
        return bare[place] ? written : quoted(written);
      }).join(",");
    });
    return [fields.map(function (field) { return quoted(field.name); }).join(",")].concat(lines).join("\n") + "\n";
  }

  function jsonOf(fields, rows) {
    return JSON.stringify(rows.map(function (row) {
      var found = {};
      row.forEach(function (value, place) { found[fields[place].name] = typeof value === "bigint" ? String(value) : value; });
      return found;
    }), null, 1) + "\n";
  }

  window.VeredaSearch = {
    SIGNS: SIGNS, readQuestion: readQuestion, writeQuestion: writeQuestion, look: look, costOf: costOf, groupsOf: groupsOf,
    valuesOf: valuesOf, sorted: sorted, counted: counted, csv: csv, json: jsonOf
  };
})();
