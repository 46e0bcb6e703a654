// The search: questions in Spanish and English over the index that stands beside it (index.js, and search/ where it is
// large). In a browser and in node: `node search.js "¿dónde hay bicisendas?" --limit 5` prints the answer as JSON;
// require("./search.js").read(folder).find("bike lanes", {limit: 10}) gives it.
(function (root, make) {
  "use strict";
  if (typeof module === "object" && module.exports) {
    module.exports = make(null);
    if (require.main === module) module.exports.main(process.argv.slice(2));
  } else root.VeredaSearch = make(root.document);
})(this, function (page) {
  "use strict";

  var ENDINGS = ["icione", "acione", "atoria", "atorio", "ating", "ation", "ativa", "ative", "ativo", "icion", "acion", "adora", "adore", "mente", "ador", "ated"];
  var SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,-./:;<=>?@[]^_{|}~";
  // What weighs how much beside the word itself
  var SAME = 0.62, FIRST = 0.9, NEAR = 0.3, BEGUN = 0.6, ONE_OFF = 0.8, TWO_OFF = 0.6, WEAK = 0.12, MORE = 0.2;
  var PRIOR = { dataset: 1, demo: 0.8, plan: 0.85, commitment: 0.7, publisher: 0.6, theme: 0.7, page: 0.8 };
  var LEAST = 0.2; // of the best one's weight: what weighs less is not about the question

  function fold(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }

  // The words of a text, folded; of a code or a short compound also its parts together. Like search/text.py.
  function words(text) {
    var found = [];
    (fold(text).match(/[a-z0-9]+(?:[-\/.'_][a-z0-9]+)*/g) || []).forEach(function (match) {
      var parts = match.split(/[-\/.'_]/);
      found.push.apply(found, parts);
      for (var i = 0; i + 1 < parts.length; i += 1) {
        var one = parts[i], other = parts[i + 1];
        if (one.length <= 5 && other.length <= 5 && (one.length <= 3 || /^[0-9]/.test(other))) found.push(one + other);
      }
    });
    return found;
  }

  function stem(word) {
    if (word.length < 4 || /[0-9]/.test(word)) return word;
    if (/s$/.test(word) && !/[su]s$/.test(word)) word = word.slice(0, -1);
    for (var i = 0; i < ENDINGS.length; i += 1) {
      var left = word.length - ENDINGS[i].length;
      if (left >= 4 && word.slice(left) === ENDINGS[i]) return word.slice(0, left);
    }
    if (/e$/.test(word) && word.length >= 4 || /[ao]$/.test(word) && word.length >= 6) word = word.slice(0, -1);
    return word.replace(/z$/, "c").replace(/y$/, "i");
  }

  // How many letters lie between two words (put in, left out, other, or two of them changed round), at most `most`.
  function distance(one, other, most) {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    var before = null, row = [];
    for (var j = 0; j <= other.length; j += 1) row.push(j);
    for (var i = 1; i <= one.length; i += 1) {
      var next = [i], least = i;
      for (j = 1; j <= other.length; j += 1) {
        var cost = one[i - 1] === other[j - 1] ? 0 : 1;
        var best = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) best = Math.min(best, before[j - 2] + 1);
        next.push(best);
        least = Math.min(least, best);
      }
      if (least > most) return most + 1;
      before = row;
      row = next;
    }
    return row[other.length];
  }

  // Letters that are written one for the other.
  var ALIKE = { b: "v", v: "b", c: "szkq", s: "cz", z: "sc", k: "cq", q: "ck", g: "j", j: "g", i: "y", y: "il", l: "y", x: "s", n: "m", m: "n" };

  function Index(base, fetch) {
    this.base = base;
    this.held = base.whole || {};
    this.fetch = fetch;
    this.stop = setOf(base.stop.split(" "));
    this.weak = setOf(base.weak.split(" "));
    this.postings = {};
    this.facets = {};
    this.ideas = Object.create(null); // of each phrase: [[phrase, weight], …]
    this.longest = 1;
    base.ideas.forEach(this.learn, this);
    Object.keys(base.facets).forEach(function (name) {
      var column = base.facets[name];
      this.facets[name] = { values: column[0], documents: column[1].split(",").map(function (each) { return each ? each.split(" ").map(Number) : []; }) };
    }, this);
  }

  function setOf(list) { var made = Object.create(null); list.forEach(function (each) { made[each] = true; }); return made; }

  Index.prototype.learn = function (idea) {
    var index = this, spanish = idea[0], near = idea[1], english = idea[2];
    function add(from, to, weight) {
      if (from === to || to[0] === "!") return;
      var list = index.ideas[from] || (index.ideas[from] = []);
      list.push([to, weight]);
      index.longest = Math.max(index.longest, from.split(" ").length);
    }
    spanish.forEach(function (each) {
      spanish.forEach(function (other, at) { add(each, other, at ? SAME : SAME + 0.1); });
      near.forEach(function (other) { add(each, other, NEAR); });
      english.forEach(function (other) { add(each, other, SAME); });
    });
    english.forEach(function (each) {
      spanish.forEach(function (other, at) { add(each, other, at ? SAME : FIRST); });
      near.forEach(function (other) { add(each, other, NEAR); });
      english.forEach(function (other) { add(each, other, SAME); });
    });
  };

  // What a shard holds; where it has not been read yet, it is noted as missing.
  Index.prototype.shard = function (name, missing) {
    if (name in this.held) return this.held[name];
    missing[name] = true;
    return null;
  };

  Index.prototype.place = function (term) {
    var starts = this.base.starts, low = 0, high = starts.length;
    while (low < high) { var middle = (low + high) >> 1; if (starts[middle] <= term) low = middle + 1; else high = middle; }
    return low - 1;
  };

  // The documents of a stem and how much it weighs in each: null where there are none (or not yet).
  Index.prototype.look = function (term, missing) {
    if (term in this.postings) return this.postings[term];
    var at = this.place(term), shard = at < 0 ? {} : this.shard("p" + at, missing);
    if (!shard) return null;
    var text = Object.prototype.hasOwnProperty.call(shard, term) ? shard[term] : null, found = null;
    if (text) {
      found = { documents: [], weights: [], rows: [] };
      for (var i = 0, from = 0, last = 0; i < text.length; i += 1) {
        var sign = SIGNS.indexOf(text[i]);
        if (sign < 0) continue;
        var parts = /^(.*?)(?:(['`])(.*))?$/.exec(text.slice(from, i)); // the step, and in how many rows where only rows have it
        last += parseInt(parts[1], 36);
        found.documents.push(last);
        found.rows.push(parts[2] ? [parseInt(parts[3], 36), parts[2] === "`"] : null);
        found.weights.push((sign + 0.5) / SIGNS.length);
        from = i + 1;
      }
      var n = found.documents.length;
      found.rarity = Math.log(1 + (this.base.count + 30) / (n + 0.5));
    }
    this.postings[term] = found;
    return found;
  };

  // Stems that begin as what is being written does.
  Index.prototype.begun = function (start, missing) {
    var first = Math.max(0, this.place(start)), found = [];
    for (var at = first; at < this.base.starts.length && at < first + 3; at += 1) {
      if (at > first && this.base.starts[at].slice(0, start.length) > start) break;
      var shard = this.shard("p" + at, missing);
      if (shard) Object.keys(shard).forEach(function (term) { if (term !== start && term.slice(0, start.length) === start) found.push([shard[term].length, term]); });
    }
    found.sort(function (a, b) { return b[0] - a[0] || (a[1] < b[1] ? -1 : 1); });
    return found.slice(0, 8).map(function (each) { return each[1]; });
  };

  // A word as it sounds in Buenos Aires.
  function sound(word) {
    return word.replace(/h/g, "").replace(/v/g, "b").replace(/ll/g, "y").replace(/[cs](?=[ei])|z/g, "s").replace(/qu?|k/g, "c").replace(/g(?=[ei])/g, "j");
  }

  // The stems of what a word would be with one letter written as another that sounds like it.
  function alike(word) {
    var made = [];
    word.split("").forEach(function (letter, at) {
      (ALIKE[letter] || "").split("").forEach(function (other) { made.push(stem(word.slice(0, at) + other + word.slice(at + 1))); });
      if (letter === "h") made.push(stem(word.slice(0, at) + word.slice(at + 1)));
    });
    if (/^[aeiou]/.test(word)) made.push(stem("h" + word));
    return made;
  }

  // The stems nearest to a word that nobody wrote: [[stem, weight], …].
  Index.prototype.nearest = function (whole, missing) {
    var word = stem(whole), index = this;
    if (word.length < 4 || /[0-9]/.test(word)) return [];
    var sounds = alike(whole).filter(function (each) { return index.ideas[each] || index.look(each, missing); });
    if (sounds.length) return Object.keys(setOf(sounds)).sort().map(function (each) { return [each, ONE_OFF]; });
    var most = word.length < 7 ? 1 : 2, letters = setOf((word[0] + (ALIKE[word[0]] || "") + (/[aeiou]/.test(word[0]) ? "h" : "") + word[1]).split("")), found = [];
    function look(term) {
      if (!term || !letters[term[0]]) return;
      var far = distance(word, term, most), heard = distance(sound(word), sound(term), 1) + 0.6;
      if (term !== word && heard <= most) far = Math.min(far, heard);
      if (far && far <= most) found.push([far + (term[0] === word[0] ? 0 : 0.4), term]);
    }
    Object.keys(letters).forEach(function (letter) {
      if (!/[a-z]/.test(letter)) return;
      (this.shard("v" + letter, missing) || "").split(" ").forEach(look);
    }, this);
    Object.keys(this.ideas).forEach(function (each) { if (each.indexOf(" ") < 0) look(each); });
    found.sort(function (a, b) { return a[0] - b[0] || (a[1] < b[1] ? -1 : 1); });
    return found.filter(function (each, at) { return each[0] === found[0][0] && (!at || each[1] !== found[at - 1][1]); })
      .slice(0, 4).map(function (each) { return [each[1], each[0] < 2 ? ONE_OFF : TWO_OFF]; });
  };

  // A question as its ideas: {words, literal: [stem, …], others: [[[stem, …], weight], …], weight}.
  Index.prototype.understand = function (question, missing) {
    var all = words(question.replace(/\b(\d{2})[-. ](\d{8})[-. ](\d)\b/g, "$1$2$3")), index = this, kept = all.filter(function (each) { return !index.stop[each]; });
    if (!kept.length) kept = all;
    var list = kept.map(stem), units = [], open = /[a-z0-9]$/.test(fold(question)) ? list.length - 1 : -1;
    for (var at = 0; at < list.length; at += 1) {
      for (var size = Math.min(this.longest, list.length - at); size > 1; size -= 1) {
        if (this.ideas[list.slice(at, at + size).join(" ")]) break;
      }
      var literal = list.slice(at, at + Math.max(1, size));
      units.push(this.unit(literal, kept.slice(at, at + literal.length), at + literal.length - 1 === open, missing));
      at += literal.length - 1;
    }
    return units;
  };

  Index.prototype.unit = function (literal, kept, open, missing) {
    var index = this, others = [], seen = Object.create(null), alone = literal.length === 1;
    var weak = literal.every(function (each) { return index.weak[each]; });
    function add(phrase, weight) {
      if (!(seen[phrase] >= weight)) { seen[phrase] = weight; others.push([phrase.split(" "), weight]); }
    }
    function ideas(phrase, part) { (index.ideas[phrase] || []).forEach(function (each) { add(each[0], each[1] * part); }); }
    var exact = alone && this.ideas["!" + kept[0]] ? "!" + kept[0] : literal.join(" ");
    ideas(exact, 1);
    var word = literal[0], found = literal.some(function (each) { return index.look(each, missing); });
    if (alone && open && kept[0].length >= 3 && !weak) {
      var part = found || others.length ? BEGUN / 2 : BEGUN;
      this.begun(found ? word : kept[0].slice(0, Math.max(3, word.length)), missing).forEach(function (term) { add(term, part); });
    }
    if (alone && !found && !others.length) {
      if (!open && word.length >= 4) this.begun(word, missing).forEach(function (term) { add(term, BEGUN); });
      if (!others.length) this.nearest(kept[0], missing).forEach(function (each) { add(each[0], each[1]); ideas(each[0], each[1]); });
    }
    return { words: kept, literal: literal, others: others, weight: (weak ? WEAK : 1) * literal.length };
  };

  // How much a unit weighs in each document: {document: weight}, and how rare it is.
  Index.prototype.weigh = function (unit, missing) {
    var best = new Map(), index = this, cap = 0, size = unit.literal.length, own = 0;
    var literal = unit.literal.map(function (each) { return index.look(each, missing); });
    // The best of the words counts, and a part of what the others would.
    function put(document, weight) {
      var known = best.get(document) || 0;
      best.set(document, Math.max(known, weight) + MORE * Math.min(known, weight));
    }
    var sums = new Map();
    literal.forEach(function (found) {
      if (!found) return;
      own += 1;
      cap += found.rarity / size;
      found.documents.forEach(function (document, at) {
        var sum = sums.get(document) || [0, 0];
        sums.set(document, [sum[0] + found.weights[at] * found.rarity / size, sum[1] + 1]);
      });
    });
    sums.forEach(function (sum, document) { put(document, sum[0] * Math.pow(sum[1] / size, 1.5)); });
    var most = own === size ? cap : 0;
    unit.others.forEach(function (other) {
      var found = other[0].map(function (each) { return index.look(each, missing); });
      if (!found.every(Boolean)) return;
      var rarity = found.reduce(function (sum, each) { return sum + each.rarity; }, 0) / found.length;
      if (own === size) rarity = Math.min(rarity, Math.max(cap, 2));
      most = Math.max(most, rarity * (own === size ? 0 : other[1]));
      var counts = new Map();
      found.forEach(function (each) { each.documents.forEach(function (document, at) {
        var sum = counts.get(document) || [0, 0];
        counts.set(document, [sum[0] + each.weights[at] / found.length, sum[1] + 1]);
      }); });
      counts.forEach(function (sum, document) { if (sum[1] === found.length) put(document, other[1] * rarity * sum[0]); });
    });
    return { best: best, rarity: most };
  };

  Index.prototype.rank = function (question, missing) {
    var index = this, totals = new Map(), whole = 0, units = this.understand(question, missing);
    units.forEach(function (unit) {
      var weighed = index.weigh(unit, missing), worth = unit.weight * (weighed.rarity || 1);
      whole += worth;
      weighed.best.forEach(function (weight, document) {
        var sum = totals.get(document) || [0, 0];
        totals.set(document, [sum[0] + unit.weight * weight, sum[1] + worth]);
      });
    });
    var hits = [], kinds = this.facets.kind;
    if (!units.length) kinds.documents.forEach(function (each, document) { if (/^(dataset|demo)$/.test(kinds.values[each[0]])) hits.push([1, document]); });
    totals.forEach(function (sum, document) {
      var prior = PRIOR[kinds.values[kinds.documents[document][0]]] || 1;
      hits.push([sum[0] * (0.3 + 0.7 * sum[1] / whole) * prior, document]);
    });
    hits.sort(function (a, b) { return b[0] - a[0] || a[1] - b[1]; });
    hits = hits.filter(function (hit) { return hit[0] >= LEAST * hits[0][0]; });
    return { hits: hits, units: units };
  };

  function passes(index, document, filters, but) {
    return Object.keys(filters).every(function (name) {
      if (!filters[name] || name === but) return true;
      var facet = index.facets[name];
      return facet.documents[document].indexOf(facet.values.indexOf(filters[name])) >= 0;
    });
  }

  // One answer, as far as it can be given with what has been read.
  Index.prototype.attempt = function (question, options, missing) {
    var index = this, filters = options.filters || {}, limit = options.limit || 20, from = options.from || 0;
    var ranked = this.rank(question, missing), counts = {};
    Object.keys(this.facets).forEach(function (name) {
      var facet = index.facets[name], count = {};
      ranked.hits.forEach(function (hit) {
        if (passes(index, hit[1], filters, name)) facet.documents[hit[1]].forEach(function (value) { count[facet.values[value]] = (count[facet.values[value]] || 0) + 1; });
      });
      counts[name] = count;
    });
    var hits = ranked.hits.filter(function (hit) { return passes(index, hit[1], filters); });
    var shown = hits.slice(from, from + limit).map(function (hit) {
      var block = index.shard("d" + Math.floor(hit[1] / index.base.block), missing);
      return block && describe(block[hit[1] % index.base.block], hit[0], index.onlyInRows(hit[1], ranked.units, missing));
    });
    return { question: question, count: hits.length, facets: counts, results: shown, units: ranked.units };
  };

  // Of a document that nothing but its rows answers: [word, rows, whether they may be more] of each word; else nothing.
  Index.prototype.onlyInRows = function (document, units, missing) {
    var index = this, found = [], described = false;
    function describes(term) {
      var held = index.look(term, missing), at = held ? held.documents.indexOf(document) : -1;
      return at >= 0 && !held.rows[at];
    }
    function look(term, word) {
      var held = index.look(term, missing), at = held ? held.documents.indexOf(document) : -1;
      if (at < 0) return;
      if (!held.rows[at]) described = true;
      else if (word && !found.some(function (each) { return each[0] === word; })) found.push([word].concat(held.rows[at]));
    }
    units.forEach(function (unit) {
      unit.literal.forEach(function (term, at) { look(term, unit.words[at]); });
      unit.others.forEach(function (other) { if (other[0].every(describes)) described = true; }); // what means the same may describe it
    });
    return described ? [] : found;
  };

  function describe(row, score, inRows) {
    var names = ["kind", "path", "title", "titleEn", "description", "descriptionEn", "publisher", "fields", "fresh", "at", "rows"], made = {};
    names.forEach(function (name, at) { made[name] = row[at]; });
    made.score = Math.round(score * 1000) / 1000;
    made.inRows = inRows;
    return made;
  }

  // Calls back at once where everything was read already.
  Index.prototype.ask = function (question, options, back) {
    var index = this, missing = {}, answer = this.attempt(question, options, missing), names = Object.keys(missing);
    if (!names.length) return back(answer);
    var left = names.length;
    names.forEach(function (name) {
      index.fetch(name, function () { left -= 1; if (!left) { index.postings = {}; index.ask(question, options, back); } });
    });
  };

  // The answer itself: where shards are read at once (node), or all were.
  Index.prototype.find = function (question, options) {
    var answer = null;
    this.ask(question, options || {}, function (found) { answer = found; });
    return answer;
  };

  var made = {
    fold: fold, words: words, stem: stem, distance: distance, index: null,

    open: function (base) {
      var here = page && page.currentScript ? page.currentScript.src.replace(/index\.js[^\/]*$/, "") : "";
      made.index = new Index(base, function (name, back) {
        var script = page.createElement("script");
        script.src = here + "search/" + name + ".js";
        script.onload = back;
        script.onerror = function () { if (!(name in made.index.held)) made.index.held[name] = /^d/.test(name) ? [] : /^v/.test(name) ? "" : {}; back(); };
        page.head.appendChild(script);
      });
      return made.index;
    },

    put: function (name, content) { made.index.held[name] = content; },

    // In node: the index in a portal's assets/.
    read: function (folder) {
      var fs = require("fs"), path = require("path");
      function run(file) { new Function("VeredaSearch", fs.readFileSync(path.join(folder, file), "utf8"))(made); }
      run("index.js");
      made.index.fetch = function (name, back) { run(path.join("search", name + ".js")); back(); };
      return made.index;
    },

    main: function (args) {
      var options = { filters: {} }, question = [];
      for (var i = 0; i < args.length; i += 1) {
        var match = /^--(kind|theme|publisher|format|fresh|place|limit|from|assets)$/.exec(args[i]);
        if (!match) { if (!/^--(json|lang(=.*)?)$/.test(args[i])) question.push(args[i]); else if (args[i] === "--lang") i += 1; continue; }
        i += 1;
        if (match[1] === "limit" || match[1] === "from") options[match[1]] = Number(args[i]);
        else if (match[1] === "assets") options.assets = args[i];
        else options.filters[match[1]] = args[i];
      }
      var answer = made.read(options.assets || __dirname).find(question.join(" "), options);
      console.log(JSON.stringify({ question: answer.question, count: answer.count, facets: answer.facets, results: answer.results }, null, 1));
    }
  };
  return made;
});
