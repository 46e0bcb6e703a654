// A published table, read column by column: out of the page itself, or out of its Parquet file, of which only the pages that are asked for
// are fetched. A value is what the CSV of the release says: a number, true or false, a text, or null.
(function () {
  "use strict";

  var DAY = 86400000, HERE = 3 * 3600; // the clocks of Buenos Aires stand three hours behind UTC

  function pad(number, places) { return String(number).padStart(places, "0"); }

  function day(days) {
    var date = new Date(days * DAY);
    return pad(date.getUTCFullYear(), 4) + "-" + pad(date.getUTCMonth() + 1, 2) + "-" + pad(date.getUTCDate(), 2);
  }

  // The clock of so many units since midnight, or with the day since 1970; `each` units make a second.
  function clock(units, each, dated) {
    var seconds = units / each, fraction = units % each;
    if (fraction < 0n) { fraction += each; seconds -= 1n; }
    var left = Number(((seconds % 86400n) + 86400n) % 86400n), days = Number((seconds - BigInt(left)) / 86400n);
    var time = pad(Math.floor(left / 3600), 2) + ":" + pad(Math.floor(left / 60) % 60, 2) + ":" + pad(left % 60, 2);
    var rest = fraction ? "." + pad(fraction, String(each).length - 1).replace(/0+$/, "") : "";
    return (dated ? day(days) + "T" : "") + time + rest;
  }

  function whole(value) {
    var number = Number(value);
    return Number.isSafeInteger(number) ? number : BigInt(value);
  }

  var UNITS = { MILLIS: 1000n, MICROS: 1000000n, NANOS: 1000000000n };

  // How hyparquet hands the values of a column over, and how they become ours.
  function writing(element) {
    var logical = element.logical_type || {}, kind = logical.type, each = UNITS[logical.unit] || UNITS.MICROS;
    if (kind === "TIMESTAMP") {
      var shift = logical.isAdjustedToUTC ? BigInt(HERE) * each : 0n, offset = logical.isAdjustedToUTC ? "-03:00" : "";
      var moment = function (units) { return clock(BigInt(units) - shift, each, true) + offset; };
      return { parsers: { timestampFromMilliseconds: moment, timestampFromMicroseconds: moment, timestampFromNanoseconds: moment } };
    }
    if (kind === "TIME") return { parsers: {}, read: function (value) { return clock(BigInt(value), each, false); } };
    if (kind === "DATE") return { parsers: { dateFromDays: day } };
    if (kind === "INTEGER" || element.type === "INT64" || element.type === "INT32") return { parsers: {}, read: kind === "DECIMAL" ? null : whole };
    return { parsers: {} };
  }

  function isNested(value) { return typeof value === "object" && value !== null; }

  // As Python writes JSON, in which the CSV has lists and objects.
  function json(value) {
    if (Array.isArray(value)) return "[" + value.map(json).join(", ") + "]";
    if (isNested(value) && !(value instanceof Date)) {
      return "{" + Object.keys(value).sort().map(function (key) { return JSON.stringify(key) + ": " + json(value[key]); }).join(", ") + "}";
    }
    return typeof value === "bigint" ? String(value) : JSON.stringify(value === undefined ? null : value);
  }

  // A table of rows that are there already.
  function rowsTable(fields, rows) {
    return {
      rows: rows.length,
      groups: [{ start: 0, rows: rows.length }],
      whole: true,
      cost: function () { return 0; },
      bounds: function () { return null; },
      column: function (name) {
        var place = fields.findIndex(function (field) { return field.name === name; });
        return Promise.resolve(rows.map(function (row) { return row[place]; }));
      },
      cells: function (positions, names) {
        var places = names.map(function (name) { return fields.findIndex(function (field) { return field.name === name; }); });
        return Promise.resolve(positions.map(function (at) { return places.map(function (place) { return rows[at][place]; }); }));
      }
    };
  }

  // The bytes of a file of so many bytes. `spent.bytes` counts what came over the network. Where the server gives whole files only, one of up
  // to `most` bytes is taken whole; a larger one fails as `whole-only`.
  function remoteFile(url, size, spent, most) {
    var all = null, known = []; // of each part that was asked for: where it begins and ends, and its bytes

    function count(buffer) { spent.bytes += buffer.byteLength; spent.requests += 1; return buffer; }

    function takeWhole(response) {
      all = response.arrayBuffer().then(count);
      return all;
    }

    function ask(start, end) {
      var range = size <= most ? {} : { headers: { Range: "bytes=" + start + "-" + (end - 1) } };
      return fetch(url, range).then(function (response) {
        if (response.status === 206) return response.arrayBuffer().then(count);
        if (!response.ok) throw new Error("status " + response.status);
        if (size > most) {
          if (response.body) response.body.cancel();
          throw new Error("whole-only");
        }
        return takeWhole(response).then(function (buffer) { return buffer.slice(start, end); });
      });
    }

    return {
      byteLength: size,
      slice: function (start, end) {
        end = end === undefined ? size : end;
        if (size <= most && !all) all = fetch(url).then(function (response) {
          if (!response.ok) throw new Error("status " + response.status);
          return response.arrayBuffer();
        }).then(count);
        if (all) return all.then(function (buffer) { return buffer.slice(start, end); });
        var part = known.find(function (each) { return each.start <= start && end <= each.end; });
        if (!part) known.push(part = { start: start, end: end, bytes: ask(start, end) });
        if (part.start === start && part.end === end) return part.bytes;
        return part.bytes.then(function (buffer) { return buffer.slice(start - part.start, end - part.start); });
      }
    };
  }

  // A table in a Parquet file. Rows are numbered from 0 in the order of the file.
  function parquetTable(file, fields, spent) {
    return hyparquet.parquetMetadataAsync(file, { initialFetchSize: 65536, geoparquet: false }).then(function (metadata) {
      var elements = {}, groups = [], start = 0, kept = new Map();
      hyparquet.parquetSchema(metadata).children.forEach(function (child) { elements[child.element.name] = child.element; });
      metadata.row_groups.forEach(function (group) {
        groups.push({ start: start, rows: Number(group.num_rows), chunks: group.columns });
        start += Number(group.num_rows);
      });

      function chunks(name, group) {
        return groups[group].chunks.filter(function (chunk) { return chunk.meta_data.path_in_schema[0] === name; });
      }

      function read(name, from, to) {
        var how = writing(elements[name]), values = new Array(to - from).fill(null);
        return hyparquet.parquetRead({
          file: file, metadata: metadata, columns: [name], rowStart: from, rowEnd: to, useOffsetIndex: true, parsers: how.parsers,
          compressors: { ZSTD: function (bytes) { return hyparquet.decompressZstd(bytes); } },
          onChunk: function (chunk) {
            for (var i = Math.max(0, from - chunk.rowStart); i < chunk.columnData.length && chunk.rowStart + i < to; i++) {
              var value = chunk.columnData[i];
              if (value === undefined || value === null) continue;
              values[chunk.rowStart + i - from] = how.read ? how.read(value) : isNested(value) ? json(value) : value === 0 ? 0 : value;
            }
          }
        }).then(function () { return values; });
      }

      return {
        rows: start,
        groups: groups,
        // What a column of a row group would still cost, in bytes.
        cost: function (name, group) {
          if (kept.has(name + "/" + group)) return 0;
          return chunks(name, group).reduce(function (sum, chunk) { return sum + Number(chunk.meta_data.total_compressed_size); }, 0);
        },
        // The least and the greatest number or day of a column in a row group, where the file says it.
        bounds: function (name, group) {
          var found = chunks(name, group), told = found.length === 1 && found[0].meta_data.statistics;
          if (!told || told.min_value === undefined || told.max_value === undefined) return null;
          var ends = [told.min_value, told.max_value].map(function (each) {
            return each instanceof Date ? day(Math.round(each.getTime() / DAY)) : typeof each === "bigint" ? whole(each) : each;
          });
          var logical = (elements[name].logical_type || {}).type;
          if (logical === "DATE" || (typeof ends[0] === "number" && logical !== "TIME" && logical !== "TIMESTAMP" && logical !== "DECIMAL")) return ends;
          return null;
        },
        column: function (name, group) {
          var key = name + "/" + group, at = groups[group];
          if (!kept.has(key)) kept.set(key, read(name, at.start, at.start + at.rows));
          return kept.get(key);
        },
        // Of these rows, in their order, the values of these columns: of each column only the pages in which they stand.
        cells: function (positions, names) {
          var runs = runsOf(positions, groups);
          return Promise.all(names.map(function (name) {
            var found = new Map();
            return Promise.all(runs.map(function (run) {
              var group = kept.get(name + "/" + run.group), start = group ? groups[run.group].start : run.from;
              return (group || read(name, run.from, run.to)).then(function (values) {
                for (var at = run.from; at < run.to; at++) found.set(at, values[at - start]);
              });
            })).then(function () { return found; });
          })).then(function (columns) {
            return positions.map(function (at) { return columns.map(function (column) { return column.get(at); }); });
          });
        },
        spent: spent
      };
    });
  }

  // Positions as runs of rows that stand close together in one row group.
  function runsOf(positions, groups) {
    var sorted = Array.from(positions).sort(function (a, b) { return a - b; }), runs = [], group = 0;
    sorted.forEach(function (at) {
      while (at >= groups[group].start + groups[group].rows) group += 1;
      var last = runs[runs.length - 1];
      if (last && last.group === group && at - last.to < 1024) last.to = at + 1;
      else runs.push({ group: group, from: at, to: at + 1 });
    });
    return runs;
  }

  // A number in full, without an exponent.
  function plain(number) {
    if (typeof number === "bigint") return String(number);
    if (Number.isNaN(number)) return "NaN";
    if (!Number.isFinite(number)) return number > 0 ? "INF" : "-INF";
    var parts = String(number).split("e");
    if (parts.length === 1) return parts[0];
    var sign = parts[0][0] === "-" ? "-" : "", digits = parts[0].replace("-", "").split("."), power = Number(parts[1]);
    var all = digits.join(""), point = digits[0].length + power;
    if (point <= 0) return sign + "0." + "0".repeat(-point) + all;
    return sign + all.padEnd(point, "0");
  }

  // The value as the CSV writes it; null is nothing.
  function text(value) {
    if (value === null || value === undefined) return "";
    return typeof value === "number" || typeof value === "bigint" ? plain(value) : String(value);
  }

  // What somebody wrote, in the kind of the column; undefined where it is none.
  function parse(written, kind) {
    var said = written.trim();
    if (kind === "number") {
      if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(said)) return undefined;
      return /^[-+]?\d+$/.test(said) ? whole(said.replace("+", "")) : Number(said);
    }
    if (kind === "boolean") return said === "true" ? true : said === "false" ? false : undefined;
    return kind === "text" ? written : said;
  }

  window.VeredaTable = { rowsTable: rowsTable, parquetTable: parquetTable, remoteFile: remoteFile, text: text, parse: parse };
})();
